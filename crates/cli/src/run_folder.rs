//! What a run leaves behind: `run.toml`, `metrics.jsonl`, `result.json`, `model.safetensors`, `report.html` and
//! `curves.svg`; until its end, `checkpoint`; and `init.safetensors`, if it started from given weights.
//!
//! The description is written first, then a line, a model and a checkpoint after every epoch, the result at the end. A
//! run that was killed goes on from its checkpoint. A thread of its own writes.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use gradbook_engine::spec::Spec;
use serde::{Deserialize, Deserializer, Serialize};

use crate::description::{self, Description, RUN_TABLE};
use crate::files::{self, write_atomically};
use crate::limits::Stop;
use crate::shell::quoted;
use crate::writer::Writer;

pub(crate) const RUN_FILE: &str = "run.toml";
pub(crate) const METRICS_FILE: &str = "metrics.jsonl";
pub(crate) const RESULT_FILE: &str = "result.json";
pub(crate) const MODEL_FILE: &str = "model.safetensors";
pub(crate) const REPORT_FILE: &str = "report.html";
pub(crate) const CURVES_FILE: &str = "curves.svg";
pub(crate) const CHECKPOINT_FILE: &str = "checkpoint";

/// The weights that the training started from, as they were given.
pub(crate) const INIT_FILE: &str = "init.safetensors";

/// What `gradbook export` makes of the model.
pub(crate) const ONNX_FILE: &str = "model.onnx";
pub(crate) const PYTORCH_FILE: &str = "model.py";

/// All files of a run; trials have no page and no curves, and the last file is there only until the run is finished.
pub(crate) const RUN_FILES: [&str; 7] =
    [RUN_FILE, METRICS_FILE, RESULT_FILE, MODEL_FILE, REPORT_FILE, CURVES_FILE, CHECKPOINT_FILE];

/// Files that a run may have besides.
const MORE_FILES: [&str; 3] = [INIT_FILE, ONNX_FILE, PYTORCH_FILE];

/// Whether a file of that name in a run folder is the program's own, whole or half-written.
pub(crate) fn is_own(name: &str) -> bool {
    [&RUN_FILES[..], &MORE_FILES].iter().any(|own| own.contains(&name) || files::is_temporary(name, own))
}

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

/// A run folder that is being written.
pub(crate) struct RunFolder {
    dir: PathBuf,
    /// Locked until the end.
    metrics: Arc<File>,
    writer: Writer,
}

impl RunFolder {
    /// Makes the folder if need be, takes away the files of an earlier run and what was exported from it, the result
    /// first, and writes the description and the weights that are given to start from.
    ///
    /// # Errors
    /// If that cannot be done, or another process is training there.
    pub(crate) fn create(dir: &Path, spec: &Spec, record: &Record, init: Option<&[u8]>) -> anyhow::Result<RunFolder> {
        fs::create_dir_all(dir).with_context(|| format!("{}: this folder cannot be made", dir.display()))?;
        let metrics = metrics(dir)?;
        // The description is replaced and never missing: it tells that this is a run.
        let replaced = [RESULT_FILE, CHECKPOINT_FILE, MODEL_FILE, REPORT_FILE, CURVES_FILE];
        replaced.iter().chain(&MORE_FILES).try_for_each(|name| remove(dir, name))?;
        metrics.set_len(0).with_context(|| format!("{}: cannot be replaced", dir.join(METRICS_FILE).display()))?;
        files::remove_temporaries(dir, &RUN_FILES)?;
        files::remove_temporaries(dir, &MORE_FILES)?;
        let text = format!(
            "# The whole description of this run; `gradbook train`, `eval` and `show` take its folder.\n{}\n{}",
            toml::to_string(spec)?,
            toml::to_string(&BTreeMap::from([(RUN_TABLE, record)]))?
        );
        write_atomically(&dir.join(RUN_FILE), text.as_bytes())?;
        if let Some(init) = init {
            write_atomically(&dir.join(INIT_FILE), init)?;
        }
        Ok(RunFolder { dir: dir.to_owned(), metrics: Arc::new(metrics), writer: Writer::new() })
    }

    /// Takes up a run that has its description and a checkpoint of these epochs: what it wrote after that is taken away.
    ///
    /// # Errors
    /// If that cannot be done, or another process is training there.
    pub(crate) fn resume(dir: &Path, epochs: &[EpochRecord]) -> anyhow::Result<RunFolder> {
        let metrics = metrics(dir)?;
        let mut lines = String::new();
        for epoch in epochs {
            lines += &(serde_json::to_string(epoch)? + "\n");
        }
        // What was exported will not be that of the model.
        let passed = [RESULT_FILE, REPORT_FILE, CURVES_FILE, ONNX_FILE, PYTORCH_FILE];
        passed.iter().try_for_each(|name| remove(dir, name))?;
        let replace = || -> std::io::Result<()> {
            metrics.set_len(0)?;
            (&metrics).write_all(lines.as_bytes())
        };
        replace().with_context(|| format!("{}: what a run left there cannot be replaced", dir.display()))?;
        files::remove_temporaries(dir, &RUN_FILES)?;
        Ok(RunFolder { dir: dir.to_owned(), metrics: Arc::new(metrics), writer: Writer::new() })
    }

