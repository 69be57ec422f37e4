//! Learning rates that are written down, with their names.

use super::part::TablePart;
use crate::names::Role;
use crate::read::{At, Book, Sheet, StoredCell, Value};

/// A learning rate that is written down, with its name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RateLabel {
    pub(crate) sheet: usize,
    /// `None` if it is the sheet's name that says it.
    pub(crate) at: Option<At>,
    pub(crate) value: f64,
    /// Whether the name can mean nothing else; `n` can.
    pub(crate) is_sure: bool,
}

/// All of a sheet: those beside a name, and those in a text.
pub(super) fn rate_labels(book: &Book, sheet: usize, parts: &[TablePart]) -> Vec<RateLabel> {
    let columns = parts.iter().filter(|part| part.steps == 1).flat_map(|part| &part.columns);
    let beside_names = columns.filter(|column| column.role == Role::Rate).filter_map(|label| {
        let is_sure = book.text(label.header).is_some_and(|name| name.trim().len() > 1);
        Some(RateLabel { sheet, at: Some(label.first), value: book.number(label.first)?, is_sure })
    });
    let mut labels: Vec<RateLabel> = beside_names.collect();
    labels.extend(rates_in_texts(&book.sheets[sheet], sheet));
    labels
}

/// `LR = 0.5` in one cell, or as the name of a sheet.
fn rates_in_texts(sheet: &Sheet, number: usize) -> Vec<RateLabel> {
    let in_cell = |(&(row, column), cell): (&(u32, u32), &StoredCell)| {
        let Value::Text(text) = &cell.value else { return None };
        let (value, is_sure) = rate_in_text(text)?;
        Some(RateLabel { sheet: number, at: Some(At { sheet: number, row, column }), value, is_sure })
    };
    let mut labels: Vec<RateLabel> = sheet.cells.iter().filter_map(in_cell).collect();
    labels.sort_by_key(|label| label.at);
    let name = rate_in_text(&sheet.name).filter(|(_, is_sure)| *is_sure);
    labels.extend(name.map(|(value, is_sure)| RateLabel { sheet: number, at: None, value, is_sure }));
    labels
}

/// The rate, and whether its name can mean nothing else.
fn rate_in_text(text: &str) -> Option<(f64, bool)> {
    let text = text.trim_end();
    let split = text.rfind(|letter: char| !letter.is_ascii_digit() && letter != '.' && letter != ',')?;
    let (name, value) = text.split_at(split + text[split..].chars().next()?.len_utf8());
    let value: f64 = value.replace(',', ".").parse().ok()?;
    let is_sure = name.trim_end_matches([' ', '=', ':']).trim().len() > 1;
    (Role::of(name) == Some(Role::Rate)).then_some((value, is_sure))
}
