//! Charts of a series, and of runs, as SVG: each a file of its own, or part of a page.
//!
//! They bring their own style, with light and dark colours by the reader's choice, and need nothing else.

mod accuracy;
mod axis;
mod curves;
mod drawing;
mod lines;
mod parameters;
pub(crate) mod run;

pub use run::curves as run_curves;

use crate::Series;
use crate::summary::summaries;

/// A drawing of a series or of runs.
#[derive(Clone, Debug)]
pub struct Chart {
    /// The stem of its file's name.
    pub name: &'static str,
    pub title: String,
    /// A whole SVG document.
    pub svg: String,
}

/// The charts that the series has numbers for.
///
/// - `accuracy`: each variant's mean with its interval, and the single seeds
/// - `loss`, `training-loss`, `curves`: losses and accuracy against the epoch, means over seeds
/// - `parameters`: accuracy against the number of parameters, if there are at least two different ones
pub fn charts(series: &Series) -> Vec<Chart> {
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
