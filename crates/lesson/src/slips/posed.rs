//! Slips to be spotted, as wrong equations for one or a few gradients.

use gradbook_engine::loss::Targets;

use super::kind::SlipKind;
use crate::{Activation, Expr, Key, Loss, Param, Theory};

/// A mistake that is posed.
pub struct Slip {
    /// Its kind in the catalogue, by which `check` calls it.
    pub kind: SlipKind,
    /// What the reader chooses it by.
    pub name: String,
    /// The wrong gradients that it gives.
    pub wrong: Vec<(Param, Expr<Key>)>,
}

fn of(key: Key) -> Expr<Key> {
    Expr::Of(key)
}

impl Theory {
    /// The mistakes that this network allows, the most instructive first.
    pub fn slips(&self) -> Vec<Slip> {
        let mut slips = Vec::new();
        if self.network.last() > 0 {
            self.hidden_slips(&mut slips);
        }
        self.output_slips(&mut slips);
        slips
    }

    /// Mistakes in the gradients of the weights into hidden units.
    fn hidden_slips(&self, slips: &mut Vec<Slip>) {
        let network = &self.network;
        let name = |key| self.name(key).text();
        let mut add = |kind, name: String, wrong| slips.push(Slip { kind, name, wrong });
        let has_slope = network.activation(0) != Activation::NONE;
        let own_slope = |j: usize| move |s: usize| has_slope.then(|| self.slope(s, 0, j));
        let dz = |s: usize, k: usize| self.dz_of_next(s, k);
        let path = |s: usize, k: usize, j: usize| dz(s, k) * of(Key::P(Param::W(1, k, j)));
        let paths = |s: usize, j: usize| Expr::sum((0..network.units(1)).map(|k| path(s, k, j)));
        let units = network.units(0);
        if units > 1 && has_slope {
            let (right, wrong) = (name(Key::A(0, 0, 1)), name(Key::A(0, 0, 0)));
            let text = format!("another unit: slope at {wrong} instead of {right} (as in the class sheet)");
            let wrong = self.into_hidden(1, &|s| paths(s, 1), &|s| Some(self.slope(s, 0, 0)));
            add(SlipKind::AnotherUnit, text, wrong);
        }
        if network.units(1) > 1 {
            let (unit, only) = (name(Key::A(0, 0, 0)), name(Key::Z(0, 1, 0)));
            let text = format!("forgotten path: {unit} gets only what comes through {only}");
            add(SlipKind::MissingPath, text, self.into_hidden(0, &|s| path(s, 0, 0), &own_slope(0)));
        }
        if units > 1 && network.units(1) > 1 {
            let (right, wrong) = (name(Key::P(Param::W(1, 1, 0))), name(Key::P(Param::W(1, 0, 1))));
            let transposed = |s: usize| {
                Expr::sum((0..network.units(1)).map(|k| {
                    let (k_of, j_of) = if k == 1 { (0, 1) } else { (k, 0) };
                    dz(s, k) * of(Key::P(Param::W(1, k_of, j_of)))
                }))
            };
            let text = format!("transposed weights: {wrong} instead of {right}");
            add(SlipKind::AnotherWeight, text, self.into_hidden(0, &transposed, &own_slope(0)));
        }
        if has_slope {
            let text = format!("forgotten slope at {}", name(Key::Z(0, 0, 0)));
            add(SlipKind::MissingFactor, text, self.into_hidden(0, &|s| paths(s, 0), &|_| None));
        }
        if network.last() == 1 && self.settings().is_empty() {
            let updated = |s: usize, j: usize| {
                Expr::sum((0..network.units(1)).map(|k| dz(s, k) * self.step(Key::Next(Param::W(1, k, j)))))
            };
            let text = "output weights already updated (as in Mazur's later numbers)".to_owned();
            let wrong = (0..units).flat_map(|j| self.into_hidden(j, &|s| updated(s, j), &own_slope(j))).collect();
            add(SlipKind::UpdatedWeights, text, wrong);
        }
    }

    /// Mistakes in the gradients of the weights into outputs.
    fn output_slips(&self, slips: &mut Vec<Slip>) {
        let (network, last) = (&self.network, self.network.last());
        let name = |key| self.name(key).text();
        let mut add = |kind, name: String, wrong| slips.push(Slip { kind, name, wrong });
        let first = Param::W(last, 0, 0);
        let right = self.in_table(Key::G(first));
        let w = name(Key::P(first));
        // An output that goes astray would end where a logarithm is infinite.
        if network.loss.entry().targets == Targets::Numbers {
            add(SlipKind::WrongSign, format!("wrong sign: {w} moves uphill"), vec![(first, -right.clone())]);
        }
        if !network.softmax() && network.loss == (Loss::SquaredError {}) {
            let text = format!("derivative of the square: 2(a - t) for {w}, although E has the factor ½");
            add(SlipKind::WrongFactor, text, vec![(first, Expr::Number(2.0) * right)]);
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
            // The inputs of a later layer are units.
            let kind = if last == 0 { SlipKind::AnotherInput } else { SlipKind::AnotherUnit };
            add(kind, text, vec![(second, wrong)]);
        }
    }

    /// Gradients of the weights into hidden unit j, given what comes back to its activation, and its slope.
    fn into_hidden(
        &self,
        j: usize,
        da: &dyn Fn(usize) -> Expr<Key>,
        slope: &dyn Fn(usize) -> Option<Expr<Key>>,
    ) -> Vec<(Param, Expr<Key>)> {
        let gradient = |i: usize| {
            let own = |s: usize| match slope(s) {
                Some(slope) => da(s) * slope * of(self.input(s, 0, i)),
                None => da(s) * of(self.input(s, 0, i)),
            };
            (Param::W(0, j, i), self.mean(own))
        };
        (0..self.network.inputs(0)).map(gradient).collect()
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
