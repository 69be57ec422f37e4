//! Ctrl-C: once to end in good order, twice to end at once.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;

use crate::output;

/// 128 + SIGINT, as shells report it.
pub(crate) const EXIT_CODE: u8 = 130;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on the first Ctrl-C only sets [`requested`], and says so.
///
/// # Errors
/// If the system does not let the program handle it.
pub(crate) fn watch() -> anyhow::Result<()> {
    let handler = || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            process::exit(EXIT_CODE.into());
        }
        output::talk("\ninterrupted: finishing this step and writing what there is (Ctrl-C again to stop at once)");
    };
    ctrlc::set_handler(handler).context("Ctrl-C cannot be handled")
}

/// Whether Ctrl-C was pressed.
pub(crate) fn requested() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
