//! What was filled in, compared with the engine's values at the numbers that the exercise was made with.

use std::collections::HashMap;

use serde::Serialize;

use super::record::Record;
use crate::{At, Book, Unreadable, evaluated};
use gradbook_lesson::exercise::{MEASUREMENTS, Stage, tolerance};
use gradbook_lesson::{Expr, Snapshot};

/// Cells that refer to cells that refer ...
const MAX_DEPTH: usize = 64;

/// The marks of one exercise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Marks {
    pub learner: Option<String>,
    /// In the order of the exercise.
    pub parts: Vec<PartMarks>,
    /// Numbers of the network that are others in the file. Marks are for those that the exercise was made with; answers that
    /// are formulas are calculated from them.
    pub changed: Vec<Change>,
}

/// Of one part.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartMarks {
    pub title: String,
    pub right: usize,
    pub blanks: Vec<BlankMarks>,
}

/// Of one blank.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BlankMarks {
    /// `∂E/∂w5`.
    pub quantity: String,
    /// `Exercise!B20`.
    pub place: String,
    pub outcome: Outcome,
    /// The learner's number; `None` if there is none.
    pub value: Option<f64>,
    /// `None` if it is not to be told.
    pub correct: Option<f64>,
    /// Whether it is a formula over the measurements, also by way of other cells; that needs no derivation.
    pub is_copied: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Right,
    Wrong,
    Empty,
}

/// A number of the network that was changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    pub quantity: String,
    pub from: f64,
    pub to: f64,
}

impl Marks {
    /// How many blanks are right, and how many there are.
    pub fn total(&self) -> (usize, usize) {
        let right = self.parts.iter().map(|part| part.right).sum();
        (right, self.parts.iter().map(|part| part.blanks.len()).sum())
    }

    /// Answers that were taken from the measurements.
    pub fn copied(&self) -> impl Iterator<Item = &BlankMarks> {
        self.parts.iter().flat_map(|part| &part.blanks).filter(|blank| blank.is_copied)
    }
}

/// The marks of the bytes of an .xlsx file; `None` if it is no exercise of this program.
///
/// # Errors
/// If it cannot be read as a workbook, or is an exercise without its record.
pub fn marks(bytes: &[u8]) -> Result<Option<Marks>, Unreadable> {
    marks_of(&Book::read(bytes)?)
}

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
        || depth < MAX_DEPTH
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
