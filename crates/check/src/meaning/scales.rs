//! By which factors a sheet's errors and gradients differ from ½ (t - a)² and its derivative: the majority decides.

use gradbook_lesson::{Activation, Loss};

use super::{Meaning, STEPS_TRIED};
use crate::activation::agrees;
use crate::points::{Points, Scales, same};
use crate::reading::{Leaf, Reading};
use crate::right;
use crate::role::Role;
use crate::rounding::Rounding;
use crate::sense::{Keys, Sense};
use crate::table::RateLabel;
use crate::typical::typical;
use gradbook_lesson::Key;

impl Meaning {
    /// How errors and gradients relate to ½ (t - a)² and its derivative.
    pub(super) fn find_scales(&mut self, reading: &Reading, rounding: &Rounding, labels: &[RateLabel]) {
        self.find_loss(reading, rounding);
        let usual = self.usual_multiples();
        let scale =
            |meaning: &Meaning, is: &dyn Fn(Key) -> bool, usual: &[f64]| meaning.scale(reading, rounding, is, usual);
        let is_error = |key: Key| matches!(key, Key::E(..));
        let is_total = |key: Key| matches!(key, Key::Loss | Key::Error(_));
        let has = |meaning: &Meaning, is: &dyn Fn(Key) -> bool| meaning.keys.iter().flatten().any(|key| is(*key));
        let (error, _) = scale(self, &is_error, &usual);
        self.scales.error = error.unwrap_or(1.0);
        let (total, _) = scale(self, &is_total, &usual);
        self.scales.error = error.or(total).unwrap_or(1.0);
        self.scales.total = total.or(error).unwrap_or(1.0);
        // Gradients of the error that is shown, if they can be that; otherwise of another multiple of it.
        let mut multiples = vec![self.scales.total, self.scales.error];
        multiples.extend(usual.iter().copied());
        multiples.extend(multiples.clone().iter().map(|c| -c));
        let is_gradient = |key: Key| matches!(key, Key::G(_));
        let (mut gradient, mut is_sure) = scale(self, &is_gradient, &multiples);
        // A column called Δw may hold the gradient, if no other one does, and no rate is in it.
        if !has(self, &is_gradient) && !self.changes_have_a_rate(reading, labels) {
            let changes = self.keys.clone();
            for key in self.keys.iter_mut().flatten() {
                if let Key::M(p) = *key {
                    *key = Key::G(p);
                }
            }
            (gradient, is_sure) = scale(self, &is_gradient, &multiples);
            if gradient.is_none() {
                self.keys = changes;
            }
        }
        self.scales.gradient = gradient.unwrap_or(self.scales.total);
        // Errors of an unknown kind, whose gradients are those of a known one, are errors in the columns of errors.
        let has_gradients = has(self, &|key| matches!(key, Key::G(_) | Key::Own(..)));
        self.knows_loss = error.is_some()
            || total.is_some()
            || is_sure
            || !(has(self, &is_error) || has(self, &is_total) || has_gradients);
        if error.is_none() && total.is_none() {
            let scale = self.scales.gradient.abs();
            (self.scales.error, self.scales.total) = (scale, scale);
        }
        let (delta, _) = scale(self, &|key| matches!(key, Key::Dz(..)), &multiples);
        self.scales.delta = delta.unwrap_or(self.scales.gradient);
        // Names of many uses: what does not fit at all is another quantity.
        let is_slope = |key: &Key| matches!(key, Key::Slope(..));
        let fits = self.with(reading, rounding, |sense| {
            sense.known_columns().any(|(column, _, key)| is_slope(&key) && agrees(sense, column, key))
        });
        for (keys, column) in self.keys.iter_mut().zip(&reading.table.columns) {
            let is_delta = matches!(column.role.whole(), Role::Delta(_));
            if delta.is_none() && is_delta || !fits && keys.iter().any(is_slope) {
                keys.clear();
            }
        }
    }

    /// Errors that are no squares may be those of another loss, if the last function is the one that it needs.
    fn find_loss(&mut self, reading: &Reading, rounding: &Rounding) {
        let is_shown = |key: Key| matches!(key, Key::E(..) | Key::Loss | Key::Error(_));
        let fits =
            |meaning: &Meaning| meaning.scale(reading, rounding, &is_shown, &meaning.usual_multiples()).0.is_some();
        let network = &self.theory.network;
        let last = network.activation(network.last());
        let is_possible = |loss: &Loss| loss.needs().is_some_and(|function| last == Activation::Function(function));
        for loss in Loss::ALL.into_iter().filter(is_possible) {
            if fits(self) {
                return;
            }
            let before = std::mem::replace(&mut self.theory.network.loss, loss);
            if !fits(self) {
                self.theory.network.loss = before;
            }
        }
    }

