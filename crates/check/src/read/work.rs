//! How much work a file has cost so far.
//!
//! Where it is used up, the rest of the file is not judged, rather than judged by half of its formulas.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::limits::{MAX_LOOK_UPS, MAX_PARTS};

#[derive(Debug, Default)]
pub(super) struct Work {
    parts: AtomicU64,
    look_ups: AtomicU64,
}

impl Work {
    /// Counts parts of formulas that are made.
    pub(super) fn spend(&self, parts: usize) {
        // Never beyond the limit by so much that the counter could overflow.
        self.parts.fetch_add(parts.min(MAX_PARTS) as u64, Ordering::Relaxed);
    }

    /// Counts a number that a formula's calculation needs. `false` if there were too many.
    pub(super) fn look_up(&self) -> bool {
        self.look_ups.fetch_add(1, Ordering::Relaxed) + 1 < MAX_LOOK_UPS as u64
    }

    pub(super) fn is_used_up(&self) -> bool {
        self.parts.load(Ordering::Relaxed) >= MAX_PARTS as u64
            || self.look_ups.load(Ordering::Relaxed) >= MAX_LOOK_UPS as u64
    }
}
