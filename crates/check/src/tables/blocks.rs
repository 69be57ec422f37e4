//! One block per update: the whole network written down once more below (or beside) the one before, with weights that are
//! calculated from there. Together they are one table, one block per step.

use std::sync::Arc;

use super::sheet_table::{Column, Direction, SheetTable};
use crate::names::Role;
use crate::read::{At, Book};

/// The tables, those of one step that continue each other as one.
pub(super) fn chained(book: &Book, mut tables: Vec<SheetTable>) -> Vec<SheetTable> {
    let place = |table: &SheetTable| table.columns.iter().map(|column| column.header).min();
    tables.sort_by_key(|table| (table.sheet, table.steps == 1, if table.steps == 1 { place(table) } else { None }));
    let mut chains: Vec<(Vec<SheetTable>, Option<Direction>)> = Vec::new();
    for table in tables {
        let continued = chains.last().and_then(|(chain, direction)| {
            let (next, _) = distance(chain.last()?, &table)?;
            (direction.is_none_or(|direction| direction == next) && continues(book, chain.last()?, &table))
                .then_some(next)
        });
        match (chains.last_mut(), continued) {
            (Some((chain, direction)), Some(next)) => {
                chain.push(table);
                *direction = Some(next);
            }
            _ => chains.push((vec![table], None)),
        }
    }
    chains.into_iter().map(|(chain, direction)| direction.map_or(chain[0].clone(), |it| joined(&chain, it))).collect()
}

/// Which way, and how far, all cells of one table lie from those of another. Given numbers may be the same cells.
fn distance(from: &SheetTable, to: &SheetTable) -> Option<(Direction, u32)> {
    let is_given =
        |column: &&Column| matches!(column.role.whole(), Role::Input(_) | Role::Target(_) | Role::Rate | Role::Step);
    // What is given may stand in the first block alone.
    let calculated = |table: &SheetTable| table.columns.iter().filter(|column| !is_given(column)).count();
    if [from, to].iter().any(|table| table.steps > 1) || from.sheet != to.sheet || calculated(from) != calculated(to) {
        return None;
    }
    let mut common = None;
    for column in to.columns.iter().filter(|column| from.find(&column.role).is_some() || !is_given(column)) {
        let (start, end) = (from.columns[from.find(&column.role)?].at(0), column.at(0));
        let moved = match (end.row.checked_sub(start.row)?, end.column.checked_sub(start.column)?) {
            (0, 0) => continue,
            (rows, 0) => (Direction::Down, rows),
            (0, columns) => (Direction::Right, columns),
            _ => return None,
        };
        if *common.get_or_insert(moved) != moved {
            return None;
        }
    }
    common
}

/// Whether a weight is calculated from the block before.
fn continues(book: &Book, before: &SheetTable, table: &SheetTable) -> bool {
    let weights = table.columns.iter().filter(|column| matches!(column.role.whole(), Role::Weight(_)));
    let leaves = |at: At| book.tree(at).map(|tree| tree.leaves());
    weights.filter_map(|column| leaves(column.at(0))).flatten().any(|leaf| before.cells.contains_key(&leaf.at))
}

fn joined(chain: &[SheetTable], direction: Direction) -> SheetTable {
    let mut lines = vec![0];
    for pair in chain.windows(2) {
        let far = distance(&pair[0], &pair[1]).map_or(0, |(_, far)| far);
        lines.push(lines[lines.len() - 1] + far);
    }
    let lines: Arc<[u32]> = lines.into();
    let column = |column: &Column| {
        let next = chain[1].find(&column.role).map(|next| chain[1].columns[next].at(0));
        let is_given = next.is_none_or(|next| next == column.at(0));
        Column { steps: (!is_given).then(|| (direction, Arc::clone(&lines))), ..column.clone() }
    };
    SheetTable::new(chain[0].sheet, chain[0].columns.iter().map(column).collect(), chain.len())
}
