//! Learning rates that are wrong.

use gradbook_lesson::{Expr, Key, SlipKind};

use super::cause::Cause;
use crate::compare::{Equation, RateSource, Sense, Timed, same};
use crate::meaning::has_one;
use crate::tables::{Content, Leaf};

/// An update whose only mistake is its learning rate.
pub(super) fn of_rate(
    sense: &Sense,
    right: &Equation,
    column: usize,
    step: usize,
    tree: &Expr<Leaf>,
    values: &[f64],
) -> Option<(SlipKind, Cause)> {
    let first = implied_rate(sense, right, step, values)?;
    let foreign: Vec<Leaf> = tree
        .leaves()
        .into_iter()
        .filter(|leaf| match leaf {
            Leaf::Cell(_) => sense.rate != RateSource::Leaf(*leaf),
            Leaf::Column(column, _) => sense.keys[*column].is_empty(),
        })
        .collect();
    let short: f64 = format!("{first:.9e}").parse().unwrap_or(first);
    match foreign.first() {
        // The neighbouring row reads another cell, so the reference moves.
        Some(leaf) => {
            let reads_it = |step: usize| match sense.reading.contents[column].get(step) {
                Some(Content::Formula(tree)) => Some(tree.leaves().contains(leaf)),
                _ => None,
            };
            let moves = [step.checked_sub(1), Some(step + 1)].into_iter().flatten().filter_map(reads_it).any(|it| !it);
            // What a moving reference meets differs from row to row and is no part of the cause.
            Some(if moves {
                (SlipKind::RelativeReference, Cause::Unknown)
            } else {
                (SlipKind::AnotherRate, Cause::Rate(short))
            })
        }
        None if first == 0.0 => None,
        // With the sheet's own rate, the sign is all that is to be said.
        None if same(-first, sense.points.rate(0)) => Some((SlipKind::Uphill, Cause::Unknown)),
        None if first < 0.0 => Some((SlipKind::Uphill, Cause::Rate(short))),
        None if short == 1.0 && !has_one(sense.reading, column, step) => {
            Some((SlipKind::MissingFactor, Cause::Missing(Expr::Of(Timed { key: Key::Rate, back: 0 }))))
        }
        None => Some((SlipKind::HardCodedRate, Cause::Rate(short))),
    }
}

/// The rate with which the right update comes to these values, if it is one at all points.
fn implied_rate(sense: &Sense, right: &Equation, step: usize, values: &[f64]) -> Option<f64> {
    // The right equation without a step, and with a step of rate 1.
    let with_rate = |rate: f64, trial: usize| {
        right.value(&|timed: &Timed| match timed.key {
            Key::Rate => rate,
            key => sense.points.value(key, trial, step as isize - timed.back),
        })
    };
    let implied = |trial: usize| {
        let (none, one) = (with_rate(0.0, trial), with_rate(1.0, trial));
        // Where the gradient is 0, any rate gives the same.
        if none == one {
            same(values[trial], none).then_some(None)
        } else {
            Some(Some((values[trial] - none) / (one - none)))
        }
    };
    let implied: Vec<f64> = (0..values.len()).map(implied).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
    let first = *implied.first()?;
    implied.iter().all(|rate| (rate - first).abs() <= 1e-7 * first.abs().max(1e-7)).then_some(first)
}
