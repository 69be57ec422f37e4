//! What was calculated once for a step and is kept.

use std::sync::OnceLock;

/// Steps that get their places together.
const CHUNK: usize = 32;

/// One value for each of the steps near a table's, calculated when it is first asked for.
pub(super) struct Memory<T> {
    /// The first step that has a place.
    first: isize,
    chunks: Vec<OnceLock<Box<[OnceLock<T>; CHUNK]>>>,
}

impl<T> Memory<T> {
    /// For a table with this number of steps. An equation may refer to steps before and after those of the table.
    pub(super) fn new(steps: usize) -> Memory<T> {
        let chunks = (3 * steps).div_ceil(CHUNK) + 2;
        Memory { first: -((steps + CHUNK) as isize), chunks: (0..chunks).map(|_| OnceLock::new()).collect() }
    }

    /// Does something with the value of a step, whether it has a place or not.
    pub(super) fn with<R>(&self, step: isize, make: impl FnOnce() -> T, f: impl FnOnce(&T) -> R) -> R {
        let place = usize::try_from(step - self.first).ok();
        match place.and_then(|place| Some((self.chunks.get(place / CHUNK)?, place % CHUNK))) {
            Some((chunk, at)) => {
                f(chunk.get_or_init(|| Box::new([const { OnceLock::new() }; CHUNK]))[at].get_or_init(make))
            }
            None => f(&make()),
        }
    }
}
