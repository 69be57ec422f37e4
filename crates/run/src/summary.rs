//! The results of one recipe's trials.

use std::path::Path;

use gradbook_engine::network::Network;
use gradbook_report::statistics::Spread;
use serde::Serialize;

use crate::card::{self, Reached, Requirement};
use crate::data::Evaluation;
use crate::files::{FileError, write_atomically};
use crate::folder::records::RunResult;
use crate::source::Source;
use crate::stop::Stop;

/// The summary's name, in the folder that holds the run folders.
pub const SUMMARY_FILE: &str = "summary.json";

/// The content of the summary file. Accuracies are fractions, of the last epoch, or of the last one that was
/// trained where a training ended early.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename = "summary")]
pub struct Summary {
    /// A recipe, or a sweep's variant.
    pub name: String,
    /// [`Evaluation::words`].
    pub evaluated_on: &'static str,
    /// The seeds of the trials that did not diverge.
    pub seeds: Vec<u64>,
    /// Their accuracies, in the same order.
    pub accuracies: Vec<f64>,
    /// The seeds that diverged; their accuracies are not among the others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diverged: Vec<u64>,
    /// Present for two or more trials, if none diverged; otherwise the statistics of the others would be too high.
    #[serde(flatten)]
    pub spread: Option<Spread>,
    /// Whole results, in the order of the seeds.
    pub trials: Vec<RunResult>,
}

impl Summary {
    /// The summary of finished trainings.
    pub fn of(name: &str, evaluation: Evaluation, trials: Vec<RunResult>) -> Summary {
        let (diverged, sound): (Vec<_>, Vec<_>) =
            trials.iter().partition(|trial| trial.stopped_by == Some(Stop::Diverged));
        let accuracies: Vec<f64> = sound.iter().map(|trial| trial.accuracy).collect();
        Summary {
            name: name.to_owned(),
            evaluated_on: evaluation.words(),
            seeds: sound.iter().map(|trial| trial.seed).collect(),
            spread: if diverged.is_empty() { Spread::of(&accuracies) } else { None },
            diverged: diverged.iter().map(|trial| trial.seed).collect(),
            accuracies,
            trials,
        }
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        write_atomically(path, (serde_json::to_string_pretty(self).expect("numbers and words") + "\n").as_bytes())
    }

    /// The recipe's promises, with the promised accuracy taken as a mean. Empty if it makes none, for fewer than two
    /// trials, if one diverged, or if they started from given weights, which proves nothing about the recipe.
    pub fn requirements(&self, source: &Source, network: &Network) -> Vec<Requirement> {
        let from_given_weights = self.trials.iter().any(|trial| trial.init_sha256.is_some());
        let Some(spread) = self.spread.filter(|_| !from_given_weights) else { return Vec::new() };
        let reached = Reached {
            what: format!("mean of {} seeds, lower bound", self.seeds.len()),
            epochs: self.trials.iter().map(|trial| trial.epochs).max().unwrap_or(0),
            accuracy: spread.lower_bound_95,
            evaluated_on: self.evaluated_on,
        };
        card::requirements(&source.spec, network, Some(&reached))
    }
}
