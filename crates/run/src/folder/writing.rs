//! Writing a run folder: the description first, then a line, a model and a checkpoint after every epoch, the result at
//! the end. A run that was killed resumes from its checkpoint. A separate thread does the writing.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gradbook_engine::spec::Spec;

use crate::description::{RUN_TABLE, to_toml};
use crate::files::{self, FileError, make_folder, write_atomically};
use crate::folder::error::{Cause, FolderError};
use crate::folder::names::{CHECKPOINT_FILE, INIT_FILE, METRICS_FILE, MODEL_FILE, RESULT_FILE, RUN_FILE, RUN_FILES};
use crate::folder::records::{EpochRecord, Record, RunResult, line};
use crate::folder::writer::Writer;

/// A run folder that is being written.
pub(crate) struct RunFolder {
    dir: PathBuf,
    /// Locked until the end.
    metrics: Arc<File>,
    writer: Writer,
}

impl RunFolder {
    /// Creates the folder if need be, removes the files of an earlier run and its exports, the result
    /// first, and writes the description and the weights that are given to start from.
    ///
    /// # Errors
    /// If that cannot be done, or another process is training there.
    pub(crate) fn create(
        dir: &Path,
        spec: &Spec,
        record: &Record,
        init: Option<&[u8]>,
    ) -> Result<RunFolder, FolderError> {
        make_folder(dir)?;
        let metrics = metrics(dir)?;
        // The description is replaced but never missing, because it marks the folder as a run.
        remove_all_but(dir, &[RUN_FILE, METRICS_FILE])?;
        metrics.set_len(0).map_err(|source| FileError::Replace { path: dir.join(METRICS_FILE), source })?;
        let text = format!(
            "# The whole description of this run; `gradbook train`, `eval` and `show` take its folder.\n{}\n{}",
            to_toml(spec)?,
            to_toml(&BTreeMap::from([(RUN_TABLE, record)]))?
        );
        write_atomically(&dir.join(RUN_FILE), text.as_bytes())?;
        if let Some(init) = init {
            write_atomically(&dir.join(INIT_FILE), init)?;
        }
        Ok(RunFolder { dir: dir.to_owned(), metrics: Arc::new(metrics), writer: Writer::new() })
    }

    /// Resumes a run that has its description and a checkpoint of these epochs: whatever it wrote after that is
    /// removed.
    ///
    /// # Errors
    /// If that cannot be done, or another process is training there.
    pub(crate) fn resume(dir: &Path, epochs: &[EpochRecord]) -> Result<RunFolder, FolderError> {
        let metrics = metrics(dir)?;
        let lines: String = epochs.iter().map(line).collect();
        // Exported files will no longer match the model.
        remove_all_but(dir, &[RUN_FILE, METRICS_FILE, MODEL_FILE, CHECKPOINT_FILE, INIT_FILE])?;
        let replace = || -> std::io::Result<()> {
            metrics.set_len(0)?;
            (&metrics).write_all(lines.as_bytes())
        };
        replace().map_err(|source| FolderError::Leftovers { dir: dir.to_owned(), source })?;
        Ok(RunFolder { dir: dir.to_owned(), metrics: Arc::new(metrics), writer: Writer::new() })
    }

    /// Appends a line to the metrics and replaces the model.
    ///
    /// # Errors
    /// If they, or something handed over earlier, cannot be written.
    pub(crate) fn epoch(&mut self, epoch: &EpochRecord, model: Vec<u8>) -> Result<(), FolderError> {
        let line = line(epoch);
        let (metrics, dir) = (Arc::clone(&self.metrics), self.dir.clone());
        let path = dir.join(METRICS_FILE);
        self.writer.write(move || {
            let written = (&*metrics).write_all(line.as_bytes());
            written.map_err(|source| stopped(&dir, FileError::Write { path, source }))
        })?;
        self.model(model)
    }

    /// Replaces the model.
    ///
    /// # Errors
    /// If it, or what was to be written before, cannot be written.
    pub(crate) fn model(&mut self, model: Vec<u8>) -> Result<(), FolderError> {
        let dir = self.dir.clone();
        let write = move || write_atomically(&dir.join(MODEL_FILE), &model).map_err(|error| stopped(&dir, error));
        self.writer.write(write)
    }

    /// Replaces the checkpoint.
    ///
    /// # Errors
    /// If it, or something handed over earlier, cannot be written; then the previous checkpoint is still there.
    pub(crate) fn checkpoint(&mut self, checkpoint: Vec<u8>) -> Result<(), FolderError> {
        let dir = self.dir.clone();
        let path = dir.join(CHECKPOINT_FILE);
        self.writer.write(move || write_atomically(&path, &checkpoint).map_err(|error| stopped(&dir, error)))
    }

    /// Writes the result, as the last of all files. `keep_checkpoint`: the run can resume.
    ///
    /// # Errors
    /// If it, or what was to be written before, cannot be written.
    pub(crate) fn finish(mut self, result: &RunResult, keep_checkpoint: bool) -> Result<(), FolderError> {
        self.writer.finish()?;
        let text = serde_json::to_string_pretty(result).expect("numbers and words") + "\n";
        let written = write_atomically(&self.dir.join(RESULT_FILE), text.as_bytes());
        written.map_err(|error| stopped(&self.dir, error))?;
        let checkpoint = self.dir.join(CHECKPOINT_FILE);
        if !keep_checkpoint && checkpoint.exists() {
            fs::remove_file(&checkpoint).map_err(|source| FileError::Remove { path: checkpoint, source })?;
        }
        Ok(())
    }
}

/// The error that a training ended because a file of the run could not be written, and whether it can resume.
pub(crate) fn stopped(dir: &Path, cause: impl Into<Cause>) -> FolderError {
    FolderError::Stopped { dir: dir.to_owned(), kept: dir.join(CHECKPOINT_FILE).exists(), source: cause.into() }
}

/// Removes the files of a run, the result first, and the temporary files of killed programs.
fn remove_all_but(dir: &Path, kept: &[&str]) -> Result<(), FolderError> {
    for path in RUN_FILES.iter().filter(|name| !kept.contains(name)).map(|name| dir.join(name)) {
        match fs::remove_file(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => Err(FileError::Replace { path, source })?,
            _ => {}
        }
    }
    Ok(files::remove_temporaries(dir, &RUN_FILES)?)
}

/// Opens and locks the file of the metrics for this process; the system unlocks it when the process ends, however it
/// ends.
fn metrics(dir: &Path) -> Result<File, FolderError> {
    let path = dir.join(METRICS_FILE);
    let unwritable = |source| FileError::Write { path: path.clone(), source };
    let file = File::options().create(true).append(true).open(&path).map_err(unwritable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(FolderError::Locked { dir: dir.to_owned() }),
        Err(TryLockError::Error(error)) => Err(unwritable(error).into()),
    }
}
