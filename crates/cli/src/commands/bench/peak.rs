//! The machine's peak: fused multiply-adds in registers, on all threads at once.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use gradbook_engine::kernels::{self, Isa, Precision};

use super::clock::median;

/// How long each measurement takes.
const DURATION: Duration = Duration::from_millis(300);

/// The pieces are long enough for the clock, and short enough that some of them are not interrupted.
const PIECE: Duration = Duration::from_millis(5);

/// Relative difference of two peaks above which a machine was not steady.
const STEADY: f64 = 0.05;

/// GFLOP/s of all threads, before and after what was measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peaks {
    pub(super) before: f64,
    pub(super) after: f64,
}

impl Peaks {
    pub(super) fn mean(&self) -> f64 {
        (self.before + self.after) / 2.0
    }

    /// The difference as a fraction of the larger.
    pub(super) fn difference(&self) -> f64 {
        (self.before - self.after).abs() / self.before.max(self.after)
    }

    pub(super) fn steady(&self) -> bool {
        self.difference() <= STEADY
    }
}

/// GFLOP/s of `threads` threads together; each contributes the median of its pieces.
pub(super) fn measure(threads: usize, isa: Isa, precision: Precision) -> f64 {
    let start = Barrier::new(threads);
    thread::scope(|scope| {
        let pieces = || {
            let times = times_a_piece(isa, precision);
            start.wait();
            let (started, mut rates) = (Instant::now(), Vec::new());
            while rates.is_empty() || started.elapsed() < DURATION {
                let piece = Instant::now();
                let operations = kernels::peak(isa, precision, times);
                rates.push(operations as f64 / piece.elapsed().as_secs_f64() / 1e9);
            }
            median(&rates).expect("one piece at least")
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(pieces)).collect();
        threads.into_iter().map(|thread| thread.join().expect("nothing in a piece can fail")).sum()
    })
}

/// How many multiply-adds on each number make a piece. Also wakes up the processor.
fn times_a_piece(isa: Isa, precision: Precision) -> usize {
    let mut times = 1000;
    loop {
        let started = Instant::now();
        kernels::peak(isa, precision, times);
        if started.elapsed() >= PIECE {
            return times;
        }
        times *= 2;
    }
}
