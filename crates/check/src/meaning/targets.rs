//! Targets that stand in no column.

use gradbook_lesson::Key;

use super::sheet_meaning::Meaning;
use crate::tables::{Reading, Rounding, typical};

/// Targets that are numbers in the formulas of the errors: where these parabolas of the outputs have their lowest
/// points.
pub(super) fn written_targets(meaning: &Meaning, reading: &Reading, rounding: &Rounding) -> Option<Vec<f64>> {
    let last = meaning.theory.network.last();
    let target = |k: usize| {
        let error = |key: &Key| *key == Key::E(0, k);
        let of = |is: &dyn Fn(&Key) -> bool| meaning.keys.iter().position(|keys| keys.first().is_some_and(is));
        let column = of(&error).or_else(|| of(&|key| matches!(key, Key::Loss | Key::Error(0))))?;
        let (tree, step) = typical(reading, column)?;
        meaning.with(reading, rounding, |sense| {
            let value = |a: f64| sense.value_with(&tree, step, Key::A(0, last, k), a);
            let (below, middle, above) = (value(-1.0), value(0.0), value(1.0));
            let curvature = below - 2.0 * middle + above;
            let target = (below - above) / (2.0 * curvature);
            // As it was typed.
            let target: f64 = format!("{target:.9}").parse().ok()?;
            (target.is_finite() && curvature > 0.0).then_some(target)
        })
    };
    (0..meaning.theory.network.outputs()).map(target).collect()
}
