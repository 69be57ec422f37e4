//! When a gradient is right: the rule that compares it with its central difference.
//!
//! Written as equations, so that a sheet can calculate what a page states.

use super::{Expr, Function};

/// What a comparison says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Ok,
    Wrong,
    /// A ReLU unit switches within the step: there the function has two slopes, and a difference across is neither.
    Kink,
}

impl Verdict {
    /// `switched` is how many ReLU units switch on or off between p - h and p + h.
    pub(crate) fn of(deviation: f64, bound: f64, switched: f64) -> Verdict {
        match () {
            () if deviation <= bound => Verdict::Ok,
            () if switched > 0.0 => Verdict::Kink,
            () => Verdict::Wrong,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Verdict::Ok => "OK",
            Verdict::Wrong => "WRONG",
            Verdict::Kink => "KINK",
        }
    }
}

/// The largest deviation that rounding and the step explain: 1E-10 + 1E-5 of the larger of gradient and difference,
/// + 1E-15 E/h for the rounding of E, which the quotient divides by h.
pub(crate) fn bound<R>(gradient: Expr<R>, difference: Expr<R>, loss: Expr<R>, h: Expr<R>) -> Expr<R> {
    let sizes = vec![gradient.call(Function::Abs), difference.call(Function::Abs)];
    Expr::Number(1e-10) + Expr::Number(1e-5) * Expr::Call(Function::Max, sizes) + Expr::Number(1e-15) * loss / h
}

/// That bound in words.
pub(crate) const BOUND: &str = "at most 1E-10 + 1E-5 of the larger of the two + 1E-15 E/h, the rounding of E";

/// How many units switch on or off, from their weighted sums at p + h and at p - h; `None` without units.
pub(crate) fn switched<R>(
    plus: impl IntoIterator<Item = Expr<R>>,
    minus: impl IntoIterator<Item = Expr<R>>,
) -> Option<Expr<R>> {
    let on = |z| Expr::if_above(z, Expr::Number(0.0), Expr::Number(1.0), Expr::Number(0.0));
    let changes = plus.into_iter().zip(minus).map(|(plus, minus)| (on(plus) - on(minus)).call(Function::Abs));
    let changes: Vec<Expr<R>> = changes.collect();
    (!changes.is_empty()).then(|| Expr::sum(changes))
}
