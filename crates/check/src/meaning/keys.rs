//! Which quantity each column holds.

use super::sheet_meaning::Meaning;
use super::topology::Topology;
use crate::compare::Keys;
use crate::names::Role;
use crate::tables::Reading;
use gradbook_lesson::{Activation, Key, Param};

/// Says which columns hold what is calculated from errors, and the errors.
pub(super) fn backward_keys(meaning: &mut Meaning, reading: &Reading) {
    // Outputs, and so their errors, are counted from 1, or from 0 if one is called so.
    let errors = numbers_of(reading, |role| if let Role::Error(number) = role { Some(*number) } else { None });
    let first_output = u32::from(!errors.contains(&0));
    for at in 0..reading.table.columns.len() {
        if meaning.keys[at].is_empty() {
            meaning.keys[at] = Backward { meaning, reading, at, first_output }.keys();
        }
    }
}

/// A column whose name may be one of the backward pass.
struct Backward<'c> {
    meaning: &'c Meaning,
    reading: &'c Reading<'c>,
    at: usize,
    first_output: u32,
}

impl Backward<'_> {
    fn keys(&self) -> Vec<Key> {
        let (sample, role) = sample_of(&self.reading.table.columns[self.at].role);
        let samples = self.meaning.theory.samples;
        let s = sample.unwrap_or(0);
        match role {
            // `E[2]` beside `E1[2]` is the error of sample 2.
            Role::Error(number) if sample.is_none() && samples > 1 => {
                let s = *number as usize;
                (1..=samples).contains(&s).then(|| Key::Error(s - 1)).into_iter().collect()
            }
            Role::Error(number) => self.output(*number).map(|k| Key::E(s, k)).into_iter().collect(),
            Role::Total if sample.is_some() => vec![Key::Error(s)],
            Role::Total => vec![Key::Loss],
            Role::Delta(of) => {
                let sum = Role::Sum(of.clone());
                self.unit(&sum).map(|(l, j)| Key::Dz(s, l, j)).into_iter().collect()
            }
            Role::Change(of) => self.parameters_of(of).into_iter().map(Key::M).collect(),
            Role::Next(of) => self.parameters_of(of).into_iter().map(Key::Next).collect(),
            Role::Derivative(of, by) => self.derivative(sample, of, by),
            _ => Vec::new(),
        }
    }

    fn derivative(&self, sample: Option<usize>, of: &Role, by: &Role) -> Vec<Key> {
        let (last, s) = (self.meaning.theory.network.last(), sample.unwrap_or(0));
        match (of, by) {
            (Role::Total, Role::Weight(_) | Role::Bias(_)) => {
                let own = |p| if sample.is_some() { Key::Own(s, p) } else { Key::G(p) };
                self.parameters_of(by).into_iter().map(own).collect()
            }
            (Role::Total, Role::Activation(_)) => self.unit(by).map(|(l, j)| Key::Da(s, l, j)).into_iter().collect(),
            (Role::Total, Role::Sum(_)) => self.unit(by).map(|(l, j)| Key::Dz(s, l, j)).into_iter().collect(),
            (Role::Error(k), Role::Activation(_)) => match self.unit(by) {
                Some((l, j)) if l == last && self.output(*k) == Some(j) => vec![Key::Da(s, l, j)],
                Some((l, j)) if l + 1 == last => self.output(*k).map(|k| Key::Path(s, l, j, k)).into_iter().collect(),
                _ => Vec::new(),
            },
            (Role::Activation(_), Role::Sum(_)) => match (self.unit(of), self.unit(by)) {
                (Some(a), Some(z)) if a == z && self.meaning.theory.network.activation(a.0) != Activation::Softmax => {
                    vec![Key::Slope(s, a.0, a.1)]
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn output(&self, number: u32) -> Option<usize> {
        let number = number.checked_sub(self.first_output)? as usize;
        (number < self.meaning.theory.network.outputs()).then_some(number)
    }

    /// Layer and unit of a sum or activation of this column's sample.
    fn unit(&self, role: &Role) -> Option<(usize, usize)> {
        let key_of = |role: &Role| self.meaning.keys[self.reading.table.find(role)?].first().copied();
        let role = match sample_of(&self.reading.table.columns[self.at].role).0 {
            Some(s) => Role::Sample(s, Box::new(role.clone())),
            None => role.clone(),
        };
        match key_of(&role).or_else(|| key_of(&other_half(&role)))? {
            Key::Z(_, l, j) | Key::A(_, l, j) => Some((l, j)),
            _ => None,
        }
    }

    fn parameters_of(&self, role: &Role) -> Vec<Param> {
        let Some(column) = self.reading.table.find(role) else { return Vec::new() };
        self.meaning.keys[column].iter().filter_map(|key| if let Key::P(p) = key { Some(*p) } else { None }).collect()
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
pub(super) fn forward_keys(reading: &Reading, topology: &Topology) -> Keys {
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
