//! Values that sheets show and that [`Trace`] does not hold: each follows from it in one operation or two.

use gradbook_engine::trace::{Check, Dense, State, Trace};

/// `∂a/∂z` of unit j in layer l.
pub(crate) fn slope(trace: &Trace, layer: &Dense, l: usize, j: usize) -> f64 {
    trace.activations[l].slope(layer.z[j], layer.a[j])
}

/// `∂E/∂z_k · w_kj`: what reaches activation j of layer l through each unit k of the next layer; nothing after the last.
pub(crate) fn paths(state: &State, l: usize, j: usize) -> Vec<f64> {
    let Some(next) = state.layers.get(l + 1) else { return Vec::new() };
    (0..next.dz.len()).map(|k| next.dz[k] * next.w[k][j]).collect()
}

/// The larger of the distances of two analytic gradients to the central difference.
pub(crate) fn deviation(steps: f64, table: f64, check: &Check) -> f64 {
    (steps - check.difference).abs().max((table - check.difference).abs())
}

/// The verdict on a gradient, with the tolerance that the check sheet states: its last term is the rounding of E, which
/// the quotient divides by h (machine precision is 2.2e-16, and E is a sum of a few rounded terms).
pub(crate) fn agrees(steps: f64, check: &Check, deviation: f64) -> bool {
    deviation <= 1e-9 + 1e-6 * steps.abs().max(check.difference.abs()) + 1e-15 * check.plus.e_total / check.h
}
