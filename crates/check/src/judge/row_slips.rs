//! Rows that are read in place of others.

use super::cause::Cause;
use crate::compare::{Sense, Slip, Timed};
use crate::tables::{Content, Leaf};
use gradbook_lesson::SlipKind;

/// The row that is read does not move with the formula: then the cause is the same in all rows.
pub(super) fn settled(sense: &Sense, column: usize, step: usize, slip: &Slip) -> Cause {
    match (slip.kind, slip.instead) {
        (SlipKind::AnotherRow, Some((other, leaf)))
            if row_kind(sense, column, step, slip) == SlipKind::FixedReference =>
        {
            Cause::Instead(Timed { back: 0, ..other }, leaf)
        }
        _ => Cause::of(slip),
    }
}

/// Whether the formula in a neighbouring row reads the same cell, although that row needs a different one.
pub(super) fn row_kind(sense: &Sense, column: usize, step: usize, slip: &Slip) -> SlipKind {
    let Some((other, leaf)) = slip.instead else { return slip.kind };
    let read = step as isize - other.back;
    let Some(of) = sense.column(other.key) else { return slip.kind };
    let reads = |step: usize| match sense.reading.contents[column].get(step) {
        _ if step as isize - leaf.back == read => false,
        Some(Content::Formula(tree)) => {
            tree.leaves().iter().any(|leaf| *leaf == Leaf::Column(of, read.max(0) as usize))
        }
        _ => false,
    };
    let neighbours = [step.checked_sub(1), Some(step + 1)];
    if neighbours.into_iter().flatten().any(reads) { SlipKind::FixedReference } else { slip.kind }
}
