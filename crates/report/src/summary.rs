//! What the trials of each variant come to: the numbers that all tables and charts show.

use crate::statistics::{Interval, Spread, difference, mean_interval, median};
use crate::{Series, Trial, Variant};

/// A variant and its numbers; accuracies in percent, of the last epoch unless named otherwise.
pub(crate) struct Summary<'s> {
    pub(crate) variant: &'s Variant,
    /// In the order of the trials.
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
        before.clone_from(&summary.accuracies);
        summary
    };
    series.variants.iter().map(summary).collect()
}

impl<'s> Summary<'s> {
    /// `before` are the accuracies of the variant before.
    fn of(variant: &'s Variant, before: &[f64]) -> Summary<'s> {
        let of_trials = |value: fn(&Trial) -> f64| -> Vec<f64> { variant.trials.iter().map(value).collect() };
        let accuracies = of_trials(|trial| 100.0 * trial.accuracy);
        Summary {
            variant,
            mean: mean(&accuracies),
            spread: Spread::of(&accuracies),
            interval: mean_interval(&accuracies),
            best_epoch: mean(&of_trials(|trial| 100.0 * trial.best_accuracy)),
            difference: difference(&accuracies, before),
            seconds: median(&of_trials(|trial| trial.seconds)),
            accuracies,
        }
    }
}

/// Of at least one value.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