    /// By how much the errors of sheets differ from the loss's.
    fn usual_multiples(&self) -> Vec<f64> {
        let outputs = self.theory.network.outputs() as f64;
        match self.theory.network.loss {
            Loss::SquaredError {} | Loss::MeanSquaredError {} => vec![1.0, 2.0, 2.0 / outputs, 1.0 / outputs, 0.5],
            Loss::CrossEntropy { .. } => vec![1.0, 1.0 / outputs],
            Loss::BinaryCrossEntropy {} => vec![1.0, outputs],
        }
    }

    /// By which of these multiples most columns of a kind differ from what they would be by themselves, and whether that
    /// is sure.
    fn scale(
        &self,
        reading: &Reading,
        rounding: &Rounding,
        is: &dyn Fn(Key) -> bool,
        multiples: &[f64],
    ) -> (Option<f64>, bool) {
        // What lies between is calculated from the forward columns, because its own scale is not known yet.
        let between = |key: &Key| matches!(key, Key::G(_) | Key::Own(..) | Key::Da(..) | Key::Dz(..) | Key::Path(..));
        let forward: Keys =
            self.keys.iter().map(|keys| keys.iter().copied().filter(|key| !between(key)).collect()).collect();
        let vote = |keys: &Keys| {
            let mut points = Points::new(&self.theory, self.scales, self.constant_inputs, None, keys);
            points.targets.clone_from(&self.targets);
            vote(&Sense::new(reading, &points, rounding, keys, &[]), &self.keys, is, multiples)
        };
        // A mistake between is not to spoil what follows from it; but then it is no proof of what the errors are.
        let sure = vote(&forward);
        (sure.or_else(|| vote(&self.keys)), sure.is_some())
    }

    /// Whether a column of changes refers to something that is called a learning rate.
    fn changes_have_a_rate(&self, reading: &Reading, labels: &[RateLabel]) -> bool {
        let is_rate = |leaf: &Leaf| match leaf {
            Leaf::Cell(at) => labels.iter().any(|label| label.at == Some(*at)),
            Leaf::Column(column, _) => *reading.table.columns[*column].role.whole() == Role::Rate,
        };
        let is_change = |column: &usize| matches!(self.keys[*column].first(), Some(Key::M(_)));
        let formulas = (0..self.keys.len()).filter(is_change).filter_map(|column| typical(reading, column));
        formulas.into_iter().any(|(tree, _)| tree.leaves().iter().any(is_rate))
    }

    /// Whether most columns of changes hold what is added to a weight (-1) or what is taken from it.
    pub(super) fn change_sign(&self, reading: &Reading, rounding: &Rounding) -> f64 {
        let agreeing = |sign: f64| {
            let meaning = Meaning {
                targets: self.targets.clone(),
                rates: self.rates.clone(),
                scales: Scales { change: sign, ..self.scales },
                theory: self.theory.clone(),
                keys: self.keys.clone(),
                ..*self
            };
            meaning.with(reading, rounding, |sense| {
                sense
                    .known_columns()
                    .filter(|(column, _, key)| matches!(key, Key::M(_)) && agrees(sense, *column, *key))
                    .count()
            })
        };
        if agreeing(1.0) > agreeing(-1.0) { 1.0 } else { -1.0 }
    }
}

/// By which of these multiples most columns of that kind differ from what they would be by themselves.
fn vote(sense: &Sense, keys: &Keys, is: &dyn Fn(Key) -> bool, multiples: &[f64]) -> Option<f64> {
    let mut votes = vec![0_usize; multiples.len()];
    for (column, key) in keys.iter().enumerate().filter_map(|(column, keys)| Some((column, *keys.first()?))) {
        if !is(key) {
            continue;
        }
        let present = sense.points.scales.of(key);
        if let Some((tree, step)) = typical(sense.reading, column) {
            let Some(values) = sense.formula_values(&tree, step) else { continue };
            let fits = |multiple: f64| {
                values.iter().enumerate().all(|(trial, value)| {
                    same(*value, multiple * sense.points.value(key, trial, step as isize) / present)
                })
            };
            if let Some(at) = multiples.iter().position(|multiple| fits(*multiple)) {
                votes[at] += 100;
            }
            continue;
        }
        for step in 0..sense.reading.table.steps.min(STEPS_TRIED) {
            let value = sense.reading.value(column, step);
            let Some(equation) = right::equation(sense, key) else { continue };
            let expected = sense.expected(&equation, step);
            let slack = 1.5 * (expected.slack + sense.rounding.of(column, step)) + 1e-14;
            // Where rounding hides the number, it says nothing.
            if !(expected.value.abs() > 10.0 * slack && value.is_finite()) {
                continue;
            }
            let fits =
                |multiple: f64| (value - multiple / present * expected.value).abs() <= slack * multiple.abs().max(1.0);
            if let Some(at) = multiples.iter().position(|multiple| fits(*multiple)) {
                votes[at] += 1;
            }
        }
    }
    let most = *votes.iter().max()?;
    (most > 0).then(|| multiples[votes.iter().position(|count| *count == most).unwrap_or(0)])
}
