//! The error of one output and its derivative.

use super::{Equation, of};
use crate::{Key, Theory};

/// `E_k(t_k, a_k)`.
pub(super) fn value(theory: &Theory, s: usize, k: usize) -> Equation {
    let (t, a, outputs) = output(theory, s, k);
    theory.network.loss.value(t, a, outputs)
}

/// `∂E/∂a_k`.
pub(super) fn slope(theory: &Theory, s: usize, k: usize) -> Equation {
    let (t, a, outputs) = output(theory, s, k);
    theory.network.loss.slope(t, a, outputs)
}

/// `∂E/∂z_k`, if the slope of the last function cancels.
pub(super) fn slope_through_its_function(theory: &Theory, s: usize, k: usize) -> Option<Equation> {
    let (t, a, outputs) = output(theory, s, k);
    theory.network.loss.slope_through_its_function(t, a, outputs)
}

/// Target and value of an output, and the number of outputs.
fn output(theory: &Theory, s: usize, k: usize) -> (Equation, Equation, usize) {
    let network = &theory.network;
    (of(Key::T(s, k)), of(Key::A(s, network.last(), k)), network.outputs())
}
