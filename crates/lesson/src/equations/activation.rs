//! What follows the weighted sums of a layer, and its derivative.

use super::{Equation, number, of};
use crate::{Activation, Expr, Function, Key, Theory};

/// `a_j = f(z_j)`; of a softmax `e^z_j / Σ_m e^z_m`.
pub(super) fn value(theory: &Theory, s: usize, l: usize, j: usize) -> Equation {
    let z = |j| of(Key::Z(s, l, j));
    match theory.network.activation(l) {
        Activation::Function(function) => function.value(z(j)),
        Activation::Softmax => {
            let units = theory.network.units(l);
            // The largest is taken off everywhere, which changes no share.
            let largest = || Expr::Call(Function::Max, (0..units).map(z).collect());
            let exponential = |m| (z(m) - largest()).call(Function::Exp);
            exponential(j) / Expr::sum((0..units).map(exponential))
        }
    }
}

/// `∂a/∂z` of one unit, by a where that is shorter.
pub(super) fn slope(theory: &Theory, s: usize, l: usize, j: usize) -> Equation {
    let (z, a) = (of(Key::Z(s, l, j)), of(Key::A(s, l, j)));
    match theory.network.activation(l) {
        Activation::Function(function) => function.slope(z, a),
        Activation::Softmax => panic!("softmax has no slope of one unit"),
    }
}

/// `∂a_m/∂z_k` of a softmax: `a_k (1 - a_k)` for m = k, else `-a_m a_k`. Source: Bridle (1990).
pub(super) fn jacobian(theory: &Theory, s: usize, m: usize, k: usize) -> Equation {
    let last = theory.network.last();
    let (a_m, a_k) = (of(Key::A(s, last, m)), of(Key::A(s, last, k)));
    if m == k { a_k.clone() * (number(1.0) - a_k) } else { -(a_m * a_k) }
}
