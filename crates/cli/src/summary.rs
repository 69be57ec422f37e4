//! What the trials of one recipe come to.

use std::path::Path;

use gradbook_engine::network::Network;
use gradbook_report::statistics::Spread;
use serde::Serialize;

use crate::card::{self, Reached};
use crate::data::Evaluation;
use crate::files::write_atomically;
use crate::limits::Stop;
use crate::run_folder::RunResult;
use crate::source::Source;
use crate::words::{percent, plural};

/// In the folder of the run folders.
pub(crate) const SUMMARY_FILE: &str = "summary.json";

/// The content of the summary file. Accuracies are fractions, of the last epoch, or of the last one that was
/// trained where a training ended early.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename = "summary")]
pub(crate) struct Summary {
    /// A recipe, or a sweep's variant.
    name: String,
    evaluated_on: &'static str,
    seeds: Vec<u64>,
    accuracies: Vec<f64>,
    /// Seeds that diverged: their accuracies are not among the others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) diverged: Vec<u64>,
    /// From two trials on, if none diverged: what the others come to would be too high.
    #[serde(flatten)]
    spread: Option<Spread>,
    /// Whole results, in the order of the seeds.
    pub(crate) trials: Vec<RunResult>,
}

impl Summary {
    /// Of finished trainings.
    pub(crate) fn of(name: &str, evaluation: Evaluation, trials: Vec<RunResult>) -> Summary {
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

    /// # Errors
    /// If the file cannot be written.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        write_atomically(path, (serde_json::to_string_pretty(self)? + "\n").as_bytes())
    }

    /// `None` for fewer than two trials of which none diverged.
    pub(crate) fn words(&self) -> Option<String> {
        if !self.diverged.is_empty() {
            let seeds: Vec<String> = self.diverged.iter().map(u64::to_string).collect();
            return Some(format!(
                "{} of {} diverged ({}): no mean is given, that of the others would be too high",
                self.diverged.len(),
                plural(self.trials.len(), "seed"),
                seeds.join(", ")
            ));
        }
        let end =
            if self.trials.iter().any(|trial| trial.stopped_by.is_some()) { "at their ends" } else { "last epoch" };
        let Spread { mean, standard_deviation, minimum, maximum, lower_bound_95 } = self.spread?;
        Some(format!(
            "{} seeds, {end}, {}: mean {:.3} %, standard deviation {:.3}, {} to {}\n\
             the mean of all seeds is above {:.3} % (one-sided, 95 % confidence)",
            self.seeds.len(),
            self.evaluated_on,
            100.0 * mean,
            100.0 * standard_deviation,
            percent(minimum),
            percent(maximum),
            100.0 * lower_bound_95
        ))
    }

    /// The recipe's promises, its accuracy as one about the mean; `None` if it makes none, for fewer than two trials, if one
    /// diverged, or if they started from given weights, which proves nothing about the recipe.
    pub(crate) fn card(&self, source: &Source, network: &Network) -> Option<String> {
        if self.trials.iter().any(|trial| trial.init_sha256.is_some()) {
            return None;
        }
        let reached = Reached {
            what: format!("mean of {} seeds, lower bound", self.seeds.len()),
            epochs: self.trials.iter().map(|trial| trial.epochs).max().unwrap_or(0),
            accuracy: self.spread?.lower_bound_95,
            evaluated_on: self.evaluated_on,
        };
        card::line(&card::requirements(&source.spec, network, Some(&reached)))
    }
}
