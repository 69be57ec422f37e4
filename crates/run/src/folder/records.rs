//! The content of a run's files, as it is written and read again: its record, one line per epoch, its result.

use std::path::Path;

use gradbook_engine::spec::Spec;
use serde::{Deserialize, Deserializer, Serialize};

use crate::description::{self, Description, DescriptionError};
use crate::files;
use crate::folder::error::{Damaged, FolderError};
use crate::folder::names::{CHECKPOINT_FILE, METRICS_FILE, RESULT_FILE};
use crate::stop::Stop;

/// Enough for the about 400 bytes per epoch of any training.
const MAX_METRICS_BYTES: u64 = 1 << 30;

/// The table `[run]` of `run.toml`: what was used besides the description.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The name of the shipped network, of the file, or of the sweep's variant.
    pub recipe: String,
    /// Decides every random number.
    pub seed: u64,
    /// The version of the program.
    pub version: String,
    /// `mnist` or a folder of IDX files.
    pub data: String,
    /// The SHA-256 of such a folder's content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_sha256: Option<String>,
    /// Whether the last training images were evaluated instead of the test images.
    pub holdout: bool,
    /// `f32` or `bf16`.
    pub precision: String,
    /// The number of threads, on which the bits do not depend.
    pub threads: usize,
    /// The instruction set on which most of the time was spent.
    pub isa: String,
    /// Vector instructions of the processor.
    pub cpu_features: Vec<String>,
    /// The SHA-256 of the weights that were given to start from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_sha256: Option<String>,
}

/// A line of `metrics.jsonl`. Accuracies are fractions. A loss that is not a finite number, because the training
/// diverged, is written as `null` and read as NaN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename = "epoch")]
pub struct EpochRecord {
    /// Missing in runs of early builds.
    #[serde(default)]
    pub recipe: String,
    /// The seed of the training.
    pub seed: u64,
    /// Counted from 1.
    pub epoch: usize,
    /// The learning rate of the last step.
    pub rate: f64,
    /// As seen in training: augmented images, dropout, the weights of each step.
    #[serde(deserialize_with = "number_or_nan")]
    pub train_loss: f64,
    /// As the loss.
    pub train_accuracy: f64,
    /// In evaluation mode, after the epoch, on the images named in `result.json`.
    #[serde(deserialize_with = "number_or_nan")]
    pub loss: f64,
    /// As the loss.
    pub accuracy: f64,
    /// How many of the evaluated images are right.
    pub correct: usize,
    /// How many images were evaluated.
    pub total: usize,
    /// The time of training, without evaluation.
    pub train_seconds: f64,
    /// The time of the evaluation after the epoch.
    pub evaluation_seconds: f64,
    /// Whether the training stopped before the epoch's last step.
    pub cut_short: bool,
}

/// The content of `result.json`. Accuracies are fractions, a loss that is not a finite number is `null`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename = "result")]
pub struct RunResult {
    /// As in the record.
    pub recipe: String,
    /// As in the record.
    pub seed: u64,
    /// How many numbers of the network are trained.
    pub parameters: usize,
    /// Multiply-adds of the forward pass of one image.
    pub macs_per_image: usize,
    /// Finished epochs.
    pub epochs: usize,
    /// How many epochs the recipe has.
    pub epochs_planned: usize,
    /// Images per step.
    pub batch: usize,
    /// As in the record.
    pub precision: String,
    /// As in the record.
    pub threads: usize,
    /// As in the record.
    pub isa: String,
    /// As in the record.
    pub data: String,
    /// [`Evaluation::words`](crate::data::Evaluation::words).
    pub evaluated_on: String,
    /// How many of the evaluated images are right.
    pub correct: usize,
    /// How many images were evaluated.
    pub total: usize,
    /// The accuracy of the final model.
    pub accuracy: f64,
    /// As the accuracy.
    #[serde(deserialize_with = "number_or_nan")]
    pub loss: f64,
    /// The accuracy of the best epoch: not a claim, because the evaluated images chose it.
    pub best_accuracy: f64,
    /// The first epoch with that accuracy, counted from 1.
    pub best_epoch: usize,
    /// The time of training, without evaluation.
    pub train_seconds: f64,
    /// From the start, including evaluation; for a single training also including reading the images, which trials
    /// share.
    pub wall_seconds: f64,
    /// The peak of the whole process, with all trials side by side.
    pub peak_rss_bytes: Option<u64>,
    /// Whether it was stopped from outside and can resume.
    pub interrupted: bool,
    /// Why not all epochs were trained, if that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_by: Option<Stop>,
    /// The SHA-256 of the model's file.
    pub model_sha256: String,
    /// The SHA-256 of the weights that were given to start from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_sha256: Option<String>,
    /// The version of the program.
    pub version: String,
}

