//! Names in a row or column, and the numbers that follow them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use super::{Column, Direction, MAX_STEPS};
use crate::book::{At, Book, Cell, Sheet, Value};
use crate::by_weight;
use crate::formula;
use crate::role::{Family, Group, Role, Unit};

/// So many cells without a number may stand between a name and its first number: units, notes, signs.
const MAX_SKIPPED: u32 = 2;
/// Among so many first names is the one that begins a table anew.
const BEGINNING: usize = 3;
/// Of a sheet; what comes after them is no exercise.
const MAX_NAMES: usize = 4_000;

/// Names in a row or column, with as many numbers each.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) sheet: usize,
    pub(crate) direction: Direction,
    pub(crate) columns: Vec<Column>,
    pub(crate) steps: usize,
}

/// A name, and the numbers that follow it in a direction: the first one's distance, and how many.
pub(crate) struct Run {
    pub(crate) header: At,
    pub(crate) role: Role,
    pub(crate) distance: u32,
    pub(crate) length: usize,
}

/// How many names of the same row (or column) are like a name, and how many numbers follow it.
type Likeness = (usize, usize);

pub(super) fn parts(book: &Book, sheet: usize) -> Vec<Part> {
    let names = names(&book.sheets[sheet], sheet);
    let places: HashSet<At> = names.iter().map(|(at, _)| *at).collect();
    // Names that share a row (or column) and have numbers below (or beside) them.
    let mut groups: BTreeMap<(Direction, u32), Vec<Run>> = BTreeMap::new();
    for (header, role) in &names {
        for direction in [Direction::Down, Direction::Right] {
            if let Some((distance, length)) = run(book, *header, direction, &places) {
                let line = if direction == Direction::Down { header.row } else { header.column };
                let run = Run { header: *header, role: role.clone(), distance, length };
                groups.entry((direction, line)).or_default().push(run);
            }
        }
    }
    // A name belongs to the row or column in which more names are like it.
    let mut best: HashMap<At, (Likeness, (Direction, u32))> = HashMap::new();
    for (group, runs) in &groups {
        for run in runs {
            let alike =
                runs.iter().filter(|other| other.distance == run.distance && other.length == run.length).count();
            let weight = (alike, run.length);
            let entry = best.entry(run.header).or_insert((weight, *group));
            if weight > entry.0 {
                *entry = (weight, *group);
            }
        }
    }
    let mut parts = Vec::new();
    for (group, mut runs) in groups {
        runs.retain(|run| best[&run.header].1 == group);
        runs.sort_by_key(|run| (run.header.row, run.header.column));
        // A rate with one number is a label, even in line with the names of a table.
        let longest = runs.iter().map(|run| run.length).max().unwrap_or(1);
        if let Some(found) = by_weight::parts(book, &runs, group.0) {
            parts.extend(found);
            continue;
        }
        let is_label = |run: &Run| run.role == Role::Rate && run.length == 1 && longest > 1;
        let (labels, runs): (Vec<Run>, Vec<Run>) = runs.into_iter().partition(is_label);
        parts.extend(split(book, sheet, group.0, labels));
        parts.extend(split(book, sheet, group.0, runs));
    }
    parts
}

