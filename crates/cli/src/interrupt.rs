//! Ctrl-C and SIGTERM, with which clusters and containers stop a program: once to end cleanly, twice to end at once.

use std::process;
use std::sync::atomic::{AtomicU8, Ordering};

use anyhow::Context;
use indicatif::ProgressBar;

use crate::output;

/// 128 + SIGINT, as shells report it.
const CTRL_C: u8 = 130;

/// The exit code of the signal that came; 0 before any came.
static EXIT_CODE: AtomicU8 = AtomicU8::new(0);

/// From now on the first signal only sets [`requested`], and a message replaces the `bar`.
///
/// # Errors
/// If the system does not let the program handle it.
pub(crate) fn watch(bar: Option<ProgressBar>) -> anyhow::Result<()> {
    // Not with `ctrlc`, which would also handle SIGHUP and so end what `nohup` has started.
    #[cfg(unix)]
    {
        use signal_hook::{consts::SIGTERM, iterator::Signals};
        let bar = bar.clone();
        let mut signals = Signals::new([SIGTERM]).context("SIGTERM cannot be handled")?;
        let wait = move || signals.forever().for_each(|signal| interrupt(128 + signal as u8, bar.as_ref()));
        std::thread::Builder::new().spawn(wait).context("SIGTERM cannot be handled")?;
    }
    ctrlc::set_handler(move || interrupt(CTRL_C, bar.as_ref())).context("Ctrl-C cannot be handled")
}

fn interrupt(exit_code: u8, bar: Option<&ProgressBar>) {
    if EXIT_CODE.swap(exit_code, Ordering::Relaxed) != 0 {
        process::exit(exit_code.into());
    }
    bar.into_iter().for_each(ProgressBar::finish_and_clear);
    output::talk("interrupted: finishing this step and saving (interrupt again to stop at once)");
}

/// Whether a signal came.
pub(crate) fn requested() -> bool {
    exit_code() != 0
}

/// 128 and the number of the signal that came.
pub(crate) fn exit_code() -> u8 {
    EXIT_CODE.load(Ordering::Relaxed)
}
