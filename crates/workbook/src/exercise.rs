//! Exercises: a lesson with blanks to fill in, as a workbook.
//!
//! ```text
//! Lesson, names of blanks --chosen--> Blank: a quantity, and the part of the exercise that it belongs to
//!                        --Measure--> how a sheet compares it without its formula
//!                        --xlsx::exercise--> sheets: Exercise, Measurements, and a hidden one with the record
//! ```
//!
//! The file never holds an answer: neither a blank's formula nor its value.

use gradbook_lesson::Lesson;
use gradbook_lesson::exercise::chosen;

use crate::error::Error;
use crate::{Protection, xlsx};

/// What an exercise is about.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// Whose exercise it is; shown on the sheet and in the marks.
    pub learner: Option<&'a str>,
    /// What is left out, such as `w5..w8, h1, E`: a parameter means its gradient, a unit its value, `da_h1` and `dh1`
    /// the gradients of a unit; `all` is everything.
    pub blanks: &'a str,
}

/// The exercise as the bytes of an .xlsx file; the same lesson and task give the same bytes.
///
/// # Errors
/// If the lesson has no quantity with one of these names, or is too large for a spreadsheet.
pub fn write(lesson: &Lesson, task: &Task, protection: Protection) -> Result<Vec<u8>, Error> {
    let blanks = chosen(&lesson.theory, task.blanks)?;
    xlsx::exercise(lesson, &blanks, task.learner, protection)
}
