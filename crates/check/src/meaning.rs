//! What a table says about itself: the network, its activations and loss, the scale of its errors and gradients, the
//! learning rate.
//!
//! Nothing of this can be wrong; these are the sheet's own conventions, against which the rest is judged. Where columns
//! contradict each other, the majority decides what is meant.

mod keys;
mod scales;

use keys::forward_keys;

use super::Options;
use super::activation::activations;
use super::points::{Points, Scales};
use super::rate;
use super::reading::Reading;
use super::rounding::Rounding;
use super::sense::{Keys, RateSource, Sense};
use super::table::RateLabel;
use super::topology::{Topology, Unclear};
use super::typical::typical;
use gradbook_lesson::{Key, Theory};

/// Numbers of so many steps are looked at.
const STEPS_TRIED: usize = 6;

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
    /// With the weights numbered in the likeliest way (0) or another.
    ///
    /// # Errors
    /// If the forward columns do not tell which network it is.
    pub(crate) fn of(
        reading: &Reading,
        labels: &[RateLabel],
        options: &Options,
        numbering: usize,
    ) -> Result<Meaning, Unclear> {
        let topology = Topology::of(reading, options.layout.as_deref(), numbering)?;
        let rounding = Rounding::new(reading);
        let mut keys = forward_keys(reading, &topology);
        let constant_inputs = (0..keys.len()).all(|column| {
            !matches!(keys[column].first(), Some(Key::X(..) | Key::T(..))) || reading.is_constant(column)
        });
        let network = activations(reading, &rounding, &topology, &mut keys, constant_inputs)?;
        let mut meaning = Meaning {
            theory: Theory::new(network, topology.samples),
            keys,
            scales: Scales::NONE,
            constant_inputs,
            rates: Vec::new(),
            targets: None,
            given_targets: options.targets.is_some(),
            knows_loss: true,
            numberings: topology.numberings,
        };
        meaning.backward_keys(reading);
        if !meaning.keys.iter().flatten().any(|key| matches!(key, Key::T(..))) {
            let outputs = meaning.theory.network.outputs();
            if let Some(targets) = options.targets.as_ref().filter(|targets| targets.len() != outputs) {
                let count = targets.len();
                return Err(Unclear(format!("--targets: {count} are given, but the network has {outputs} outputs")));
            }
            meaning.targets = options.targets.clone().or_else(|| meaning.written_targets(reading, &rounding));
        }
        meaning.find_scales(reading, &rounding, labels);
        meaning.rates = rate::of_layers(&meaning, reading, &rounding, labels);
        meaning.scales.change = meaning.change_sign(reading, &rounding);
        Ok(meaning)
    }

    /// The same sheet, if its gradients, and what comes back to its units, point the other way.
    pub(crate) fn with_signs(&self, gradient: f64, delta: f64) -> Meaning {
        let Scales { gradient: g, delta: d, .. } = self.scales;
        let scales = Scales { gradient: gradient * g, delta: delta * d, ..self.scales };
        Meaning {
            scales,
            theory: self.theory.clone(),
            keys: self.keys.clone(),
            targets: self.targets.clone(),
            rates: self.rates.clone(),
            ..*self
        }
    }

    /// The rate at the random points, if it is no cell.
    pub(crate) fn fixed_rate(&self) -> Option<f64> {
        if let Some(RateSource::Number(rate)) = self.rates.first() { Some(*rate) } else { None }
    }

    /// Does something with the table and what it means so far.
    pub(crate) fn with<T>(&self, reading: &Reading, rounding: &Rounding, f: impl FnOnce(&Sense) -> T) -> T {
        let mut points = Points::new(&self.theory, self.scales, self.constant_inputs, self.fixed_rate(), &self.keys);
        points.targets.clone_from(&self.targets);
        f(&Sense::new(reading, &points, rounding, &self.keys, &self.rates))
    }

    /// Targets that are numbers in the formulas of the errors: where these parabolas of the outputs have their lowest
    /// points.
    fn written_targets(&self, reading: &Reading, rounding: &Rounding) -> Option<Vec<f64>> {
        let last = self.theory.network.last();
        let target = |k: usize| {
            let error = |key: &Key| *key == Key::E(0, k);
            let of = |is: &dyn Fn(&Key) -> bool| self.keys.iter().position(|keys| keys.first().is_some_and(is));
            let column = of(&error).or_else(|| of(&|key| matches!(key, Key::Loss | Key::Error(0))))?;
            let (tree, step) = typical(reading, column)?;
            self.with(reading, rounding, |sense| {
                let value = |a: f64| sense.value_with(&tree, step, Key::A(0, last, k), a);
                let (below, middle, above) = (value(-1.0), value(0.0), value(1.0));
                let curvature = below - 2.0 * middle + above;
                let target = (below - above) / (2.0 * curvature);
                // As it was typed.
                let target: f64 = format!("{target:.9}").parse().ok()?;
                (target.is_finite() && curvature > 0.0).then_some(target)
            })
        };
        (0..self.theory.network.outputs()).map(target).collect()
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
