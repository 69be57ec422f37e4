//! The error of one output and its derivative.

use super::{Equation, divided, number, of};
use crate::{Function, Key, Loss, Theory};

/// `E_k(t_k, a_k)`.
pub(super) fn value(theory: &Theory, s: usize, k: usize) -> Equation {
    let network = &theory.network;
    let (t, a) = (of(Key::T(s, k)), of(Key::A(s, network.last(), k)));
    match network.loss {
        Loss::HalfSquared => number(0.5) * (t - a).squared(),
        Loss::MeanSquared => divided((t - a).squared(), network.outputs()),
        Loss::CrossEntropy => -(t * a.call(Function::Ln)),
    }
}

/// `∂E/∂a_k`.
pub(super) fn slope(theory: &Theory, s: usize, k: usize) -> Equation {
    let network = &theory.network;
    let (t, a) = (of(Key::T(s, k)), of(Key::A(s, network.last(), k)));
    match network.loss {
        Loss::HalfSquared => a - t,
        Loss::MeanSquared => divided(number(2.0) * (a - t), network.outputs()),
        Loss::CrossEntropy => -(t / a),
    }
}
