//! What can go wrong in writing a workbook.

use rust_xlsxwriter::XlsxError;

/// Why a trace cannot be written as a workbook.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the trace lacks an update or the checks; calculate it with Trace::from_spec")]
    Incomplete,
    #[error("the workbook would need {size} {what}, the limit is {limit}; {fix}")]
    TooLarge { what: &'static str, size: usize, limit: usize, fix: &'static str },
    #[error(
        "`{name}`: nothing of this name can be left blank; write names or ranges with commas between, such as w1..w2, of {known}, \
         or all"
    )]
    Blank { name: String, known: String },
    #[error("`{range}`: this range runs backwards; write {first}..{last}")]
    Backwards { range: String, first: String, last: String },
    #[error("writing the workbook: {0}")]
    Xlsx(#[from] XlsxError),
    #[error("completing the workbook's charts: {0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("completing the workbook's charts: {0}")]
    Io(#[from] std::io::Error),
}
