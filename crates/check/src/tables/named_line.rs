//! A name, and the numbers that follow it.

use std::collections::{BTreeMap, HashSet};

use super::sheet_table::Direction;
use crate::limits::{MAX_NAMES, MAX_SKIPPED_CELLS, MAX_STEPS};
use crate::names::{Group, Role};
use crate::read::{At, Book, Sheet, StoredCell, Value};

/// A name, and the numbers that follow it in a direction: the first one's distance, and how many.
pub(super) struct NamedLine {
    pub(super) header: At,
    pub(super) role: Role,
    pub(super) distance: u32,
    pub(super) length: usize,
}

impl NamedLine {
    /// The numbers that follow a name in a direction; `None` if there are none, or another name stands before them.
    pub(super) fn of(
        book: &Book,
        (header, role): &(At, Role),
        direction: Direction,
        names: &HashSet<At>,
    ) -> Option<NamedLine> {
        let (distance, length) = numbers(book, *header, direction, names)?;
        Some(NamedLine { header: *header, role: role.clone(), distance, length })
    }

    /// Whether the first number is more than a copy of another cell.
    pub(super) fn is_calculated(&self, book: &Book, direction: Direction) -> bool {
        let first = direction.at(self.header, self.distance);
        book.tree(first).is_some_and(|tree| tree.leaves().len() > 1)
    }
}

/// Cells with a name, in order; what a group's header above says is already in the roles.
pub(super) fn names(sheet: &Sheet, number: usize) -> Vec<(At, Role)> {
    let mut texts: Vec<((u32, u32), &str)> = sheet
        .cells
        .iter()
        .filter_map(|(place, cell)| match &cell.value {
            Value::Text(text) => Some((*place, text.as_str())),
            _ => None,
        })
        .collect();
    texts.sort_by_key(|(place, _)| *place);
    let by_place: BTreeMap<(u32, u32), &str> = texts.iter().copied().collect();
    let role = |((row, column), text): ((u32, u32), &str)| {
        // The header of the group is the nearest text to the left in the row above.
        let above = row.checked_sub(1).and_then(|above| by_place.range((above, 0)..=(above, column)).next_back());
        let group = above.and_then(|(_, text)| Group::of(text));
        // A word below a name says what kind of thing it is, unless it has numbers beside it.
        let upper = row.checked_sub(1).and_then(|above| by_place.get(&(above, column)));
        let is_numeric = |cell: &StoredCell| !matches!(cell.value, Value::Text(_));
        let has_numbers = sheet.cells.get(&(row, column + 1)).is_some_and(is_numeric);
        let is_named = upper.is_some_and(|text| Role::of(text).is_some());
        if is_named && !has_numbers && !text.contains(char::is_numeric) {
            return None;
        }
        let role = Role::of(text).or_else(|| below_group(above?.1, text))?;
        let role = group.map_or(role.clone(), |group| group.apply(role));
        Some((At { sheet: number, row, column }, role))
    };
    texts.iter().filter_map(|&text| role(text)).take(MAX_NAMES).collect()
}

/// A name in two rows: `w` above `1`, `Input` above `2`.
fn below_group(above: &str, text: &str) -> Option<Role> {
    let is_number = text.trim().parse::<u32>().is_ok();
    is_number.then(|| Role::of(&format!("{above} {}", text.trim())))?
}

/// The distance of the first number from a name, and how many follow each other; one may be missing in between.
fn numbers(book: &Book, header: At, direction: Direction, names: &HashSet<At>) -> Option<(u32, usize)> {
    let at = |distance: u32| direction.at(header, distance);
    let mut distance = 1;
    while !book.is_numeric(at(distance)) {
        if names.contains(&at(distance)) || distance > MAX_SKIPPED_CELLS {
            return None;
        }
        distance += 1;
    }
    let numeric = |step: usize| book.is_numeric(at(distance + step as u32));
    let mut length = 1;
    while length < MAX_STEPS
        && (numeric(length) || (numeric(length + 1) && book.cell(at(distance + length as u32)).is_none()))
    {
        length += 1;
    }
    Some((distance, length))
}
