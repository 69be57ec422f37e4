//! The equations of a network, each written once: which kind of layer, activation, loss or optimizer an equation belongs to
//! decides which file it is in.
//!
//! Their order of operations is that of [`crate::State::at`], so that a spreadsheet computes the same double-precision
//! numbers up to the last bits of its EXP, LN and TANH.

mod activation;
mod dense;
mod loss;
mod update;

use crate::{Activation, Expr, Key, LayerKind, Param, Theory};

pub(crate) type Equation = Expr<Key>;

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

impl Theory {
    /// A quantity from the quantities directly before it, in a derivation by the chain rule.
    ///
    /// # Panics
    /// If the quantity is an input.
    pub fn step(&self, key: Key) -> Equation {
        let last = self.network.last();
        match key {
            // Forward.
            Key::Z(s, l, j) => match self.network.layers[l].kind {
                LayerKind::Dense => dense::sum(self, s, l, j),
            },
            Key::A(s, l, j) => activation::value(self, s, l, j),
            Key::E(s, k) => loss::value(self, s, k),
            Key::Error(s) => Expr::sum((0..self.network.outputs()).map(|k| of(Key::E(s, k)))),
            Key::Loss if self.samples == 1 => self.step(Key::Error(0)),
            Key::Loss => self.mean(|s| of(self.error(s))),

            // Backward.
            Key::Da(s, l, j) if l == last => loss::slope(self, s, j),
            Key::Da(s, l, j) => Expr::sum((0..self.network.units(l + 1)).map(|k| of(Key::Path(s, l, j, k)))),
            Key::Path(s, l, j, k) => self.path(of(Key::Dz(s, l + 1, k)), l, j, k),
            Key::Slope(s, l, j) => self.slope(s, l, j),
            Key::Jacobian(s, m, k) => activation::jacobian(self, s, m, k),
            Key::Dz(s, l, j) if self.network.activation(l) == Activation::Softmax => {
                Expr::sum((0..self.network.units(l)).map(|m| of(Key::Da(s, l, m)) * of(Key::Jacobian(s, m, j))))
            }
            Key::Dz(s, l, j) => of(Key::Da(s, l, j)) * of(Key::Slope(s, l, j)),
            Key::Factor(s, p) => match self.network.layers[p.layer()].kind {
                LayerKind::Dense => dense::factor(self, s, p),
            },
            Key::Own(s, p) => self.gradient(of(Key::Dz(s, p.layer(), p.unit())), s, p),
            Key::G(p) => self.mean(|s| self.step(Key::Own(s, p))),

            // Update.
            Key::M(p) => update::first_moment(self, p),
            Key::V(p) => update::second_moment(p),
            Key::Next(p) => update::next(self, p),
            Key::StepRate => update::step_rate(),
            _ => panic!("{key:?} is an input"),
        }
    }

    /// A quantity of a training table, from columns of the table.
    pub fn in_table(&self, key: Key) -> Equation {
        match key {
            Key::Dz(s, l, j) => self.written_out_dz(s, l, j, &|k| of(Key::Dz(s, l + 1, k))),
            Key::G(p) if self.written_out() => self.written_out_gradient(p),
            key => self.step(key),
        }
    }

    /// Whether the table has each gradient in one formula, as the class has it, without columns for ∂E/∂z.
    pub fn written_out(&self) -> bool {
        let network = &self.network;
        self.samples == 1 && network.last() <= 1 && network.outputs() <= 4 && !network.softmax()
    }

    /// A gradient of one sample's error from parameters, activations and targets alone, without any step between.
    pub fn written_out_gradient(&self, p: Param) -> Equation {
        self.gradient(self.dz_in_full(0, p.layer(), p.unit()), 0, p)
    }

    /// ∂E/∂z of a unit from parameters, activations and targets alone.
    pub fn dz_in_full(&self, s: usize, l: usize, j: usize) -> Equation {
        self.written_out_dz(s, l, j, &|k| self.dz_in_full(s, l + 1, k))
    }

    /// ∂E/∂z of a unit in one formula, given ∂E/∂z of each unit k of the next layer.
    pub fn written_out_dz(&self, s: usize, l: usize, j: usize, next: &dyn Fn(usize) -> Equation) -> Equation {
        let network = &self.network;
        if l < network.last() {
            let paths = (0..network.units(l + 1)).map(|k| self.path(next(k), l, j, k));
            return self.times_slope(Expr::sum(paths), s, l, j);
        }
        if let Some(slope) = loss::slope_through_its_function(self, s, j) {
            return slope;
        }
        match network.activation(l) {
            Activation::Softmax => {
                let (a, da) = (|k| of(Key::A(s, l, k)), |k| self.step(Key::Da(s, l, k)));
                a(j) * (da(j) - Expr::sum((0..network.outputs()).map(|m| a(m) * da(m))))
            }
            Activation::Function(_) => self.times_slope(self.step(Key::Da(s, l, j)), s, l, j),
        }
    }

    /// `∂a/∂z` of one unit.
    ///
    /// # Panics
    /// After a softmax, whose units have no slope of their own.
    pub fn slope(&self, s: usize, l: usize, j: usize) -> Equation {
        activation::slope(self, s, l, j)
    }

    /// The optimizer's memory with its first gradient: what [`Theory::step`] gives after a memory of 0.
    ///
    /// # Panics
    /// If the quantity is no memory.
    pub fn first_memory(&self, key: Key) -> Equation {
        update::first_memory(self, key)
    }

    /// The mean over the samples; of a single sample its own.
    pub fn mean(&self, of_sample: impl Fn(usize) -> Equation) -> Equation {
        divided(Expr::sum((0..self.samples).map(of_sample)), self.samples)
    }

    /// The share of ∂E/∂a of unit j of layer l that comes through unit k of the next layer, whose ∂E/∂z is `dz`.
    fn path(&self, dz: Equation, l: usize, j: usize, k: usize) -> Equation {
        match self.network.layers[l + 1].kind {
            LayerKind::Dense => dense::path(dz, l + 1, j, k),
        }
    }

    /// ∂E/∂p of one sample's error, given ∂E/∂z of the unit that p leads into.
    fn gradient(&self, dz: Equation, s: usize, p: Param) -> Equation {
        match self.network.layers[p.layer()].kind {
            LayerKind::Dense => dense::gradient(self, dz, s, p),
        }
    }

    /// `x · f'(z)`; without an activation x itself.
    fn times_slope(&self, x: Equation, s: usize, l: usize, j: usize) -> Equation {
        if self.network.activation(l) == Activation::NONE { x } else { x * self.slope(s, l, j) }
    }
}
