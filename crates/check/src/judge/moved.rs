//! References that ought to stay but move with every copy: `B2` where `$B$2` is meant.

use crate::compare::{Equation, RateSource, Sense};
use crate::read::{At, Reference};
use crate::tables::Leaf;
use gradbook_lesson::Key;

/// Whether a wrong formula would be right if a reference had not moved away from a single number, and a neighbour's
/// reference moves likewise.
pub(super) fn has_moved(sense: &Sense, right: &Equation, column: usize, step: usize) -> bool {
    let table = sense.reading.table;
    let single = |key| match (key, sense.rate) {
        (Key::Rate, RateSource::Leaf(leaf @ Leaf::Cell(at))) => Some((leaf, at)),
        (Key::Rate, _) => None,
        (key, _) => {
            let column = sense.column(key).filter(|column| table.columns[*column].is_single())?;
            Some((Leaf::Column(column, 0), table.columns[column].at(0)))
        }
    };
    right.leaves().into_iter().filter_map(|leaf| single(leaf.key)).any(|meant| {
        // The first copy is that of the first step, or of the first update.
        [step, step.saturating_sub(1)].into_iter().filter(|distance| *distance > 0).any(|distance| {
            let reads = |step: usize, distance: usize| {
                let cell = moved(sense, column, meant.1, distance);
                step < table.steps && references(sense, column, step).iter().any(|reference| reference.at == cell)
            };
            let is_copied = reads(step - 1, distance - 1) || reads(step + 1, distance + 1);
            is_copied && would_be_right(sense, right, column, step, meant, distance)
        })
    })
}

/// The cell at that many steps from a single number, in the direction of the table.
fn moved(sense: &Sense, column: usize, from: At, distance: usize) -> At {
    let columns = &sense.reading.table.columns;
    let (start, end) = (columns[column].at(0), columns[column].at(distance));
    At { row: from.row + end.row - start.row, column: from.column + end.column - start.column, ..from }
}

fn references(sense: &Sense, column: usize, step: usize) -> Vec<Reference> {
    let book = sense.reading.book;
    let own = sense.reading.table.columns[column].at(step);
    let tree = book.tree(own);
    tree.map_or(Vec::new(), |tree| tree.leaves())
}

fn would_be_right(
    sense: &Sense,
    right: &Equation,
    column: usize,
    step: usize,
    meant: (Leaf, At),
    distance: usize,
) -> bool {
    let (book, table) = (sense.reading.book, sense.reading.table);
    let own = table.columns[column].at(step);
    let wrong = moved(sense, column, meant.1, distance);
    let Some(tree) = book.tree(own) else { return false };
    let is_down = wrong.column == meant.1.column;
    let leaf = |reference: &Reference| match table.cells.get(&reference.at) {
        _ if reference.at == wrong && !(if is_down { reference.row_fixed } else { reference.column_fixed }) => meant.0,
        Some(&(column, step)) => Leaf::Column(column, step),
        None => Leaf::Cell(reference.at),
    };
    let value = |trial| tree.value(&|reference| sense.at_point(&leaf(reference), trial, step, 0));
    let values: Vec<f64> = (0..sense.points.trials()).map(value).collect();
    sense.points.gives(right, &values, step as isize)
}
