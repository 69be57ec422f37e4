//! What an exercise's file says of itself, on a hidden sheet: the network, which cell holds which of its numbers and what
//! that was at first, and which cells are blank. Cells are named by formulas that refer to them, which spreadsheets
//! keep right when rows are inserted. No answer stands there.

use crate::trace::{Activation, Loss};
use crate::{Key, Lesson};

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
pub fn settings(lesson: &Lesson, learner: Option<&str>) -> Vec<(&'static str, String)> {
    let net = &lesson.trace.net;
    let joined = |list: Vec<&str>| list.join(",");
    let biases = net.biases.iter().map(|bias| if *bias { "on" } else { "off" }).collect();
    let loss = LOSS_NAMES.iter().find(|(loss, _)| *loss == net.loss).map_or("", |(_, name)| name);
    vec![
        (TITLE, VERSION.to_owned()),
        (LEARNER, learner.unwrap_or("").to_owned()),
        (WIDTHS, lesson.widths()),
        (ACTIVATIONS, joined(net.activations.iter().filter_map(|f| name_of(*f)).collect())),
        (BIASES, joined(biases)),
        (LOSS, loss.to_owned()),
        (SAMPLES, lesson.samples().to_string()),
    ]
}

/// Every number of the network, in the order of the table.
pub fn given(lesson: &Lesson) -> Vec<Key> {
    let net = &lesson.trace.net;
    let sample =
        |s: usize| (0..net.widths[0]).map(move |i| Key::X(s, i)).chain((0..net.outputs()).map(move |k| Key::T(s, k)));
    let parameters = (0..=net.last()).flat_map(|l| lesson.parameters(l)).map(Key::P);
    (0..lesson.samples()).flat_map(sample).chain(parameters).collect()
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
