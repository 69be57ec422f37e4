//! The two channels: results to standard output, everything else to standard error.
//!
//! Nothing else in this crate writes to either. `println!` would panic when the reader of a pipe has gone.

use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

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

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Print {
    Words,
    Json,
}

impl Print {
    /// What `--json` asks for.
    pub(crate) fn of(json: bool) -> Print {
        if json { Print::Json } else { Print::Words }
    }

    /// A result as JSON, if that was asked for.
    ///
    /// # Errors
    /// Those of [`data`].
    pub(crate) fn json(self, value: &impl Serialize) -> anyhow::Result<()> {
        match self {
            Print::Json => json(value),
            Print::Words => Ok(()),
        }
    }
}

/// A line for the person at the keyboard, unless `--quiet` was asked for. If nobody can read it, nothing is lost.
pub(crate) fn talk(line: &str) {
    if !is_quiet() {
        complain(line);
    }
}

/// A line that even `--quiet` lets through: what went wrong.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

static QUIET: AtomicBool = AtomicBool::new(false);

/// From now on only results and errors are written.
pub(crate) fn be_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

pub(crate) fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}
