//! A network and its conventions in one line.

use gradbook_lesson::{Activation, Loss};

use crate::compare::Sense;

/// The network and its conventions in one line.
pub(super) fn network(sense: &Sense) -> String {
    let network = &sense.theory().network;
    let activation = |activation: &Activation| match activation {
        Activation::Function(function) => function.entry().word,
        Activation::Softmax => "softmax",
    };
    let activations: Vec<&str> = network.layers.iter().map(|layer| activation(&layer.activation)).collect();
    let biases = if network.layers.iter().any(|layer| layer.bias) { ", with biases" } else { "" };
    let scales = sense.points.scales;
    let factor = |scale: f64| match scale {
        1.0 => "½ ".to_owned(),
        2.0 => String::new(),
        scale => format!("{} ", scale / 2.0),
    };
    let loss = match network.loss {
        Loss::SquaredError {} => format!("E = {}Σ (t - a)²", factor(scales.total)),
        Loss::MeanSquaredError {} => "E = mean of (t - a)²".to_owned(),
        Loss::CrossEntropy { .. } => "E = -Σ t ln a".to_owned(),
        Loss::BinaryCrossEntropy {} if network.outputs() > 1 && scales.total == 1.0 => {
            "E = mean of -(t ln a + (1 - t) ln(1 - a))".to_owned()
        }
        Loss::BinaryCrossEntropy {} => "E = -Σ (t ln a + (1 - t) ln(1 - a))".to_owned(),
    };
    format!("{}, {}{biases}; {loss}", network.layout(), activations.join(", "))
}
