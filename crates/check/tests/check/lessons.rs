//! gradbook's own workbooks are right, but for the slip that their reader is to spot.

use super::checked;
use gradbook_recalculation::{CLASS, SHIPPED, short_lesson, workbook, written};

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
