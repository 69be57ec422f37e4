//! The inside of a network: the weights of its first layer, and the maps that its convolutions make from an image.

use gradbook_engine::data::Dataset;
use gradbook_engine::layer::Layer;
use gradbook_engine::model::Model;
use gradbook_engine::network::{Network, Shape};
use gradbook_engine::reference::{Mode, Reference};
use gradbook_engine::spec::{NormalizeSpec, Spec};
use gradbook_report::{Inside, Maps};

/// More pictures of one layer than this would not show more.
const MAX_MAPS: usize = 64;
/// Pixels of all maps together.
const MAX_PIXELS: usize = 250_000;
/// The f64 reference, which keeps all values between layers, takes 0.1 s for this many.
const MAX_MULTIPLY_ADDS: usize = 30_000_000;

/// The weights of the first layer that has any, one picture per output; `None` if its inputs are not pixels.
pub(crate) fn filters(network: &Network, spec: &Spec, model: &Model, set: &Dataset) -> Option<Maps> {
    let has_weights = |layer: &Layer| matches!(layer, Layer::Conv2d(_) | Layer::Linear(_));
    let index = network.nodes.iter().position(|node| has_weights(&node.layer))?;
    let node = &network.nodes[index];
    let (height, width) = match &node.layer {
        Layer::Conv2d(conv) if conv.in_channels == 1 => (conv.kernel, conv.kernel),
        Layer::Linear(linear) => match set.shape {
            Shape::Map { channels: 1, height, width } if linear.inputs == height * width => (height, width),
            _ => return None,
        },
        _ => return None,
    };
    let (weights, _) = network.weight_and_bias(node, &model.parameters);
    let values = weights.iter().map(|&weight| f64::from(weight)).collect();
    Some(some(&format!("layer {index}, weights of {}", spec.layers[index].name()), height, width, values))
}

/// What the convolutions make of an image of the set, each shown after its activation, in evaluation mode and in f64;
/// `None` without convolutions, and for networks that would take too long.
pub(crate) fn inside(
    network: &Network,
    spec: &Spec,
    normalize: &NormalizeSpec,
    model: &Model,
    set: &Dataset,
    image: usize,
) -> Option<Inside> {
    let shown = shown_layers(network);
    if shown.is_empty() || network.multiply_adds() > MAX_MULTIPLY_ADDS {
        return None;
    }
    let f64s = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
    let mut reference = Reference::new(network, f64s(&model.parameters));
    reference.statistics = f64s(&model.statistics);
    let tape = reference.forward(&set.input(image, normalize), 1, Mode::Eval);

    let (mut layers, mut pixels) = (Vec::new(), 0);
    let count = shown.len();
    for index in shown {
        let (channels, height, width) = network.nodes[index].output.dimensions();
        pixels += channels.min(MAX_MAPS) * height * width;
        if pixels > MAX_PIXELS {
            break;
        }
        let title = format!("layer {index}, {}", spec.layers[index].name());
        // The tape begins with the input.
        layers.push(some(&title, height, width, tape.values[index + 1].clone()));
    }
    Some(Inside { image, left_out: count - layers.len(), layers })
}

/// For each convolution, the layer whose output is shown: after its BatchNorm, the activation if there is one.
fn shown_layers(network: &Network) -> Vec<usize> {
    let convolutions = (0..network.nodes.len()).filter(|&index| matches!(network.nodes[index].layer, Layer::Conv2d(_)));
    let end = |convolution: usize| {
        let mut end = convolution;
        for (index, node) in network.nodes.iter().enumerate().skip(convolution + 1) {
            match node.layer {
                Layer::BatchNorm(_) => end = index,
                Layer::Activation(_) => return index,
                _ => break,
            }
        }
        end
    };
    convolutions.map(end).filter(|&index| matches!(network.nodes[index].output, Shape::Map { .. })).collect()
}

/// The first of these maps, and how many there are.
fn some(what: &str, height: usize, width: usize, mut values: Vec<f64>) -> Maps {
    let all = values.len() / (height * width);
    values.truncate(MAX_MAPS * height * width);
    let count = if all > MAX_MAPS { format!("{MAX_MAPS} of {all}") } else { all.to_string() };
    Maps { title: format!("{what}: {count} of {height} × {width}"), height, width, values }
}
