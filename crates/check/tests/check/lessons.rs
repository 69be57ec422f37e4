//! gradbook's own workbooks are right, but for the slip that their reader is to spot.

use super::checked;
use gradbook_lesson::Slip;
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
    let (mut posed, mut failures) = (0, Vec::new());
    for toml in SHIPPED {
        let lesson = short_lesson(toml);
        let xlsx = written(&lesson);
        for (number, Slip { kind, name, wrong }) in (1..).zip(lesson.theory.slips()) {
            let report = checked(&with_slip(&xlsx, number));
            let found: Vec<_> = report.findings.iter().map(|finding| (finding.kind, finding.symbol.as_str())).collect();
            let symbols: Vec<String> =
                wrong.iter().map(|(p, _)| lesson.theory.text(gradbook_lesson::Key::G(*p))).collect();
            let is_found = symbols
                .iter()
                .all(|symbol| found.iter().any(|(_, symbols)| symbols.split(", ").any(|found| found == symbol)));
            if !is_found || found.iter().any(|(other, _)| *other != kind.id()) {
                failures.push(format!("{}: {name}: {found:?}, not {} in {symbols:?}", lesson.title(), kind.id()));
            }
            posed += 1;
        }
    }
    assert!(posed > 30, "{posed}");
    assert!(failures.is_empty(), "{} of {posed}\n{}", failures.len(), failures.join("\n"));
}
