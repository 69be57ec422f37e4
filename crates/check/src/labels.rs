//! Learning rates that are written beside a name, compared with those in use.

use super::book::{At, Book};
use super::explain;
use super::kind::Kind;
use super::report::Finding;
use super::table::RateLabel;

/// The rate that a table's updates use.
pub(crate) struct UsedRate {
    pub(crate) sheet: usize,
    pub(crate) cell: Option<At>,
    pub(crate) value: f64,
}

/// Labels of learning rates that no table of their sheet uses.
pub(crate) fn wrong(book: &Book, labels: &[RateLabel], rates: &[UsedRate]) -> Vec<Finding> {
    let of_sheet = |label: &RateLabel| rates.iter().filter(|rate| rate.sheet == label.sheet).collect::<Vec<_>>();
    let fits = |label: &RateLabel| {
        of_sheet(label).iter().any(|rate| {
            let is_its_cell = rate.cell.is_some() && rate.cell == label.at;
            is_its_cell || (rate.value - label.value).abs() <= 1e-9 * label.value.abs()
        })
    };
    // Of several labels in cells one is enough: the others are those of other settings.
    let is_said = |label: &RateLabel| {
        label.at.is_some() && labels.iter().any(|other| other.at.is_some() && other.sheet == label.sheet && fits(other))
    };
    let is_wrong = |label: &&RateLabel| {
        let used = of_sheet(label);
        let is_known = !used.is_empty() && used.iter().all(|rate| rate.value.is_finite());
        label.is_sure && is_known && !fits(label) && !is_said(label)
    };
    let finding = |label: &RateLabel| {
        let rate = rates.iter().find(|rate| rate.sheet == label.sheet);
        let used = rate.map_or(f64::NAN, |rate| rate.value);
        // What a sheet's name says differently is to be seen at the rate's own cell.
        let at = label.at.or(rate.and_then(|rate| rate.cell)).unwrap_or(At { sheet: label.sheet, row: 0, column: 0 });
        let says = if label.at.is_some() { "label" } else { "sheet's name" };
        Finding {
            kind: Kind::WrongLabel.id(),
            quantity: "learning rate".to_owned(),
            symbol: "learning rate".to_owned(),
            places: vec![format!("{}!{}", explain::quoted(&book.sheets[at.sheet].name), at.name())],
            hint: Kind::WrongLabel.hint(),
            message: format!("learning rate: the {says} says {}, the updates use {used}", label.value),
            formula: book.formula(at).map(|text| format!("={text}")),
            right_formula: format!("{used}"),
            right_symbols: format!("learning rate = {used}"),
            stored: Some(label.value),
            correct: Some(used),
            relative_error: Some((label.value - used).abs() / used.abs()),
            central_difference: None,
        }
    };
    let wrong: Vec<&RateLabel> = labels.iter().filter(is_wrong).collect();
    // A sheet's name is asked only if nothing on the sheet is wrong.
    let is_first = |label: &&&RateLabel| {
        label.at.is_some() || !wrong.iter().any(|other| other.sheet == label.sheet && other.at.is_some())
    };
    wrong.iter().filter(is_first).map(|label| finding(label)).collect()
}
