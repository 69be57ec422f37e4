//! What all threads read during a phase: the batch, the packed weights, BatchNorm's numbers.

use crate::augment::Augment;
use crate::data::Dataset;
use crate::inputs::Normalization;
use crate::layer::Conv2d;
use crate::layer::batch_norm::Coefficients;
use crate::layer::packed::Packed;

/// What a batch holds.
#[derive(Clone, Debug)]
pub(crate) enum Batch<'d> {
    /// Samples of a data set, changed at random if `augment` says so.
    Samples { set: &'d Dataset, samples: Vec<u32>, augment: Option<Augmentation<'d>> },
    /// Inputs `[samples, input]` in PyTorch's order and targets `[samples, outputs]`.
    Values { x: &'d [f32], t: &'d [f32] },
}

/// How the images of a batch are changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Augmentation<'d> {
    pub augment: &'d Augment,
    pub epoch: u64,
}

/// Read by all threads during a phase, written between phases.
pub(crate) struct Shared<'d> {
    pub batch: Batch<'d>,
    /// From the values of a set to the network's inputs.
    pub normalization: Normalization,
    pub seed: u64,
    pub step: u64,
    /// One per node: the weights of linear layers and convolutions.
    pub packed: Vec<Option<(Conv2d, Packed)>>,
    /// One per node: BatchNorm's numbers for this batch.
    pub norms: Vec<Option<Coefficients>>,
}

impl Batch<'_> {
    /// Number of samples in the batch, for a network with `outputs` outputs.
    pub(crate) fn len(&self, outputs: usize) -> usize {
        match self {
            Batch::Samples { samples, .. } => samples.len(),
            Batch::Values { t, .. } => t.len() / outputs,
        }
    }
}
