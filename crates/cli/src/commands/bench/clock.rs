//! The times of training steps, alternately with and without the assembly of batches.

use std::time::Instant;

use gradbook_engine::train::{Control, Step};

/// Steps that are not measured: buffers are touched for the first time, threads wake up.
const WARM_UP_STEPS: usize = 10;

/// Follows a training and decides which steps assemble a batch.
pub(super) struct Clock {
    /// Steps in each half of a repetition.
    steps: usize,
    repetitions: usize,
    done: usize,
    last: Instant,
    /// Images of this epoch so far.
    seen: usize,
    /// Seconds and images of this half.
    half: (f64, usize),
    /// Seconds per image in each half: with assembly, without, with, ...
    halves: Vec<Option<f64>>,
}

impl Clock {
    pub(super) fn start(steps: usize, repetitions: usize) -> Clock {
        Clock { steps, repetitions, done: 0, last: Instant::now(), seen: 0, half: (0.0, 0), halves: Vec::new() }
    }

    /// All steps that it will let pass.
    pub(super) fn all_steps(&self) -> usize {
        WARM_UP_STEPS + 2 * self.steps * self.repetitions
    }

    /// After each step.
    pub(super) fn step(&mut self, step: &Step) -> Control {
        let now = Instant::now();
        let is_first = step.step == 1;
        let images = step.running.samples - if is_first { 0 } else { self.seen };
        if let Some(measured) = self.done.checked_sub(WARM_UP_STEPS) {
            // The first step of an epoch assembles its batch all the same.
            if self.halves.len().is_multiple_of(2) || !is_first {
                self.half.0 += (now - self.last).as_secs_f64();
                self.half.1 += images;
            }
            if (measured + 1).is_multiple_of(self.steps) {
                let (seconds, images) = std::mem::take(&mut self.half);
                self.halves.push((images > 0).then(|| seconds / images as f64));
            }
        }
        self.done += 1;
        (self.last, self.seen) = (now, step.running.samples);
        match self.halves.len() {
            halves if halves == 2 * self.repetitions => Control::Stop,
            halves if halves % 2 == 1 => Control::Again,
            _ => Control::Continue,
        }
    }

    /// Seconds an image with assembly and without, of each whole repetition. Without is not known where no step was
    /// measured, as with epochs of one step.
    pub(super) fn pairs(&self) -> Vec<(f64, Option<f64>)> {
        let pairs = self.halves.chunks_exact(2);
        pairs.filter_map(|pair| pair[0].map(|with| (with, pair[1]))).collect()
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
    fn medians_and_quantiles_of_a_few_numbers() {
        assert_eq!([&[3.0, 1.0, 2.0][..], &[4.0, 1.0, 2.0, 3.0], &[]].map(median), [Some(2.0), Some(2.5), None]);
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!([0.0, 0.01, 0.99, 1.0].map(|q| quantile(&hundred, q)), [1.0, 1.0, 99.0, 100.0].map(Some));
    }
}
