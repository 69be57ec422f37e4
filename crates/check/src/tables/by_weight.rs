//! Tables with a row (or column) a weight: its name, and beside it the old number, the gradient and the new one.

use std::sync::Arc;

use super::named_line::NamedLine;
use super::part::TablePart;
use super::sheet_table::{Column, Direction};
use crate::names::{Group, Role};
use crate::read::{At, Book};

/// The tables of such weights, one for each kind of number, as single numbers with the names that they have elsewhere.
/// `None` if no header says of the numbers that they are gradients or new weights.
pub(super) fn parts(book: &Book, lines: &[NamedLine], direction: Direction) -> Option<Vec<TablePart>> {
    let first = lines.iter().min_by_key(|line| line.header).filter(|_| lines.len() > 1)?;
    if !lines.iter().all(|line| matches!(line.role, Role::Weight(_) | Role::Bias(_)) && line.distance == first.distance)
    {
        return None;
    }
    let kind = |distance: u32| {
        let At { sheet, row, column } = first.header;
        let above = match direction {
            Direction::Right => At { sheet, row: row.checked_sub(1)?, column: column + distance },
            Direction::Down => At { sheet, row: row + distance, column: column.checked_sub(1)? },
        };
        Group::of(book.text(above)?)
    };
    let length = lines.iter().map(|line| line.length).min()? as u32;
    let kinds: Vec<(u32, Group)> =
        (first.distance..first.distance + length).filter_map(|distance| Some((distance, kind(distance)?))).collect();
    if kinds.iter().all(|(_, kind)| *kind == Group::Present) {
        return None;
    }
    let part = |(distance, kind): &(u32, Group)| {
        let column = |line: &NamedLine| Column {
            role: kind.apply(line.role.clone()),
            header: line.header,
            first: direction.at(line.header, *distance),
            steps: Some((direction, Arc::new([0]))),
        };
        TablePart { sheet: first.header.sheet, direction, columns: lines.iter().map(column).collect(), steps: 1 }
    };
    Some(kinds.iter().map(part).collect())
}
