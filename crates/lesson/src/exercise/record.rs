//! What an exercise's file says of itself, on a hidden sheet: the network, which cell holds which of its numbers and what
//! that was at first, and which cells are blank. Cells are named by formulas that refer to them, which spreadsheets
//! keep right when rows are inserted. No answer stands there. Activations and losses have the names of their tables.

use crate::{Key, Layer, Theory};

/// The name of the sheet.
pub const SHEET: &str = "gradbook";
/// What a row is about: the first of its columns. Then follow a name or setting, the cell, and the number there at first.
pub const GIVEN: &str = "given";
/// The first column of a row about a blank.
pub const BLANK: &str = "blank";
/// The row with the version of the table.
pub const TITLE: &str = "exercise";
/// The row with whose exercise it is.
pub const LEARNER: &str = "learner";
/// The row with the numbers of inputs and units.
pub const WIDTHS: &str = "widths";
/// The row with the layers' activations.
pub const ACTIVATIONS: &str = "activations";
/// The row with the layers that have biases.
pub const BIASES: &str = "biases";
/// The row with the loss.
pub const LOSS: &str = "loss";
/// The row with the number of samples.
pub const SAMPLES: &str = "samples";

/// The only version of this table.
pub const VERSION: &str = "1";

/// The rows about the network: what, and its setting.
pub fn settings(theory: &Theory, learner: Option<&str>) -> Vec<(&'static str, String)> {
    let network = &theory.network;
    let joined = |setting: fn(&Layer) -> String| network.layers.iter().map(setting).collect::<Vec<_>>().join(",");
    vec![
        (TITLE, VERSION.to_owned()),
        (LEARNER, learner.unwrap_or("").to_owned()),
        (WIDTHS, theory.network.layout()),
        (ACTIVATIONS, joined(|layer| layer.activation.to_string())),
        (BIASES, joined(|layer| if layer.bias { "on" } else { "off" }.to_owned())),
        (LOSS, network.loss.name().to_owned()),
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
