//! Trials: the trainings of a series. Those that were done before are found; the others are done side by side, one
//! thread each, and each has the same bits as if run alone.

mod side_by_side;

use std::path::PathBuf;
use std::time::Duration;

use gradbook_engine::kernels::{Isa, Precision};
use gradbook_engine::network::Network;
use gradbook_engine::train::Options;

use crate::data::{DataError, DataSource, Evaluation};
use crate::folder::error::FolderError;
use crate::folder::records::Record;
use crate::folder::weights::Weights;
use crate::limits::Limits;
use crate::machine::{self, instructions};
use crate::place::{self, Place};
use crate::source::{Source, SourceError};
use crate::training::{Images, Training};

pub use side_by_side::side_by_side;

/// The default for the longest time between two checkpoints of a training.
pub const CHECKPOINT_EVERY: Duration = Duration::from_secs(30);

/// A network with its recipe, a seed, and where the run goes.
pub struct Trial<'t> {
    /// The description.
    pub source: &'t Source,
    /// The source's.
    pub network: &'t Network,
    /// Decides every random number.
    pub seed: u64,
    /// The run folder.
    pub out: PathBuf,
}

/// What all trials of a series have in common.
pub struct Conditions {
    /// The images.
    pub data: DataSource,
    /// [`DataSource::sha256`].
    pub data_sha256: Option<String>,
    /// The images to evaluate.
    pub evaluation: Evaluation,
    /// The instruction set for f32.
    pub isa: Isa,
    /// The precision of training; evaluation is in f32.
    pub precision: Precision,
    /// What all trials start from instead of random weights; in that case they have the same network.
    pub init: Option<Weights>,
    /// When trainings end early.
    pub limits: Limits,
    /// The longest time between two checkpoints within an epoch.
    pub checkpoint_every: Duration,
    /// Whether existing runs are replaced.
    pub force: bool,
}

impl Conditions {
    /// What the run folder says besides the description.
    pub fn record(&self, recipe: &str, seed: u64, threads: usize) -> Record {
        Record {
            recipe: recipe.to_owned(),
            seed,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            data: self.data.name(),
            data_sha256: self.data_sha256.clone(),
            holdout: self.evaluation == Evaluation::HeldOut,
            precision: self.precision.name().to_owned(),
            threads,
            isa: instructions(self.isa, self.precision).to_owned(),
            cpu_features: machine::cpu_features().into_iter().map(ToOwned::to_owned).collect(),
            init_sha256: self.init.as_ref().map(|init| init.sha256.clone()),
        }
    }

    /// Images to train on, images to evaluate.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn images(&self) -> Result<Images, DataError> {
        let (train, evaluation) = self.data.load(self.evaluation)?;
        Ok(Images { train, evaluation })
    }
}

impl Trial<'_> {
    /// What is in its place: nothing, or this same trial, started or finished.
    ///
    /// # Errors
    /// If something else is there.
    pub fn place(&self, conditions: &Conditions) -> Result<Place, FolderError> {
        let record = conditions.record(&self.source.name, self.seed, 1);
        place::place(&self.out, &self.source.spec, &record, &conditions.limits, conditions.force)
    }

    /// The trial as a training with `threads` threads.
    ///
    /// # Errors
    /// If its description has no recipe.
    pub fn training<'s>(
        &'s self,
        conditions: &'s Conditions,
        threads: usize,
        images: &'s Images,
    ) -> Result<Training<'s>, SourceError> {
        Ok(Training {
            source: self.source,
            train_spec: self.source.train_spec()?,
            network: self.network,
            images,
            init: conditions.init.as_ref(),
            options: Options { seed: self.seed, threads, isa: conditions.isa, precision: conditions.precision },
            record: conditions.record(&self.source.name, self.seed, threads),
            out: &self.out,
            limits: conditions.limits,
            checkpoint_every: conditions.checkpoint_every,
        })
    }
}

/// What remains to be done of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrialsPlan {
    /// Trials that were done before.
    pub found: usize,
    /// Trials to do.
    pub missing: usize,
    /// Epochs of all trials to do, as their recipes say.
    pub epochs: usize,
}
