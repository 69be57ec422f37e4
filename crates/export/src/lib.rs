//! Models for other programs, and from them: plain data in, the content of files out.
//!
//! [`weights`] is the safetensors file that a training writes and that may also come from elsewhere; [`onnx`] is the
//! whole network for inference; [`pytorch`] is the text of a PyTorch module for the weights. Nothing here reads a file,
//! a clock or an environment variable, or prints. The same model gives the same bytes.

#![forbid(unsafe_code)]

pub mod onnx;
pub mod pytorch;
pub mod weights;

use gradbook_engine::layer::Layer;
use gradbook_engine::model::Model;
use gradbook_engine::network::{Network, Shape};
use gradbook_engine::spec::NormalizeSpec;

/// A model with everything needed to use it elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Export<'e> {
    pub network: &'e Network,
    /// A model of `network`.
    pub model: &'e Model,
    /// How pixel values become the network's inputs.
    pub normalize: &'e NormalizeSpec,
    pub about: &'e About,
}

/// Where a model comes from. Any text is allowed; it is escaped for each format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The recipe's name.
    pub name: String,
    /// For people: what the model is and how well it does.
    pub sentence: String,
    /// For programs: unique keys with their values.
    pub properties: Vec<(String, String)>,
}

/// The name of the network's outputs.
pub fn output_name(network: &Network) -> &'static str {
    match network.nodes.last().map(|node| &node.layer) {
        Some(Layer::Softmax) => "probabilities",
        _ => network.loss.entry().outputs,
    }
}

/// The sizes of one sample: `[features]` or `[channels, height, width]`.
fn sizes(shape: Shape) -> Vec<usize> {
    match shape {
        Shape::Vector(features) => vec![features],
        Shape::Map { channels, height, width } => vec![channels, height, width],
    }
}
