//! Losses and accuracy against the epoch: one curve a variant, the mean over its seeds.

use super::Chart;
use super::axis::Axis;
use super::drawing::{Drawing, Entry, Frame, Point, WIDTH, curve, marker};
use crate::summary::mean;
use crate::{EpochPoint, Series, Variant};

const FRAME: Frame = Frame { left: 84.0, right: WIDTH - 20.0, top: 14.0, bottom: 420.0 };
/// Higher losses are those of a training that diverged: drawn, they would press all others into one line.
const DIVERGED: f64 = 100.0;
/// Marks on each curve.
const MARKS: usize = 8;

pub(super) fn loss(series: &Series) -> Option<Chart> {
    let curves = Curves::of(series, |point| loss_or_nan(point.loss));
    curves.chart("loss", "Evaluation loss during training", "evaluation loss", Axis::losses)
}

pub(super) fn training_loss(series: &Series) -> Option<Chart> {
    let curves = Curves::of(series, |point| loss_or_nan(point.train_loss));
    curves.chart("training-loss", "Training loss", "training loss", Axis::losses)
}

pub(super) fn accuracy(series: &Series) -> Option<Chart> {
    let curves = Curves::of(series, |point| 100.0 * point.accuracy);
    curves.chart("curves", "Accuracy during training", "accuracy in %", Axis::accuracies)
}

fn loss_or_nan(loss: f64) -> f64 {
    if loss <= DIVERGED { loss } else { f64::NAN }
}

struct Curves<'s> {
    /// Of the variants that have any point.
    curves: Vec<Curve<'s>>,
    /// Names of the other variants.
    missing: Vec<&'s str>,
}

struct Curve<'s> {
    name: &'s str,
    /// Epoch and the mean over all seeds; none where a seed has no finite value.
    points: Vec<(usize, Option<f64>)>,
    seeds: usize,
    /// Seeds that lack a finite value of some epoch.
    incomplete: usize,
}

impl<'s> Curves<'s> {
    fn of(series: &'s Series, value: fn(&EpochPoint) -> f64) -> Curves<'s> {
        let all = series.variants.iter().map(|variant| Curve::of(variant, value));
        let (curves, rest): (Vec<Curve>, Vec<Curve>) =
            all.partition(|curve| curve.points.iter().any(|(_, mean)| mean.is_some()));
        Curves { curves, missing: rest.iter().map(|curve| curve.name).collect() }
    }

    fn chart(
        &self,
        name: &'static str,
        title: &str,
        y_name: &str,
        y_axis: fn(&[f64], f64, f64) -> Axis,
    ) -> Option<Chart> {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let last = points().map(|(epoch, _)| *epoch).max()?;
        let values: Vec<f64> = points().filter_map(|(_, mean)| *mean).collect();
        let x = Axis::epochs(last, FRAME.left, FRAME.right);
        let y = y_axis(&values, FRAME.bottom, FRAME.top);

        let mut drawing = Drawing::new();
        drawing.x_axis(&x, &FRAME, "epoch");
        drawing.y_axis(&y, &FRAME, y_name);
        for (look, shown) in self.curves.iter().enumerate() {
            let runs = shown.runs(&x, &y);
            drawing.add(&curve(look, &runs));
            for at in marked(&runs, look) {
                drawing.add(&marker(look, at));
            }
        }
        drawing.legend(&self.curves.iter().enumerate().map(entry).collect::<Vec<_>>());
        drawing.notes(&self.notes());
        let ends: Vec<String> = self.curves.iter().map(|curve| curve.described()).collect();
        Some(drawing.finish(name, title, &format!("The {y_name} after each epoch. {}.", ends.join("; "))))
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = vec!["Each curve is the mean over the seeds of a variant.".to_owned()];
        notes.extend(self.curves.iter().filter_map(Curve::gaps));
        if !self.missing.is_empty() {
            notes.push(format!("Without a curve: {}.", self.missing.join(", ")));
        }
        notes
    }
}

impl<'s> Curve<'s> {
    fn of(variant: &'s Variant, value: fn(&EpochPoint) -> f64) -> Curve<'s> {
        let trials: Vec<&[EpochPoint]> =
            variant.trials.iter().map(|trial| &*trial.epochs).filter(|points| !points.is_empty()).collect();
        let mut epochs: Vec<usize> = trials.iter().flat_map(|points| points.iter().map(|point| point.epoch)).collect();
        epochs.sort_unstable();
        epochs.dedup();
        let at = |points: &[EpochPoint], epoch: usize| {
            points.iter().find(|point| point.epoch == epoch).map(value).filter(|value| value.is_finite())
        };
        let mean_at = |epoch: usize| {
            let values: Option<Vec<f64>> = trials.iter().map(|points| at(points, epoch)).collect();
            values.and_then(|values| mean(&values))
        };
        let incomplete = |points: &&&[EpochPoint]| epochs.iter().any(|&epoch| at(points, epoch).is_none());
        Curve {
            name: &variant.name,
            seeds: trials.len(),
            incomplete: trials.iter().filter(incomplete).count(),
            points: epochs.iter().map(|&epoch| (epoch, mean_at(epoch))).collect(),
        }
    }

    /// Points without a gap between them.
    fn runs(&self, x: &Axis, y: &Axis) -> Vec<Vec<Point>> {
        let runs = self.points.split(|(_, mean)| mean.is_none()).filter(|run| !run.is_empty());
        let point = |&(epoch, mean): &(usize, Option<f64>)| mean.map(|mean| (x.pixel(epoch as f64), y.pixel(mean)));
        runs.map(|run| run.iter().filter_map(point).collect()).collect()
    }

    /// Where the curve has gaps, in words.
    fn gaps(&self) -> Option<String> {
        let (first, _) = self.points.iter().find(|(_, mean)| mean.is_none())?;
        Some(format!(
            "{}: in {} of {} seeds the training diverged or stopped early; the first gap is epoch {first}.",
            self.name, self.incomplete, self.seeds
        ))
    }

    fn described(&self) -> String {
        let last = self.points.iter().rev().find_map(|(epoch, mean)| mean.map(|mean| (epoch, mean)));
        last.map_or_else(String::new, |(epoch, mean)| format!("{}: {mean:.4} after epoch {epoch}", self.name))
    }
}

/// Where a curve has marks: at places of its own, so that equal curves can be seen to be several, and on single points.
fn marked(runs: &[Vec<Point>], look: usize) -> Vec<Point> {
    let points: usize = runs.iter().map(Vec::len).sum();
    let every = points.div_ceil(MARKS).max(2);
    let mut marked = Vec::new();
    for run in runs {
        let chosen = run.iter().enumerate().filter(|(n, _)| run.len() == 1 || (n + look).is_multiple_of(every));
        marked.extend(chosen.map(|(_, at)| *at));
    }
    marked
}

fn entry((look, shown): (usize, &Curve)) -> Entry {
    let sample = format!("{}{}", curve(look, &[vec![(-20.0, 0.0), (20.0, 0.0)]]), marker(look, (0.0, 0.0)));
    Entry { sample, label: shown.name.to_owned() }
}
