//! The table of a series, before it is Markdown or HTML: one row a variant, and what its columns mean.

use crate::Series;
use crate::summary::{Summary, summaries};
use gradbook_page::number::{seconds, signed, thousands};

/// What one seed, or none, cannot tell.
const UNKNOWN: &str = "–";

/// Heads and rows of equal length; the first column is the variant's name, all others are numbers.
pub(crate) struct ResultTable {
    pub(crate) heads: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<ResultCell>>,
    /// Sentences for below the table.
    pub(crate) notes: Vec<&'static str>,
}

/// A plain text.
pub(crate) struct ResultCell {
    pub(crate) text: String,
    /// Stands out: a difference that is told apart from 0, or trials that diverged.
    pub(crate) strong: bool,
}

pub(crate) fn results(series: &Series) -> ResultTable {
    let summaries = summaries(series);
    let published = series.variants.iter().any(|variant| variant.published.is_some());
    let mut heads = vec![
        "variant",
        "parameters",
        "epochs",
        "seeds",
        "mean %",
        "standard deviation",
        "minimum %",
        "maximum %",
        "mean above %",
        "difference to the row above",
        "best epoch in hindsight %",
        "seconds a trial",
    ];
    let mut notes = vec![
        "Accuracies are those of the last epoch. Mean above: what the mean of all seeds exceeds with a confidence of 95 % \
         (one-sided, Student). A difference is one of means, in percentage points, with its two-sided \
         95 % interval (Welch).",
        "▲ and ▼ mark a difference whose interval excludes 0. Each interval holds for itself: of twenty recipes that \
         change nothing, about one is marked by chance.",
        "Best epoch in hindsight: the mean over seeds of each training's best epoch. It was chosen by the numbers that it \
         reports, so it is too high; it stands here to be compared with publications that report it.",
    ];
    if published {
        heads.extend(["published last epoch %", "published best epoch %"]);
        notes.push("Published: what others report for a variant, of one training.");
    }
    if summaries.iter().any(|summary| summary.diverged > 0) {
        notes.push(
            "Diverged: numbers overflowed to infinity or NaN. Such a variant has no mean and no difference: those of the \
             seeds that went well would be too high. Its chart shows these seeds.",
        );
    }
    let rows = summaries.iter().map(|summary| row(summary, published)).collect();
    ResultTable { heads, rows, notes }
}

fn row(summary: &Summary, published: bool) -> Vec<ResultCell> {
    let variant = summary.variant;
    let percent = |value: Option<f64>| shown(value, |value| format!("{value:.3}").replace('-', "−"));
    let spread = |value: fn(&crate::statistics::Spread) -> f64| percent(summary.spread.as_ref().map(value));
    let mut cells = vec![
        plain(variant.name.clone()),
        plain(thousands(variant.parameters)),
        plain(variant.epochs.to_string()),
        plain(variant.trials.len().to_string()),
        summary.mean.map_or_else(|| marked(summary), |mean| plain(format!("{mean:.3}"))),
        spread(|spread| spread.standard_deviation),
        spread(|spread| spread.minimum),
        spread(|spread| spread.maximum),
        spread(|spread| spread.lower_bound_95),
        difference(summary),
        percent(summary.best_epoch),
        shown(summary.seconds, seconds),
    ];
    if published {
        let two_decimals = |value| format!("{value:.2}");
        cells.push(shown(variant.published.map(|run| run.last), two_decimals));
        cells.push(shown(variant.published.map(|run| run.best), two_decimals));
    }
    cells
}

fn difference(summary: &Summary) -> ResultCell {
    let Some(interval) = summary.difference else { return plain(UNKNOWN.to_owned()) };
    let mark = match interval.excludes_zero() {
        true if interval.centre > 0.0 => " ▲",
        true => " ▼",
        false => "",
    };
    let text = format!("{} ± {:.3}{mark}", signed(interval.centre, 3), interval.half_width);
    ResultCell { text, strong: interval.excludes_zero() }
}

/// Why there is no mean; stands out if trials diverged.
fn marked(summary: &Summary) -> ResultCell {
    ResultCell { text: summary.why_no_mean(), strong: summary.diverged > 0 }
}

fn shown(value: Option<f64>, write: impl Fn(f64) -> String) -> ResultCell {
    plain(value.map_or_else(|| UNKNOWN.to_owned(), write))
}

fn plain(text: String) -> ResultCell {
    ResultCell { text, strong: false }
}
