//! Typical mistakes in a backpropagation sheet, as wrong equations for one or a few gradients.

use gradbook_engine::loss::{Loss, Targets};

use crate::{Activation, Param};

use crate::{Expr, Key, Theory};

/// A mistake: its name, and the wrong gradients that it gives.
pub struct Slip {
    pub name: String,
    pub wrong: Vec<(Param, Expr<Key>)>,
}

fn of(key: Key) -> Expr<Key> {
    Expr::Of(key)
}

impl Theory {
    /// The mistakes that this network allows, the most instructive first.
    pub fn slips(&self) -> Vec<Slip> {
        let network = &self.network;
        let last = network.last();
        let name = |key| self.name(key).text();
        let into = |l: usize, j: usize| (0..network.inputs(l)).map(move |i| Param::W(l, j, i));
        let mut slips = Vec::new();
        let mut add = |name: String, wrong: Vec<(Param, Expr<Key>)>| slips.push(Slip { name, wrong });

        // Wrong gradients of the weights into hidden unit j, given what comes back to its activation, and its slope.
        let hidden = |j: usize, da: &dyn Fn(usize) -> Expr<Key>, slope: &dyn Fn(usize) -> Option<Expr<Key>>| {
            into(0, j)
                .map(|p| {
                    let Param::W(_, _, i) = p else { panic!("a weight") };
                    let own = |s: usize| match slope(s) {
                        Some(slope) => da(s) * slope * of(self.input(s, 0, i)),
                        None => da(s) * of(self.input(s, 0, i)),
                    };
                    (p, self.mean(own))
                })
                .collect::<Vec<_>>()
        };
        if last > 0 {
            let own_slope =
                |j: usize| move |s: usize| (network.activation(0) != Activation::NONE).then(|| self.slope(s, 0, j));
            let dz = |s: usize, k: usize| self.dz_of_next(s, k);
            let path = |s: usize, k: usize, j: usize| dz(s, k) * of(Key::P(Param::W(1, k, j)));
            let paths = |s: usize, j: usize| Expr::sum((0..network.units(1)).map(|k| path(s, k, j)));
            let units = network.units(0);
            if units > 1 && network.activation(0) != Activation::NONE {
                let (right, wrong) = (name(Key::A(0, 0, 1)), name(Key::A(0, 0, 0)));
                let text = format!("another unit: slope at {wrong} instead of {right} (as in the class sheet)");
                add(text, hidden(1, &|s| paths(s, 1), &|s| Some(self.slope(s, 0, 0))));
            }
            if network.units(1) > 1 {
                let text = format!(
                    "forgotten path: {} gets only what comes through {}",
                    name(Key::A(0, 0, 0)),
                    name(Key::Z(0, 1, 0))
                );
                add(text, hidden(0, &|s| path(s, 0, 0), &own_slope(0)));
            }
            if units > 1 && network.units(1) > 1 {
                let (right, wrong) = (name(Key::P(Param::W(1, 1, 0))), name(Key::P(Param::W(1, 0, 1))));
                let transposed = |s: usize| {
                    Expr::sum((0..network.units(1)).map(|k| {
                        let (k_of, j_of) = if k == 1 { (0, 1) } else { (k, 0) };
                        dz(s, k) * of(Key::P(Param::W(1, k_of, j_of)))
                    }))
                };
                add(format!("transposed weights: {wrong} instead of {right}"), hidden(0, &transposed, &own_slope(0)));
            }
            if network.activation(0) != Activation::NONE {
                add(format!("forgotten slope at {}", name(Key::Z(0, 0, 0))), hidden(0, &|s| paths(s, 0), &|_| None));
            }
            if last == 1 && self.settings().is_empty() {
                let updated = |s: usize, j: usize| {
                    Expr::sum((0..network.units(1)).map(|k| dz(s, k) * self.step(Key::Next(Param::W(1, k, j)))))
                };
                let wrong = (0..units).flat_map(|j| hidden(j, &|s| updated(s, j), &own_slope(j))).collect();
                add("output weights already updated (as in Mazur's later numbers)".to_owned(), wrong);
            }
        }
        let first = Param::W(last, 0, 0);
        let right = self.in_table(Key::G(first));
        let w = name(Key::P(first));
        // An output that goes astray would end where a logarithm is infinite.
        if network.loss.entry().targets == Targets::Numbers {
            add(format!("wrong sign: {w} moves uphill"), vec![(first, -right.clone())]);
        }
        if !self.network.softmax() && network.loss == (Loss::SquaredError {}) {
            let text = format!("derivative of the square: 2(a - t) for {w}, although E has the factor ½");
            add(text, vec![(first, Expr::Number(2.0) * right)]);
        }
        if network.inputs(last) > 1 {
            let input = |s, i| of(self.input(s, last, i));
            let second = Param::W(last, 0, 1);
            let wrong = self.mean(|s| self.dz_of_output(s, 0) * input(s, 0));
            let text = format!(
                "another input: {} instead of {} for {}",
                name(self.input(0, last, 0)),
                name(self.input(0, last, 1)),
                name(Key::P(second))
            );
            add(text, vec![(second, wrong)]);
        }
        slips
    }

    /// ∂E/∂z of a unit of the second layer, as the training table has it.
    fn dz_of_next(&self, s: usize, k: usize) -> Expr<Key> {
        if self.written_out() { self.dz_of_output(s, k) } else { of(Key::Dz(s, 1, k)) }
    }

    fn dz_of_output(&self, s: usize, k: usize) -> Expr<Key> {
        let last = self.network.last();
        if self.written_out() {
            self.written_out_dz(s, last, k, &|_| panic!("the last layer has no next"))
        } else {
            of(Key::Dz(s, last, k))
        }
    }
}
