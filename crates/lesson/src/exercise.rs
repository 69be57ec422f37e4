//! What an exercise is, without any file format: which quantities are left blank, how a sheet compares an answer without
//! the formula for it, and what the hidden sheet of the file records.

mod blanks;
mod measure;
mod record;

use crate::{Expr, Function, Lesson, Snapshot};

pub use blanks::{Blank, BlankError, Stage, all, chosen};
pub use measure::Measure;
pub use record::{
    ACTIVATIONS, BIASES, BLANK, GIVEN, LEARNER, LOSS, SAMPLES, SHEET as RECORD, TITLE, VERSION, WIDTHS, given, settings,
};

/// The name of the sheet that the learner fills in.
pub const PAGE: &str = "Exercise";
/// The head over the symbols.
pub const SYMBOL_HEAD: &str = "symbol";
/// The head over the answers.
pub const ANSWER_HEAD: &str = "your number";
/// The name of the sheet with the calculations that answers are compared with.
pub const MEASUREMENTS: &str = "Measurements";

/// What may lie between an answer and the right number, relative to that: a number that was rounded to four significant
/// digits is up to 0.0005 away.
pub const RELATIVE: f64 = 6e-4;
/// The same where the right number is 0 or next to it, in plain numbers.
pub const ABSOLUTE: f64 = 1e-9;

/// The largest deviation of an answer that counts as right.
pub fn tolerance<R>(right: Expr<R>) -> Expr<R> {
    Expr::Number(ABSOLUTE) + Expr::Number(RELATIVE) * right.call(Function::Abs)
}

/// Smaller numbers than this make a poor exercise: their digits are lost in a cell, and rounding in a measurement.
const CLEAR: f64 = 1e-4;

/// How many blanks have so small an answer that the exercise is a poor one, and how many units are so near to the kink
/// of their function. Where targets are 0, some are always 0.
///
/// # Errors
/// If the lesson has no quantity of such a name.
pub fn unclear(lesson: &Lesson, blanks: &str) -> Result<usize, BlankError> {
    let snapshot = Snapshot::after(lesson, &lesson.run, 0);
    let blank = chosen(&lesson.theory, blanks)?.into_iter().map(|blank| snapshot.value(blank.key));
    let (network, state) = (&lesson.theory.network, &lesson.run.states[0]);
    let kinked = (0..=network.last()).filter(|&l| network.has_kink(l));
    let sums = kinked.flat_map(|l| state.passes.iter().flat_map(move |pass| pass.z[l].iter().copied()));
    Ok(blank.chain(sums).filter(|x| x.abs() < CLEAR).count())
}
