//! Networks with random numbers, at which formulas are compared: two formulas that agree there are the same, however
//! they are written, and rounding hides nothing.
//!
//! Every step of a table gets numbers of its own, so that a formula that reads another row is seen to do so. What a
//! column holds at a point is what it ought to hold there; so each column is judged for itself, and a mistake is found
//! where it is made and not in what is calculated from it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use gradbook_lesson::{Expr, Key, Network, Param, Parameters, Sample, Snapshot, State, Theory};

/// Formulas that agree at so many random points are equal; where a unit can be switched off, more are needed.
const TRIALS: usize = 3;
const TRIALS_WITH_RELU: usize = 12;
/// Of the larger value: what the order of operations may change.
const TOLERANCE: f64 = 1e-9;

/// A quantity, so many steps before (or, below 0, after) the one that is spoken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Timed {
    pub(crate) key: Key,
    pub(crate) back: isize,
}

pub(crate) type Equation = Expr<Timed>;

/// An equation about the present step.
pub(crate) fn now(equation: &Expr<Key>) -> Equation {
    equation.map(&|key| Timed { key: *key, back: 0 })
}

/// How a sheet's errors and gradients relate to ½ Σ (t - a)² and its derivative (to those of the loss, if it is another).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scales {
    pub(crate) error: f64,
    pub(crate) total: f64,
    /// Negative if the sheet's gradients point downhill.
    pub(crate) gradient: f64,
    /// Of what comes back to a unit, which may have another sign than the gradients.
    pub(crate) delta: f64,
    /// The sign of a column that says by how much an update changes a weight: -1 if it is what is added.
    pub(crate) change: f64,
}

impl Scales {
    pub(crate) const NONE: Scales = Scales { error: 1.0, total: 1.0, gradient: 1.0, delta: 1.0, change: -1.0 };

    pub(crate) fn of(&self, key: Key) -> f64 {
        match key {
            Key::E(..) => self.error,
            Key::Error(_) | Key::Loss => self.total,
            Key::Dz(..) => self.delta,
            Key::G(_) | Key::Own(..) | Key::Da(..) | Key::Path(..) => self.gradient,
            _ => 1.0,
        }
    }
}

/// Inputs and targets, and what follows from them and from random parameters.
type Point = (Vec<Sample>, State);

pub(crate) struct Points<'l> {
    pub(crate) theory: &'l Theory,
    pub(crate) scales: Scales,
    /// Whether inputs and targets are the same at all steps.
    pub(crate) constant_inputs: bool,
    /// The rate at all points, if it is a number in the formulas.
    pub(crate) rate: Option<f64>,
    /// Of all points, if no column holds them.
    pub(crate) targets: Option<Vec<f64>>,
    /// Biases that are one number.
    ties: Vec<Vec<Param>>,
    /// By trial and step.
    states: RefCell<HashMap<(usize, isize), Rc<Point>>>,
}

