//! What can go wrong in writing a workbook.

use gradbook_lesson::exercise::BlankError;
use rust_xlsxwriter::XlsxError;

/// Why a lesson cannot be written as a workbook.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It was not made by [`Lesson::from_spec`](gradbook_lesson::Lesson::from_spec).
    #[error("the lesson lacks an update or the checks; calculate it with Lesson::from_spec")]
    Incomplete,
    /// No spreadsheet would open it.
    #[error("the workbook would need {size} {what}, the limit is {limit}; {fix}")]
    TooLarge {
        /// What there would be too much of.
        what: &'static str,
        /// How much it would be.
        size: usize,
        /// How much there may be.
        limit: usize,
        /// How the lesson becomes smaller.
        fix: &'static str,
    },
    /// An exercise has blanks that the lesson has not.
    #[error(transparent)]
    Blank(#[from] BlankError),
    /// The library that writes workbooks refused.
    #[error("writing the workbook: {0}")]
    Xlsx(#[from] XlsxError),
    /// The finished file could not be read again, to put the numbers of the curves into its charts.
    #[error("completing the workbook's charts: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// The same.
    #[error("completing the workbook's charts: {0}")]
    Io(#[from] std::io::Error),
}
