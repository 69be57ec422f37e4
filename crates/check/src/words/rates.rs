//! Learning rates whose labels are wrong, in words.

use super::symbols::quoted;
use crate::judge::{UsedRate, wrong_labels};
use crate::read::{At, Book};
use crate::report::Finding;
use crate::tables::RateLabel;
use gradbook_lesson::SlipKind;

/// Labels of learning rates that no table of their sheet uses.
pub(crate) fn wrong_rates(book: &Book, labels: &[RateLabel], rates: &[UsedRate]) -> Vec<Finding> {
    wrong_labels(labels, rates).into_iter().map(|label| finding(book, label, rates)).collect()
}

fn finding(book: &Book, label: &RateLabel, rates: &[UsedRate]) -> Finding {
    let rate = rates.iter().find(|rate| rate.sheet == label.sheet);
    let used = rate.map_or(f64::NAN, |rate| rate.value);
    // What a sheet's name says differently is to be seen at the rate's own cell.
    let at = label.at.or(rate.and_then(|rate| rate.cell)).unwrap_or(At { sheet: label.sheet, row: 0, column: 0 });
    let says = if label.at.is_some() { "label" } else { "sheet's name" };
    Finding {
        kind: SlipKind::WrongLabel.id(),
        quantity: "learning rate".to_owned(),
        symbol: "learning rate".to_owned(),
        places: vec![format!("{}!{}", quoted(&book.sheets[at.sheet].name), at.name())],
        hint: SlipKind::WrongLabel.hint(),
        message: format!("learning rate: the {says} says {}, the updates use {used}", label.value),
        formula: book.formula(at).map(|text| format!("={text}")),
        right_formula: format!("{used}"),
        right_symbols: format!("learning rate = {used}"),
        stored: Some(label.value),
        correct: Some(used),
        relative_error: Some((label.value - used).abs() / used.abs()),
        central_difference: None,
    }
}
