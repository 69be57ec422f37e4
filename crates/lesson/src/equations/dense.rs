//! A dense layer: `z = W x + b`.
//!
//! Source: Rumelhart, Hinton, Williams (1986), eqs. 1 and 4-7.

use super::{Equation, number, of};
use crate::{Expr, Key, Param, Theory};

/// `z_j = w_j1 x_1 + w_j2 x_2 + ... + b_j`.
pub(super) fn sum(theory: &Theory, s: usize, l: usize, j: usize) -> Equation {
    let product = |i| of(Key::P(Param::W(l, j, i))) * of(theory.input(s, l, i));
    let bias = theory.network.layers[l].bias.then(|| of(Key::P(Param::B(l, j))));
    Expr::sum((0..theory.network.inputs(l)).map(product).chain(bias))
}

/// `∂E/∂z_k · w_kj`: what comes back from unit k of layer l to its input j.
pub(super) fn path(dz: Equation, l: usize, j: usize, k: usize) -> Equation {
    dz * of(Key::P(Param::W(l, k, j)))
}

/// `∂z_j/∂w_ji = x_i`, `∂z_j/∂b_j = 1`.
pub(super) fn factor(theory: &Theory, s: usize, p: Param) -> Equation {
    match p {
        Param::W(l, _, i) => of(theory.input(s, l, i)),
        Param::B(..) => number(1.0),
    }
}

/// `∂E/∂w_ji = ∂E/∂z_j · x_i`, `∂E/∂b_j = ∂E/∂z_j`.
pub(super) fn gradient(theory: &Theory, dz: Equation, s: usize, p: Param) -> Equation {
    match p {
        Param::W(l, _, i) => dz * of(theory.input(s, l, i)),
        Param::B(..) => dz,
    }
}
