//! Words about networks, functions and losses, about notation, and about known examples.

use std::borrow::Cow;

use crate::{Activation, Param};
use gradbook_engine::spec::OptimizerSpec;

use crate::{Key, Theory, plural};

/// Names of networks with at most one hidden layer.
const CLASS_NAMES: [(&str, &str); 4] = [
    ("i, t", "inputs and targets of a sample"),
    ("w, b", "weights and biases, numbered row by row: first all weights into the first unit, then into the second"),
    ("h, o", "weighted sums of hidden units and of outputs"),
    ("a_h, a_o", "activations: what a unit's function makes of its sum"),
];

/// Names of deeper networks.
const DEEP_NAMES: [(&str, &str); 4] = [
    ("i, t", "inputs and targets of a sample"),
    ("w2_3_1, b2_3", "the weight into unit 3 of layer 2 from unit 1 of the layer before; that unit's bias"),
    ("h2_3, o1", "weighted sums: of unit 3 of hidden layer 2, of output 1"),
    ("a_h2_3, a_o1", "activations: what a unit's function makes of its sum"),
];

/// Names of all networks.
const COMMON_NAMES: [(&str, &str); 3] = [
    ("E1, E, E_tot", "the error of output 1; of a sample; the loss, which is the mean over the samples"),
    ("∂E/∂w", "the gradient: how fast the error grows with w, all other parameters held"),
    (
        "OK, WRONG, KINK, UNSURE",
        "a gradient agrees with its finite difference; disagrees; lies where ReLU has no single slope; cannot be told \
         from the rounding of a large loss",
    ),
];

/// Known worked examples and where their published numbers are not the correct ones.
///
/// Sources: the class's own sheet; M. Mazur, "A Step by Step Backpropagation Example" (2015). Correct numbers: this
/// program's, in double precision.
pub fn worked_examples() -> [(&'static str, &'static str); 3] {
    [
        (
            "the class sheet",
            "Its dE/dw3 and dE/dw4 use a_h1(1 - a_h1) where a_h2(1 - a_h2) belongs: 0.00035187 instead of 0.00035178 for w3 \
             at the start, a relative error of 0.026 %. The loss changes by less than 0.00000006, so that no curve shows it; \
             the finite difference does. The workbook of `class` shows it on its sheet Spot the slip.",
        ),
        (
            "Mazur, one update",
            "The published error is 0.291027924; with all gradients taken at the same weights, as the text says, it is \
             0.29102777369359933. Hidden gradients taken with output weights that are already updated give the published \
             number: see Spot the slip in the workbook of `mazur`.",
        ),
        (
            "Mazur, 10,000 updates",
            "Published: error 0.0000351085, outputs 0.015912196 and 0.984065734, which the same slip gives. Correct: error \
             0.00003510187782978859, outputs 0.01591362044355068 and 0.9840642735146238.",
        ),
    ]
}

impl Theory {
    /// What a gradient is, explained with the example that the derivation starts with.
    pub fn gradient_words(&self) -> String {
        let first = Param::W(self.network.last(), 0, 0);
        let w = self.text(Key::P(first));
        format!("∂E/∂{w} says how fast the error grows with {w}; every such gradient is compared with a measurement.")
    }

    /// Symbols and what they mean.
    pub fn notation(&self) -> Vec<(&'static str, &'static str)> {
        let names = if self.network.last() > 1 { DEEP_NAMES } else { CLASS_NAMES };
        let several = (self.samples > 1).then_some(("[2]", "after a symbol: of sample 2"));
        names.into_iter().chain(several).chain(COMMON_NAMES).collect()
    }

    /// What this network is, in a sentence.
    pub fn described(&self) -> String {
        let network = &self.network;
        let layers = (0..=network.last()).map(|l| {
            let which = if l == network.last() { "outputs".to_owned() } else { format!("hidden layer {}", l + 1) };
            let which = if l == 0 && network.last() == 1 { "hidden units".to_owned() } else { which };
            format!("{which}: {}", activation_word(network.activation(l)))
        });
        let biases = match (network.layers.iter().any(|layer| layer.bias), self.train_biases) {
            (false, _) => "no biases",
            (true, true) => "biases trained",
            (true, false) => "biases fixed",
        };
        let loss = network.loss.entry().words;
        let optimizer = match self.optimizer {
            OptimizerSpec::Sgd { momentum: 0.0, .. } => "gradient descent",
            OptimizerSpec::Sgd { .. } => "gradient descent with momentum",
            _ => "Adam",
        };
        format!(
            "A {} network ({}; {biases}), {loss}, {}, {optimizer}.",
            self.network.layout(),
            layers.collect::<Vec<_>>().join(", "),
            plural(self.samples, "sample")
        )
    }

    /// Why the slope of an output's error is what it is.
    pub(crate) fn error_slope_note(&self, k: usize) -> String {
        let a = self.text(Key::A(0, self.network.last(), k));
        self.network.loss.slope_words(k + 1, self.network.outputs(), &a)
    }
}

pub(crate) fn jacobian_note(m: usize, k: usize) -> String {
    if m == k {
        "an output's own share grows as a sigmoid does".to_owned()
    } else {
        format!("what output {} gains, output {} loses", k + 1, m + 1)
    }
}

fn activation_word(f: Activation) -> &'static str {
    match f {
        Activation::Function(function) => function.entry().word,
        Activation::Softmax => "softmax",
    }
}

pub(crate) fn function_words(f: Activation) -> Cow<'static, str> {
    match f {
        Activation::Function(function) => function.entry().words,
        Activation::Softmax => "softmax, its share of all outputs".into(),
    }
}

pub(crate) fn slope_words(f: Activation) -> Cow<'static, str> {
    match f {
        Activation::Function(function) => function.entry().slope_words,
        Activation::Softmax => "the softmax has no slope of one unit".into(),
    }
}
