//! What the files of a run say: its record, a line an epoch, its result; as they are written, and read again.

use std::path::Path;

use anyhow::{Context, anyhow, ensure};
use gradbook_engine::spec::Spec;
use serde::{Deserialize, Deserializer, Serialize};

use super::{CHECKPOINT_FILE, METRICS_FILE, RESULT_FILE};
use crate::description::{self, Description};
use crate::files;
use crate::limits::Stop;
use crate::shell::resume_command;

/// Some 400 bytes an epoch.
const MAX_METRICS_BYTES: u64 = 1 << 30;

/// The table `[run]` of `run.toml`: what was used besides the description.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) recipe: String,
    pub(crate) seed: u64,
    pub(crate) version: String,
    /// `mnist` or a folder of IDX files.
    pub(crate) data: String,
    /// Of the content of such a folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) data_sha256: Option<String>,
    /// Whether the last training images were evaluated in place of the test images.
    pub(crate) holdout: bool,
    pub(crate) precision: String,
    pub(crate) threads: usize,
    pub(crate) isa: String,
    pub(crate) cpu_features: Vec<String>,
    /// Of the weights that were given to start from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) init_sha256: Option<String>,
}

/// A line of `metrics.jsonl`. Accuracies are fractions. A loss that is not a finite number, because the training
/// diverged, is written as `null` and read as NaN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename = "epoch")]
pub(crate) struct EpochRecord {
    /// Missing in runs of the first builds.
    #[serde(default)]
    pub(crate) recipe: String,
    pub(crate) seed: u64,
    /// Counted from 1.
    pub(crate) epoch: usize,
    /// The learning rate of the last step.
    pub(crate) rate: f64,
    /// In training: augmented images, dropout, the weights of each step.
    #[serde(deserialize_with = "number_or_nan")]
    pub(crate) train_loss: f64,
    pub(crate) train_accuracy: f64,
    /// In evaluation mode, after the epoch, on the images named in `result.json`.
    #[serde(deserialize_with = "number_or_nan")]
    pub(crate) loss: f64,
    pub(crate) accuracy: f64,
    pub(crate) correct: usize,
    pub(crate) total: usize,
    pub(crate) train_seconds: f64,
    pub(crate) evaluation_seconds: f64,
    /// Whether the training stopped before the last step.
    pub(crate) cut_short: bool,
}

/// The content of `result.json`. Accuracies are fractions, a loss that is not a finite number is `null`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename = "result")]
pub(crate) struct RunResult {
    pub(crate) recipe: String,
    pub(crate) seed: u64,
    pub(crate) parameters: usize,
    pub(crate) macs_per_image: usize,
    /// Epochs done, a part of one not counted.
    pub(crate) epochs: usize,
    pub(crate) epochs_planned: usize,
    pub(crate) batch: usize,
    pub(crate) precision: String,
    pub(crate) threads: usize,
    pub(crate) isa: String,
    pub(crate) data: String,
    pub(crate) evaluated_on: String,
    pub(crate) correct: usize,
    pub(crate) total: usize,
    /// Of the model as it is at the end.
    pub(crate) accuracy: f64,
    #[serde(deserialize_with = "number_or_nan")]
    pub(crate) loss: f64,
    pub(crate) best_accuracy: f64,
    pub(crate) best_epoch: usize,
    /// Without evaluation.
    pub(crate) train_seconds: f64,
    /// From the start, evaluation included; of a training alone also reading the images, which trials share.
    pub(crate) wall_seconds: f64,
    /// Of the whole process, with all trials side by side.
    pub(crate) peak_rss_bytes: Option<u64>,
    /// Whether it was stopped from outside and can go on.
    pub(crate) interrupted: bool,
    /// Why not all epochs were trained, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stopped_by: Option<Stop>,
    pub(crate) model_sha256: String,
    /// Of the weights that were given to start from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) init_sha256: Option<String>,
    pub(crate) version: String,
}

