//! What can go wrong in writing a workbook.

use gradbook_lesson::exercise::BlankError;
use rust_xlsxwriter::XlsxError;

/// Why a trace cannot be written as a workbook.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the trace lacks an update or the checks; calculate it with Trace::from_spec")]
    Incomplete,
    #[error("the workbook would need {size} {what}, the limit is {limit}; {fix}")]
    TooLarge { what: &'static str, size: usize, limit: usize, fix: &'static str },
    #[error(transparent)]
    Blank(#[from] BlankError),
    #[error("writing the workbook: {0}")]
    Xlsx(#[from] XlsxError),
    #[error("completing the workbook's charts: {0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("completing the workbook's charts: {0}")]
    Io(#[from] std::io::Error),
}
