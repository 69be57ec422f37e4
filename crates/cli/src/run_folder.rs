//! What a run leaves behind: `run.toml`, `metrics.jsonl`, `result.json`, `model.safetensors`, `report.html` and
//! `curves.svg`; until its end, `checkpoint`; and `init.safetensors`, if it started from given weights.
//!
//! The description is written first, then a line, a model and a checkpoint after every epoch, the result at the end. A
//! run that was killed goes on from its checkpoint. A thread of its own writes.

mod records;

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use gradbook_engine::spec::Spec;

use crate::description::RUN_TABLE;
use crate::files::{self, write_atomically};
use crate::shell::resume_command;
use crate::writer::Writer;

pub(crate) use records::{
    EpochRecord, Record, RunResult, parse_description, parse_metrics, parse_result, read_description, read_metrics,
    read_result,
};

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

/// All files that a run may have; trials have no page and no curves, and the checkpoint is there only until the run is
/// finished.
pub(crate) const RUN_FILES: [&str; 10] = [
    RUN_FILE,
    METRICS_FILE,
    RESULT_FILE,
    MODEL_FILE,
    REPORT_FILE,
    CURVES_FILE,
    CHECKPOINT_FILE,
    INIT_FILE,
    ONNX_FILE,
    PYTORCH_FILE,
];

/// Whether a file of that name in a run folder is the program's own, whole or half-written.
pub(crate) fn is_own(name: &str) -> bool {
    RUN_FILES.contains(&name) || files::is_temporary(name, &RUN_FILES)
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
        remove_all_but(dir, &[RUN_FILE, METRICS_FILE])?;
        metrics.set_len(0).with_context(|| format!("{}: cannot be replaced", dir.join(METRICS_FILE).display()))?;
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
        remove_all_but(dir, &[RUN_FILE, METRICS_FILE, MODEL_FILE, CHECKPOINT_FILE, INIT_FILE])?;
        let replace = || -> std::io::Result<()> {
            metrics.set_len(0)?;
            (&metrics).write_all(lines.as_bytes())
        };
        replace().with_context(|| format!("{}: what a run left there cannot be replaced", dir.display()))?;
        Ok(RunFolder { dir: dir.to_owned(), metrics: Arc::new(metrics), writer: Writer::new() })
    }

    /// Appends a line to the metrics and replaces the model.
    ///
    /// # Errors
    /// If they, or what was to be written before, cannot be written.
    pub(crate) fn epoch(&mut self, epoch: &EpochRecord, model: Vec<u8>) -> anyhow::Result<()> {
        let line = serde_json::to_string(epoch)? + "\n";
        let (metrics, dir) = (Arc::clone(&self.metrics), self.dir.clone());
        let path = dir.join(METRICS_FILE);
        self.writer.write(move || {
            let written = (&*metrics).write_all(line.as_bytes());
            written
                .with_context(|| format!("{}: cannot be written", path.display()))
                .with_context(|| how_to_go_on(&dir))
        })?;
        self.model(model)
    }

    /// Replaces the model.
    ///
    /// # Errors
    /// If it, or what was to be written before, cannot be written.
    pub(crate) fn model(&mut self, model: Vec<u8>) -> anyhow::Result<()> {
        let dir = self.dir.clone();
        self.writer.write(move || write_atomically(&dir.join(MODEL_FILE), &model).with_context(|| how_to_go_on(&dir)))
    }

    /// Replaces the checkpoint.
    ///
    /// # Errors
    /// If it, or what was to be written before, cannot be written; the checkpoint before is still there.
    pub(crate) fn checkpoint(&mut self, checkpoint: Vec<u8>) -> anyhow::Result<()> {
        let dir = self.dir.clone();
        self.writer.write(move || {
            write_atomically(&dir.join(CHECKPOINT_FILE), &checkpoint).with_context(|| how_to_go_on(&dir))
        })
    }

    /// Writes the result, as the last of all files. `keep_checkpoint`: the run can go on.
    ///
    /// # Errors
    /// If it, or what was to be written before, cannot be written.
    pub(crate) fn finish(mut self, result: &RunResult, keep_checkpoint: bool) -> anyhow::Result<()> {
        self.writer.finish()?;
        let text = serde_json::to_string_pretty(result)? + "\n";
        let written = write_atomically(&self.dir.join(RESULT_FILE), text.as_bytes());
        written.with_context(|| how_to_go_on(&self.dir))?;
        let checkpoint = self.dir.join(CHECKPOINT_FILE);
        if !keep_checkpoint && checkpoint.exists() {
            fs::remove_file(&checkpoint).with_context(|| format!("{}: cannot be removed", checkpoint.display()))?;
        }
        Ok(())
    }
}

/// What stands before the error when a file of a training that runs cannot be written.
pub(crate) fn how_to_go_on(dir: &Path) -> String {
    match dir.join(CHECKPOINT_FILE).exists() {
        true => format!(
            "the training has stopped; its last checkpoint is kept: once this can be written, `{}` goes on",
            resume_command(dir)
        ),
        false => "the training has stopped; there is no checkpoint yet to go on from".to_owned(),
    }
}

/// Takes the files of a run away, the result first, and what killed programs were just writing.
fn remove_all_but(dir: &Path, kept: &[&str]) -> anyhow::Result<()> {
    for path in RUN_FILES.iter().filter(|name| !kept.contains(name)).map(|name| dir.join(name)) {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("{}: cannot be replaced", path.display()))?;
            }
            _ => {}
        }
    }
    files::remove_temporaries(dir, &RUN_FILES)
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
