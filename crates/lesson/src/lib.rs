//! A lesson without any file format: its quantities, their names, equations and values, and the order in which a
//! derivation explains them. Workbook and page both write what stands here.

#![forbid(unsafe_code)]

mod curve;
mod derivation;
mod equations;
pub mod exercise;
mod expr;
mod key;
mod slips;
pub mod trace;
mod values;
mod verdict;
mod words;

use crate::trace::{Activation, Param, Trace};
use gradbook_engine::spec::OptimizerSpec;

pub use curve::{Behaviour, SMALLEST, halved, label, milestones};
pub use derivation::{Kind, Line, Part};
pub use expr::{Binding, Expr, Function, Piece, Reader, Relation, left_out};
pub use key::{Key, Name};
pub use slips::Slip;
pub use values::{Row, Snapshot};
pub use verdict::{BOUND, Verdict, Verdicts, bound, noise, switched};
pub use words::worked_examples;

/// The lesson that is being written.
pub struct Lesson<'t> {
    pub trace: &'t Trace,
    /// For titles.
    pub title: String,
    /// Everything that an update changes, in the order of [`Trace::trained`].
    pub trained: Vec<Param>,
}

impl<'t> Lesson<'t> {
    pub fn new(trace: &'t Trace, title: &str) -> Lesson<'t> {
        Lesson { trace, title: title.to_owned(), trained: trace.trained() }
    }

    pub fn samples(&self) -> usize {
        self.trace.samples.len()
    }

    /// Whether the outputs depend on each other.
    pub fn softmax(&self) -> bool {
        let net = &self.trace.net;
        net.activations[net.last()] == Activation::Softmax
    }

    /// The weights, then the biases of a layer, trained or not.
    pub fn parameters(&self, l: usize) -> impl Iterator<Item = Param> + use<> {
        self.trace.net.weights(l).chain(self.trace.net.biases(l))
    }

    /// Those of a layer that updates change.
    pub fn trained_of(&self, l: usize) -> Vec<Param> {
        let train_biases = self.trace.train_biases;
        self.parameters(l).filter(|p| train_biases || matches!(p, Param::W(..))).collect()
    }

    /// What input i of a layer is.
    pub fn input(&self, s: usize, l: usize, i: usize) -> Key {
        if l == 0 { Key::X(s, i) } else { Key::A(s, l - 1, i) }
    }

    /// The quantities that the optimizer carries from update to update, for one parameter.
    pub fn memory(&self, p: Param) -> Vec<Key> {
        match self.trace.optimizer {
            OptimizerSpec::Sgd { momentum: 0.0, .. } => Vec::new(),
            OptimizerSpec::Sgd { .. } => vec![Key::M(p)],
            OptimizerSpec::Adam { .. } | OptimizerSpec::Adamw { .. } => vec![Key::M(p), Key::V(p)],
        }
    }

    /// The optimizer's settings beside the rate: key, value, what they are.
    pub fn settings(&self) -> Vec<(Key, f64, &'static str)> {
        match self.trace.optimizer {
            OptimizerSpec::Sgd { momentum: 0.0, .. } => Vec::new(),
            OptimizerSpec::Sgd { momentum, .. } => {
                vec![(Key::Momentum, momentum, "how much of its speed a step keeps")]
            }
            OptimizerSpec::Adam { betas: [beta1, beta2], eps, .. }
            | OptimizerSpec::Adamw { betas: [beta1, beta2], eps, .. } => vec![
                (Key::Beta1, beta1, "how much of the mean of gradients a step keeps"),
                (Key::Beta2, beta2, "how much of the mean of squared gradients a step keeps"),
                (Key::Epsilon, eps, "keeps the division defined where gradients vanish"),
            ],
        }
    }

    /// `2-2-2`.
    pub fn widths(&self) -> String {
        self.trace.net.widths.iter().map(usize::to_string).collect::<Vec<_>>().join("-")
    }
}

/// `1 update`, `2 updates`.
pub fn plural(n: usize, what: &str) -> String {
    if n == 1 { format!("{n} {what}") } else { format!("{n} {what}s") }
}
