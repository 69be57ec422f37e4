//! Limits that end a training before its last epoch.

use std::time::Instant;

use crate::folder::records::EpochRecord;
use crate::stop::Stop;

/// What may end a training early, besides its observer and divergence. Accuracies are those of evaluation. With one of
/// these limits, evaluate on held-out images: test images that decide when a training ends no longer say how good
/// the network is on new ones.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// No step starts after this moment.
    pub deadline: Option<Instant>,
    /// The first epoch with this accuracy, a fraction, is the last one.
    pub until: Option<f64>,
    /// The training ends after this many epochs in a row without improvement.
    pub patience: Option<usize>,
}

impl Limits {
    /// Whether the time limit has been reached.
    pub fn now(&self) -> Option<Stop> {
        self.deadline.filter(|&deadline| Instant::now() >= deadline).map(|_| Stop::MaxSeconds)
    }

    /// Whether a training with these epochs ends after the last of them.
    pub fn after(&self, epochs: &[EpochRecord]) -> Option<Stop> {
        let last = epochs.last()?;
        if self.until.is_some_and(|until| last.accuracy >= until) {
            return Some(Stop::Until);
        }
        let best = epochs.iter().rev().max_by_key(|epoch| epoch.correct)?;
        let since = last.epoch - best.epoch;
        self.patience.is_some_and(|patience| since >= patience).then_some(Stop::Patience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epochs(correct: &[usize]) -> Vec<EpochRecord> {
        let epoch = |(at, &correct): (usize, &usize)| {
            let text = format!(
                r#"{{"event":"epoch","seed":1,"epoch":{},"rate":0.1,"train_loss":1,"train_accuracy":1,"loss":1,
                "accuracy":{},"correct":{correct},"total":100,"train_seconds":1,"evaluation_seconds":1,"cut_short":false}}"#,
                at + 1,
                correct as f64 / 100.0
            );
            serde_json::from_str(&text).unwrap()
        };
        correct.iter().enumerate().map(epoch).collect()
    }

    #[test]
    fn a_training_ends_when_it_is_good_enough_or_gets_no_better() {
        let patient = Limits { patience: Some(2), ..Limits::default() };
        let ends = |limits: &Limits, correct: &[usize]| limits.after(&epochs(correct));
        assert_eq!(ends(&patient, &[90, 80]), None);
        assert_eq!(ends(&patient, &[90, 80, 91, 91]), None);
        // Equal to the best is not better.
        assert_eq!(ends(&patient, &[90, 80, 91, 91, 91]), Some(Stop::Patience));
        let until = Limits { until: Some(0.91), ..patient };
        assert_eq!(ends(&until, &[90, 91]), Some(Stop::Until));
        assert_eq!(ends(&Limits::default(), &[90, 1, 1, 1, 1]), None);
    }
}
