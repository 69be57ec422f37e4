//! A lesson in backpropagation as a file: a [`Lesson`] as a live .xlsx workbook, or as a page to read.
//!
//! The crate `gradbook-lesson` holds their common content: quantities, names, equations, the order of the derivation.
//! `xlsx` and `html` write it. Equations are trees that become formulas, texts and, for the few quantities that the
//! lesson does not hold, values; all other cached values are the engine's.
//!
//! It reads no workbook, neither its own nor anybody else's: that is what `gradbook-check` does.
//!
//! ```
//! use gradbook_engine::spec::Spec;
//! use gradbook_lesson::Lesson;
//! use gradbook_workbook::{Protection, page, write};
//!
//! // A 2-2-2 network with its numbers.
//! let description = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../run/networks/class.toml"));
//! let spec: Spec = toml::from_str(description)?;
//! let lesson = Lesson::from_spec("class", &spec)?;
//! let workbook = write(&lesson, Protection::None)?;
//! assert!(workbook.starts_with(b"PK"));
//! assert!(page(&lesson).contains("0.0128808186"), "the gradient of w5");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs)]

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

/// The names of the workbook's sheets, from left to right.
pub fn sheets(lesson: &Lesson) -> Vec<String> {
    xlsx::sheets(lesson)
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
