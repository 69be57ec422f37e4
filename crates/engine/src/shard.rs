//! The tensors of a few samples.

use crate::augment::Scratch;
use crate::kernels::AHEAD;
use crate::layer::Layer;
use crate::layout::Layout;
use crate::network::Network;
use crate::plan::{Plan, Room, SHARD};

/// The tensors of [`SHARD`] samples.
pub(crate) struct Shard {
    pub tensors: Tensors,
    /// One per node: BatchNorm's two sums or moments of each sample.
    pub sums: Vec<[Vec<f32>; 2]>,
    /// Parameter gradients in the kernels' order.
    pub parameters: Vec<f32>,
    /// What Winograd's algorithm sums instead.
    pub products: Vec<f32>,
    /// Outputs, targets and the loss's gradient of the current sample.
    pub outputs: [Vec<f64>; 3],
    pub image: Vec<u8>,
    pub augment: Option<Scratch>,
    /// Intermediate results of a convolution.
    pub scratch: Vec<f32>,
}

impl Shard {
    pub(crate) fn new(network: &Network, plan: &Plan) -> Shard {
        let sums = network.nodes.iter().map(|node| match node.layer {
            Layer::BatchNorm(_) => {
                let lanes = Layout::dense(node.output).lanes;
                [vec![0.0; SHARD * lanes], vec![0.0; SHARD * lanes]]
            }
            _ => [Vec::new(), Vec::new()],
        });
        let outputs = network.output().len();
        Shard {
            tensors: Tensors(vec![0.0; plan.floats]),
            sums: sums.collect(),
            parameters: vec![0.0; plan.gradient_len],
            products: vec![0.0; plan.products_len],
            outputs: [vec![0.0; outputs], vec![0.0; outputs], vec![0.0; outputs]],
            image: vec![0; network.input.len()],
            augment: None,
            scratch: vec![0.0; plan.scratch_len],
        }
    }

    /// Everything that a test may want to inspect.
    #[cfg(test)]
    pub(crate) fn all_floats(&self) -> impl Iterator<Item = f32> {
        self.tensors.0.iter().chain(&self.parameters).chain(&self.products).copied()
    }
}

/// What a pass has found out about [`SHARD`] samples.
pub(crate) struct Findings {
    pub losses: [f64; SHARD],
    pub correct: [bool; SHARD],
    /// The network's outputs of each sample.
    pub answers: Vec<f32>,
}

impl Findings {
    pub(crate) fn new(network: &Network) -> Findings {
        Findings { losses: [0.0; SHARD], correct: [false; SHARD], answers: vec![0.0; SHARD * network.output().len()] }
    }
}

/// What the next sample needs from memory.
pub(crate) struct Ahead<'p> {
    pub rooms: &'p [Option<Room>; AHEAD],
    pub sample: Option<usize>,
}

/// The memory of all tensors; the plan says where each of them lies.
pub(crate) struct Tensors(Vec<f32>);

impl Tensors {
    /// One sample's parts of some tensors.
    ///
    /// # Panics
    /// If two of them overlap.
    pub(crate) fn of<const N: usize>(&mut self, sample: usize, rooms: [&Room; N]) -> [&mut [f32]; N] {
        let ranges = rooms.map(|room| room.range(sample));
        self.0.get_disjoint_mut(ranges).expect("tensors of one operation lie apart")
    }

    /// As [`Tensors::of`] for two tensors, together with parts of another sample's.
    pub(crate) fn of_and_ahead(
        &mut self,
        sample: usize,
        [a, b]: [&Room; 2],
        ahead: &Ahead<'_>,
    ) -> ([&mut [f32]; 2], [&[f32]; AHEAD]) {
        let of_next = |room: &Option<Room>| match (room, ahead.sample) {
            (Some(room), Some(next)) => room.range(next),
            _ => 0..0,
        };
        let [c, d, e, f] = ahead.rooms.each_ref().map(of_next);
        let ranges = [a.range(sample), b.range(sample), c, d, e, f];
        let [a, b, c, d, e, f] = self.0.get_disjoint_mut(ranges).expect("tensors of one operation lie apart");
        ([a, b], [c, d, e, f])
    }
}
