//! When the system gives no more memory or no more threads: one line that says so, and exit code 1.

use std::panic;
use std::process;

use crate::output;

/// From now on that is how the program ends then.
pub(crate) fn end_in_order() {
    // An allocation that fails says how many bytes it was about, then aborts.
    #[cfg(unix)]
    {
        use std::sync::Arc;
        use std::sync::atomic::AtomicBool;
        let always = Arc::new(AtomicBool::new(true));
        let _ = signal_hook::flag::register_conditional_shutdown(signal_hook::consts::SIGABRT, 1, always);
    }
    let otherwise = panic::take_hook();
    panic::set_hook(Box::new(move |panic| match panic.payload_as_str().and_then(words) {
        Some(line) => {
            output::complain(line);
            process::exit(1);
        }
        None => otherwise(panic),
    }));
}

/// What to say to a panic that is none of the program's mistakes; `None` for others.
fn words(panic: &str) -> Option<&'static str> {
    // Of the standard library, and of what unpacks the images.
    const THREAD: &str = "failed to spawn thread";
    const MEMORY: &str = "Allocating new space for the ringbuffer failed";
    match panic {
        _ if panic.starts_with(THREAD) => Some(
            "error: the system gives this program no further thread; end other programs, raise its limits (ulimit), or use \
             fewer with --threads",
        ),
        _ if panic.starts_with(MEMORY) => Some(
            "error: the system gives this program no more memory; end other programs, or raise its limits (ulimit)",
        ),
        _ => None,
    }
}
