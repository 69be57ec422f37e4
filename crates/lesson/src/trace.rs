//! Every named scalar of a lesson: the only source of workbook and page.
//!
//! A lesson is one dense network, a few samples that all take part in every update, and an optimizer, all in f64. The
//! calculation is written here once, in the order of operations that the workbook's formulas have: sums from left to
//! right, no fused multiply-adds. It favours being checked by eye over speed; the trainer's kernels are elsewhere.

mod lesson;
mod state;

pub use lesson::{MAX_UPDATES, TraceError};
pub use state::{Parameters, Pass, State};

use lesson::{Lesson, check_state};

use gradbook_engine::optimizer::{Optimizer, Slice};
use gradbook_engine::spec::{OptimizerSpec, ParameterKind, Spec};

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

/// A worked example: one network, a few samples, one optimizer at several learning rates, in f64.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    pub net: Net,
    /// The samples' inputs and targets.
    pub samples: Vec<Sample>,
    /// How updates follow gradients; the rates stand in the runs.
    pub optimizer: OptimizerSpec,
    /// Whether updates change the biases.
    pub train_biases: bool,
    /// The explained run, at the lesson's own rate.
    pub run: Run,
    /// The runs that are compared, one a learning rate, in the lesson's order.
    pub rates: Vec<Run>,
    /// Central differences of the loss at the first state, in the order of [`Trace::trained`].
    pub checks: Vec<Check>,
}

/// What a lesson's network calculates, apart from its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Net {
    /// Numbers of inputs, of units of the first layer, of the second, ...
    pub widths: Vec<usize>,
    /// What follows `z = W x + b` of each layer.
    pub activations: Vec<Activation>,
    /// Which layers have biases.
    pub biases: Vec<bool>,
    pub loss: Loss,
}

/// Inputs `x` and targets `t` of one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub x: Vec<f64>,
    pub t: Vec<f64>,
}

/// What follows `z = W x + b` of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `a = 1 / (1 + e^-z)`.
    Sigmoid,
    /// `a = tanh z`.
    Tanh,
    /// `a = max(0, z)`.
    Relu,
    /// `a = z`.
    Identity,
    /// `a_k = e^z_k / Σ_m e^z_m`, as `e^(z_k - max z)`; the last layer only.
    Softmax,
}

/// The error of one sample, a sum over its outputs; the loss is the mean over the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// `½ (t - a)²`.
    HalfSquared,
    /// `(t - a)² / K` with K outputs.
    MeanSquared,
    /// `-t ln a`, after a softmax.
    CrossEntropy,
}

/// Training with one learning rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub rate: f64,
    /// State after 0, 1, ... updates; each holds the gradients at that state.
    pub states: Vec<State>,
}

/// A weight or bias.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Param {
    /// Weight `[layer][output][input]`.
    W(usize, usize, usize),
    /// Bias `[layer][output]`.
    B(usize, usize),
}

/// A central difference `(E(p + h) - E(p - h)) / 2h` of one parameter p.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The step h.
    pub h: f64,
    /// The calculation at p + h (gradients included, though only z, a and E matter).
    pub plus: State,
    /// The calculation at p - h.
    pub minus: State,
    /// The quotient.
    pub difference: f64,
}

impl Net {
    /// The index of the last layer.
    pub fn last(&self) -> usize {
        self.activations.len() - 1
    }

    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        self.widths[self.widths.len() - 1]
    }

    /// Whether the loss can grow without limit. Then a state whose loss exceeds [`DIVERGED`] is not updated further.
    pub fn can_diverge(&self) -> bool {
        matches!(self.activations[self.last()], Activation::Relu | Activation::Identity)
    }

    /// The weights of a layer, row by row.
    pub fn weights(&self, l: usize) -> impl Iterator<Item = Param> + use<> {
        let (outputs, inputs) = (self.widths[l + 1], self.widths[l]);
        (0..outputs).flat_map(move |j| (0..inputs).map(move |i| Param::W(l, j, i)))
    }

    /// The biases of a layer, if it has any.
    pub fn biases(&self, l: usize) -> impl Iterator<Item = Param> + use<> {
        let outputs = if self.biases[l] { self.widths[l + 1] } else { 0 };
        (0..outputs).map(move |j| Param::B(l, j))
    }
}

