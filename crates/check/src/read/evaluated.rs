//! A cell's number by its formula, without the table around it.

use std::collections::HashMap;

use super::book::Book;
use super::cells::At;
use crate::limits::MAX_HELPER_DEPTH;
use gradbook_lesson::Expr;

/// The number in a cell: typed, or what its formula comes to; the stored result where that is not understood. `None` if
/// there is neither.
pub(crate) fn evaluated(book: &Book, at: At) -> Option<f64> {
    evaluate(book, at, &mut HashMap::new(), 0)
}

fn evaluate(book: &Book, at: At, known: &mut HashMap<At, Option<f64>>, depth: usize) -> Option<f64> {
    let stored = book.number(at);
    if book.formula(at).is_none() {
        return stored;
    }
    if let Some(known) = known.get(&at) {
        return *known;
    }
    // A circle of references ends at its stored value.
    known.insert(at, stored);
    let value = book.tree(at).filter(|_| depth < MAX_HELPER_DEPTH).and_then(|tree| {
        let leaves = tree.leaves();
        let numbers: HashMap<At, f64> =
            leaves.iter().map(|leaf| (leaf.at, evaluate(book, leaf.at, known, depth + 1).unwrap_or(0.0))).collect();
        let value = tree.value(&|leaf| numbers[&leaf.at]);
        value.is_finite().then_some(value)
    });
    known.insert(at, value.or(stored));
    value.or(stored)
}

/// The one cell that a formula refers to and does nothing with.
pub(crate) fn referred(book: &Book, at: At) -> Option<At> {
    match *book.tree(at)? {
        Expr::Of(reference) => Some(reference.at),
        _ => None,
    }
}
