//! The parts of a sheet: which names make a row or column together, and where a new part begins.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::by_weight;
use super::named_line::{NamedLine, names};
use super::part::{TablePart, part};
use super::sheet_table::Direction;
use crate::names::{Family, Role, Unit};
use crate::read::{At, Book};

/// The name that begins a table anew is among this many first names.
const BEGINNING: usize = 3;

/// How many names of the same row (or column) are like a name, and how many numbers follow it.
type Likeness = (usize, usize);

/// A row or column: the direction in which its numbers follow, and its place.
type LinePlace = (Direction, u32);

/// All parts of a sheet.
pub(super) fn parts(book: &Book, sheet: usize) -> Vec<TablePart> {
    let names = names(&book.sheets[sheet], sheet);
    let places: HashSet<At> = names.iter().map(|(at, _)| *at).collect();
    // Names that share a row (or column) and have numbers below (or beside) them.
    let mut groups: BTreeMap<LinePlace, Vec<NamedLine>> = BTreeMap::new();
    for name in &names {
        for direction in [Direction::Down, Direction::Right] {
            if let Some(line) = NamedLine::of(book, name, direction, &places) {
                let place = if direction == Direction::Down { line.header.row } else { line.header.column };
                groups.entry((direction, place)).or_default().push(line);
            }
        }
    }
    let best = best_groups(&groups);
    let mut parts = Vec::new();
    for (group, mut lines) in groups {
        lines.retain(|line| best[&line.header] == group);
        lines.sort_by_key(|line| (line.header.row, line.header.column));
        if let Some(found) = by_weight::parts(book, &lines, group.0) {
            parts.extend(found);
            continue;
        }
        // A rate with one number is a label, even in line with the names of a table.
        let longest = lines.iter().map(|line| line.length).max().unwrap_or(1);
        let is_label = |line: &NamedLine| line.role == Role::Rate && line.length == 1 && longest > 1;
        let (labels, lines): (Vec<NamedLine>, Vec<NamedLine>) = lines.into_iter().partition(is_label);
        parts.extend(split(book, sheet, group.0, labels));
        parts.extend(split(book, sheet, group.0, lines));
    }
    parts
}

/// A name belongs to the row or column in which more names are like it.
fn best_groups(groups: &BTreeMap<LinePlace, Vec<NamedLine>>) -> HashMap<At, LinePlace> {
    let mut best: HashMap<At, (Likeness, LinePlace)> = HashMap::new();
    for (group, lines) in groups {
        for line in lines {
            let is_alike = |other: &&NamedLine| other.distance == line.distance && other.length == line.length;
            let weight = (lines.iter().filter(is_alike).count(), line.length);
            let entry = best.entry(line.header).or_insert((weight, *group));
            if weight > entry.0 {
                *entry = (weight, *group);
            }
        }
    }
    best.into_iter().map(|(header, (_, group))| (header, group)).collect()
}

/// The tables of a row (or column) of names: a new one begins where a name comes again.
fn split(book: &Book, sheet: usize, direction: Direction, lines: Vec<NamedLine>) -> Vec<TablePart> {
    let mut tables: Vec<Vec<NamedLine>> = Vec::new();
    for mut line in lines {
        let known = tables.last().and_then(|table| table.iter().position(|other| other.role == line.role));
        match (tables.last_mut(), known) {
            (Some(table), None) => table.push(line),
            // A table beside another begins with the same names as that; elsewhere the name has another meaning: y
            // beside t is an output, and a weight that is calculated once more is the next one.
            (Some(table), Some(at)) if at >= BEGINNING || is_error(book, &line, direction) => {
                line.role = match line.role {
                    Role::Target(number) => Role::Activation(Unit { family: Family::Output, index: vec![number] }),
                    Role::Input(number) if is_error(book, &line, direction) => Role::Error(number),
                    role @ (Role::Weight(_) | Role::Bias(_)) if line.is_calculated(book, direction) => role.next(),
                    // Any other repeated name is that of a helper column.
                    _ => continue,
                };
                if table.iter().all(|other| other.role != line.role) {
                    table.push(line);
                }
            }
            _ => tables.push(vec![line]),
        }
    }
    tables.iter().map(|lines| part(book, sheet, direction, lines)).collect()
}

/// C1 beside x1: what is calculated is no input.
fn is_error(book: &Book, line: &NamedLine, direction: Direction) -> bool {
    matches!(line.role, Role::Input(_)) && line.is_calculated(book, direction)
}
