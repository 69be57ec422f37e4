//! The two channels: results to standard output, everything else to standard error.
//!
//! Nothing else in this crate writes to either. `println!` would panic when the reader of a pipe has gone. Names, words and
//! excerpts of files are shown escaped: whoever wrote the file does not command the reader's terminal.

use std::borrow::Cow;
use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use serde::Serialize;

/// Prints a line of results.
///
/// # Errors
/// If standard output cannot be written, as on a full disk. A reader that has gone away is not an error, because files
/// may still have to be finished.
pub(crate) fn data(line: &str) -> anyhow::Result<()> {
    raw(&escaped(line, |c| c.escape_default().to_string()))
}

/// A drawing of our own, whose escape sequences are meant.
///
/// # Errors
/// Those of [`data`].
pub(crate) fn raw(line: &str) -> anyhow::Result<()> {
    match writeln!(io::stdout().lock(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("standard output"),
        _ => Ok(()),
    }
}

/// Prints a result as one line of JSON.
///
/// # Errors
/// Those of [`data`].
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    // All that JSON lets through is in its strings.
    raw(&escaped(&serde_json::to_string(value)?, |c| format!("\\u{:04x}", u32::from(c))))
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

    /// Prints a result as JSON, if that was asked for.
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

/// Prints a line for the person at the keyboard, unless `--quiet` was given. If nobody can read it, nothing is lost.
pub(crate) fn talk(line: &str) {
    if !is_quiet() {
        complain(line);
    }
}

/// Prints what went wrong, even with `--quiet`.
pub(crate) fn complain(line: &str) {
    let line = escaped(line, |c| c.escape_default().to_string());
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// A text in which a terminal finds nothing to obey: control characters, but for ends of lines and tabs, and those that
/// turn the direction of writing.
fn escaped(text: &str, escape: impl Fn(char) -> String) -> Cow<'_, str> {
    let is_command = |c: char| {
        c.is_control() && c != '\n' && c != '\t' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(is_command) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if is_command(c) { escape(c) } else { c.to_string() }).collect())
}

static QUIET: AtomicBool = AtomicBool::new(false);

/// From now on, only results and errors are printed.
pub(crate) fn be_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

pub(crate) fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}
