//! Accuracy of the last epoch, one row a variant: the mean with its interval, the single seeds, what others published.

use super::{OURS, mean_mark, published_mark};
use crate::summary::Summary;
use gradbook_page::label::{shortened, text_width};
use gradbook_page::markup::line;
use gradbook_page::{Axis, Canvas, Drawing, Frame, LegendEntry, WIDTH};

const ROW: f64 = 36.0;
/// How far the mean stands above the middle of its row, and the seeds below.
const LANE: f64 = 6.0;
const TOP: f64 = 14.0;
/// The widest column of names, and that of the numbers on the right.
const NAMES: f64 = 270.0;
const NUMBERS: f64 = 130.0;

/// Of at least one trial.
pub(super) fn chart(summaries: &[Summary]) -> Option<Drawing> {
    let shown = || summaries.iter().filter(|summary| summary.mean.is_some());
    shown().next()?;
    let widest = summaries.iter().map(|summary| text_width(&summary.variant.name)).fold(0.0, f64::max);
    let left = 24.0 + widest.min(NAMES);
    let frame = Frame { left, right: WIDTH - NUMBERS - 16.0, top: TOP, bottom: TOP + ROW * summaries.len() as f64 };
    let axis = Axis::accuracies(&values(summaries), frame.left, frame.right);

    let mut canvas = Canvas::default();
    canvas.x_axis(&axis, &frame, "accuracy of the last epoch in %");
    for (n, summary) in summaries.iter().enumerate() {
        row(&mut canvas, summary, &axis, &frame, TOP + ROW * (n as f64 + 0.5));
    }
    canvas.legend(&legend(summaries));
    let described: Vec<String> =
        shown().map(|summary| format!("{}: {} %", summary.variant.name, numbers(summary))).collect();
    let description = format!("Mean accuracy of each variant. {}.", described.join("; "));
    Some(canvas.finish("accuracy", "Accuracy over seeds", &description))
}

/// All that the axis must hold. The end of an interval may lie beyond all that is possible.
fn values(summaries: &[Summary]) -> Vec<f64> {
    let ends = summaries.iter().filter_map(|summary| summary.interval);
    let ends = ends.flat_map(|interval| [interval.low(), interval.high()]).filter(|end| (0.0..100.0).contains(end));
    let published = summaries.iter().filter_map(|summary| summary.variant.published.map(|run| run.last));
    let seeds = summaries.iter().flat_map(|summary| summary.accuracies.iter().copied());
    seeds.chain(ends).chain(published).collect()
}

fn row(canvas: &mut Canvas, summary: &Summary, axis: &Axis, frame: &Frame, middle: f64) {
    let y = middle - LANE;
    canvas.text("end", (frame.left - 12.0, middle + 5.0), &shortened(&summary.variant.name, NAMES));
    canvas.line("grid", (frame.left, middle + ROW / 2.0), (frame.right, middle + ROW / 2.0));
    for &accuracy in &summary.accuracies {
        canvas.add(&seed((axis.pixel(accuracy), middle + LANE)));
    }
    if let Some(interval) = summary.interval {
        let (low, high) = (axis.pixel(interval.low()), axis.pixel(interval.high()));
        canvas.line(&format!("line {OURS}"), (low, y), (high, y));
        // An interval that goes beyond the axis has no end to show.
        for (end, x) in [(interval.low(), low), (interval.high(), high)] {
            if axis.contains(end) {
                canvas.line(&format!("line {OURS}"), (x, y - 4.0), (x, y + 4.0));
            }
        }
    }
    if let Some(mean) = summary.mean {
        canvas.add(&mean_mark((axis.pixel(mean), y)));
    }
    if let Some(run) = summary.variant.published {
        canvas.add(&published_mark((axis.pixel(run.last), y)));
    }
    canvas.text("tabular", (frame.right + 16.0, middle + 5.0), &numbers(summary));
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
    line(&format!("seed {OURS}"), (x, y - LANE), (x, y + LANE))
}

fn legend(summaries: &[Summary]) -> Vec<LegendEntry> {
    let interval = line(&format!("line {OURS}"), (-18.0, 0.0), (18.0, 0.0));
    let mean = format!("{interval}{}", mean_mark((0.0, 0.0)));
    let mut entries = vec![
        LegendEntry { sample: mean, label: "mean over seeds, 95 % interval".to_owned() },
        LegendEntry { sample: seed((0.0, 0.0)), label: "one seed".to_owned() },
    ];
    if summaries.iter().any(|summary| summary.variant.published.is_some()) {
        let sample = published_mark((0.0, 0.0));
        entries.push(LegendEntry { sample, label: "published by others, last epoch".to_owned() });
    }
    entries
}
