//! Networks with random numbers, at which formulas are compared: two formulas that agree there are the same, however
//! they are written, and rounding hides nothing.
//!
//! Every step of a table gets numbers of its own, so that a formula that reads another row is seen to do so. What a
//! column holds at a point is what it ought to hold there; so each column is judged for itself, and a mistake is found
//! where it is made and not in what is calculated from it.

use gradbook_lesson::{Key, Param, Parameters, Sample, Snapshot, State, Theory};

use super::equation::Equation;
use super::memory::Memory;
use super::random::Random;
use super::scales::Scales;

/// Formulas that agree at this many random points are equal; where a unit can be switched off, more are needed.
const TRIALS: usize = 3;
const TRIALS_WITH_RELU: usize = 12;
/// What the order of operations may change, as a share of the larger value.
const TOLERANCE: f64 = 1e-9;

/// Inputs and targets, and what follows from them and from random parameters.
type Point = Box<(Vec<Sample>, State)>;

pub(crate) struct Points<'l> {
    pub(crate) theory: &'l Theory,
    pub(crate) scales: Scales,
    /// Whether inputs and targets are the same at all steps.
    pub(crate) constant_inputs: bool,
    /// The rate at all points, if it is a number in the formulas.
    pub(crate) rate: Option<f64>,
    /// The targets at all points, if no column holds them.
    pub(crate) targets: Option<Vec<f64>>,
    /// Biases that are one number.
    ties: Vec<Vec<Param>>,
    /// By trial, and there by step.
    points: Vec<Memory<Point>>,
}

impl<'l> Points<'l> {
    /// For a table with this number of steps, whose columns stand for these keys.
    pub(crate) fn new(
        theory: &'l Theory,
        scales: Scales,
        constant_inputs: bool,
        rate: Option<f64>,
        keys: &[Vec<Key>],
        steps: usize,
    ) -> Points<'l> {
        let parameter = |key: &Key| if let Key::P(p) = key { Some(*p) } else { None };
        let ties = keys.iter().map(|keys| keys.iter().filter_map(parameter).collect::<Vec<Param>>());
        let has_kink = (0..=theory.network.last()).any(|l| theory.network.has_kink(l));
        let trials = if has_kink { TRIALS_WITH_RELU } else { TRIALS };
        Points {
            theory,
            scales,
            constant_inputs,
            rate,
            targets: None,
            ties: ties.filter(|tie| tie.len() > 1).collect(),
            points: (0..trials).map(|_| Memory::new(steps)).collect(),
        }
    }

    pub(crate) fn trials(&self) -> usize {
        self.points.len()
    }

    /// All parameters that are one number with p.
    pub(crate) fn tied(&self, p: Param) -> Vec<Param> {
        self.ties.iter().find(|tie| tie.contains(&p)).cloned().unwrap_or_else(|| vec![p])
    }

    fn point(&self, trial: usize, step: isize) -> Point {
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
        Box::new((samples, state))
    }

    /// What ought to stand in a column for `key` at a step.
    pub(crate) fn value(&self, key: Key, trial: usize, step: isize) -> f64 {
        let make = || self.point(trial, step);
        self.points[trial].with(step, make, |point| self.value_at(point, key, trial, step))
    }

    fn value_at(&self, point: &Point, key: Key, trial: usize, step: isize) -> f64 {
        let (samples, state) = &**point;
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

    /// Whether an equation gives these values, one per trial, at that step.
    pub(crate) fn gives(&self, equation: &Equation, values: &[f64], step: isize) -> bool {
        values.iter().enumerate().all(|(trial, value)| same(self.evaluate(equation, trial, step), *value))
    }
}

/// Equal but for rounding.
pub(crate) fn same(x: f64, y: f64) -> bool {
    (x - y).abs() <= TOLERANCE * x.abs().max(y.abs()) + 1e-300
}
