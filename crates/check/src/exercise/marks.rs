//! What was filled in, compared with the engine's values at the numbers that the exercise was made with.

use std::collections::HashMap;

use super::record::Record;
use crate::limits::MAX_COPY_DEPTH;
use crate::read::{At, Book, Unreadable, evaluated};
use crate::report::{BlankMarks, Change, Marks, Outcome, PartMarks};
use gradbook_lesson::exercise::{MEASUREMENTS, Stage, tolerance};
use gradbook_lesson::{Expr, Snapshot};

/// The marks of a workbook; `None` if it is no exercise.
pub(crate) fn marks_of(book: &Book) -> Result<Option<Marks>, Unreadable> {
    let Some(record) = Record::read(book)? else { return Ok(None) };
    let restored = (!record.changed.is_empty()).then(|| record.restored(book));
    let book = restored.as_ref().unwrap_or(book);
    let Record { learner, theory, samples, state, changed, blanks, .. } = record;
    let mut copied = HashMap::new();
    let snapshot = Snapshot::new(&theory, &samples, &state);
    let mut parts: Vec<(Stage, PartMarks)> = Vec::new();
    for (blank, at) in blanks {
        let correct = snapshot.value(blank.key);
        let is_empty = book.cell(at).is_none();
        let value = evaluated(book, at);
        let outcome = match value {
            _ if is_empty => Outcome::Empty,
            Some(value) if is_right(value, correct) => Outcome::Right,
            _ => Outcome::Wrong,
        };
        if parts.last().is_none_or(|(stage, _)| *stage != blank.stage) {
            let title = blank.stage.title(&theory);
            parts.push((blank.stage, PartMarks { title, right: 0, blanks: Vec::new() }));
        }
        if let Some((_, part)) = parts.last_mut() {
            let place = format!("{}!{}", book.sheets[at.sheet].name, at.name());
            part.right += usize::from(outcome == Outcome::Right);
            let is_copied = is_copied(book, at, &mut copied, 0);
            let correct = Some(correct);
            part.blanks.push(BlankMarks { quantity: blank.name, place, outcome, value, correct, is_copied });
        }
    }
    let change = |(quantity, from, to)| Change { quantity, from, to };
    let parts = parts.into_iter().map(|(_, part)| part).collect();
    Ok(Some(Marks { learner, parts, changed: changed.into_iter().map(change).collect() }))
}

/// Whether a cell's number comes from the measurements, directly or by way of other cells.
fn is_copied(book: &Book, at: At, known: &mut HashMap<At, bool>, depth: usize) -> bool {
    if book.sheets[at.sheet].name == MEASUREMENTS {
        return true;
    }
    let Some(text) = book.formula(at) else { return false };
    if let Some(known) = known.get(&at) {
        return *known;
    }
    // A circle of references ends here.
    known.insert(at, false);
    let is_copied = text.contains(MEASUREMENTS)
        || depth < MAX_COPY_DEPTH
            && book
                .tree(at)
                .is_some_and(|tree| tree.leaves().iter().any(|leaf| is_copied(book, leaf.at, known, depth + 1)));
    known.insert(at, is_copied);
    is_copied
}

fn is_right(value: f64, correct: f64) -> bool {
    let bound = tolerance(Expr::<()>::Number(correct)).value(&|()| f64::NAN);
    (value - correct).abs() <= bound
}
