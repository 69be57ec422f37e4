//! What a table means, where there are several ways to read it.

use super::budget::Budget;
use super::judged::Judged;
use crate::Options;
use crate::meaning::{Meaning, Unclear, meaning};
use crate::tables::{RateLabel, Reading, Rounding};

/// What a table means. Weights may be numbered in several ways, signs are a matter of convention, and half of the columns
/// may be wrong: what needs the fewest mistakes is meant.
///
/// # Errors
/// If the forward columns do not tell which network it is.
pub(crate) fn with_fewest_mistakes(
    reading: &Reading,
    labels: &[RateLabel],
    options: &Options,
    budget: &mut Budget,
) -> Result<Meaning, Unclear> {
    let rounding = Rounding::new(reading);
    let mut judge = |of: &Meaning| {
        of.with(reading, &rounding, |sense| {
            let judged = Judged::of(sense, of, &mut budget.without_pairs());
            (judged.mistakes(), judged.doubts_signs())
        })
    };
    let mut best = meaning(reading, labels, options, 0)?;
    let (mut fewest, mut doubts) = judge(&best);
    for numbering in 1..best.numberings {
        if fewest == 0 {
            break;
        }
        let Ok(other) = meaning(reading, labels, options, numbering) else { continue };
        let (mistakes, doubts_signs) = judge(&other);
        if mistakes < fewest {
            (best, fewest, doubts) = (other, mistakes, doubts_signs);
        }
    }
    for (gradient, delta) in [(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0)].into_iter().filter(|_| doubts) {
        let other = best.with_signs(gradient, delta);
        let (mistakes, _) = judge(&other);
        if mistakes < fewest {
            (best, fewest) = (other, mistakes);
        }
    }
    Ok(best)
}
