//! What can be wrong with a run folder.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::description::DescriptionError;
use crate::files::FileError;

/// Whatever an [observer](crate::observer::Observer) fails with.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a run folder cannot be used, read or written.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "each text says it; `dir` is the folder")]
pub enum FolderError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// There is a file where the run's folder should be.
    #[error("{dir}: this is a file, but a run needs a folder")]
    NoFolder { dir: PathBuf },
    /// The folder for the run holds something else; `entry` is the name of one such thing.
    #[error("{dir}: this folder holds something that is not a run ({entry})")]
    NoRun { dir: PathBuf, entry: String },
    /// The folder for the run holds another run.
    #[error("{dir}: there is another run already, {difference}")]
    OtherRun { dir: PathBuf, difference: String },
    #[error("{dir}: another process is training this run now")]
    Locked { dir: PathBuf },
    #[error("{dir}: what a run left there cannot be replaced")]
    Leftovers { dir: PathBuf, source: io::Error },
    /// A file of the run could not be written. `kept`: there is a checkpoint to resume from.
    #[error(
        "the training has stopped; {}",
        if *.kept { "its last checkpoint is kept" } else { "there is no checkpoint yet to resume from" }
    )]
    Stopped { dir: PathBuf, kept: bool, source: Cause },
    /// A damaged file. `kept`: there is a checkpoint, and resuming from it writes the file again.
    #[error("{damaged}")]
    Damaged { dir: PathBuf, kept: bool, damaged: Damaged },
}

/// A file of records that no training can have written.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{file}: damaged: {problem}")]
pub struct Damaged {
    /// Its name.
    pub file: String,
    /// What is wrong, and in which line.
    pub problem: String,
}
