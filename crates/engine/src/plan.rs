//! The static plan of one network: where every tensor lies, and in which order a step visits the layers.
//!
//! A step is a list of phases. Within a phase every sample goes through all operations alone; between two phases the
//! whole batch meets, because a BatchNorm needs its moments (forward) or its sums (backward).

use std::ops::Range;

use crate::layer::Layer;
use crate::layout::Layout;
use crate::network::{Network, Node};

/// One operation on one sample; the number is the node's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// Writes the sample's input.
    Load,
    /// Every layer but BatchNorm.
    Forward(usize),
    /// BatchNorm's moments of this sample; ends a phase.
    Moments(usize),
    /// BatchNorm's output, and that of the ReLU behind it; in a backward phase a second time, as it was not kept.
    Normalize(usize),
    /// Loss, prediction and the gradient of the outputs.
    Loss,
    /// Loss and prediction alone.
    Score,
    /// Every layer but BatchNorm, linear and convolution.
    Backward(usize),
    /// Of linear and convolution, the bias's gradient too.
    WeightGradient(usize),
    /// Of linear and convolution.
    InputGradient(usize),
    /// BatchNorm's sums over this sample's gradient, and the gradient of the ReLU behind it; ends a phase.
    GradientSums(usize),
    /// BatchNorm's input gradient.
    NormalizeGradient(usize),
}

/// One tensor of activations, which several layers may share in place.
#[derive(Clone, Debug)]
pub(crate) struct Buffer {
    pub values: Layout,
    /// Whether the values of all samples are kept. A BatchNorm's output is not: it is calculated again from the
    /// convolution's output where the backward pass needs it, which costs less than to store it.
    pub keeps_values: bool,
    /// Absent where no gradient is needed: the input, and what only shapes it.
    pub gradient: Option<Layout>,
    /// Whether the gradients of all samples are kept until the batch has met: those of a BatchNorm's output. All
    /// others are used up in the phase that makes them, and one sample's room serves the next, still in the cache.
    pub keeps_gradients: bool,
}

/// The buffers of a node; equal if the node works in place.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub input: usize,
    pub output: usize,
    /// A ReLU directly behind a BatchNorm: part of its operations, and none itself.
    pub fused: bool,
    /// Its part of a shard's parameter gradients, in the kernels' order; empty but for linear and convolution.
    pub gradient: Range<usize>,
}

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub buffers: Vec<Buffer>,
    pub places: Vec<Place>,
    /// Floats of a shard's parameter gradients.
    pub gradient_len: usize,
    /// The phases of a training step.
    pub train: Vec<Vec<Op>>,
    /// The one phase of an evaluation.
    pub eval: Vec<Op>,
}

impl Plan {
    pub(crate) fn new(network: &Network) -> Plan {
        let (buffers, mut places) = place_buffers(network);
        let mut gradient_len = 0;
        for (node, place) in network.nodes.iter().zip(&mut places) {
            let len = as_convolution(node).map_or(0, |conv| conv.gradient_len(buffers[place.input].values.lanes));
            place.gradient = gradient_len..gradient_len + len;
            gradient_len += len;
        }
        let train = train_phases(network, &buffers, &places);
        let eval = eval_phase(network, &places);
        Plan { buffers, places, gradient_len, train, eval }
    }
}

/// Linear layers are convolutions of one pixel.
pub(crate) fn as_convolution(node: &Node) -> Option<crate::layer::Conv2d> {
    match &node.layer {
        Layer::Linear(linear) => Some(linear.as_convolution()),
        Layer::Conv2d(conv) => Some(conv.clone()),
        _ => None,
    }
}

