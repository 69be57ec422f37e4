//! Weights and biases that are the same in all rows.

use gradbook_lesson::{Key, Param};

use crate::compare::Sense;
use crate::tables::Content;

/// How a weight or bias that is the same typed number in all rows fares beside the others of its kind.
#[derive(PartialEq)]
pub(super) enum Constant {
    /// None of them is updated: they are not trained.
    Untrained,
    /// Others are, and it has a gradient.
    Frozen,
    No,
}

/// How a column fares.
pub(super) fn constant(sense: &Sense, column: usize, key: Key) -> Constant {
    let Key::P(p) = key else { return Constant::No };
    let reading = sense.reading;
    let is_typed = !reading.table.columns[column].is_single()
        && reading.contents[column].iter().all(|content| matches!(content, Content::Typed(_)));
    if !is_typed || !reading.is_constant(column) {
        return Constant::No;
    }
    let is_weight = |p: Param| matches!(p, Param::W(..));
    let is_alike = |key: Key| matches!(key, Key::P(other) if is_weight(other) == is_weight(p));
    let has_update =
        |column: usize| reading.contents[column].iter().any(|content| matches!(content, Content::Formula(_)));
    let is_updated = sense.known_columns().any(|(column, _, key)| is_alike(key) && has_update(column));
    match p {
        _ if is_updated && sense.column(Key::G(p)).is_some() => Constant::Frozen,
        Param::B(..) if !is_updated && sense.column(Key::Next(p)).is_none() => Constant::Untrained,
        _ => Constant::No,
    }
}
