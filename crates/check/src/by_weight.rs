//! Tables with a row (or column) a weight: its name, and beside it the old number, the gradient and the new one.

use std::rc::Rc;

use super::book::{At, Book};
use super::role::{Group, Role};
use super::table::{Column, Direction, Part, Run};

/// The tables of such weights, one for each kind of number, as single numbers with the names that they have elsewhere.
/// `None` if no header says of the numbers that they are gradients or new weights.
pub(crate) fn parts(book: &Book, runs: &[Run], direction: Direction) -> Option<Vec<Part>> {
    let first = runs.iter().min_by_key(|run| run.header).filter(|_| runs.len() > 1)?;
    if !runs.iter().all(|run| matches!(run.role, Role::Weight(_) | Role::Bias(_)) && run.distance == first.distance) {
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
    let length = runs.iter().map(|run| run.length).min()? as u32;
    let kinds: Vec<(u32, Group)> =
        (first.distance..first.distance + length).filter_map(|distance| Some((distance, kind(distance)?))).collect();
    if kinds.iter().all(|(_, kind)| *kind == Group::Present) {
        return None;
    }
    let part = |(distance, kind): &(u32, Group)| {
        let column = |run: &Run| Column {
            role: kind.apply(run.role.clone()),
            header: run.header,
            first: direction.at(run.header, *distance),
            steps: Some((direction, Rc::new([0]))),
        };
        Part { sheet: first.header.sheet, direction, columns: runs.iter().map(column).collect(), steps: 1 }
    };
    Some(kinds.iter().map(part).collect())
}
