//! The tensors of a few samples, and how to reach one sample's part of them.

use crate::augment::Scratch;
use crate::layer::Layer;
use crate::layout::{Layout, View, ViewMut};
use crate::network::Network;
use crate::plan::{Buffer, Place, Plan, as_convolution};

/// Consecutive samples that are worked on together.
pub(crate) const SHARD: usize = 8;

/// The tensors of [`SHARD`] samples.
pub(crate) struct Shard {
    /// One a buffer of the plan; for one sample or all, as the plan says.
    pub values: Vec<Vec<f32>>,
    /// One a buffer; for one sample or all, as the plan says.
    pub gradients: Vec<Vec<f32>>,
    /// One a node: dropout's factors, without borders.
    pub factors: Vec<Vec<f32>>,
    /// One a node: BatchNorm's two sums or moments of each sample.
    pub sums: Vec<[Vec<f32>; 2]>,
    /// Parameter gradients in the kernels' order.
    pub parameters: Vec<f32>,
    pub losses: [f64; SHARD],
    pub correct: [bool; SHARD],
    /// Outputs, targets and the loss's gradient of the sample at hand.
    pub outputs: [Vec<f64>; 3],
    pub image: Vec<u8>,
    pub scratch: Option<Scratch>,
    /// What a convolution writes on the way.
    pub transformed: Vec<f32>,
}

impl Shard {
    pub(crate) fn new(network: &Network, plan: &Plan) -> Shard {
        let room = |layout: &Layout| vec![0.0; SHARD * layout.size()];
        let factors = network.nodes.iter().map(|node| match node.layer {
            Layer::Dropout(_) => room(&Layout::dense(node.output)),
            _ => Vec::new(),
        });
        let sums = network.nodes.iter().map(|node| match node.layer {
            Layer::BatchNorm(_) => {
                let lanes = Layout::dense(node.output).lanes;
                [vec![0.0; SHARD * lanes], vec![0.0; SHARD * lanes]]
            }
            _ => [Vec::new(), Vec::new()],
        });
        let gradients = plan.buffers.iter().map(|buffer| match &buffer.gradient {
            Some(layout) if buffer.keeps_gradients => room(layout),
            Some(layout) => vec![0.0; layout.size()],
            None => Vec::new(),
        });
        let values = plan.buffers.iter().map(|buffer| match buffer.keeps_values {
            true => room(&buffer.values),
            false => vec![0.0; buffer.values.size()],
        });
        let outputs = network.output().len();
        let transformed = network.nodes.iter().filter_map(as_convolution).map(|conv| conv.scratch_len());
        Shard {
            values: values.collect(),
            gradients: gradients.collect(),
            factors: factors.collect(),
            sums: sums.collect(),
            parameters: vec![0.0; plan.gradient_len],
            losses: [0.0; SHARD],
            correct: [false; SHARD],
            outputs: [vec![0.0; outputs], vec![0.0; outputs], vec![0.0; outputs]],
            image: vec![0; network.input.len()],
            scratch: None,
            transformed: vec![0.0; transformed.max().unwrap_or(0)],
        }
    }
}

/// A sample's values in one buffer.
pub(crate) fn value<'s>(plan: &'s Plan, buffer: usize, sample: usize, values: &'s [Vec<f32>]) -> View<'s> {
    part(&plan.buffers[buffer].values, value_place(plan, buffer, sample), &values[buffer])
}

/// The same, to be written.
pub(crate) fn value_mut<'s>(plan: &'s Plan, buffer: usize, sample: usize, values: &'s mut [Vec<f32>]) -> ViewMut<'s> {
    part_mut(&plan.buffers[buffer].values, value_place(plan, buffer, sample), &mut values[buffer])
}

/// A node's input, and its output to be written.
pub(crate) fn value_pair<'s>(
    plan: &'s Plan,
    place: &Place,
    sample: usize,
    values: &'s mut [Vec<f32>],
) -> (View<'s>, ViewMut<'s>) {
    let (below, above) = values.split_at_mut(place.output);
    let output_place = value_place(plan, place.output, sample);
    let output = part_mut(&plan.buffers[place.output].values, output_place, &mut above[0]);
    (value(plan, place.input, sample, below), output)
}

/// A sample's gradient in one buffer.
pub(crate) fn gradient<'s>(plan: &'s Plan, buffer: usize, sample: usize, gradients: &'s [Vec<f32>]) -> View<'s> {
    let (layout, place) = gradient_place(plan, buffer, sample);
    part(layout, place, &gradients[buffer])
}

/// The same, to be written.
pub(crate) fn gradient_mut<'s>(
    plan: &'s Plan,
    buffer: usize,
    sample: usize,
    gradients: &'s mut [Vec<f32>],
) -> ViewMut<'s> {
    let (layout, place) = gradient_place(plan, buffer, sample);
    part_mut(layout, place, &mut gradients[buffer])
}

/// A node's input gradient to be written, and its output gradient.
pub(crate) fn gradient_pair<'s>(
    plan: &'s Plan,
    place: &Place,
    sample: usize,
    gradients: &'s mut [Vec<f32>],
) -> (ViewMut<'s>, View<'s>) {
    let (below, above) = gradients.split_at_mut(place.output);
    let (layout, output_place) = gradient_place(plan, place.output, sample);
    (gradient_mut(plan, place.input, sample, below), part(layout, output_place, &above[0]))
}

/// The place of a sample's values: its own, or the one that all samples use in turn.
fn value_place(plan: &Plan, buffer: usize, sample: usize) -> usize {
    if plan.buffers[buffer].keeps_values { sample } else { 0 }
}

/// Layout and place of a sample's gradient: its own, or the one that all samples use in turn.
fn gradient_place(plan: &Plan, buffer: usize, sample: usize) -> (&Layout, usize) {
    let Buffer { gradient, keeps_gradients, .. } = &plan.buffers[buffer];
    let layout = gradient.as_ref().expect("the plan visits only layers that have a gradient");
    (layout, if *keeps_gradients { sample } else { 0 })
}

fn part<'s>(layout: &'s Layout, sample: usize, buffer: &'s [f32]) -> View<'s> {
    (layout, &buffer[sample * layout.size()..][..layout.size()])
}

fn part_mut<'s>(layout: &'s Layout, sample: usize, buffer: &'s mut [f32]) -> ViewMut<'s> {
    (layout, &mut buffer[sample * layout.size()..][..layout.size()])
}
