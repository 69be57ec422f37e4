//! The trials of a sweep as the series that tables and charts show.

use std::path::Path;

use gradbook_engine::network::Network;
use gradbook_report::{EpochPoint, Series, Trial, Variant};

use crate::error::RunError;
use crate::folder::error::FolderError;
use crate::folder::records::{EpochRecord, RunResult, read_metrics};
use crate::stop::Stop;
use crate::sweep::Sweep;
use crate::trials::Conditions;

/// A trial that was done.
pub struct Done<'t> {
    /// The folder of its run.
    pub folder: &'t Path,
    /// Its result.
    pub result: &'t RunResult,
}

/// Everything that tables and charts show. `networks` and `done` are in the order of the sweep's variants; `command`
/// repeats the sweep.
///
/// # Errors
/// If a trial's metrics cannot be read.
pub fn series(
    sweep: &Sweep,
    networks: &[Network],
    done: &[Vec<Done<'_>>],
    conditions: &Conditions,
    command: String,
) -> Result<Series, RunError> {
    let mut variants = Vec::new();
    for ((variant, network), done) in sweep.variants.iter().zip(networks).zip(done) {
        variants.push(Variant {
            name: variant.name.clone(),
            parameters: network.parameters(),
            multiply_adds: network.multiply_adds(),
            epochs: variant.source.train_spec()?.epochs,
            trials: done.iter().map(trial).collect::<Result<_, FolderError>>()?,
            published: variant.published,
        });
    }
    let evaluated = format!(
        "Accuracy: the model after the last epoch, on the {} of {}, which no training has seen.",
        conditions.evaluation.words(),
        conditions.data.name()
    );
    let program =
        format!("gradbook {}, {}, one thread per trial.", env!("CARGO_PKG_VERSION"), conditions.precision.name());
    Ok(Series {
        title: sweep.name.clone(),
        about: sweep.about.clone(),
        protocol: vec![evaluated, program],
        command,
        variants,
        published: sweep.published.clone(),
    })
}

fn trial(&Done { folder, result }: &Done<'_>) -> Result<Trial, FolderError> {
    Ok(Trial {
        seed: result.seed,
        accuracy: result.accuracy,
        best_accuracy: result.best_accuracy,
        seconds: result.wall_seconds,
        diverged: result.stopped_by == Some(Stop::Diverged),
        epochs: read_metrics(folder)?.iter().map(point).collect(),
    })
}

fn point(epoch: &EpochRecord) -> EpochPoint {
    let EpochRecord { epoch, train_loss, loss, accuracy, .. } = *epoch;
    EpochPoint { epoch, train_loss, loss, accuracy }
}
