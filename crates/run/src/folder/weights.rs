//! Weights in files: the model of a run folder, or a safetensors file that a user supplies.

use std::path::{Path, PathBuf};

use gradbook_engine::model::Model;
use gradbook_engine::network::Network;
use gradbook_export::weights;
use thiserror::Error;

use crate::files::{self, FileError};
use crate::folder::error::FolderError;
use crate::folder::names::MODEL_FILE;
use crate::folder::records::read_result;
use crate::words::thousands;

/// Why weights cannot be read.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "each text says it; `file` is that of the weights")]
pub enum WeightsError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// They are not the network's.
    #[error("{file}: {problem}", file = .file.display())]
    Tensors { file: PathBuf, problem: weights::WeightsError },
    /// In a run folder.
    #[error(
        "{file}: this is not the model of result.json, which has another SHA-256: it was changed or damaged",
        file = .file.display()
    )]
    OtherModel { file: PathBuf },
}

/// The content of a file of weights.
#[derive(Clone, Debug)]
pub struct Weights {
    /// The weights as a network takes them.
    pub model: Model,
    /// The bytes of the file.
    pub bytes: Vec<u8>,
    /// The SHA-256 of the bytes.
    pub sha256: String,
}

impl Weights {
    /// What is wrong with the weights if they come from a training that diverged; `path` names them.
    pub fn not_numbers(&self, path: &Path) -> Option<String> {
        let values = || self.model.parameters.iter().chain(&self.model.statistics);
        let none = values().filter(|value| !value.is_finite()).count();
        (none > 0).then(|| {
            format!(
                "{}: {} of its {} values are NaN or infinite, as a training that diverged leaves them",
                path.display(),
                thousands(none),
                thousands(values().count())
            )
        })
    }
}

/// Reads a file whose tensors must be those of `network`.
///
/// # Errors
/// If it cannot be read, is damaged, or a tensor is missing, superfluous, or of the wrong shape or type.
pub fn read(path: &Path, network: &Network) -> Result<Weights, WeightsError> {
    let bytes = files::read(path, weights::largest(network))?;
    let model =
        weights::read(&bytes, network).map_err(|problem| WeightsError::Tensors { file: path.to_owned(), problem })?;
    Ok(Weights { model, sha256: files::sha256(&bytes), bytes })
}

/// The model of a run folder.
///
/// # Errors
/// As [`read`], and if it is not the one that `result.json` names.
pub fn read_of_run(dir: &Path, network: &Network) -> Result<Weights, WeightsError> {
    let file = dir.join(MODEL_FILE);
    let weights = read(&file, network)?;
    if read_result(dir)?.is_some_and(|result| result.model_sha256 != weights.sha256) {
        return Err(WeightsError::OtherModel { file });
    }
    Ok(weights)
}
