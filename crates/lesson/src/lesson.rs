//! A theory with the numbers of a run: every named scalar of a worked example, the only source of workbook and page.
//!
//! A few samples all take part in every update. The calculation is in f64, in the order of operations that the workbook's
//! formulas have: sums from left to right, no fused multiply-adds. It favours being checked by eye over speed; the
//! trainer's kernels are elsewhere.

use gradbook_engine::optimizer::{Optimizer, Slice};
use gradbook_engine::spec::{ParameterKind, Spec};

use crate::description::{Description, check_state};
use crate::{LessonError, Param, Parameters, State, Theory};

/// The step of the central differences.
///
/// Rounding leaves an error of about `ε E / h` in the quotient, the truncated Taylor series one of `E''' h² / 6`. Near
/// the cube root of the machine precision, 6e-6, the two balance: here both are below 1e-10 for losses and third
/// derivatives up to 1, three decimals better than the 1e-5 at which a gradient is called wrong.
pub const CHECK_STEP: f64 = 1e-5;

/// A run whose loss exceeds this has diverged: its later updates have rate 0.
///
/// The numbers of the next state still fit into double precision then, so that a spreadsheet shows no errors, for up to
/// eight layers: with a loss of 1e20 at L layers, weights are of the order 10^(10/L), gradients 10^(20 - 10/L), and the
/// next loss is at most of the order 10^(40 L - 20).
pub const DIVERGED: f64 = 1e20;

/// A worked example: a theory, its samples, and what becomes of the parameters at several learning rates, in f64.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// What it is called in titles.
    pub name: String,
    /// The network and its equations.
    pub theory: Theory,
    /// The samples' inputs and targets.
    pub samples: Vec<Sample>,
    /// The explained run, at the lesson's own rate.
    pub run: Trajectory,
    /// The runs that are compared, one per learning rate, in the lesson's order.
    pub rates: Vec<Trajectory>,
    /// Central differences of the loss at the first state, in the order of [`Theory::trained`].
    pub checks: Vec<CentralDifference>,
}

/// Inputs `x` and targets `t` of one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// One per input of the network.
    pub x: Vec<f64>,
    /// One per output.
    pub t: Vec<f64>,
}

/// Training with one learning rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectory {
    /// The learning rate.
    pub rate: f64,
    /// The state after 0, 1, ... updates; each holds the gradients at that state.
    pub states: Vec<State>,
}

/// A central difference `(E(p + h) - E(p - h)) / 2h` of one parameter p.
#[derive(Clone, Debug, PartialEq)]
pub struct CentralDifference {
    /// The step h.
    pub h: f64,
    /// The calculation at p + h (gradients included, though only z, a and E matter).
    pub plus: State,
    /// The calculation at p - h.
    pub minus: State,
    /// The quotient.
    pub quotient: f64,
}

impl Lesson {
    /// Calculates the lesson of a network description; `name` is for titles.
    ///
    /// # Errors
    ///
    /// If the description has no lesson, has layers, a loss or an optimizer that a lesson cannot explain, numbers that
    /// do not fit, or numbers that grow until a spreadsheet cannot calculate them.
    pub fn from_spec(name: &str, spec: &Spec) -> Result<Lesson, LessonError> {
        let Description { theory, samples, first, rate, rates, updates } = Description::of(spec)?;
        let train = |rate| train(&theory, &samples, &first, rate, updates);
        let run = train(rate)?;
        let rates = rates.iter().map(|&rate| train(rate)).collect::<Result<_, _>>()?;
        let checks = central_differences(&theory, &samples, &first);
        for state in checks.iter().flat_map(|check| [&check.plus, &check.minus]) {
            check_state(&theory.network, state, rate, 0)?;
        }
        Ok(Lesson { name: name.to_owned(), theory, samples, run, rates, checks })
    }

    /// The headline of a workbook or page.
    pub fn title(&self) -> String {
        format!("Backpropagation: {}", self.name)
    }

    /// The number of updates of each run.
    pub fn updates(&self) -> usize {
        self.run.states.len() - 1
    }
}

/// The states of a training from `first` on.
fn train(
    theory: &Theory,
    samples: &[Sample],
    first: &Parameters,
    rate: f64,
    updates: usize,
) -> Result<Trajectory, LessonError> {
    let trained = theory.trained();
    let mut optimizer = Optimizer::<f64>::new(&theory.optimizer, trained.len())?;
    let slices = [Slice { range: 0..trained.len(), kind: ParameterKind::Weight }];
    let mut parameters = first.clone();
    let mut states = Vec::with_capacity(updates + 1);
    for update in 0..=updates {
        let mut state = State::at(&theory.network, samples, &parameters);
        state.rate = if theory.network.can_diverge() && state.loss > DIVERGED { 0.0 } else { rate };
        let gradient: Vec<f64> = trained.iter().map(|&p| state.gradient[p]).collect();
        let mut values: Vec<f64> = trained.iter().map(|&p| parameters[p]).collect();
        optimizer.step(state.rate, &slices, &mut values, &gradient);
        let (m, v) = optimizer.moments();
        (state.m, state.v) = (m.to_vec(), v.to_vec());
        check_state(&theory.network, &state, rate, update)?;
        states.push(state);
        for (&p, value) in trained.iter().zip(values) {
            parameters[p] = value;
        }
    }
    Ok(Trajectory { rate, states })
}

/// That of every trained parameter.
fn central_differences(theory: &Theory, samples: &[Sample], first: &Parameters) -> Vec<CentralDifference> {
    let h = CHECK_STEP;
    let at = |p: Param, step: f64| {
        let mut parameters = first.clone();
        parameters[p] += step;
        State::at(&theory.network, samples, &parameters)
    };
    let difference = |p: Param| {
        let (plus, minus) = (at(p, h), at(p, -h));
        let quotient = (plus.loss - minus.loss) / (2.0 * h);
        CentralDifference { h, plus, minus, quotient }
    };
    theory.trained().into_iter().map(difference).collect()
}

#[cfg(test)]
mod tests;
