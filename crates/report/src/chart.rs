//! Charts of a series, and of runs: each a file of its own, or part of a page.

mod accuracy;
mod curves;
mod parameters;
pub(crate) mod run;

pub use run::curves as run_curves;

use crate::Series;
use crate::summary::summaries;
use gradbook_page::lines::PlotLine;
use gradbook_page::markup::{Point, circle, path};
use gradbook_page::{Axis, Drawing};

/// The charts that the series has numbers for.
///
/// - `accuracy`: each variant's mean with its interval, and the single seeds
/// - `loss`, `training-loss`, `curves`: losses and accuracy against the epoch, means over seeds
/// - `parameters`: accuracy against the number of parameters, if there are at least two different ones
pub fn charts(series: &Series) -> Vec<Drawing> {
    let summaries = summaries(series);
    let charts = [
        accuracy::chart(&summaries),
        curves::loss(series),
        curves::training_loss(series),
        curves::accuracy(series),
        parameters::chart(series, &summaries),
    ];
    charts.into_iter().flatten().collect()
}

/// Makes the vertical axis of some values between two pixels.
type ValueAxis = fn(&[f64], f64, f64) -> Axis;

/// Higher losses are those of a training that diverged: drawn, they would press all others into one line.
const DIVERGED: f64 = 100.0;

/// A loss that can be drawn.
fn drawable(loss: f64) -> Option<f64> {
    (loss <= DIVERGED).then_some(loss)
}

/// Where the lines end, for those who do not see them.
fn ends(lines: &[PlotLine]) -> String {
    let end =
        |line: &PlotLine| line.last().map(|(epoch, value)| format!("{}: {value:.4} after epoch {epoch}", line.name));
    lines.iter().filter_map(end).collect::<Vec<_>>().join("; ")
}

/// The colour of what gradbook reached, and the mark of a mean.
const OURS: &str = "hue-0";

fn mean_mark(at: Point) -> String {
    circle(&format!("mark {OURS}"), at)
}

/// The mark of other people's numbers.
fn published_mark(at: Point) -> String {
    path("hollow hue-1", (at.0, at.1 - 6.0), "l6 6l-6 6l-6 -6z")
}
