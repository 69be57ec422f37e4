//! A network as the text of a PyTorch module, which loads the weights that [`crate::weights`] writes.
//!
//! An `nn.Sequential` has one module per layer, so a layer's place is its name in the weights: `0.weight`. Where
//! PyTorch needs two modules for a layer, they form one `nn.Sequential` in its place.

use gradbook_engine::layer::{Layer, Pool};
use gradbook_engine::network::{Network, Node, Shape};
use gradbook_engine::spec::PerChannel;

use crate::{Export, output_name, sizes};

/// PyTorch's defaults, which are not written out.
const EPS: f64 = 1e-5;
const MOMENTUM: f64 = 0.1;

/// The text of the file. It loads `weights`, a file beside it.
///
/// Run as a program, it evaluates the model on MNIST's test images; imported, it offers `build`, `normalize` and
/// `load`.
pub fn pytorch(export: &Export<'_>, weights: &str) -> String {
    let Export { network, normalize, about, .. } = export;
    let (output, weights) = (output_name(network), escaped(weights));
    let sizes: Vec<String> = sizes(network.input).iter().map(usize::to_string).collect();
    format!(
        r#""""{about}

Needs PyTorch, safetensors, and {weights} beside this file:

    import model
    network = model.load()
    {output} = network(model.normalize(pixels))
"""
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn


def build():
    """The network with random weights. A layer's place is its name in the weights: `0.weight`."""
    return nn.Sequential(
{layers}    )


def normalize(pixels):
    """The network's inputs from pixel values, 0 (black) to 255 (white), bytes or floats: [N, {sizes}]."""
    return (pixels.float() / 255 - {mean}) / {std}


def load(file=Path(__file__).with_name("{weights}")):
    """The trained network in evaluation mode."""
    network = build()
    network.load_state_dict(load_file(file), strict=True)
    return network.eval()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: model.py IMAGES LABELS, MNIST's t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, unpacked")
    network = load()
    # IDX files begin with 16 bytes before images and 8 before labels.
    images, labels = (torch.frombuffer(bytearray(Path(file).read_bytes()), dtype=torch.uint8) for file in sys.argv[1:])
    images, labels = images[16:].reshape(-1, {sizes}), labels[8:]
    with torch.no_grad():
        answers = torch.cat([network(normalize(part)).argmax(1) for part in images.split(1000)])
    print(f"{{int((answers == labels).sum())}} of {{len(labels)}} images correct")
"#,
        about = escaped(&format!("{}: {}", about.name, about.sentence)),
        layers = layers(network),
        sizes = sizes.join(", "),
        mean = per_channel(&normalize.mean, network.input),
        std = per_channel(&normalize.std, network.input),
    )
}

/// A number, or a tensor that fits the pixels.
fn per_channel(numbers: &PerChannel, input: Shape) -> String {
    match (numbers, input) {
        (PerChannel::All(number), _) => format!("{number:?}"),
        (PerChannel::Each(list), Shape::Map { .. }) => format!("torch.tensor({list:?}).reshape(-1, 1, 1)"),
        (PerChannel::Each(list), Shape::Vector(features)) => {
            format!("torch.tensor({list:?}).repeat_interleave({})", features / list.len())
        }
    }
}

/// One line per layer, with the shape of its output.
fn layers(network: &Network) -> String {
    let calls: Vec<String> = network.nodes.iter().map(|node| call(node) + ",").collect();
    let width = calls.iter().map(String::len).max().unwrap_or(0);
    let lines = calls.iter().zip(&network.nodes).enumerate();
    lines.map(|(index, (call, node))| format!("        {call:<width$}  # {index}: {}\n", node.output)).collect()
}

/// A layer's module; arguments that are PyTorch's defaults are left out.
fn call(node: &Node) -> String {
    let mut arguments = Vec::new();
    let mut unless = |is_default: bool, argument: String| {
        if !is_default {
            arguments.push(argument);
        }
    };
    let module = match &node.layer {
        Layer::Linear(linear) => {
            unless(false, format!("{}, {}", linear.inputs, linear.outputs));
            unless(linear.bias, "bias=False".into());
            "Linear"
        }
        Layer::Conv2d(conv) => {
            unless(false, format!("{}, {}, kernel_size={}", conv.in_channels, conv.out_channels, conv.kernel));
            unless(conv.stride == 1, format!("stride={}", conv.stride));
            unless(conv.padding == 0, format!("padding={}", conv.padding));
            unless(conv.bias, "bias=False".into());
            "Conv2d"
        }
        Layer::BatchNorm(norm) => {
            unless(false, norm.channels.to_string());
            unless(norm.eps == EPS, format!("eps={:?}", norm.eps));
            unless(norm.momentum == MOMENTUM, format!("momentum={:?}", norm.momentum));
            match node.input {
                Shape::Map { .. } => "BatchNorm2d",
                Shape::Vector(_) => "BatchNorm1d",
            }
        }
        Layer::Activation(function) => {
            let (module, argument) = function.entry().pytorch;
            argument.iter().for_each(|(name, value)| unless(false, format!("{name}={value:?}")));
            module
        }
        Layer::Softmax => {
            unless(false, "dim=1".into());
            "Softmax"
        }
        Layer::Dropout(dropout) => {
            unless(false, format!("p={:?}", dropout.p));
            "Dropout"
        }
        Layer::MaxPool(pool) => {
            unless(false, window(pool));
            "MaxPool2d"
        }
        Layer::AvgPool(pool) => {
            unless(false, window(pool));
            "AvgPool2d"
        }
        Layer::GlobalAvgPool(_) => {
            unless(false, "nn.AdaptiveAvgPool2d(1), nn.Flatten()".into());
            "Sequential"
        }
        Layer::Flatten => "Flatten",
    };
    format!("nn.{module}({})", arguments.join(", "))
}

/// By default, the stride is the window's side.
fn window(pool: &Pool) -> String {
    let Pool { height, stride, .. } = *pool;
    if stride == height { format!("kernel_size={height}") } else { format!("kernel_size={height}, stride={stride}") }
}

/// Escapes text for a Python string on one line, in one or three double quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '"' | '\\' => escaped.extend(['\\', c]),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
