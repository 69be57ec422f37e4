//! A series as comma-separated values (RFC 4180, lines end with a line feed), for spreadsheets and pandas.

use crate::Series;
use crate::summary::{Summary, summaries};

/// Always all of them, so that files of several series can be put together. Accuracies are percentages of the last epoch
/// unless named otherwise.
const HEADS: [&str; 20] = [
    "series",
    "variant",
    "parameters",
    "multiply_adds",
    "epochs",
    "seeds",
    "diverged",
    "mean_percent",
    "mean_half_width_95",
    "standard_deviation",
    "minimum_percent",
    "maximum_percent",
    "mean_lower_bound_95_percent",
    "difference_to_row_above",
    "difference_half_width_95",
    "difference_excludes_zero",
    "best_epoch_in_hindsight_percent",
    "median_seconds",
    "published_last_percent",
    "published_best_percent",
];

/// One row a variant: plain numbers, and nothing where there is none.
pub fn csv(series: &Series) -> String {
    let mut text = HEADS.join(",");
    text.push('\n');
    for summary in summaries(series) {
        let fields = row(series, &summary).map(|field| quoted(&field));
        text.push_str(&fields.join(","));
        text.push('\n');
    }
    text
}

fn row(series: &Series, summary: &Summary) -> [String; HEADS.len()] {
    let Summary { variant, spread, interval, difference, .. } = summary;
    let number = |value: Option<f64>| value.map_or_else(String::new, exact);
    [
        series.title.clone(),
        variant.name.clone(),
        variant.parameters.to_string(),
        variant.multiply_adds.to_string(),
        variant.epochs.to_string(),
        variant.trials.len().to_string(),
        summary.diverged.to_string(),
        number(summary.mean),
        number(interval.map(|interval| interval.half_width)),
        number(spread.map(|spread| spread.standard_deviation)),
        number(spread.map(|spread| spread.minimum)),
        number(spread.map(|spread| spread.maximum)),
        number(spread.map(|spread| spread.lower_bound_95)),
        number(difference.map(|difference| difference.centre)),
        number(difference.map(|difference| difference.half_width)),
        difference.map_or_else(String::new, |difference| difference.excludes_zero().to_string()),
        number(summary.best_epoch),
        number(summary.seconds),
        number(variant.published.map(|run| run.last)),
        number(variant.published.map(|run| run.best)),
    ]
}

/// Up to six decimals, without the few bits that sums leave behind.
fn exact(number: f64) -> String {
    ((number * 1e6).round() / 1e6).to_string()
}

/// In quotes where the text would otherwise end or break the field.
fn quoted(text: &str) -> String {
    let needs_quotes = text.contains(['"', ',', '\n', '\r']) || text.trim() != text;
    if needs_quotes { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
