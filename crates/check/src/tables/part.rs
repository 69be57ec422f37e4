//! Names in a row or column, with as many numbers each.

use std::sync::Arc;

use super::named_line::NamedLine;
use super::sheet_table::{Column, Direction};
use crate::limits::MAX_STEPS;
use crate::read::{At, Book, Reference};

/// Names in a row or column, with as many numbers each.
#[derive(Clone, Debug)]
pub(super) struct TablePart {
    pub(super) sheet: usize,
    pub(super) direction: Direction,
    pub(super) columns: Vec<Column>,
    pub(super) steps: usize,
}

/// Names with numbers below, as one table. Some columns may begin or end a little earlier than others.
pub(super) fn part(book: &Book, sheet: usize, direction: Direction, runs: &[NamedLine]) -> TablePart {
    let few = runs.len().div_ceil(4);
    let common = |of: &dyn Fn(&NamedLine) -> usize| {
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
    let steps: Arc<[u32]> = (0..lines).filter(is_step).collect();
    let steps: Arc<[u32]> = if steps.is_empty() { Arc::new([0]) } else { steps };
    let column = |(run, first): (&NamedLine, &At)| Column {
        role: run.role.clone(),
        header: run.header,
        first: *first,
        steps: Some((direction, Arc::clone(&steps))),
    };
    let columns: Vec<Column> = runs.iter().zip(&starts).map(column).collect();
    TablePart { sheet, direction, columns, steps: steps.len() }
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
            let along = |leaf: &Reference| match direction {
                Direction::Down => leaf.at.column == at.column && leaf.at.row < at.row,
                Direction::Right => leaf.at.row == at.row && leaf.at.column < at.column,
            };
            leaves.len() > 1 && leaves.iter().all(along)
        })
    };
    !cells.is_empty() && 2 * cells.iter().filter(summarises).count() < cells.len()
}