impl Trace {
    /// Calculates the lesson of a network description.
    ///
    /// # Errors
    ///
    /// If the description has no lesson, has layers, a loss or an optimizer that a lesson cannot explain, numbers that
    /// do not fit, or numbers that grow until a spreadsheet cannot calculate them.
    pub fn from_spec(spec: &Spec) -> Result<Trace, TraceError> {
        let Lesson { net, samples, first, optimizer, train_biases, rate, rates, updates } = Lesson::of(spec)?;
        let mut trace = Trace {
            net,
            samples,
            optimizer,
            train_biases,
            run: Run { rate, states: Vec::new() },
            rates: Vec::new(),
            checks: Vec::new(),
        };
        trace.run = trace.train(rate, &first, updates)?;
        trace.rates = rates.iter().map(|&rate| trace.train(rate, &first, updates)).collect::<Result<_, _>>()?;
        trace.checks = trace.checks_at(&first);
        for state in trace.checks.iter().flat_map(|check| [&check.plus, &check.minus]) {
            check_state(&trace.net, state, rate, 0)?;
        }
        Ok(trace)
    }

    /// Everything that an update changes: all weights, layer by layer, then the biases if they are trained.
    pub fn trained(&self) -> Vec<Param> {
        let layers = 0..=self.net.last();
        let weights = layers.clone().flat_map(|l| self.net.weights(l));
        let biases = layers.filter(|_| self.train_biases).flat_map(|l| self.net.biases(l));
        weights.chain(biases).collect()
    }

    /// The number of updates of each run.
    pub fn updates(&self) -> usize {
        self.run.states.len() - 1
    }

    /// The states of a training from `first` on.
    fn train(&self, rate: f64, first: &Parameters, updates: usize) -> Result<Run, TraceError> {
        let trained = self.trained();
        let mut optimizer = Optimizer::<f64>::new(&self.optimizer, trained.len())?;
        let slices = [Slice { range: 0..trained.len(), kind: ParameterKind::Weight }];
        let mut parameters = first.clone();
        let mut states = Vec::with_capacity(updates + 1);
        for update in 0..=updates {
            let mut state = State::at(&self.net, &self.samples, &parameters);
            state.rate = if self.net.can_diverge() && state.loss > DIVERGED { 0.0 } else { rate };
            let gradient: Vec<f64> = trained.iter().map(|&p| state.gradient[p]).collect();
            let mut values: Vec<f64> = trained.iter().map(|&p| parameters[p]).collect();
            optimizer.step(state.rate, &slices, &mut values, &gradient);
            let (m, v) = optimizer.moments();
            (state.m, state.v) = (m.to_vec(), v.to_vec());
            check_state(&self.net, &state, rate, update)?;
            states.push(state);
            for (&p, value) in trained.iter().zip(values) {
                parameters[p] = value;
            }
        }
        Ok(Run { rate, states })
    }

    /// The central difference of every trained parameter.
    fn checks_at(&self, first: &Parameters) -> Vec<Check> {
        let h = CHECK_STEP;
        let at = |p: Param, step: f64| {
            let mut parameters = first.clone();
            parameters[p] += step;
            State::at(&self.net, &self.samples, &parameters)
        };
        let check = |p: &Param| {
            let (plus, minus) = (at(*p, h), at(*p, -h));
            let difference = (plus.loss - minus.loss) / (2.0 * h);
            Check { h, plus, minus, difference }
        };
        self.trained().iter().map(check).collect()
    }
}

#[cfg(test)]
mod tests;
