//! All tables of a workbook.

use std::collections::HashSet;

use super::blocks::chained;
use super::joined::joined;
use super::part::TablePart;
use super::parts::parts;
use super::rate_labels::{RateLabel, rate_labels};
use super::sheet_table::SheetTable;
use crate::names::Role;
use crate::read::{At, Book};

/// All tables of a workbook that could be judged, and all learning rates written beside a name.
pub(crate) fn find(book: &Book) -> (Vec<SheetTable>, Vec<RateLabel>) {
    let (mut tables, mut rates) = (Vec::new(), Vec::new());
    let parts: Vec<Vec<TablePart>> = (0..book.sheets.len()).map(|sheet| parts(book, sheet)).collect();
    for (sheet, found) in parts.iter().enumerate() {
        rates.extend(rate_labels(book, sheet, found));
        tables.extend(joined(book, sheet, &parts));
    }
    // What is spread over several sheets is found from each of them.
    let mut seen: HashSet<Vec<At>> = HashSet::new();
    tables.retain(|table: &SheetTable| {
        let columns = table.columns.iter().filter(|column| column.role != Role::Step);
        let mut headers: Vec<At> = columns.map(|column| column.header).collect();
        headers.sort_unstable();
        seen.insert(headers)
    });
    (chained(book, tables), rates)
}
