//! Inference: the outputs of a trained model for images, many at once or one by one.

use std::ops::Range;

use crate::data::Dataset;
use crate::executor::{Executor, Job};
use crate::inputs::Normalization;
use crate::kernels::{Isa, Precision};
use crate::model::Model;
use crate::network::Network;
use crate::spec::NormalizeSpec;
use crate::team::{Team, with_team};
use crate::train::{EVAL_BATCH, TrainError, check_fit};

/// A model that is ready to answer; made by [`with_predictor`].
pub struct Predictor<'p, 'd> {
    executor: &'p Executor<'d>,
    team: &'p Team<'p, Job>,
    set: &'d Dataset,
}

/// Calls `body` with `model` prepared for the images of `set`, on `threads` threads.
///
/// # Errors
/// If the network does not fit the samples, or `normalize` their channels.
pub fn with_predictor<R>(
    network: &Network,
    normalize: &NormalizeSpec,
    model: &Model,
    set: &Dataset,
    threads: usize,
    isa: Isa,
    body: impl FnOnce(&mut Predictor<'_, '_>) -> R,
) -> Result<R, TrainError> {
    check_fit(network, set)?;
    let executor = Executor::new(network, isa, Precision::F32, EVAL_BATCH);
    executor.shared().normalization = Normalization::new(normalize, set)?;
    executor.prepare_eval(model);
    let work = |job, shard| executor.work(job, shard);
    Ok(with_team(threads, &work, |team| body(&mut Predictor { executor: &executor, team, set })))
}

impl Predictor<'_, '_> {
    /// The network's outputs (logits, where the loss is cross-entropy) for the images in `range`: `[images, outputs]`.
    /// Overwrites `outputs`.
    ///
    /// # Panics
    /// If `range` exceeds the set, or `outputs` has the wrong length.
    pub fn predict(&mut self, range: Range<usize>, outputs: &mut [f32]) {
        let len = self.executor.outputs();
        assert_eq!(outputs.len(), range.len() * len, "room for the outputs");
        for (first, outputs) in range.clone().step_by(EVAL_BATCH).zip(outputs.chunks_mut(EVAL_BATCH * len)) {
            let samples = first as u32..range.end.min(first + EVAL_BATCH) as u32;
            self.executor.set_samples(self.set, samples);
            self.executor.eval_pass(self.team);
            for (sample, output) in outputs.chunks_mut(len).enumerate() {
                self.executor.copy_output(sample, output);
            }
        }
    }
}
