//! How a parameter follows its gradient: gradient descent, with or without momentum, and Adam.

use gradbook_engine::spec::OptimizerSpec;

use super::{Equation, number, of};
use crate::{DIVERGED, Expr, Function, Key, Param, Theory};

/// The parameter after the update: `p - rate · direction`.
pub(super) fn next(theory: &Theory, p: Param) -> Equation {
    of(Key::P(p)) - of(Key::StepRate) * direction(theory, p)
}

/// The learning rate, and 0 after divergence.
pub(super) fn step_rate() -> Equation {
    Expr::if_above(of(Key::Loss), number(DIVERGED), number(0.0), of(Key::Rate))
}

/// What the rate multiplies in an update.
fn direction(theory: &Theory, p: Param) -> Equation {
    match theory.optimizer {
        OptimizerSpec::Sgd { momentum: 0.0, .. } => of(Key::G(p)),
        OptimizerSpec::Sgd { .. } => of(Key::M(p)),
        OptimizerSpec::Adam { .. } | OptimizerSpec::Adamw { .. } => {
            // Kingma, Ba (2015), algorithm 1; this is update number n + 1.
            let update = || of(Key::Count) + number(1.0);
            let corrected = |moment: Key, beta: Key| of(moment) / (number(1.0) - of(beta).power(update()));
            let (m, v) = (corrected(Key::M(p), Key::Beta1), corrected(Key::V(p), Key::Beta2));
            m / (v.call(Function::Sqrt) + of(Key::Epsilon))
        }
    }
}

/// The momentum, or Adam's mean of gradients, with the present gradient in it.
pub(super) fn first_moment(theory: &Theory, p: Param) -> Equation {
    let (before, g) = (of(Key::MBefore(p)), of(Key::G(p)));
    match theory.optimizer {
        OptimizerSpec::Sgd { .. } => of(Key::Momentum) * before + g,
        OptimizerSpec::Adam { .. } | OptimizerSpec::Adamw { .. } => {
            of(Key::Beta1) * before + (number(1.0) - of(Key::Beta1)) * g
        }
    }
}

/// Adam's mean of squared gradients, with the present gradient in it.
pub(super) fn second_moment(p: Param) -> Equation {
    of(Key::Beta2) * of(Key::VBefore(p)) + (number(1.0) - of(Key::Beta2)) * of(Key::G(p)).squared()
}

/// A moment with its first gradient, after a memory of 0.
pub(super) fn first_memory(theory: &Theory, key: Key) -> Equation {
    match (key, &theory.optimizer) {
        (Key::M(p), OptimizerSpec::Sgd { .. }) => of(Key::G(p)),
        (Key::M(p), _) => (number(1.0) - of(Key::Beta1)) * of(Key::G(p)),
        (Key::V(p), _) => (number(1.0) - of(Key::Beta2)) * of(Key::G(p)).squared(),
        _ => panic!("{key:?} is no memory"),
    }
}