/// Cells with a name, in order; what a group's header above says is already in the roles.
fn names(sheet: &Sheet, number: usize) -> Vec<(At, Role)> {
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
        let is_numeric = |cell: &Cell| !matches!(cell.value, Value::Text(_));
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
fn run(book: &Book, header: At, direction: Direction, names: &HashSet<At>) -> Option<(u32, usize)> {
    let at = |distance: u32| direction.at(header, distance);
    let mut distance = 1;
    while !book.is_numeric(at(distance)) {
        if names.contains(&at(distance)) || distance > MAX_SKIPPED {
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

/// The tables of a row (or column) of names: a new one begins where a name comes again.
fn split(book: &Book, sheet: usize, direction: Direction, runs: Vec<Run>) -> Vec<Part> {
    let mut tables: Vec<Vec<Run>> = Vec::new();
    for mut run in runs {
        let known = tables.last().and_then(|table| table.iter().position(|other| other.role == run.role));
        match (tables.last_mut(), known) {
            (Some(table), None) => table.push(run),
            // A table beside another begins with the same names as that; elsewhere the name has another meaning: y
            // beside t is an output, and a weight that is calculated once more is the next one.
            (Some(table), Some(at)) if at >= BEGINNING || is_error(book, &run, direction) => {
                run.role = match run.role {
                    Role::Target(number) => Role::Activation(Unit { family: Family::Output, index: vec![number] }),
                    Role::Input(number) if is_error(book, &run, direction) => Role::Error(number),
                    role @ (Role::Weight(_) | Role::Bias(_)) if is_calculated(book, &run, direction) => {
                        Role::Next(Box::new(role))
                    }
                    // Of other repetitions the column is a helper.
                    _ => continue,
                };
                if table.iter().all(|other| other.role != run.role) {
                    table.push(run);
                }
            }
            _ => tables.push(vec![run]),
        }
    }
    tables.iter().map(|runs| part(book, sheet, direction, runs)).collect()
}

/// C1 beside x1: what is calculated is no input.
fn is_error(book: &Book, run: &Run, direction: Direction) -> bool {
    matches!(run.role, Role::Input(_)) && is_calculated(book, run, direction)
}

/// Whether the first number of a run is more than a copy of another cell.
fn is_calculated(book: &Book, run: &Run, direction: Direction) -> bool {
    let first = direction.at(run.header, run.distance);
    book.tree(first).is_some_and(|tree| tree.leaves().len() > 1)
}

/// Names with numbers below, as one table. Some columns may begin or end a little earlier than others.
fn part(book: &Book, sheet: usize, direction: Direction, runs: &[Run]) -> Part {
    let few = runs.len().div_ceil(4);
    let common = |of: &dyn Fn(&Run) -> usize| {
        let mut values: Vec<usize> = runs.iter().map(of).collect();
        values.sort_unstable();
        values
    };
    let first = common(&|run| run.distance as usize)[few - 1];
    // As far as half of the columns go.
    let last = common(&|run| run.distance as usize + run.length)[runs.len() / 2];
    let lines = last.saturating_sub(first).clamp(1, MAX_STEPS) as u32;
    let starts: Vec<At> = runs.iter().map(|run| direction.at(run.header, first as u32)).collect();
    let is_step = |line: &u32| is_step(book, direction, &starts, *line);
    let steps: Rc<[u32]> = (0..lines).filter(is_step).collect();
    let steps: Rc<[u32]> = if steps.is_empty() { Rc::new([0]) } else { steps };
    let column = |(run, first): (&Run, &At)| Column {
        role: run.role.clone(),
        header: run.header,
        first: *first,
        steps: Some((direction, Rc::clone(&steps))),
    };
    let columns: Vec<Column> = runs.iter().zip(&starts).map(column).collect();
    Part { sheet, direction, columns, steps: steps.len() }
}

/// Whether a line of numbers is a step: not one that is left free, and not the totals or means of those before.
fn is_step(book: &Book, direction: Direction, starts: &[At], line: u32) -> bool {
    let cells: Vec<At> =
        starts.iter().map(|start| direction.at(*start, line)).filter(|at| book.is_numeric(*at)).collect();
    let summarises = |at: &&At| {
        let text = book.formula(**at).unwrap_or_default().to_uppercase();
        let start =
            ["SUM(", "AVERAGE(", "MIN(", "MAX(", "STDEV(", "COUNT("].into_iter().find(|name| text.starts_with(name));
        let tree = start.and_then(|_| book.tree(**at));
        tree.is_some_and(|tree| {
            let leaves = tree.leaves();
            let along = |leaf: &formula::Reference| match direction {
                Direction::Down => leaf.at.column == at.column && leaf.at.row < at.row,
                Direction::Right => leaf.at.row == at.row && leaf.at.column < at.column,
            };
            leaves.len() > 1 && leaves.iter().all(along)
        })
    };
    !cells.is_empty() && 2 * cells.iter().filter(summarises).count() < cells.len()
}
