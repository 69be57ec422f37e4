//! Why a file cannot be checked, in words for the person who sent it.

use super::cells::ROWS;

/// Why a file cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The bytes are those of another kind of file, which is said.
    #[error("this is not an .xlsx or .xlsm workbook ({0}); open it in a spreadsheet program and save it as .xlsx")]
    NoWorkbook(&'static str),
    /// The archive or the XML in it is broken, and where.
    #[error("damaged: {0}; open it in a spreadsheet program and save it again")]
    Damaged(String),
    /// It is larger than what is read.
    #[error("{what}, more than the {limit} that are read; remove from it what is not part of the exercise")]
    TooLarge {
        /// What is large, and how large.
        what: String,
        /// How much is read.
        limit: String,
    },
    /// An exercise of this program without the hidden sheet that says what was asked.
    #[error(
        "this was an exercise of gradbook, but its record (the hidden sheet `gradbook`) was removed or changed: no marks \
         can be given; ask for the file as it was filled in"
    )]
    NoRecord,
}

impl Unreadable {
    pub(crate) fn too_large(what: String, limit: String) -> Unreadable {
        Unreadable::TooLarge { what, limit }
    }

    pub(crate) fn beyond_the_sheet() -> Unreadable {
        Unreadable::Damaged(format!("a cell lies beyond row {ROWS} or column XFD, where no sheet has one"))
    }
}
