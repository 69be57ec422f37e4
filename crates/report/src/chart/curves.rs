//! Losses and accuracy against the epoch: one curve a variant, the mean over its seeds.

use super::{ValueAxis, drawable, ends};
use crate::summary::mean;
use crate::{EpochPoint, Series, Variant};
use gradbook_page::lines::{PlotLine, legend, plot};
use gradbook_page::{Axis, Canvas, Drawing, Frame, WIDTH};

const FRAME: Frame = Frame { left: 84.0, right: WIDTH - 20.0, top: 14.0, bottom: 420.0 };

pub(super) fn loss(series: &Series) -> Option<Drawing> {
    let curves = Curves::of(series, |point| drawable(point.loss));
    curves.chart("loss", "Evaluation loss during training", "evaluation loss", Axis::logarithmic)
}

pub(super) fn training_loss(series: &Series) -> Option<Drawing> {
    let curves = Curves::of(series, |point| drawable(point.train_loss));
    curves.chart("training-loss", "Training loss", "training loss", Axis::logarithmic)
}

pub(super) fn accuracy(series: &Series) -> Option<Drawing> {
    let curves = Curves::of(series, |point| Some(100.0 * point.accuracy));
    curves.chart("curves", "Accuracy during training", "accuracy in %", Axis::accuracies)
}

struct Curves {
    /// Of the variants that have any point.
    lines: Vec<PlotLine>,
    /// In words.
    gaps: Vec<String>,
    /// Names of the other variants.
    missing: Vec<String>,
}

impl Curves {
    fn of(series: &Series, value: fn(&EpochPoint) -> Option<f64>) -> Curves {
        let mut curves = Curves { lines: Vec::new(), gaps: Vec::new(), missing: Vec::new() };
        for variant in &series.variants {
            let (line, gaps) = curve(variant, value);
            if line.is_empty() {
                curves.missing.push(line.name);
            } else {
                curves.lines.push(line);
                curves.gaps.extend(gaps);
            }
        }
        curves
    }

    fn chart(&self, name: &'static str, title: &str, y_name: &str, y_axis: ValueAxis) -> Option<Drawing> {
        let mut canvas = Canvas::default();
        plot(&mut canvas, &FRAME, &self.lines, ("epoch", y_name), y_axis)?;
        canvas.legend(&legend(&self.lines));
        canvas.notes(&self.notes());
        Some(canvas.finish(name, title, &format!("The {y_name} after each epoch. {}.", ends(&self.lines))))
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = vec!["Each curve is the mean over the seeds of a variant.".to_owned()];
        notes.extend(self.gaps.iter().cloned());
        if !self.missing.is_empty() {
            notes.push(format!("Without a curve: {}.", self.missing.join(", ")));
        }
        notes
    }
}

/// Epoch and the mean over all seeds; none where a seed has no finite value. And where that is, in words.
fn curve(variant: &Variant, value: fn(&EpochPoint) -> Option<f64>) -> (PlotLine, Option<String>) {
    let trials: Vec<&[EpochPoint]> =
        variant.trials.iter().map(|trial| &*trial.epochs).filter(|points| !points.is_empty()).collect();
    let mut epochs: Vec<usize> = trials.iter().flat_map(|points| points.iter().map(|point| point.epoch)).collect();
    epochs.sort_unstable();
    epochs.dedup();
    let at = |points: &[EpochPoint], epoch: usize| {
        points.iter().find(|point| point.epoch == epoch).and_then(value).filter(|value| value.is_finite())
    };
    let mean_at = |epoch: usize| {
        let values: Option<Vec<f64>> = trials.iter().map(|points| at(points, epoch)).collect();
        values.and_then(|values| mean(&values))
    };
    let points: Vec<_> = epochs.iter().map(|&epoch| (epoch as f64, mean_at(epoch))).collect();
    let incomplete = |points: &&&[EpochPoint]| epochs.iter().any(|&epoch| at(points, epoch).is_none());
    let gaps = points.iter().find(|(_, mean)| mean.is_none()).map(|(first, _)| {
        format!(
            "{}: in {} of {} seeds the training diverged or stopped early; the first gap is epoch {first}.",
            variant.name,
            trials.iter().filter(incomplete).count(),
            trials.len()
        )
    });
    (PlotLine { name: variant.name.clone(), points }, gaps)
}
