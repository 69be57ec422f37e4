//! Accuracy of the last epoch, one row a variant: the mean with its interval, the single seeds, what others published.

use super::Chart;
use super::axis::Axis;
use super::drawing::{Drawing, Entry, Frame, WIDTH, circle, diamond, line, shortened, text_width};
use crate::summary::Summary;

const ROW: f64 = 36.0;
/// How far the mean stands above the middle of its row, and the seeds below.
const LANE: f64 = 6.0;
const TOP: f64 = 14.0;
/// The widest column of names, and that of the numbers on the right.
const NAMES: f64 = 270.0;
const NUMBERS: f64 = 130.0;

const MEAN: &str = "hue-0";
const PUBLISHED: &str = "hue-1";

/// Of at least one trial.
pub(super) fn chart(summaries: &[Summary]) -> Option<Chart> {
    let shown = || summaries.iter().filter(|summary| summary.mean.is_some());
    shown().next()?;
    let widest = summaries.iter().map(|summary| text_width(&summary.variant.name)).fold(0.0, f64::max);
    let left = 24.0 + widest.min(NAMES);
    let frame = Frame { left, right: WIDTH - NUMBERS - 16.0, top: TOP, bottom: TOP + ROW * summaries.len() as f64 };
    let axis = Axis::accuracies(&values(summaries), frame.left, frame.right);

    let mut drawing = Drawing::new();
    drawing.x_axis(&axis, &frame, "accuracy of the last epoch in %");
    for (n, summary) in summaries.iter().enumerate() {
        row(&mut drawing, summary, &axis, &frame, TOP + ROW * (n as f64 + 0.5));
    }
    drawing.legend(&legend(summaries));
    let described: Vec<String> =
        shown().map(|summary| format!("{}: {} %", summary.variant.name, numbers(summary))).collect();
    let description = format!("Mean accuracy of each variant. {}.", described.join("; "));
    Some(drawing.finish("accuracy", "Accuracy over seeds", &description))
}

/// All that the axis must hold. The end of an interval may lie beyond all that is possible.
fn values(summaries: &[Summary]) -> Vec<f64> {
    let ends = summaries.iter().filter_map(|summary| summary.interval);
    let ends = ends.flat_map(|interval| [interval.low(), interval.high()]).filter(|end| (0.0..100.0).contains(end));
    let published = summaries.iter().filter_map(|summary| summary.variant.published.map(|run| run.last));
    let seeds = summaries.iter().flat_map(|summary| summary.accuracies.iter().copied());
    seeds.chain(ends).chain(published).collect()
}

fn row(drawing: &mut Drawing, summary: &Summary, axis: &Axis, frame: &Frame, middle: f64) {
    let y = middle - LANE;
    drawing.text("end", (frame.left - 12.0, middle + 5.0), &shortened(&summary.variant.name, NAMES));
    drawing.line("grid", (frame.left, middle + ROW / 2.0), (frame.right, middle + ROW / 2.0));
    for &accuracy in &summary.accuracies {
        drawing.add(&seed((axis.pixel(accuracy), middle + LANE)));
    }
    if let Some(interval) = summary.interval {
        let (low, high) = (axis.pixel(interval.low()), axis.pixel(interval.high()));
        drawing.line(&format!("line {MEAN}"), (low, y), (high, y));
        // An interval that goes beyond the axis has no end to show.
        for (end, x) in [(interval.low(), low), (interval.high(), high)] {
            if axis.contains(end) {
                drawing.line(&format!("line {MEAN}"), (x, y - 4.0), (x, y + 4.0));
            }
        }
    }
    if let Some(mean) = summary.mean {
        drawing.add(&circle(&format!("mark {MEAN}"), (axis.pixel(mean), y)));
    }
    if let Some(run) = summary.variant.published {
        drawing.add(&diamond(&format!("hollow {PUBLISHED}"), (axis.pixel(run.last), y)));
    }
    drawing.text("tabular", (frame.right + 16.0, middle + 5.0), &numbers(summary));
}

/// The mean and half its interval.
fn numbers(summary: &Summary) -> String {
    match (summary.mean, summary.interval) {
        (Some(mean), Some(interval)) => format!("{mean:.3} ± {:.3}", interval.half_width),
        (Some(mean), None) => format!("{mean:.3}, one seed"),
        (None, _) => summary.why_no_mean(),
    }
}

/// One seed, as a stroke across its row.
fn seed((x, y): (f64, f64)) -> String {
    line(&format!("seed {MEAN}"), (x, y - LANE), (x, y + LANE))
}

fn legend(summaries: &[Summary]) -> Vec<Entry> {
    let interval = line(&format!("line {MEAN}"), (-18.0, 0.0), (18.0, 0.0));
    let mean = format!("{interval}{}", circle(&format!("mark {MEAN}"), (0.0, 0.0)));
    let mut entries = vec![
        Entry { sample: mean, label: "mean over seeds, 95 % interval".to_owned() },
        Entry { sample: seed((0.0, 0.0)), label: "one seed".to_owned() },
    ];
    if summaries.iter().any(|summary| summary.variant.published.is_some()) {
        let sample = diamond(&format!("hollow {PUBLISHED}"), (0.0, 0.0));
        entries.push(Entry { sample, label: "published by others, last epoch".to_owned() });
    }
    entries
}