    /// Appends a line to the metrics and replaces the model.
    ///
    /// # Errors
    /// If they, or what was to be written before, cannot be written.
    pub(crate) fn epoch(&mut self, epoch: &EpochRecord, model: Vec<u8>) -> anyhow::Result<()> {
        let line = serde_json::to_string(epoch)? + "\n";
        let (metrics, path) = (Arc::clone(&self.metrics), self.dir.join(METRICS_FILE));
        self.writer.write(move || {
            (&*metrics).write_all(line.as_bytes()).with_context(|| format!("{}: cannot be written", path.display()))
        })?;
        self.model(model)
    }

    /// Replaces the model.
    ///
    /// # Errors
    /// If it, or what was to be written before, cannot be written.
    pub(crate) fn model(&mut self, model: Vec<u8>) -> anyhow::Result<()> {
        let path = self.dir.join(MODEL_FILE);
        self.writer.write(move || write_atomically(&path, &model))
    }

    /// Replaces the checkpoint.
    ///
    /// # Errors
    /// If it, or what was to be written before, cannot be written; the checkpoint before is still there.
    pub(crate) fn checkpoint(&mut self, checkpoint: Vec<u8>) -> anyhow::Result<()> {
        let dir = self.dir.clone();
        self.writer.write(move || {
            let path = dir.join(CHECKPOINT_FILE);
            let kept = match path.exists() {
                true => format!(
                    "the one before is kept: once this can be written, `gradbook train --resume {}` goes on",
                    quoted(&dir)
                ),
                false => "there is none yet to go on from".to_owned(),
            };
            write_atomically(&path, &checkpoint).with_context(|| format!("no checkpoint could be made; {kept}"))
        })
    }

    /// Writes the result, as the last of all files. `keep_checkpoint`: the run can go on.
    ///
    /// # Errors
    /// If it, or what was to be written before, cannot be written.
    pub(crate) fn finish(mut self, result: &RunResult, keep_checkpoint: bool) -> anyhow::Result<()> {
        self.writer.finish()?;
        let text = serde_json::to_string_pretty(result)? + "\n";
        write_atomically(&self.dir.join(RESULT_FILE), text.as_bytes())?;
        let checkpoint = self.dir.join(CHECKPOINT_FILE);
        if !keep_checkpoint && checkpoint.exists() {
            fs::remove_file(&checkpoint).with_context(|| format!("{}: cannot be removed", checkpoint.display()))?;
        }
        Ok(())
    }
}

/// Takes a file away, if it is there.
fn remove(dir: &Path, name: &str) -> anyhow::Result<()> {
    let path = dir.join(name);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{}: cannot be replaced", path.display()))
        }
        _ => Ok(()),
    }
}

/// The file for the metrics, which only one process has; the system lets go of it when that ends, however it ends.
fn metrics(dir: &Path) -> anyhow::Result<File> {
    let path = dir.join(METRICS_FILE);
    let unwritable = || format!("{}: cannot be written", path.display());
    let file = File::options().create(true).append(true).open(&path).with_context(unwritable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("{}: another process is training this run now; wait for it, or choose --out DIR", dir.display())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(unwritable),
    }
}

/// The description of a run folder, and its record if it has one.
///
/// # Errors
/// If the file cannot be read or is damaged.
pub(crate) fn read_description(path: &Path) -> anyhow::Result<(Spec, Option<Record>)> {
    let Description { spec, run } = description::read(path)?;
    let damaged =
        |error: toml::de::Error| anyhow!("{}: [run]: {}", path.display(), description::plain(&error.to_string()));
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
    let text = files::read_text(&path, 1 << 20)?;
    let result = serde_json::from_str(&text)
        .with_context(|| format!("{}: damaged; remove the folder and train again", path.display()))?;
    Ok(Some(result))
}

/// Reads `metrics.jsonl`.
///
/// # Errors
/// If it is missing or damaged.
pub(crate) fn read_metrics(dir: &Path) -> anyhow::Result<Vec<EpochRecord>> {
    let path = dir.join(METRICS_FILE);
    let damaged = || format!("{}: damaged; remove the folder and train again", path.display());
    let text = files::read_text(&path, MAX_METRICS_BYTES)?;
    text.lines().map(|line| serde_json::from_str(line).with_context(damaged)).collect()
}

fn number_or_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}
