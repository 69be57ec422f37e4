//! What an exercise's file says of itself, on a hidden sheet: the network, which cell holds which of its numbers and what
//! that was at first, and which cells are blank. Cells are named by formulas that refer to them, which spreadsheets
//! keep right when rows are inserted. No answer stands there.

use crate::{Activation, Loss};
use crate::{Key, Theory};

/// The name of the sheet.
pub const SHEET: &str = "gradbook";
/// What a row is about: the first of its columns. Then follow a name or setting, the cell, and the number there at first.
pub const GIVEN: &str = "given";
pub const BLANK: &str = "blank";
pub const TITLE: &str = "exercise";
pub const LEARNER: &str = "learner";
pub const WIDTHS: &str = "widths";
pub const ACTIVATIONS: &str = "activations";
pub const BIASES: &str = "biases";
pub const LOSS: &str = "loss";
pub const SAMPLES: &str = "samples";

/// The only version of this table.
pub const VERSION: &str = "1";

const ACTIVATION_NAMES: [(Activation, &str); 5] = [
    (Activation::Sigmoid, "sigmoid"),
    (Activation::Tanh, "tanh"),
    (Activation::Relu, "relu"),
    (Activation::Identity, "linear"),
    (Activation::Softmax, "softmax"),
];
const LOSS_NAMES: [(Loss, &str); 3] = [
    (Loss::HalfSquared, "squared_error"),
    (Loss::MeanSquared, "mean_squared_error"),
    (Loss::CrossEntropy, "cross_entropy"),
];

/// The rows about the network: what, and its setting.
pub fn settings(theory: &Theory, learner: Option<&str>) -> Vec<(&'static str, String)> {
    let network = &theory.network;
    let joined = |list: Vec<&str>| list.join(",");
    let biases = network.layers.iter().map(|layer| if layer.bias { "on" } else { "off" }).collect();
    let loss = LOSS_NAMES.iter().find(|(loss, _)| *loss == network.loss).map_or("", |(_, name)| name);
    vec![
        (TITLE, VERSION.to_owned()),
        (LEARNER, learner.unwrap_or("").to_owned()),
        (WIDTHS, theory.network.layout()),
        (ACTIVATIONS, joined(network.layers.iter().filter_map(|layer| name_of(layer.activation)).collect())),
        (BIASES, joined(biases)),
        (LOSS, loss.to_owned()),
        (SAMPLES, theory.samples.to_string()),
    ]
}

/// Every number of the network, in the order of the table.
pub fn given(theory: &Theory) -> Vec<Key> {
    let network = &theory.network;
    let sample = |s: usize| {
        (0..network.inputs).map(move |i| Key::X(s, i)).chain((0..network.outputs()).map(move |k| Key::T(s, k)))
    };
    let parameters = (0..=network.last()).flat_map(|l| theory.network.parameters(l)).map(Key::P);
    (0..theory.samples).flat_map(sample).chain(parameters).collect()
}

fn name_of(activation: Activation) -> Option<&'static str> {
    ACTIVATION_NAMES.iter().find(|(f, _)| *f == activation).map(|(_, name)| *name)
}

/// The activation of that name in a record.
pub fn activation_named(name: &str) -> Option<Activation> {
    ACTIVATION_NAMES.iter().find(|(_, known)| *known == name).map(|(f, _)| *f)
}

/// The loss of that name in a record.
pub fn loss_named(name: &str) -> Option<Loss> {
    LOSS_NAMES.iter().find(|(_, known)| *known == name).map(|(loss, _)| *loss)
}