fn place_buffers(network: &Network) -> (Vec<Buffer>, Vec<Place>) {
    let mut input = Layout::dense(network.input);
    // Layers that walk channels one by one need no padding; one-channel images would grow eightfold.
    let walks_channels = match &network.nodes[0].layer {
        Layer::Conv2d(conv) => !conv.is_winograd(),
        layer => matches!(layer, Layer::Linear(_) | Layer::Flatten),
    };
    if walks_channels {
        input.lanes = input.channels;
    }
    let mut buffers = vec![Buffer { values: input, keeps_values: true, gradient: None, keeps_gradients: false }];
    let mut places: Vec<Place> = Vec::new();
    for (index, node) in network.nodes.iter().enumerate() {
        let input = places.last().map_or(0, |place| place.output);
        let previous = index.checked_sub(1).map(|previous| &network.nodes[previous].layer);
        let fused = matches!((previous, &node.layer), (Some(Layer::BatchNorm(_)), Layer::Relu));
        let overwrites_needed = match previous {
            Some(layer) => layer.backward_reads_output() && !places[index - 1].fused,
            None => true,
        };
        if node.layer.works_in_place() && !overwrites_needed {
            // What stands in a BatchNorm's output beside the BatchNorm cannot be calculated from its input again.
            buffers[input].keeps_values |= !fused;
            places.push(Place { input, output: input, fused, gradient: 0..0 });
            continue;
        }
        let below_is_trained = buffers[input].gradient.is_some();
        let gradient = match &node.layer {
            Layer::Conv2d(conv) if below_is_trained || conv.is_winograd() => Some(conv.output_gradient_layout()),
            _ if below_is_trained || !node.tensors.is_empty() => Some(Layout::dense(node.output)),
            _ => None,
        };
        if let Layer::Conv2d(conv) = &node.layer {
            buffers[input].values.border = conv.padding;
            buffers[input].values.far_border = conv.far_border();
        }
        let is_norm = matches!(node.layer, Layer::BatchNorm(_));
        let values = Layout::dense(node.output);
        buffers.push(Buffer { values, keeps_values: !is_norm, gradient, keeps_gradients: is_norm });
        places.push(Place { input, output: buffers.len() - 1, fused: false, gradient: 0..0 });
    }
    // The outputs of the network are read after the phase.
    buffers.last_mut().expect("the input at least").keeps_values = true;
    (buffers, places)
}

fn train_phases(network: &Network, buffers: &[Buffer], places: &[Place]) -> Vec<Vec<Op>> {
    let (mut phases, mut ops) = (Vec::new(), vec![Op::Load]);
    let visited = || network.nodes.iter().zip(places).enumerate().filter(|(_, (_, place))| !place.fused);
    for (index, (node, _)) in visited() {
        if let Layer::BatchNorm(_) = node.layer {
            ops.push(Op::Moments(index));
            phases.push(std::mem::take(&mut ops));
            ops.push(Op::Normalize(index));
        } else {
            ops.push(Op::Forward(index));
        }
    }
    ops.push(Op::Loss);
    for (index, (node, place)) in visited().collect::<Vec<_>>().into_iter().rev() {
        let gradient_below = buffers[place.input].gradient.is_some();
        if let Layer::BatchNorm(_) = node.layer {
            ops.push(Op::GradientSums(index));
            phases.push(std::mem::take(&mut ops));
            if gradient_below {
                ops.push(Op::NormalizeGradient(index));
            }
            continue;
        }
        if !buffers[place.input].keeps_values && (gradient_below || !node.tensors.is_empty()) {
            let norm = places.iter().position(|other| other.output == place.input).expect("a BatchNorm wrote it");
            // In the phase that made them, the values still lie there.
            if !ops.contains(&Op::Normalize(norm)) {
                ops.push(Op::Normalize(norm));
            }
        }
        let is_convolution = as_convolution(node).is_some();
        if is_convolution {
            ops.push(Op::WeightGradient(index));
        }
        if gradient_below {
            ops.push(if is_convolution { Op::InputGradient(index) } else { Op::Backward(index) });
        }
    }
    phases.push(ops);
    phases
}

fn eval_phase(network: &Network, places: &[Place]) -> Vec<Op> {
    let visited = network.nodes.iter().enumerate().filter(|(index, _)| !places[*index].fused);
    let forward = visited.map(|(index, node)| match node.layer {
        Layer::BatchNorm(_) => Op::Normalize(index),
        _ => Op::Forward(index),
    });
    [Op::Load].into_iter().chain(forward).chain([Op::Score]).collect()
}