/// The description of a run folder, and its record if it has one.
///
/// # Errors
/// If the file cannot be read or is damaged.
pub(crate) fn read_description(path: &Path) -> anyhow::Result<(Spec, Option<Record>)> {
    parse_description(&path.display().to_string(), &description::read_text(path)?)
}

/// The description and the record in a text; `file` names it in errors.
///
/// # Errors
/// If it is damaged.
pub(crate) fn parse_description(file: &str, text: &str) -> anyhow::Result<(Spec, Option<Record>)> {
    let Description { spec, run } = description::parse(file, text)?;
    let damaged = |error: toml::de::Error| anyhow!("{file}: [run]: {}", description::plain(&error.to_string()));
    let record = run.map(|run| run.try_into().map_err(damaged)).transpose()?;
    Ok((spec, record))
}

/// Reads `result.json`; `None` if the run did not get that far.
///
/// # Errors
/// If the file is there but damaged.
pub(crate) fn read_result(dir: &Path) -> anyhow::Result<Option<RunResult>> {
    let path = dir.join(RESULT_FILE);
    if !path.exists() {
        return Ok(None);
    }
    let result = parse_result(&path.display().to_string(), &files::read_text(&path, 1 << 20)?);
    result.map(Some).map_err(|error| anyhow!("{error:#}; {}", mended_by(dir)))
}

/// The text of `result.json`; `file` names it in errors.
///
/// # Errors
/// If it is damaged.
pub(crate) fn parse_result(file: &str, text: &str) -> anyhow::Result<RunResult> {
    let result: RunResult = serde_json::from_str(text).with_context(|| damaged(file))?;
    let fits = [result.accuracy, result.best_accuracy].iter().all(|accuracy| (0.0..=1.0).contains(accuracy))
        && result.correct <= result.total
        && [result.train_seconds, result.wall_seconds].iter().all(|seconds| *seconds >= 0.0);
    ensure!(fits, "{}: its numbers are those of no training", damaged(file));
    Ok(result)
}

/// Reads `metrics.jsonl`.
///
/// # Errors
/// If it is missing or damaged.
pub(crate) fn read_metrics(dir: &Path) -> anyhow::Result<Vec<EpochRecord>> {
    let path = dir.join(METRICS_FILE);
    let epochs = parse_metrics(&path.display().to_string(), &files::read_text(&path, MAX_METRICS_BYTES)?);
    epochs.map_err(|error| anyhow!("{error:#}; {}", mended_by(dir)))
}

/// The text of `metrics.jsonl`; `file` names it in errors.
///
/// # Errors
/// If a line is damaged, or not that of the next epoch.
pub(crate) fn parse_metrics(file: &str, text: &str) -> anyhow::Result<Vec<EpochRecord>> {
    let mut epochs: Vec<EpochRecord> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        // The parser sees one line and calls it the first.
        let damaged_line = |error: serde_json::Error| {
            anyhow!(
                "{}: line {}: {}",
                damaged(file),
                at + 1,
                error.to_string().replace(" at line 1 column", " at column")
            )
        };
        let epoch: EpochRecord = serde_json::from_str(line).map_err(damaged_line)?;
        let fits = epoch.epoch == epochs.len() + 1
            && [epoch.accuracy, epoch.train_accuracy].iter().all(|accuracy| (0.0..=1.0).contains(accuracy))
            && epoch.correct <= epoch.total
            && [epoch.rate, epoch.train_seconds, epoch.evaluation_seconds].iter().all(|value| *value >= 0.0);
        ensure!(fits, "{}: line {1} cannot be that of epoch {1}", damaged(file), epochs.len() + 1);
        epochs.push(epoch);
    }
    Ok(epochs)
}

fn damaged(file: &str) -> String {
    format!("{file}: damaged")
}

/// What makes a damaged file of a run again.
fn mended_by(dir: &Path) -> String {
    match dir.join(CHECKPOINT_FILE).exists() {
        true => format!("`{}` goes on from the checkpoint and writes it again", resume_command(dir)),
        false => "there is no checkpoint: the command that began this run begins it again".to_owned(),
    }
}

fn number_or_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}
