//! One training: what is trained, on which images, and where its files go.

mod recorder;

use std::path::Path;
use std::time::Duration;

use gradbook_engine::data::Dataset;
use gradbook_engine::model::Model;
use gradbook_engine::network::Network;
use gradbook_engine::spec::TrainSpec;
use gradbook_engine::train::{Epoch, Options};

use crate::folder::records::{EpochRecord, Record, RunResult};
use crate::folder::weights::Weights;
use crate::limits::Limits;
use crate::source::Source;

/// Images to train on, images to evaluate.
#[derive(Clone, Debug)]
pub struct Images {
    /// The images to train on.
    pub train: Dataset,
    /// The images to evaluate after each epoch.
    pub evaluation: Dataset,
}

/// Where a training starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// Before its first step, with random or given weights; whatever is in its folder is replaced.
    Fresh,
    /// At the checkpoint in its folder.
    Checkpoint,
}

/// What is trained, on which images, and where its files go.
pub struct Training<'t> {
    /// The description.
    pub source: &'t Source,
    /// The source's.
    pub train_spec: &'t TrainSpec,
    /// The source's.
    pub network: &'t Network,
    /// The images, all of the size of the network's input.
    pub images: &'t Images,
    /// What to start from instead of random weights.
    pub init: Option<&'t Weights>,
    /// Seed, threads, instructions.
    pub options: Options,
    /// What the run folder says besides the description.
    pub record: Record,
    /// The run folder.
    pub out: &'t Path,
    /// When it ends early.
    pub limits: Limits,
    /// The longest time between two checkpoints within an epoch.
    pub checkpoint_every: Duration,
}

impl Training<'_> {
    /// The metrics of an epoch that took this many seconds.
    pub(crate) fn epoch_record(&self, epoch: &Epoch, [train_seconds, evaluation_seconds]: [f64; 2]) -> EpochRecord {
        EpochRecord {
            recipe: self.record.recipe.clone(),
            seed: self.record.seed,
            epoch: epoch.epoch,
            rate: epoch.rate,
            train_loss: epoch.train.mean_loss(),
            train_accuracy: epoch.train.accuracy(),
            loss: epoch.test.mean_loss(),
            accuracy: epoch.test.accuracy(),
            correct: epoch.test.correct,
            total: epoch.test.samples,
            train_seconds,
            evaluation_seconds,
            cut_short: epoch.cut_short,
        }
    }

    /// Batches per epoch; the last one may be smaller.
    pub fn steps_per_epoch(&self) -> usize {
        self.images.train.len().div_ceil(self.train_spec.batch)
    }

    pub(crate) fn is_last(&self, epoch: usize) -> bool {
        epoch == self.train_spec.epochs
    }
}

/// The outcome of a training.
pub struct Ended {
    /// The result, not yet written.
    pub result: RunResult,
    /// The final model.
    pub model: Model,
    /// The epochs of the whole training, including parts before this one.
    pub epochs: Vec<EpochRecord>,
    /// The network's outputs for the evaluation images, `[images, outputs]`, if the last epoch was completed by this
    /// call.
    pub outputs: Option<Vec<f32>>,
}
