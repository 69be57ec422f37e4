//! Exercises: a lesson with blanks to fill in, and the marks for what was filled in.
//!
//! ```text
//! Trace, names of blanks --blanks--> Blank: a quantity, and the part of the exercise that it belongs to
//!                        --measure--> Measure: how a sheet compares it without its formula
//!                        --xlsx::exercise--> sheets: Exercise, Measurements, and hidden the record
//! bytes of the file      --record--> network, cells of its numbers, cells of the blanks
//!                        --marks--> Marks: right, wrong or empty, from the engine's values at the numbers in the record
//! ```
//!
//! The file never holds an answer: neither a blank's formula nor its value.

mod blanks;
mod marks;
mod measure;
mod record;
mod text;

use gradbook_engine::trace::{Activation, Trace};

pub(crate) use blanks::{Blank, Stage};
pub(crate) use marks::marks_of;
pub use marks::{BlankMarks, Change, Marks, Outcome, PartMarks, marks};
pub(crate) use measure::Measure;
pub(crate) use record::{BLANK, GIVEN, SHEET as RECORD, given, settings};
pub(crate) use text::notes;
pub use text::{headline, text};

use crate::error::Error;
use crate::lesson::{Expr, Function, Lesson, Snapshot};
use crate::{Protection, title, xlsx};

/// The name of the sheet that the learner fills in, and the heads over its symbols and answers.
pub(crate) const PAGE: &str = "Exercise";
pub(crate) const SYMBOL_HEAD: &str = "symbol";
pub(crate) const ANSWER_HEAD: &str = "your number";
/// The name of the sheet with the calculations that answers are compared with.
pub(crate) const MEASUREMENTS: &str = "Measurements";

/// What may lie between an answer and the right number, relative to that: a number that was rounded to four significant
/// digits is up to 0.0005 away.
pub(crate) const RELATIVE: f64 = 6e-4;
/// The same where the right number is 0 or next to it, in plain numbers.
pub(crate) const ABSOLUTE: f64 = 1e-9;

/// The largest deviation of an answer that counts as right.
pub(crate) fn tolerance<R>(right: Expr<R>) -> Expr<R> {
    Expr::Number(ABSOLUTE) + Expr::Number(RELATIVE) * right.call(Function::Abs)
}

/// What an exercise is about.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// Of the lesson, for the title.
    pub name: &'a str,
    /// Whose exercise it is; stands on the sheet and in the marks.
    pub learner: Option<&'a str>,
    /// What is left out, such as `w5..w8, h1, E`: a parameter means its gradient, a unit its value, `da_h1` and `dh1` the
    /// gradients of a unit; `all` is everything.
    pub blanks: &'a str,
}

/// The exercise as the bytes of an .xlsx file; the same trace and task give the same bytes.
///
/// # Errors
/// If the lesson has no quantity of such a name, or is too large for a spreadsheet.
pub fn write(trace: &Trace, task: &Task, protection: Protection) -> Result<Vec<u8>, Error> {
    let lesson = Lesson::new(trace, &title(task.name));
    let blanks = blanks::chosen(&lesson, task.blanks)?;
    xlsx::exercise(&lesson, &blanks, task.learner, protection)
}

/// Smaller numbers than this make a poor exercise: their digits are lost in a cell, and rounding in a measurement.
const CLEAR: f64 = 1e-4;

/// How many blanks have so small an answer that the exercise is a poor one, and how many ReLU units are so near to their
/// kink. Where targets are 0, some are always 0.
///
/// # Errors
/// If the lesson has no quantity of such a name.
pub fn unclear(trace: &Trace, blanks: &str) -> Result<usize, Error> {
    let lesson = Lesson::new(trace, "");
    let snapshot = Snapshot::new(&lesson, &trace.run, 0);
    let blank = blanks::chosen(&lesson, blanks)?.into_iter().map(|blank| snapshot.value(blank.key));
    let relu = (0..=trace.net.last()).filter(|&l| trace.net.activations[l] == Activation::Relu);
    let sums = relu.flat_map(|l| trace.run.states[0].passes.iter().flat_map(move |pass| pass.z[l].iter().copied()));
    Ok(blank.chain(sums).filter(|x| x.abs() < CLEAR).count())
}
