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
    /// BatchNorm's output.
    Normalize(usize),
    /// Loss, prediction and the gradient of the outputs.
    Loss,
    /// Loss and prediction alone.
    Score,
    /// Every layer but BatchNorm.
    Backward(usize),
    /// BatchNorm's sums over this sample's gradient; ends a phase.
    GradientSums(usize),
    /// BatchNorm's input gradient.
    NormalizeGradient(usize),
}

/// One tensor of activations, which several layers may share in place.
#[derive(Clone, Debug)]
pub(crate) struct Buffer {
    pub values: Layout,
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
            let len = match as_convolution(node) {
                Some(conv) => conv.gradient_len(&buffers[place.input].values, &buffers[place.output].values),
                None => 0,
            };
            place.gradient = gradient_len..gradient_len + len;
            gradient_len += len;
        }
        let train = train_phases(network, &buffers, &places);
        let eval = eval_phase(network);
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
    if matches!(network.nodes[0].layer, Layer::Linear(_) | Layer::Conv2d(_) | Layer::Flatten) {
        input.lanes = input.channels;
    }
    let mut buffers = vec![Buffer { values: input, gradient: None, keeps_gradients: false }];
    let mut places: Vec<Place> = Vec::new();
    for (index, node) in network.nodes.iter().enumerate() {
        let input = places.last().map_or(0, |place| place.output);
        let overwrites_needed = index == 0 || network.nodes[index - 1].layer.backward_reads_output();
        if node.layer.works_in_place() && !overwrites_needed {
            places.push(Place { input, output: input, gradient: 0..0 });
            continue;
        }
        let below_is_trained = buffers[input].gradient.is_some();
        let gradient = match &node.layer {
            Layer::Conv2d(conv) if below_is_trained => Some(conv.output_gradient_layout()),
            _ if below_is_trained || !node.tensors.is_empty() => Some(Layout::dense(node.output)),
            _ => None,
        };
        if let Layer::Conv2d(conv) = &node.layer {
            buffers[input].values.border = conv.padding;
            buffers[input].values.far_border = conv.padding;
        }
        let keeps_gradients = matches!(node.layer, Layer::BatchNorm(_));
        buffers.push(Buffer { values: Layout::dense(node.output), gradient, keeps_gradients });
        places.push(Place { input, output: buffers.len() - 1, gradient: 0..0 });
    }
    (buffers, places)
}

fn train_phases(network: &Network, buffers: &[Buffer], places: &[Place]) -> Vec<Vec<Op>> {
    let (mut phases, mut ops) = (Vec::new(), vec![Op::Load]);
    let is_batch_norm = |node: &Node| matches!(node.layer, Layer::BatchNorm(_));
    for (index, node) in network.nodes.iter().enumerate() {
        if is_batch_norm(node) {
            ops.push(Op::Moments(index));
            phases.push(std::mem::take(&mut ops));
            ops.push(Op::Normalize(index));
        } else {
            ops.push(Op::Forward(index));
        }
    }
    ops.push(Op::Loss);
    for (index, node) in network.nodes.iter().enumerate().rev() {
        let place = &places[index];
        let gradient_below = buffers[place.input].gradient.is_some();
        if is_batch_norm(node) {
            ops.push(Op::GradientSums(index));
            phases.push(std::mem::take(&mut ops));
            if gradient_below {
                ops.push(Op::NormalizeGradient(index));
            }
        } else if gradient_below || !node.tensors.is_empty() {
            ops.push(Op::Backward(index));
        }
    }
    phases.push(ops);
    phases
}

fn eval_phase(network: &Network) -> Vec<Op> {
    let forward = network.nodes.iter().enumerate().map(|(index, node)| match node.layer {
        Layer::BatchNorm(_) => Op::Normalize(index),
        _ => Op::Forward(index),
    });
    [Op::Load].into_iter().chain(forward).chain([Op::Score]).collect()
}
