//! The equations of a lesson, each written once.
//!
//! Their order of operations is that of [`crate::trace::State::at`], so that a spreadsheet computes the same
//! double-precision numbers up to the last bits of its EXP, LN and TANH.

use crate::trace::{Activation, DIVERGED, Loss, Param};
use gradbook_engine::spec::OptimizerSpec;

use super::{Expr, Function, Key, Lesson};

type Equation = Expr<Key>;

fn of(key: Key) -> Equation {
    Expr::Of(key)
}

fn number(x: f64) -> Equation {
    Expr::Number(x)
}

/// `x / n`, and x itself if n is 1.
fn divided(x: Equation, n: usize) -> Equation {
    if n == 1 { x } else { x / number(n as f64) }
}

impl Lesson<'_> {
    /// A quantity from the quantities directly before it, in a derivation by the chain rule.
    ///
    /// # Panics
    /// If the quantity is an input.
    pub fn step(&self, key: Key) -> Equation {
        let net = &self.trace.net;
        let outputs = net.outputs();
        match key {
            // Forward.
            Key::Z(s, l, j) => {
                let product = |i| of(Key::P(Param::W(l, j, i))) * of(self.input(s, l, i));
                let bias = net.biases[l].then(|| of(Key::P(Param::B(l, j))));
                Expr::sum((0..net.widths[l]).map(product).chain(bias))
            }
            Key::A(s, l, j) => self.activation(s, l, j),
            Key::E(s, k) => {
                let (t, a) = (of(Key::T(s, k)), of(Key::A(s, net.last(), k)));
                match net.loss {
                    Loss::HalfSquared => number(0.5) * (t - a).squared(),
                    Loss::MeanSquared => divided((t - a).squared(), outputs),
                    Loss::CrossEntropy => -(t * a.call(Function::Ln)),
                }
            }
            Key::Error(s) => Expr::sum((0..outputs).map(|k| of(Key::E(s, k)))),
            Key::Loss if self.samples() == 1 => self.step(Key::Error(0)),
            Key::Loss => divided(Expr::sum((0..self.samples()).map(|s| of(self.error(s)))), self.samples()),

            // Backward.
            Key::Da(s, l, j) if l == net.last() => {
                let (t, a) = (of(Key::T(s, j)), of(Key::A(s, l, j)));
                match net.loss {
                    Loss::HalfSquared => a - t,
                    Loss::MeanSquared => divided(number(2.0) * (a - t), outputs),
                    Loss::CrossEntropy => -(t / a),
                }
            }
            Key::Da(s, l, j) => Expr::sum((0..net.widths[l + 2]).map(|k| of(Key::Path(s, l, j, k)))),
            Key::Path(s, l, j, k) => of(Key::Dz(s, l + 1, k)) * of(Key::P(Param::W(l + 1, k, j))),
            Key::Slope(s, l, j) => self.slope(s, l, j),
            Key::Jacobian(s, m, k) => {
                let (a_m, a_k) = (of(Key::A(s, net.last(), m)), of(Key::A(s, net.last(), k)));
                if m == k { a_k.clone() * (number(1.0) - a_k) } else { -(a_m * a_k) }
            }
            Key::Dz(s, l, j) if net.activations[l] == Activation::Softmax => {
                Expr::sum((0..outputs).map(|m| of(Key::Da(s, l, m)) * of(Key::Jacobian(s, m, j))))
            }
            Key::Dz(s, l, j) => of(Key::Da(s, l, j)) * of(Key::Slope(s, l, j)),
            Key::Factor(s, Param::W(l, _, i)) => of(self.input(s, l, i)),
            Key::Factor(_, Param::B(..)) => number(1.0),
            Key::Own(s, Param::W(l, j, i)) => of(Key::Dz(s, l, j)) * of(self.input(s, l, i)),
            Key::Own(s, Param::B(l, j)) => of(Key::Dz(s, l, j)),
            Key::G(p) => self.mean(|s| self.step(Key::Own(s, p))),

            // Update.
            Key::M(p) => {
                let (before, g) = (of(Key::MBefore(p)), of(Key::G(p)));
                match self.trace.optimizer {
                    OptimizerSpec::Sgd { .. } => of(Key::Momentum) * before + g,
                    _ => of(Key::Beta1) * before + (number(1.0) - of(Key::Beta1)) * g,
                }
            }
            Key::V(p) => {
                of(Key::Beta2) * of(Key::VBefore(p)) + (number(1.0) - of(Key::Beta2)) * of(Key::G(p)).squared()
            }
            Key::Next(p) => of(Key::P(p)) - of(Key::StepRate) * self.direction(p),
            Key::StepRate => Expr::if_above(of(Key::Loss), number(DIVERGED), number(0.0), of(Key::Rate)),
            _ => panic!("{key:?} is an input"),
        }
    }

    /// The optimizer's memory with its first gradient: what [`Lesson::step`] gives after a memory of 0.
    pub fn first_memory(&self, key: Key) -> Equation {
        match (key, &self.trace.optimizer) {
            (Key::M(p), OptimizerSpec::Sgd { .. }) => of(Key::G(p)),
            (Key::M(p), _) => (number(1.0) - of(Key::Beta1)) * of(Key::G(p)),
            (Key::V(p), _) => (number(1.0) - of(Key::Beta2)) * of(Key::G(p)).squared(),
            _ => panic!("{key:?} is no memory"),
        }
    }

    /// A quantity of a training table, from columns of the table.
    pub fn in_table(&self, key: Key) -> Equation {
        match key {
            Key::Dz(s, l, j) => self.written_out_dz(s, l, j, &|k| of(Key::Dz(s, l + 1, k))),
            Key::G(p) if self.written_out() => self.written_out_gradient(p),
            Key::G(p) => self.mean(|s| self.step(Key::Own(s, p))),
            key => self.step(key),
        }
    }

    /// Whether the table has each gradient in one formula, as the class has it, without columns for ∂E/∂z.
    pub fn written_out(&self) -> bool {
        let net = &self.trace.net;
        self.samples() == 1 && net.last() <= 1 && net.outputs() <= 4 && !self.softmax()
    }

    /// A gradient of one sample's error from parameters, activations and targets alone, without any step between.
    pub fn written_out_gradient(&self, p: Param) -> Equation {
        let dz = |l: usize, j: usize| self.dz_in_full(0, l, j);
        match p {
            Param::W(l, j, i) => dz(l, j) * of(self.input(0, l, i)),
            Param::B(l, j) => dz(l, j),
        }
    }

    /// ∂E/∂z of a unit from parameters, activations and targets alone.
    pub fn dz_in_full(&self, s: usize, l: usize, j: usize) -> Equation {
        self.written_out_dz(s, l, j, &|k| self.dz_in_full(s, l + 1, k))
    }

    /// ∂E/∂z of a unit in one formula, given ∂E/∂z of each unit k of the next layer.
    pub fn written_out_dz(&self, s: usize, l: usize, j: usize, next: &dyn Fn(usize) -> Equation) -> Equation {
        let net = &self.trace.net;
        if l < net.last() {
            let paths = (0..net.widths[l + 2]).map(|k| next(k) * of(Key::P(Param::W(l + 1, k, j))));
            return self.times_slope(Expr::sum(paths), s, l, j);
        }
        let (t, a) = (|k| of(Key::T(s, k)), |k| of(Key::A(s, l, k)));
        match (net.activations[l], net.loss) {
            (Activation::Softmax, Loss::CrossEntropy) => a(j) - t(j),
            (Activation::Softmax, _) => {
                let da = |k| self.step(Key::Da(s, l, k));
                a(j) * (da(j) - Expr::sum((0..net.outputs()).map(|m| a(m) * da(m))))
            }
            _ => self.times_slope(self.step(Key::Da(s, l, j)), s, l, j),
        }
    }

    /// `x · f'(z)`; without an activation x itself.
    fn times_slope(&self, x: Equation, s: usize, l: usize, j: usize) -> Equation {
        if self.trace.net.activations[l] == Activation::Identity { x } else { x * self.slope(s, l, j) }
    }

    fn activation(&self, s: usize, l: usize, j: usize) -> Equation {
        let net = &self.trace.net;
        let z = |j| of(Key::Z(s, l, j));
        match net.activations[l] {
            Activation::Sigmoid => number(1.0) / (number(1.0) + (-z(j)).call(Function::Exp)),
            Activation::Tanh => z(j).call(Function::Tanh),
            Activation::Relu => Expr::Call(Function::Max, vec![number(0.0), z(j)]),
            Activation::Identity => z(j),
            Activation::Softmax => {
                // The largest is taken off everywhere, which changes no share.
                let largest = || Expr::Call(Function::Max, (0..net.outputs()).map(z).collect());
                let exponential = |m| (z(m) - largest()).call(Function::Exp);
                exponential(j) / Expr::sum((0..net.outputs()).map(exponential))
            }
        }
    }

    /// `∂a/∂z` of one unit.
    pub fn slope(&self, s: usize, l: usize, j: usize) -> Equation {
        let (z, a) = (of(Key::Z(s, l, j)), of(Key::A(s, l, j)));
        match self.trace.net.activations[l] {
            Activation::Sigmoid => a.clone() * (number(1.0) - a),
            Activation::Tanh => number(1.0) - a.clone() * a,
            Activation::Relu => Expr::if_above(z, number(0.0), number(1.0), number(0.0)),
            Activation::Identity => number(1.0),
            Activation::Softmax => panic!("softmax has no slope of one unit"),
        }
    }

    /// What the rate multiplies in an update.
    fn direction(&self, p: Param) -> Equation {
        match self.trace.optimizer {
            OptimizerSpec::Sgd { momentum: 0.0, .. } => of(Key::G(p)),
            OptimizerSpec::Sgd { .. } => of(Key::M(p)),
            _ => {
                // Kingma, Ba (2015), algorithm 1; this is update number n + 1.
                let update = || of(Key::Count) + number(1.0);
                let corrected = |moment: Key, beta: Key| of(moment) / (number(1.0) - of(beta).power(update()));
                let (m, v) = (corrected(Key::M(p), Key::Beta1), corrected(Key::V(p), Key::Beta2));
                m / (v.call(Function::Sqrt) + of(Key::Epsilon))
            }
        }
    }

    /// The mean over the samples; of a single sample its own.
    pub fn mean(&self, of_sample: impl Fn(usize) -> Equation) -> Equation {
        divided(Expr::sum((0..self.samples()).map(of_sample)), self.samples())
    }

    /// The error of a sample; with a single output that output's.
    pub fn error(&self, s: usize) -> Key {
        if self.trace.net.outputs() == 1 { Key::E(s, 0) } else { Key::Error(s) }
    }
}
