//! Passes in evaluation mode: forward only, with BatchNorm folded into the weights of the layer before it.

use std::ops::Range;

use super::*;
use crate::data::Dataset;

impl<'d> Executor<'d> {
    /// Forward on the current batch in evaluation mode.
    pub(crate) fn eval_pass(&self, team: &Team<'_, Job>) -> Score {
        let shards = self.samples(&self.read()).div_ceil(SHARD);
        team.run(Job::Eval, shards, false);
        self.score(shards)
    }

    /// Prepares evaluation passes with this model: running statistics replace the batch's, and are folded into the
    /// weights of the preceding convolution where there is one.
    pub(crate) fn prepare_eval(&self, model: &Model) {
        self.pack(model, Precision::F32);
        let mut shared = self.shared();
        let Shared { norms, packed, .. } = &mut *shared;
        for (index, (node, norm)) in self.network.nodes.iter().zip(norms).enumerate() {
            let (Layer::BatchNorm(layer), Some(norm)) = (&node.layer, norm) else { continue };
            let (w, b) = self.network.weight_and_bias(node, &model.parameters);
            let running = self.network.statistics_range(node);
            layer.set_from_running(norm, w, b, &model.statistics[running]);
            let Some((conv, packed)) = index.checked_sub(1).and_then(|before| packed[before].as_mut()) else {
                continue;
            };
            let (w, b) = self.network.weight_and_bias(&self.network.nodes[index - 1], &model.parameters);
            let (w, b) = layer.fold(norm, w, b);
            packed.pack(self.isa, Precision::F32, conv, self.x_lanes(index - 1), &w, &b);
        }
    }

    /// Makes unchanged samples of a set the next batch.
    pub(crate) fn set_samples(&self, set: &'d Dataset, numbers: Range<u32>) {
        let mut shared = self.shared();
        match &mut shared.batch {
            Batch::Samples { set: same, samples, augment: None } if std::ptr::eq(*same, set) => {
                samples.clear();
                samples.extend(numbers);
            }
            batch => *batch = Batch::Samples { set, samples: numbers.collect(), augment: None },
        }
    }

    /// The number of the network's outputs per sample.
    pub(crate) fn outputs(&self) -> usize {
        self.network.output().len()
    }

    /// Overwrites `output` with the network's outputs for one sample of the last pass.
    pub(crate) fn copy_output(&self, sample: usize, output: &mut [f32]) {
        let answers = &self.findings(sample / SHARD).answers;
        output.copy_from_slice(&answers[sample % SHARD * output.len()..][..output.len()]);
    }

    /// As [`Executor::copy_output`], in a new vector.
    #[cfg(test)]
    pub(crate) fn output(&self, sample: usize) -> Vec<f32> {
        let mut output = vec![0.0; self.outputs()];
        self.copy_output(sample, &mut output);
        output
    }
}
