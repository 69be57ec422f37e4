//! How an answer is compared without its formula: the network is calculated a little beside the numbers of the exercise.
//!
//! A gradient is the slope between two calculations, `(E(p + h) - E(p - h)) / 2h`. A forward value is interpolated from
//! four, none of which is at the numbers of the exercise: of any polynomial of third degree in the step
//!
//! ```text
//! f(0) = (4 (f(-1) + f(1)) - (f(-2) + f(2))) / 6
//! ```
//!
//! so a weighted sum, which is linear in its weights, and an error, which is a square or linear in its target, come out
//! exactly; an activation whose sum is moved by 1 and 2 % is off by `(0.01 z)⁴ f''''(z) / 6`, below 2E-5 of it for
//! |z| up to 10.

use crate::{CHECK_STEP, Param};

use crate::{Expr, Key, Theory};

/// What is calculated, and what is moved for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// The quantity that is measured.
    pub of: Key,
    /// The quantities that are moved.
    pub moved: Vec<Key>,
    /// How they are moved.
    pub by: Move,
    /// The size of a step.
    pub step: f64,
    /// In words: `w5 ± step`.
    pub words: String,
}

/// How a number becomes one n steps beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// `x + n step`, for a slope.
    Slope,
    /// `x + n step`, for a value.
    Shift,
    /// `x (1 + n step)`, for a value. A ReLU unit stays on its side of the kink.
    Scale,
}

impl Measure {
    /// How a quantity that can be blank is measured.
    pub fn new(theory: &Theory, key: Key) -> Measure {
        let network = &theory.network;
        let targets = |s: usize| (0..network.outputs()).map(move |k| Key::T(s, k));
        let (of, moved, by, step) = match key {
            Key::G(p) => (Key::Loss, vec![Key::P(p)], Move::Slope, CHECK_STEP),
            Key::Da(s, l, j) => (Key::Error(s), vec![Key::A(s, l, j)], Move::Slope, CHECK_STEP),
            Key::Dz(s, l, j) => (Key::Error(s), vec![Key::Z(s, l, j)], Move::Slope, CHECK_STEP),
            Key::E(s, k) => (key, vec![Key::T(s, k)], Move::Shift, 1.0),
            Key::Error(s) => (key, targets(s).collect(), Move::Shift, 1.0),
            Key::Loss => (key, (0..theory.samples).flat_map(targets).collect(), Move::Shift, 1.0),
            Key::Z(_, l, unit) | Key::A(_, l, unit) => {
                let into = theory
                    .network
                    .parameters(l)
                    .filter(|p| matches!(*p, Param::W(_, j, _) | Param::B(_, j) if j == unit));
                (key, into.map(Key::P).collect(), Move::Scale, 0.01)
            }
            _ => panic!("{key:?} is never blank"),
        };
        let names: Vec<String> = moved.iter().map(|key| theory.text(*key)).collect();
        let names = match names.as_slice() {
            [first, .., last] if names.len() > 2 => format!("{first} ... {last}"),
            _ => names.join(", "),
        };
        let words = match by {
            Move::Slope | Move::Shift => format!("{names} + n · step"),
            Move::Scale => format!("{names} · (1 + n · step)"),
        };
        Measure { of, moved, by, step, words }
    }

    /// The numbers n of steps at which the network is calculated.
    pub fn steps(&self) -> &'static [f64] {
        match self.by {
            Move::Slope => &[-1.0, 1.0],
            Move::Shift | Move::Scale => &[-2.0, -1.0, 1.0, 2.0],
        }
    }

    /// A quantity n steps beside `x`.
    pub fn beside<R>(&self, x: Expr<R>, n: f64, step: Expr<R>) -> Expr<R> {
        let shift = match n {
            1.0 => step,
            n => Expr::Number(n) * step,
        };
        match self.by {
            Move::Slope | Move::Shift => x + shift,
            Move::Scale => x * (Expr::Number(1.0) + shift),
        }
    }

    /// The number that an answer is compared with, from the calculations at [`Measure::steps`].
    pub fn result<R: Clone>(&self, calculated: &[Expr<R>], step: Expr<R>) -> Expr<R> {
        match calculated {
            [below, above] => (above.clone() - below.clone()) / (Expr::Number(2.0) * step),
            [a, b, c, d] => (Expr::Number(4.0) * (b.clone() + c.clone()) - (a.clone() + d.clone())) / Expr::Number(6.0),
            _ => panic!("a measurement has 2 or 4 calculations"),
        }
    }
}
