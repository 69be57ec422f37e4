//! Exercises: a lesson with blanks to fill in, as a workbook.
//!
//! ```text
//! Trace, names of blanks --chosen--> Blank: a quantity, and the part of the exercise that it belongs to
//!                        --Measure--> how a sheet compares it without its formula
//!                        --xlsx::exercise--> sheets: Exercise, Measurements, and hidden the record
//! ```
//!
//! The file never holds an answer: neither a blank's formula nor its value.

use gradbook_lesson::Lesson;
use gradbook_lesson::exercise::chosen;
use gradbook_lesson::trace::Trace;

use crate::error::Error;
use crate::{Protection, title, xlsx};

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
    let blanks = chosen(&lesson, task.blanks)?;
    xlsx::exercise(&lesson, &blanks, task.learner, protection)
}
