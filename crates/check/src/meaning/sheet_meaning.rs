//! What a table says about itself, as data.

use gradbook_lesson::{Key, Theory};

use crate::compare::{Keys, Points, RateSource, Scales, Sense};
use crate::tables::{Reading, Rounding};

#[derive(Clone)]
pub(crate) struct Meaning {
    pub(crate) theory: Theory,
    pub(crate) keys: Keys,
    pub(crate) scales: Scales,
    pub(crate) constant_inputs: bool,
    /// Where the learning rate of each layer comes from, mostly the same.
    pub(crate) rates: Vec<RateSource>,
    /// Where no column holds them: given, or numbers in the formulas of the errors.
    pub(crate) targets: Option<Vec<f64>>,
    /// Whether the author gave some.
    pub(crate) given_targets: bool,
    /// Whether the errors are of a kind that is known; otherwise gradients cannot be judged.
    pub(crate) knows_loss: bool,
    /// How many ways of numbering the weights there are.
    pub(crate) numberings: usize,
}

impl Meaning {
    /// The same sheet, if its gradients, and what comes back to its units, point the other way.
    pub(crate) fn with_signs(&self, gradient: f64, delta: f64) -> Meaning {
        let Scales { gradient: g, delta: d, .. } = self.scales;
        let scales = Scales { gradient: gradient * g, delta: delta * d, ..self.scales };
        Meaning { scales, ..self.clone() }
    }

    /// The rate at the random points, if it is no cell.
    pub(crate) fn fixed_rate(&self) -> Option<f64> {
        if let Some(RateSource::Number(rate)) = self.rates.first() { Some(*rate) } else { None }
    }

    /// Does something with the table and what it means so far.
    pub(crate) fn with<T>(&self, reading: &Reading, rounding: &Rounding, f: impl FnOnce(&Sense) -> T) -> T {
        let mut points = Points::new(
            &self.theory,
            self.scales,
            self.constant_inputs,
            self.fixed_rate(),
            &self.keys,
            reading.table.steps,
        );
        points.targets.clone_from(&self.targets);
        f(&Sense::new(reading, &points, rounding, &self.keys, &self.rates))
    }

    /// Cells that hold a weight or bias after an update.
    pub(crate) fn updates(&self, reading: &Reading) -> Vec<(usize, usize)> {
        let mut updates = Vec::new();
        for (column, keys) in self.keys.iter().enumerate() {
            let from = match keys.first() {
                Some(Key::P(_)) if !reading.table.columns[column].is_single() => 1,
                Some(Key::Next(_) | Key::M(_)) => 0,
                _ => continue,
            };
            updates.extend((from..reading.table.steps).map(|step| (column, step)));
        }
        updates
    }
}
