//! How exact the numbers of a table are: what was typed with four decimals may be off by half of the last one.

use super::content::Content;
use super::reading::Reading;
use crate::names::Role;

/// Digits beyond these are those of a computer's own arithmetic.
const EXACT_DIGITS: i32 = 15;

pub(crate) struct Rounding {
    /// By column and step: half a unit of the last digit.
    slack: Vec<Vec<f64>>,
}

impl Rounding {
    pub(crate) fn new(reading: &Reading) -> Rounding {
        let columns = reading.table.columns.iter().zip(&reading.values).zip(&reading.contents).enumerate();
        let slack = columns.map(|(at, ((column, values), contents))| {
            let given = matches!(column.role.whole(), Role::Input(_) | Role::Target(_) | Role::Rate);
            let is_parameter = matches!(column.role.whole(), Role::Weight(_) | Role::Bias(_));
            // A number that happens to be short is assumed rounded like the rest of its column.
            let is_formula = |step: usize| matches!(contents[step], Content::Formula(_) | Content::Plugged(_));
            let typed = |step: usize| !is_formula(step) || reading.is_rounded(at, step);
            let counted = values
                .iter()
                .enumerate()
                .filter(|(step, value)| typed(*step) && value.is_finite() && !(is_parameter && *step == 0));
            let digits: Vec<(i32, i32)> = counted.map(|(_, value)| digits(*value)).collect();
            let decimals = digits.iter().map(|(decimals, _)| *decimals).max().unwrap_or(EXACT_DIGITS);
            let significant = digits.iter().map(|(_, significant)| *significant).max().unwrap_or(EXACT_DIGITS);
            let of = |(step, value): (usize, &f64)| {
                let arithmetic = 4e-16 * value.abs();
                // Inputs, targets and first weights are what the author chose.
                if given || !typed(step) || (is_parameter && step == 0) {
                    return arithmetic;
                }
                let magnitude = if *value == 0.0 { 0 } else { value.abs().log10().floor() as i32 };
                let by_decimals = 0.5 * 10_f64.powi(-decimals);
                let by_digits =
                    if significant >= EXACT_DIGITS { 0.0 } else { 0.5 * 10_f64.powi(magnitude + 1 - significant) };
                by_decimals.max(by_digits).max(arithmetic)
            };
            values.iter().enumerate().map(of).collect()
        });
        Rounding { slack: slack.collect() }
    }

    pub(crate) fn of(&self, column: usize, step: usize) -> f64 {
        let steps = &self.slack[column];
        steps.get(step).or(steps.first()).copied().unwrap_or(0.0)
    }
}

/// Digits behind the point, and digits from the first that is not 0, of the shortest text that is this number.
fn digits(value: f64) -> (i32, i32) {
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let significant = mantissa.chars().filter(char::is_ascii_digit).count() as i32;
    let exponent: i32 = exponent.parse().unwrap_or(0);
    ((significant - 1 - exponent).max(0), significant)
}