/// The description of a run folder, and its record if it has one.
///
/// # Errors
/// If the file cannot be read or is damaged.
pub fn read_description(path: &Path) -> Result<(Spec, Option<Record>), DescriptionError> {
    parse_description(&path.display().to_string(), &description::read_text(path)?)
}

/// The description and the record in a text; `file` names it in errors.
///
/// # Errors
/// If it is damaged.
pub fn parse_description(file: &str, text: &str) -> Result<(Spec, Option<Record>), DescriptionError> {
    let Description { spec, run } = description::parse(file, text)?;
    let damaged = |error: toml::de::Error| DescriptionError::Record {
        file: file.to_owned(),
        problem: description::plain(&error.to_string()),
    };
    let record = run.map(|run| run.try_into().map_err(damaged)).transpose()?;
    Ok((spec, record))
}

/// Reads `result.json`; `None` if the run did not get that far.
///
/// # Errors
/// If the file is there but damaged.
pub fn read_result(dir: &Path) -> Result<Option<RunResult>, FolderError> {
    let path = dir.join(RESULT_FILE);
    if !path.exists() {
        return Ok(None);
    }
    let result = parse_result(&path.display().to_string(), &files::read_text(&path, 1 << 20)?);
    result.map(Some).map_err(|damaged| of_run(dir, damaged))
}

/// The text of `result.json`; `file` names it in errors.
///
/// # Errors
/// If it is damaged.
pub fn parse_result(file: &str, text: &str) -> Result<RunResult, Damaged> {
    let result: RunResult = serde_json::from_str(text).map_err(|error| damaged(file, error.to_string()))?;
    let fits = [result.accuracy, result.best_accuracy].iter().all(|accuracy| (0.0..=1.0).contains(accuracy))
        && result.correct <= result.total
        && [result.train_seconds, result.wall_seconds].iter().all(|seconds| *seconds >= 0.0);
    if !fits {
        return Err(damaged(file, "its numbers cannot come from a training".to_owned()));
    }
    Ok(result)
}

/// Reads `metrics.jsonl`.
///
/// # Errors
/// If it is missing or damaged.
pub fn read_metrics(dir: &Path) -> Result<Vec<EpochRecord>, FolderError> {
    let path = dir.join(METRICS_FILE);
    let epochs = parse_metrics(&path.display().to_string(), &files::read_text(&path, MAX_METRICS_BYTES)?);
    epochs.map_err(|damaged| of_run(dir, damaged))
}

/// The text of `metrics.jsonl`; `file` names it in errors.
///
/// # Errors
/// If a line is damaged, or does not belong to the next epoch.
pub fn parse_metrics(file: &str, text: &str) -> Result<Vec<EpochRecord>, Damaged> {
    let mut epochs: Vec<EpochRecord> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        // The parser sees one line and calls it the first.
        let problem = |error: serde_json::Error| {
            format!("line {}: {}", at + 1, error.to_string().replace(" at line 1 column", " at column"))
        };
        let epoch: EpochRecord = serde_json::from_str(line).map_err(|error| damaged(file, problem(error)))?;
        let fits = epoch.epoch == epochs.len() + 1
            && [epoch.accuracy, epoch.train_accuracy].iter().all(|accuracy| (0.0..=1.0).contains(accuracy))
            && epoch.correct <= epoch.total
            && [epoch.rate, epoch.train_seconds, epoch.evaluation_seconds].iter().all(|value| *value >= 0.0);
        if !fits {
            return Err(damaged(file, format!("line {0} cannot belong to epoch {0}", epochs.len() + 1)));
        }
        epochs.push(epoch);
    }
    Ok(epochs)
}

/// A line of `metrics.jsonl`, including its line end.
pub(crate) fn line(epoch: &EpochRecord) -> String {
    serde_json::to_string(epoch).expect("numbers and words") + "\n"
}

fn damaged(file: &str, problem: String) -> Damaged {
    Damaged { file: file.to_owned(), problem }
}

fn of_run(dir: &Path, damaged: Damaged) -> FolderError {
    FolderError::Damaged { dir: dir.to_owned(), kept: dir.join(CHECKPOINT_FILE).exists(), damaged }
}

fn number_or_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}
