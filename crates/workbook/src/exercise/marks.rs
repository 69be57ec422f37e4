//! What was filled in, compared with the engine's values at the numbers that stand in the file.

use serde::Serialize;

use super::record::Record;
use super::{MEASUREMENTS, Stage, tolerance};
use crate::check::{Book, Unreadable, evaluated};
use crate::lesson::{Expr, Lesson, Snapshot};

/// The marks of one exercise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Marks {
    pub learner: Option<String>,
    /// In the order of the exercise.
    pub parts: Vec<PartMarks>,
    /// Numbers of the network that are not those that the exercise was made with. Marks are for those in the file.
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
    pub correct: f64,
    /// Whether it is a formula over the measurements, which needs no derivation.
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
}

/// The marks of the bytes of an .xlsx file; `None` if it is no exercise of this program.
///
/// # Errors
/// If it cannot be read as a workbook.
pub fn marks(bytes: &[u8]) -> Result<Option<Marks>, Unreadable> {
    Ok(marks_of(&Book::read(bytes)?))
}

/// The marks of a workbook; `None` if it is no exercise.
pub(crate) fn marks_of(book: &Book) -> Option<Marks> {
    let Record { learner, trace, changed, blanks } = Record::read(book)?;
    let lesson = Lesson::new(&trace, "");
    let snapshot = Snapshot::new(&lesson, &trace.run, 0);
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
            let title = blank.stage.title(&lesson);
            parts.push((blank.stage, PartMarks { title, right: 0, blanks: Vec::new() }));
        }
        if let Some((_, part)) = parts.last_mut() {
            let place = format!("{}!{}", book.sheets[at.sheet].name, at.name());
            part.right += usize::from(outcome == Outcome::Right);
            let is_copied = book.formula(at).is_some_and(|formula| formula.contains(MEASUREMENTS));
            part.blanks.push(BlankMarks { quantity: blank.name, place, outcome, value, correct, is_copied });
        }
    }
    let change = |(quantity, from, to)| Change { quantity, from, to };
    let parts = parts.into_iter().map(|(_, part)| part).collect();
    Some(Marks { learner, parts, changed: changed.into_iter().map(change).collect() })
}

fn is_right(value: f64, correct: f64) -> bool {
    let bound = tolerance(Expr::<()>::Number(correct)).value(&|()| f64::NAN);
    (value - correct).abs() <= bound
}
