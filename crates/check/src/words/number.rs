//! Numbers as a reader compares them.

use gradbook_page::number::significant;

/// Eight digits tell what a reader compares.
pub(crate) fn number_text(value: f64) -> String {
    significant(value, 8).to_string()
}
