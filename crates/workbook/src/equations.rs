//! The equations of a lesson, each written once.
//!
//! Their order of operations is that of [`gradbook_engine::trace::State::at`], so that a spreadsheet computes the same
//! double-precision numbers up to the last bits of its EXP and TANH.

use gradbook_engine::trace::Activation;

use crate::formula::{Formula, formula};
use crate::symbols::{Key, Symbols};

/// A quantity from the quantities directly before it.
pub(crate) fn step(s: &Symbols, key: Key) -> Formula<'_> {
    match key {
        // Forward.
        Key::Z(l, j) => {
            let products = (0..s.shape.widths[l]).map(|i| formula![&s[Key::W(l, j, i)], "*", &s[Key::input(l, i)]]);
            let bias = s.shape.biases[l].then(|| formula![&s[Key::B(l, j)]]);
            Formula::sum(products.chain(bias))
        }
        Key::A(l, j) => {
            let z = &s[Key::Z(l, j)];
            match s.shape.activations[l] {
                Activation::Sigmoid => formula!["1/(1 + EXP(-", z, "))"],
                Activation::Tanh => formula!["TANH(", z, ")"],
                Activation::Relu => formula!["MAX(0, ", z, ")"],
                Activation::Identity => formula![z],
            }
        }
        Key::E(k) => formula!["0.5*(", &s[Key::T(k)], " - ", &s[Key::A(s.shape.last(), k)], ")^2"],
        Key::Total => Formula::sum((0..s.shape.widths[s.shape.last() + 1]).map(|k| formula![&s[Key::E(k)]])),

        // Backward.
        Key::Da(l, j) if l == s.shape.last() => formula![&s[Key::A(l, j)], " - ", &s[Key::T(j)]],
        Key::Da(l, j) => Formula::sum((0..s.shape.widths[l + 2]).map(|k| formula![&s[Key::Path(l, j, k)]])),
        Key::Path(l, j, k) => formula![&s[Key::Dz(l + 1, k)], "*", &s[Key::W(l + 1, k, j)]],
        Key::Slope(l, j) => slope(s, l, j),
        Key::Dz(l, j) => formula![&s[Key::Da(l, j)], "*", &s[Key::Slope(l, j)]],
        Key::Dw(l, j, i) => formula![&s[Key::Dz(l, j)], "*", &s[Key::input(l, i)]],
        Key::Db(l, j) => formula![&s[Key::Dz(l, j)]],

        Key::X(_) | Key::T(_) | Key::W(..) | Key::B(..) | Key::Rate => panic!("{key:?} is an input"),
    }
}

/// A gradient of the loss from parameters, activations and targets alone, without any step between.
pub(crate) fn in_full(s: &Symbols, gradient: Key) -> Formula<'_> {
    match gradient {
        Key::Dw(l, j, i) => formula![in_full(s, Key::Dz(l, j)), "*", &s[Key::input(l, i)]],
        Key::Db(l, j) => in_full(s, Key::Dz(l, j)),
        Key::Dz(l, j) => formula!["(", in_full(s, Key::Da(l, j)), ")*(", slope(s, l, j), ")"],
        Key::Da(l, _) if l == s.shape.last() => step(s, gradient),
        Key::Da(l, j) => {
            let path = |k| formula![in_full(s, Key::Dz(l + 1, k)), "*", &s[Key::W(l + 1, k, j)]];
            Formula::sum((0..s.shape.widths[l + 2]).map(path))
        }
        _ => panic!("{gradient:?} is not a gradient of the loss"),
    }
}

/// `∂a/∂z` of one unit.
fn slope(s: &Symbols, l: usize, j: usize) -> Formula<'_> {
    let (z, a) = (&s[Key::Z(l, j)], &s[Key::A(l, j)]);
    match s.shape.activations[l] {
        Activation::Sigmoid => formula![a, "*(1 - ", a, ")"],
        Activation::Tanh => formula!["1 - ", a, "*", a],
        Activation::Relu => formula!["IF(", z, ">0, 1, 0)"],
        Activation::Identity => formula!["1"],
    }
}

/// A parameter after one update of plain gradient descent, from the quantities of the state before.
pub(crate) fn update(s: &Symbols, parameter: Key) -> Formula<'_> {
    formula![&s[parameter], " - ", &s[Key::Rate], "*", &s[parameter.gradient()]]
}