impl<'l> Points<'l> {
    pub(crate) fn new(
        theory: &'l Theory,
        scales: Scales,
        constant_inputs: bool,
        rate: Option<f64>,
        keys: &[Vec<Key>],
    ) -> Points<'l> {
        let parameter = |key: &Key| if let Key::P(p) = key { Some(*p) } else { None };
        let ties =
            keys.iter().map(|keys| keys.iter().filter_map(parameter).collect()).filter(|tie: &Vec<_>| tie.len() > 1);
        Points {
            theory,
            scales,
            constant_inputs,
            rate,
            targets: None,
            ties: ties.collect(),
            states: RefCell::default(),
        }
    }

    pub(crate) fn trials(&self) -> usize {
        let network = &self.theory.network;
        if (0..=network.last()).any(|l| network.has_kink(l)) { TRIALS_WITH_RELU } else { TRIALS }
    }

    /// All parameters that are one number with p.
    pub(crate) fn tied(&self, p: Param) -> Vec<Param> {
        self.ties.iter().find(|tie| tie.contains(&p)).cloned().unwrap_or_else(|| vec![p])
    }

    fn state(&self, trial: usize, step: isize) -> Rc<Point> {
        if let Some(state) = self.states.borrow().get(&(trial, step)) {
            return Rc::clone(state);
        }
        let network = &self.theory.network;
        let mut random = Random::new(trial, step);
        let mut parameters = Parameters::from_fn(network, |_| random.number());
        for tie in &self.ties {
            for p in &tie[1..] {
                parameters[*p] = parameters[tie[0]];
            }
        }
        let mut inputs = if self.constant_inputs { Random::new(trial, isize::MAX) } else { random };
        let mut samples: Vec<Sample> = (0..self.theory.samples).map(|_| inputs.sample(network)).collect();
        if let Some(targets) = &self.targets {
            samples.iter_mut().for_each(|sample| sample.t.clone_from(targets));
        }
        let state = State::at(network, &samples, &parameters);
        let state = Rc::new((samples, state));
        self.states.borrow_mut().insert((trial, step), Rc::clone(&state));
        state
    }

    /// What ought to stand in a column for `key` at a step.
    pub(crate) fn value(&self, key: Key, trial: usize, step: isize) -> f64 {
        let point = self.state(trial, step);
        let (samples, state) = &*point;
        match key {
            Key::X(s, i) => samples[s].x[i],
            Key::T(s, k) => samples[s].t[k],
            Key::Rate => self.rate(trial),
            // Plain descent has no momentum; its key stands for the change.
            Key::M(p) => self.scales.change * self.rate(trial) * self.value(Key::G(p), trial, step),
            Key::Next(p) => {
                let descent = self.scales.gradient.signum();
                state.parameters[p] - descent * self.rate(trial) * self.value(Key::G(p), trial, step)
            }
            Key::Slope(..) | Key::Jacobian(..) | Key::Path(..) | Key::Factor(..) | Key::Own(..) => {
                let value = self.theory.step(key).value(&|key| self.value(*key, trial, step));
                // What it is made of is ∂E/∂z, which has its own scale.
                if self.scales.of(key) == 1.0 { value } else { value * self.scales.gradient / self.scales.delta }
            }
            Key::G(p) => {
                let gradients = self.tied(p).into_iter().map(|p| state.gradient[p]);
                gradients.sum::<f64>() * self.scales.gradient
            }
            _ => Snapshot::new(self.theory, samples, state).value(key) * self.scales.of(key),
        }
    }

    pub(crate) fn rate(&self, trial: usize) -> f64 {
        self.rate.unwrap_or([0.37, 0.83, 1.41][trial % 3])
    }

    pub(crate) fn evaluate(&self, equation: &Equation, trial: usize, step: isize) -> f64 {
        equation.value(&|timed| self.value(timed.key, trial, step - timed.back))
    }

    /// Whether an equation gives these values, one a trial, at that step.
    pub(crate) fn gives(&self, equation: &Equation, values: &[f64], step: isize) -> bool {
        values.iter().enumerate().all(|(trial, value)| same(self.evaluate(equation, trial, step), *value))
    }
}

/// Equal but for rounding.
pub(crate) fn same(x: f64, y: f64) -> bool {
    (x - y).abs() <= TOLERANCE * x.abs().max(y.abs()) + 1e-300
}

/// Splitmix64; which numbers come does not matter, only that they have nothing to do with each other.
struct Random(u64);

impl Random {
    fn new(trial: usize, step: isize) -> Random {
        Random((trial as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (step as u64).wrapping_mul(0xd1b5_4a32_d192_ed03))
    }

    /// From ±0.2 to ±1.2: nothing is near 0, where a missing factor would not be seen.
    fn number(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^= x >> 31;
        let sign = if x & 1 == 0 { 1.0 } else { -1.0 };
        sign * (0.2 + (x >> 11) as f64 / (1u64 << 53) as f64)
    }

    fn sample(&mut self, network: &Network) -> Sample {
        let mut numbers = |count: usize| (0..count).map(|_| self.number()).collect::<Vec<f64>>();
        let (x, mut t) = (numbers(network.inputs), numbers(network.outputs()));
        network.loss.entry().targets.fit(&mut t);
        Sample { x, t }
    }
}
