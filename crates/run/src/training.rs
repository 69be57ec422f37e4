//! One training: what is trained, on what, and where it goes.

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
    /// To train on.
    pub train: Dataset,
    /// To evaluate after each epoch.
    pub evaluation: Dataset,
}

/// Where a training begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// Before its first step, with random weights or those that are given; what is in its folder is replaced.
    Fresh,
    /// At the checkpoint in its folder.
    Checkpoint,
}

/// What is trained, on what, and where it goes.
pub struct Training<'t> {
    /// The description.
    pub source: &'t Source,
    /// The source's.
    pub train_spec: &'t TrainSpec,
    /// The source's.
    pub network: &'t Network,
    /// All of the size of the network's input.
    pub images: &'t Images,
    /// What to start from in place of random weights.
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
    /// What the metrics say of an epoch, which took so many seconds.
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

    /// Batches of an epoch, the last of which may be smaller.
    pub fn steps_per_epoch(&self) -> usize {
        self.images.train.len().div_ceil(self.train_spec.batch)
    }

    pub(crate) fn is_last(&self, epoch: usize) -> bool {
        epoch == self.train_spec.epochs
    }
}

/// What a training has come to.
pub struct Ended {
    /// Not yet written.
    pub result: RunResult,
    /// As it is at the end.
    pub model: Model,
    /// Of the whole training, parts before this one included.
    pub epochs: Vec<EpochRecord>,
    /// The network's outputs for the evaluation images, `[images, outputs]`, if the last epoch is a whole one that was
    /// trained now.
    pub outputs: Option<Vec<f32>>,
}
