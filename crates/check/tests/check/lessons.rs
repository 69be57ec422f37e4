//! gradbook's own workbooks are right, but for the slip that their reader is to spot.

use std::collections::BTreeSet;
use std::thread;

use super::checked;
use gradbook_lesson::{Key, Lesson, Slip};
use gradbook_recalculation::{CLASS, SHIPPED, edited, short_lesson, workbook, written};

#[test]
fn in_shipped_lessons_only_the_slip_to_spot_is_found() {
    for lesson in SHIPPED {
        let report = checked(&written(&short_lesson(lesson)));
        let mut places = report.findings.iter().flat_map(|finding| &finding.places);
        assert!(places.all(|place| place.starts_with("'Spot the slip'!")), "{:?}", report.findings);
    }
    // The slope of h1 where that of h2 belongs, in all 68 rows of both its gradients.
    let report = checked(&workbook(CLASS));
    let found = report.findings.iter().map(|finding| (finding.kind, &*finding.quantity, &*finding.places[0]));
    let slip = [("dE/dw3", "'Spot the slip'!AA34:AA101"), ("dE/dw4", "'Spot the slip'!AB34:AB101")];
    assert!(found.eq(slip.map(|(quantity, place)| ("another_unit", quantity, place))), "{:?}", report.findings);
}

/// The workbook with the number of another slip, as if its reader had chosen it.
fn with_slip(xlsx: &[u8], number: usize) -> Vec<u8> {
    edited(xlsx, |_, mut xml| {
        let Some(formula) = xml.find("<f>MATCH(") else { return xml };
        let value = formula + xml[formula..].find("</f><v>").expect("a number");
        let end = value + xml[value..].find("</v>").expect("its end");
        xml.replace_range(formula..end, &format!("<v>{number}"));
        xml
    })
}

/// What is posed and what is found are of one catalogue: a reader who chooses a slip is told its very kind by `check`.
#[test]
fn every_slip_that_is_posed_is_found_as_what_it_is() {
    let failures: Vec<String> = thread::scope(|scope| {
        let threads = SHIPPED.map(|toml| scope.spawn(move || unlike(&short_lesson(toml))));
        threads.into_iter().flat_map(|thread| thread.join().expect("a check")).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The slips that a lesson poses and `check` calls by another name, or does not find.
fn unlike(lesson: &Lesson) -> Vec<String> {
    let (xlsx, slips) = (written(lesson), lesson.theory.slips());
    assert!(slips.len() > 1, "{}", lesson.title());
    let difference = |(number, Slip { kind, name, wrong }): (usize, Slip)| {
        let report = checked(&with_slip(&xlsx, number));
        let kinds: Vec<&str> = report.findings.iter().map(|finding| finding.kind).collect();
        let symbols = report.findings.iter().flat_map(|finding| finding.symbol.split(", "));
        let symbols: BTreeSet<String> = symbols.map(str::to_owned).collect();
        let wrong: BTreeSet<String> = wrong.iter().map(|(p, _)| lesson.theory.text(Key::G(*p))).collect();
        let is_found = symbols == wrong && kinds.iter().all(|found| *found == kind.id());
        (!is_found)
            .then(|| format!("{}, {name}: {kinds:?} in {symbols:?}, not {} in {wrong:?}", lesson.title(), kind.id()))
    };
    (1..).zip(slips).filter_map(difference).collect()
}
