//! What the trials of each variant come to: the numbers that all tables and charts show.

use crate::statistics::{Interval, Spread, difference, mean_interval, median};
use crate::{Series, Trial, Variant};

/// A variant and its numbers; accuracies in percent, of the last epoch unless named otherwise.
pub(crate) struct Summary<'s> {
    pub(crate) variant: &'s Variant,
    /// How many of its trials diverged. If one did, there are no means: those of the others alone would be too high.
    pub(crate) diverged: usize,
    /// Of the trials that did not diverge, in their order.
    pub(crate) accuracies: Vec<f64>,
    /// Of at least one trial, as are `best_epoch` and `seconds`.
    pub(crate) mean: Option<f64>,
    /// Of at least two trials, as is `interval`.
    pub(crate) spread: Option<Spread>,
    /// Of the mean.
    pub(crate) interval: Option<Interval>,
    /// The mean over seeds of each one's best epoch.
    pub(crate) best_epoch: Option<f64>,
    /// To the mean of the variant before, in percentage points.
    pub(crate) difference: Option<Interval>,
    /// The median of the trials.
    pub(crate) seconds: Option<f64>,
}

/// One for each variant, in order.
pub(crate) fn summaries(series: &Series) -> Vec<Summary<'_>> {
    let mut before: Vec<f64> = Vec::new();
    let summary = |variant| {
        let summary = Summary::of(variant, &before);
        before = summary.compared().to_vec();
        summary
    };
    series.variants.iter().map(summary).collect()
}

impl<'s> Summary<'s> {
    /// `before` are the accuracies of the variant before.
    fn of(variant: &'s Variant, before: &[f64]) -> Summary<'s> {
        let sound = || variant.trials.iter().filter(|trial| !trial.diverged);
        let of_trials = |value: fn(&Trial) -> f64| -> Vec<f64> { sound().map(value).collect() };
        let summary = Summary {
            variant,
            diverged: variant.trials.len() - sound().count(),
            accuracies: of_trials(|trial| 100.0 * trial.accuracy),
            mean: None,
            spread: None,
            interval: None,
            best_epoch: None,
            difference: None,
            seconds: median(&of_trials(|trial| trial.seconds)),
        };
        let accuracies = summary.compared();
        let best_epoch =
            if summary.diverged == 0 { mean(&of_trials(|trial| 100.0 * trial.best_accuracy)) } else { None };
        let (mean, spread) = (mean(accuracies), Spread::of(accuracies));
        let (interval, difference) = (mean_interval(accuracies), difference(accuracies, before));
        Summary { mean, spread, interval, best_epoch, difference, ..summary }
    }

    /// What means are taken of.
    fn compared(&self) -> &[f64] {
        if self.diverged == 0 { &self.accuracies } else { &[] }
    }

    /// In place of a mean that there is none of.
    pub(crate) fn why_no_mean(&self) -> String {
        match self.diverged {
            0 => "no trial yet".to_owned(),
            diverged => format!("{diverged} of {} diverged", self.variant.trials.len()),
        }
    }
}

/// Of at least one value.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
