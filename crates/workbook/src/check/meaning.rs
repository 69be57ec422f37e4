//! What a table says about itself: the network, its activations and loss, the scale of its errors and gradients, the
//! learning rate.
//!
//! Nothing of this can be wrong; these are the sheet's own conventions, against which the rest is judged. Where columns
//! contradict each other, the majority decides what is meant.

use gradbook_engine::trace::{Activation, Loss, Param, Trace};

use super::Options;
use super::activation::{activations, agrees};
use super::points::{Points, Scales, same};
use super::reading::{Leaf, Reading};
use super::role::Role;
use super::rounding::Rounding;
use super::sense::{Keys, RateSource, Sense, trace};
use super::table::RateLabel;
use super::topology::{Topology, Unclear, typical};
use super::{rate, right};
use crate::lesson::{Key, Lesson};

/// Numbers of so many steps are looked at.
const STEPS_TRIED: usize = 6;

pub(crate) struct Meaning {
    pub(crate) trace: Trace,
    pub(crate) keys: Keys,
    pub(crate) scales: Scales,
    pub(crate) constant_inputs: bool,
    /// Where the learning rate of each layer comes from, mostly the same.
    pub(crate) rates: Vec<RateSource>,
    /// Where no column holds them: given, or numbers in the formulas of the errors.
    pub(crate) targets: Option<Vec<f64>>,
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
        let net = activations(reading, &rounding, &topology, &mut keys, constant_inputs)?;
        let mut meaning = Meaning {
            trace: trace(net, topology.samples),
            keys,
            scales: Scales::NONE,
            constant_inputs,
            rates: Vec::new(),
            targets: None,
            knows_loss: true,
            numberings: topology.numberings,
        };
        meaning.backward_keys(reading);
        if !meaning.keys.iter().flatten().any(|key| matches!(key, Key::T(..))) {
            let given = options.targets.clone().filter(|targets| targets.len() == meaning.trace.net.outputs());
            meaning.targets = given.or_else(|| meaning.written_targets(reading, &rounding));
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
            trace: self.trace.clone(),
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
        let lesson = Lesson::new(&self.trace, "");
        let mut points = Points::new(&lesson, self.scales, self.constant_inputs, self.fixed_rate(), &self.keys);
        points.targets.clone_from(&self.targets);
        f(&Sense::new(reading, &points, rounding, &self.keys, &self.rates))
    }

    /// Targets that are numbers in the formulas of the errors: where these parabolas of the outputs have their lowest
    /// points.
    fn written_targets(&self, reading: &Reading, rounding: &Rounding) -> Option<Vec<f64>> {
        let last = self.trace.net.last();
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
        (0..self.trace.net.outputs()).map(target).collect()
    }

