//! Numbers as a reader compares them.

/// Eight digits tell what a reader compares.
pub(crate) fn number_text(value: f64) -> String {
    let short: f64 = format!("{value:.7e}").parse().unwrap_or(value);
    short.to_string()
}
