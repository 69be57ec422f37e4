//! The time of training steps, and how much of it is the assembly of batches.
//!
//! The engine announces each operation, and the clock is read before and after each image's assembly: twice an image,
//! which takes a hundred microseconds or more.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use gradbook_engine::profile::Work;
use gradbook_engine::train::Control;

/// Steps that are not measured: buffers are touched for the first time, threads wake up.
const WARM_UP_STEPS: usize = 10;

thread_local! {
    /// When this thread began to assemble an image, if that is what it does.
    static ASSEMBLES_SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Follows a training on all its threads.
pub(super) struct Clock {
    /// In each repetition.
    steps: usize,
    repetitions: usize,
    threads: usize,
    /// In this repetition: images assembled, and what that took all threads together.
    images: AtomicU64,
    assembly_nanoseconds: AtomicU64,
    progress: Mutex<Progress>,
}

/// What changes from step to step.
struct Progress {
    done: usize,
    /// When this repetition began.
    since: Instant,
    times: Vec<Times>,
}

/// Of one repetition, in seconds an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Times {
    pub(super) whole: f64,
    /// What the threads do not spend on assembly.
    pub(super) without_assembly: f64,
}

impl Clock {
    pub(super) fn start(steps: usize, repetitions: usize, threads: usize) -> Clock {
        let progress = Progress { done: 0, since: Instant::now(), times: Vec::new() };
        Clock {
            steps,
            repetitions,
            threads,
            images: AtomicU64::new(0),
            assembly_nanoseconds: AtomicU64::new(0),
            progress: Mutex::new(progress),
        }
    }

    /// All steps that it will let pass.
    pub(super) fn all_steps(&self) -> usize {
        WARM_UP_STEPS + self.steps * self.repetitions
    }

    /// Before each piece of work.
    pub(super) fn announce(&self, work: Work) -> Control {
        if let Some(since) = ASSEMBLES_SINCE.take() {
            self.assembly_nanoseconds.fetch_add(since.elapsed().as_nanos() as u64, Ordering::Relaxed);
            self.images.fetch_add(1, Ordering::Relaxed);
        }
        match work {
            Work::Assembly => ASSEMBLES_SINCE.set(Some(Instant::now())),
            Work::Step => return self.step(),
            _ => {}
        }
        Control::Continue
    }

    fn step(&self) -> Control {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.done += 1;
        let Some(measured) = progress.done.checked_sub(WARM_UP_STEPS) else { return Control::Continue };
        if measured.is_multiple_of(self.steps) {
            let (now, images) = (Instant::now(), self.images.swap(0, Ordering::Relaxed) as f64);
            let assembly = self.assembly_nanoseconds.swap(0, Ordering::Relaxed) as f64 / 1e9 / self.threads as f64;
            let whole = (now - progress.since).as_secs_f64();
            if measured > 0 {
                progress.times.push(Times { whole: whole / images, without_assembly: (whole - assembly) / images });
            }
            progress.since = now;
        }
        if progress.times.len() == self.repetitions { Control::Stop } else { Control::Continue }
    }

    /// Those of each whole repetition.
    pub(super) fn times(self) -> Vec<Times> {
        self.progress.into_inner().unwrap_or_else(PoisonError::into_inner).times
    }
}

/// The middle value, or the mean of the two in the middle; `None` without values.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let values = sorted(values);
    let middle = values.len() / 2;
    let upper = values.get(middle)?;
    Some(if values.len().is_multiple_of(2) { (values[middle - 1] + upper) / 2.0 } else { *upper })
}

/// The smallest value that this fraction of all values does not exceed; `None` without values.
pub(super) fn quantile(values: &[f64], fraction: f64) -> Option<f64> {
    let rank = (fraction * values.len() as f64).ceil() as usize;
    sorted(values).get(rank.saturating_sub(1)).copied()
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_repetition_after_the_warm_up_is_measured() {
        let clock = Clock::start(3, 2, 1);
        for step in 1..=clock.all_steps() {
            assert_eq!(clock.announce(Work::Assembly), Control::Continue);
            assert_eq!(clock.announce(Work::Loss), Control::Continue);
            let is_last = step == clock.all_steps();
            assert_eq!(clock.announce(Work::Step), if is_last { Control::Stop } else { Control::Continue });
        }
        let times = clock.times();
        assert!(times.len() == 2 && times.iter().all(|times| times.whole >= times.without_assembly), "{times:?}");
    }

    #[test]
    fn medians_and_quantiles_of_a_few_numbers() {
        assert_eq!([&[3.0, 1.0, 2.0][..], &[4.0, 1.0, 2.0, 3.0], &[]].map(median), [Some(2.0), Some(2.5), None]);
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!([0.0, 0.01, 0.99, 1.0].map(|q| quantile(&hundred, q)), [1.0, 1.0, 99.0, 100.0].map(Some));
    }
}
