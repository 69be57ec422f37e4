//! The two channels: results to standard output, everything else to standard error.
//!
//! Nothing else in this crate writes to either. `println!` would panic when the reader of a pipe has gone.

use std::io::{self, ErrorKind, Write};

use anyhow::Context;
use serde::Serialize;

/// A line of results.
///
/// # Errors
/// If standard output cannot be written, as on a full disk; that its reader has gone is no error, because files may
/// still have to be finished.
pub(crate) fn data(line: &str) -> anyhow::Result<()> {
    match writeln!(io::stdout().lock(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("standard output"),
        _ => Ok(()),
    }
}

/// A result as one line of JSON.
///
/// # Errors
/// Those of [`data`].
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    data(&serde_json::to_string(value)?)
}

/// A line for the person at the keyboard. If nobody can read it, nothing is lost.
pub(crate) fn talk(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
