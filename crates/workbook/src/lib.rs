//! A lesson in backpropagation as a file: a [`Lesson`] as a live .xlsx workbook, or as a page to read.
//!
//! The crate `gradbook-lesson` holds their common content: quantities, names, equations, the order of the derivation.
//! [`xlsx`] and [`html`] write it. Equations are trees that become formulas, texts and, for the few quantities that the
//! lesson does not hold, values; all other cached values are the engine's.

#![forbid(unsafe_code)]

mod error;
pub mod exercise;
mod html;
mod xlsx;

pub use error::Error;
pub use xlsx::Protection;

use gradbook_lesson::Lesson;

/// The workbook of a lesson, as the bytes of an .xlsx file. The same lesson gives the same bytes.
///
/// Sheets: *Network* (drawing, inputs, verdict), *Step by step* (the derivation of any update), *Training* (one row per
/// update), *Learning rates* (with one further sheet for each rate), *Checks* (every gradient against a central
/// difference), *Spot the slip* (training with a typical mistake), *About*.
///
/// # Errors
///
/// If the lesson is too large for a spreadsheet.
pub fn write(lesson: &Lesson, protection: Protection) -> Result<Vec<u8>, Error> {
    xlsx::write(lesson, protection)
}

/// The lesson as one self-contained HTML page: the derivation of the first update, the network and the loss curves as
/// drawings, the checks. It needs neither scripts nor an internet connection. The same lesson gives
/// the same text.
///
/// # Panics
///
/// If the lesson was not made by [`Lesson::from_spec`] and lacks an update or the checks.
pub fn page(lesson: &Lesson) -> String {
    html::write(lesson)
}
