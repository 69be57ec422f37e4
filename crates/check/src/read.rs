//! Somebody's workbook, from its bytes to cells with values and formulas.
//!
//! Nothing here knows what a network is.

mod archive;
mod book;
mod cells;
mod evaluated;
mod file;
mod formula;
mod unreadable;
mod work;

pub(crate) use book::Book;
pub(crate) use cells::{At, Sheet, StoredCell, Value, column_name};
pub(crate) use evaluated::{evaluated, referred};
pub(crate) use formula::{Reference, Relative, relative, written_error};
pub use unreadable::Unreadable;
