//! When a gradient is right: the rule that compares it with its central difference.
//!
//! Written as equations, so that a sheet can calculate what a page states.

use crate::{Expr, Function};

/// The result of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They agree.
    Ok,
    /// They disagree.
    Wrong,
    /// A ReLU unit switches within the step: there the function has two slopes, and a difference across is neither.
    Kink,
    /// The loss is so large that its rounding may explain the deviation.
    Unsure,
}

impl Verdict {
    /// `noise` is what rounding may explain, `switched` how many ReLU units switch between p - h and p + h.
    pub fn of(deviation: f64, bound: f64, noise: f64, switched: f64) -> Verdict {
        match () {
            () if deviation <= bound => Verdict::Ok,
            () if deviation <= noise => Verdict::Unsure,
            () if switched > 0.0 => Verdict::Kink,
            () => Verdict::Wrong,
        }
    }

    /// As a cell shows it.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Ok => "OK",
            Verdict::Wrong => "WRONG",
            Verdict::Kink => "KINK",
            Verdict::Unsure => "UNSURE",
        }
    }
}

/// How many gradients got which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// How many gradients there are.
    pub count: usize,
    /// How many agree.
    pub ok: usize,
    /// How many disagree.
    pub wrong: usize,
}

impl Verdicts {
    /// Counts one more.
    pub fn add(&mut self, verdict: Verdict) {
        self.count += 1;
        self.ok += usize::from(verdict == Verdict::Ok);
        self.wrong += usize::from(verdict == Verdict::Wrong);
    }

    /// The sentence if all agree; if some disagree, the words after their number; if some cannot be compared, the words
    /// after the number of those that agree.
    pub fn sentences(count: usize) -> [String; 3] {
        [
            format!("OK: all {count} gradients agree with their finite differences."),
            format!(" of {count} gradients WRONG: they disagree with their finite differences."),
            format!(" of {count} gradients agree; the others cannot be compared: KINK of ReLU, or UNSURE by rounding."),
        ]
    }

    /// The sentence for these numbers.
    pub fn sentence(&self) -> String {
        let [good, bad, open] = Verdicts::sentences(self.count);
        match (self.wrong, self.ok) {
            (0, ok) if ok == self.count => good,
            (0, ok) => format!("{ok}{open}"),
            (wrong, _) => format!("{wrong}{bad}"),
        }
    }
}

/// The largest deviation of a gradient that counts as agreement.
pub fn bound<R>(gradient: Expr<R>, difference: Expr<R>) -> Expr<R> {
    let sizes = vec![gradient.call(Function::Abs), difference.call(Function::Abs)];
    Expr::Number(1e-10) + Expr::Number(1e-5) * Expr::Call(Function::Max, sizes)
}

/// That bound in words.
pub const BOUND: &str = "at most 1E-10 + 1E-5 of the larger of the two";

/// How far rounding may move a difference: some tens of times the machine precision 2.2e-16 of E, divided by h.
pub fn noise<R>(loss: Expr<R>, h: Expr<R>) -> Expr<R> {
    Expr::Number(1e-14) * loss / h
}

/// How many units switch on or off, from their weighted sums at p + h and at p - h; `None` without units.
pub fn switched<R>(
    plus: impl IntoIterator<Item = Expr<R>>,
    minus: impl IntoIterator<Item = Expr<R>>,
) -> Option<Expr<R>> {
    let on = |z| Expr::if_above(z, Expr::Number(0.0), Expr::Number(1.0), Expr::Number(0.0));
    let changes = plus.into_iter().zip(minus).map(|(plus, minus)| (on(plus) - on(minus)).call(Function::Abs));
    let changes: Vec<Expr<R>> = changes.collect();
    (!changes.is_empty()).then(|| Expr::sum(changes))
}
