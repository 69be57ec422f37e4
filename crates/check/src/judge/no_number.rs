//! Cells of known columns that hold no number: errors, texts that were meant as numbers, formulas that are not understood.
//!
//! A formula over such a cell is judged by itself and not reported here: what follows from a mistake is no mistake.

use std::collections::HashSet;
use std::ops::Range;

use gradbook_lesson::Key;

use crate::compare::Sense;
use crate::read::At;
use crate::tables::Content;

/// Why there is no number: the error or text that stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Error(String),
    Text(String),
    NotUnderstood,
}

/// Cells of a column that follow each other and hold no number for one reason.
pub(crate) struct NoNumber {
    pub(crate) steps: Range<usize>,
    pub(crate) reason: Reason,
}

/// Those of each column: the column, what it ought to hold, its cells.
pub(crate) fn no_numbers(sense: &Sense) -> Vec<(usize, Key, Vec<NoNumber>)> {
    let table = sense.reading.table;
    // A weight may be the next one of the row before.
    let mut seen: HashSet<At> = HashSet::new();
    let mut of_column = |(column, key): (usize, Key)| {
        let steps = if table.columns[column].is_single() { 1 } else { table.steps };
        let mut runs: Vec<NoNumber> = Vec::new();
        for step in 0..steps {
            let Some(reason) = reason(sense, column, key, step) else { continue };
            if !seen.insert(table.columns[column].at(step)) {
                continue;
            }
            match runs.last_mut() {
                Some(run) if run.steps.end == step && run.reason == reason => run.steps.end = step + 1,
                _ => runs.push(NoNumber { steps: step..step + 1, reason }),
            }
        }
        (column, key, runs)
    };
    sense.known_columns().map(|(column, _, key)| of_column((column, key))).collect()
}

fn reason(sense: &Sense, column: usize, key: Key, step: usize) -> Option<Reason> {
    let is_given = matches!(key, Key::X(..) | Key::T(..)) || matches!(key, Key::P(_)) && step == 0;
    match sense.reading.content(column, step) {
        Content::Error(error) => Some(Reason::Error(error.clone())),
        Content::Text(text) => Some(Reason::Text(text.clone())),
        // Over several steps its numbers are judged; one alone proves nothing.
        Content::Unknown(stored) => {
            let is_judged = stored.is_some() && (is_given || sense.reading.table.steps > 1);
            (!is_judged).then_some(Reason::NotUnderstood)
        }
        _ => None,
    }
}