    fn backward_keys(&mut self, reading: &Reading) {
        let last = self.trace.net.last();
        // Outputs, and so their errors, are counted from 1, or from 0 if one is called so.
        let errors = numbers_of(reading, |role| if let Role::Error(number) = role { Some(*number) } else { None });
        let outputs = self.trace.net.outputs();
        let output = |number: u32| {
            let first = u32::from(!errors.contains(&0));
            number.checked_sub(first).map(|number| number as usize).filter(|number| *number < outputs)
        };
        for (at, column) in reading.table.columns.iter().enumerate() {
            if !self.keys[at].is_empty() {
                continue;
            }
            let (sample, role) = sample_of(&column.role);
            let key_of = |role: &Role| {
                let other = reading.table.find(role)?;
                self.keys[other].first().copied()
            };
            let in_sample = |role: &Role| match sample {
                Some(s) => Role::Sample(s, Box::new(role.clone())),
                None => role.clone(),
            };
            let s = sample.unwrap_or(0);
            let unit = |role: &Role| match key_of(&in_sample(role)).or_else(|| key_of(&other_half(&in_sample(role))))? {
                Key::Z(_, l, j) | Key::A(_, l, j) => Some((l, j)),
                _ => None,
            };
            let keys: Vec<Key> = match role {
                // `E[2]` beside `E1[2]` is the error of sample 2.
                Role::Error(number) if sample.is_none() && self.trace.samples.len() > 1 => {
                    let s = *number as usize;
                    (1..=self.trace.samples.len()).contains(&s).then(|| Key::Error(s - 1)).into_iter().collect()
                }
                Role::Error(number) => output(*number).map(|k| Key::E(s, k)).into_iter().collect(),
                Role::Total if sample.is_some() => vec![Key::Error(s)],
                Role::Total => vec![Key::Loss],
                Role::Delta(of) => {
                    let sum = Role::Sum(of.clone());
                    unit(&sum).map(|(l, j)| Key::Dz(s, l, j)).into_iter().collect()
                }
                Role::Change(of) => self.parameters_of(reading, of).into_iter().map(Key::M).collect(),
                Role::Next(of) => self.parameters_of(reading, of).into_iter().map(Key::Next).collect(),
                Role::Derivative(of, by) => match (&**of, &**by) {
                    (Role::Total, Role::Weight(_) | Role::Bias(_)) => {
                        let own = |p| if sample.is_some() { Key::Own(s, p) } else { Key::G(p) };
                        self.parameters_of(reading, by).into_iter().map(own).collect()
                    }
                    (Role::Total, Role::Activation(_)) => unit(by).map(|(l, j)| Key::Da(s, l, j)).into_iter().collect(),
                    (Role::Total, Role::Sum(_)) => unit(by).map(|(l, j)| Key::Dz(s, l, j)).into_iter().collect(),
                    (Role::Error(k), Role::Activation(_)) => match unit(by) {
                        Some((l, j)) if l == last && output(*k) == Some(j) => vec![Key::Da(s, l, j)],
                        Some((l, j)) if l + 1 == last => {
                            output(*k).map(|k| Key::Path(s, l, j, k)).into_iter().collect()
                        }
                        _ => Vec::new(),
                    },
                    (Role::Activation(_), Role::Sum(_)) => match (unit(of), unit(by)) {
                        (Some(a), Some(z)) if a == z && self.trace.net.activations[a.0] != Activation::Softmax => {
                            vec![Key::Slope(s, a.0, a.1)]
                        }
                        _ => Vec::new(),
                    },
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            };
            self.keys[at] = keys;
        }
    }

    fn parameters_of(&self, reading: &Reading, role: &Role) -> Vec<Param> {
        let Some(column) = reading.table.find(role) else { return Vec::new() };
        self.keys[column].iter().filter_map(|key| if let Key::P(p) = key { Some(*p) } else { None }).collect()
    }

    /// How errors and gradients relate to ½ (t - a)² and its derivative.
    fn find_scales(&mut self, reading: &Reading, rounding: &Rounding, labels: &[RateLabel]) {
        let outputs = self.trace.net.outputs() as f64;
        let mut usual = vec![1.0, 2.0, 2.0 / outputs, 1.0 / outputs, 0.5];
        if self.trace.net.loss == Loss::CrossEntropy {
            usual = vec![1.0, 1.0 / outputs];
        }
        let scale = |meaning: &Meaning, is: &dyn Fn(Key) -> bool, usual: &[f64]| {
            // What lies between is calculated from the forward columns, because its own scale is not known yet.
            let between =
                |key: &Key| matches!(key, Key::G(_) | Key::Own(..) | Key::Da(..) | Key::Dz(..) | Key::Path(..));
            let forward: Keys =
                meaning.keys.iter().map(|keys| keys.iter().copied().filter(|key| !between(key)).collect()).collect();
            let lesson = Lesson::new(&meaning.trace, "");
            let vote = |keys: &Keys| {
                let mut points = Points::new(&lesson, meaning.scales, meaning.constant_inputs, None, keys);
                points.targets.clone_from(&meaning.targets);
                vote(&Sense::new(reading, &points, rounding, keys, &[]), &meaning.keys, is, usual)
            };
            // A mistake between is not to spoil what follows from it; but then it is no proof of what the errors are.
            let sure = vote(&forward);
            (sure.or_else(|| vote(&meaning.keys)), sure.is_some())
        };
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
    fn change_sign(&self, reading: &Reading, rounding: &Rounding) -> f64 {
        let agreeing = |sign: f64| {
            let meaning = Meaning {
                targets: self.targets.clone(),
                rates: self.rates.clone(),
                scales: Scales { change: sign, ..self.scales },
                trace: self.trace.clone(),
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

fn sample_of(role: &Role) -> (Option<usize>, &Role) {
    match role {
        Role::Sample(s, role) => (Some(*s), role),
        role => (None, role),
    }
}

/// The sum for an activation and the other way round, of the same unit.
fn other_half(role: &Role) -> Role {
    match role {
        Role::Sample(s, role) => Role::Sample(*s, Box::new(other_half(role))),
        Role::Sum(unit) => Role::Activation(unit.clone()),
        Role::Activation(unit) => Role::Sum(unit.clone()),
        role => role.clone(),
    }
}

/// Inputs, targets, parameters, sums and activations.
fn forward_keys(reading: &Reading, topology: &Topology) -> Keys {
    let columns = &reading.table.columns;
    let unit = |wanted: usize| {
        let mut places = topology
            .layers
            .iter()
            .enumerate()
            .flat_map(|(l, layer)| layer.iter().enumerate().map(move |(j, unit)| (l, j, unit)));
        places.find(|(.., unit)| unit.sum == Some(wanted) || unit.activation == Some(wanted))
    };
    let targets = numbers_of(reading, |role| if let Role::Target(n) = role { Some(*n) } else { None });
    let inputs = numbers_of(reading, |role| if let Role::Input(n) = role { Some(*n) } else { None });
    let key = |at: usize| -> Option<Vec<Key>> {
        let (sample, role) = sample_of(&columns[at].role);
        let s = sample.unwrap_or(0);
        // The column of the first sample, whose place is known.
        let first = |role: &Role| {
            let role = if sample.is_some() { Role::Sample(0, Box::new(role.clone())) } else { role.clone() };
            reading.table.find(&role)
        };
        match role {
            Role::Input(n) => Some(vec![Key::X(s, inputs.iter().position(|other| other == n)?)]),
            Role::Target(n) => {
                let k = targets.iter().position(|other| other == n)?;
                (k < topology.layers.last()?.len()).then(|| vec![Key::T(s, k)])
            }
            Role::Weight(_) | Role::Bias(_) => Some(topology.parameters.get(&at)?.iter().map(|p| Key::P(*p)).collect()),
            Role::Sum(_) | Role::Activation(_) => {
                let column = first(role)?;
                let (l, j, unit) = unit(column)?;
                Some(vec![if unit.sum == Some(column) { Key::Z(s, l, j) } else { Key::A(s, l, j) }])
            }
            _ => None,
        }
    };
    (0..columns.len()).map(|at| key(at).unwrap_or_default()).collect()
}

fn numbers_of(reading: &Reading, of: impl Fn(&Role) -> Option<u32>) -> Vec<u32> {
    let mut numbers: Vec<u32> = reading.table.columns.iter().filter_map(|column| of(column.role.whole())).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
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
