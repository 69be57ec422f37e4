//! Weights in files: the model of a run folder, or a safetensors file that a user hands in.

use std::path::Path;

use anyhow::{Context, bail};
use gradbook_engine::model::Model;
use gradbook_engine::network::Network;
use gradbook_export::weights;

use crate::files;
use crate::run_folder::{MODEL_FILE, read_result};
use crate::words::thousands;

/// A file of weights, read.
#[derive(Clone, Debug)]
pub(crate) struct Weights {
    pub(crate) model: Model,
    /// The file as it is.
    pub(crate) bytes: Vec<u8>,
    /// Of the bytes.
    pub(crate) sha256: String,
}

impl Weights {
    /// What is wrong with them if they are those of a training that diverged; `path` names them.
    pub(crate) fn not_numbers(&self, path: &Path) -> Option<String> {
        let values = || self.model.parameters.iter().chain(&self.model.statistics);
        let none = values().filter(|value| !value.is_finite()).count();
        (none > 0).then(|| {
            format!(
                "{}: {} of its {} values are no numbers (NaN or infinite), as a training that diverged leaves them",
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
/// If it cannot be read, is damaged, or a tensor is missing, superfluous, or of another shape or type.
pub(crate) fn read(path: &Path, network: &Network) -> anyhow::Result<Weights> {
    let bytes = files::read(path, weights::largest(network))?;
    let model = weights::read(&bytes, network).with_context(|| path.display().to_string())?;
    Ok(Weights { model, sha256: files::sha256(&bytes), bytes })
}

/// The model of a run folder.
///
/// # Errors
/// As [`read`], and if it is another one than `result.json` says.
pub(crate) fn read_of_run(dir: &Path, network: &Network) -> anyhow::Result<Weights> {
    let file = dir.join(MODEL_FILE);
    let weights = read(&file, network)?;
    if read_result(dir)?.is_some_and(|result| result.model_sha256 != weights.sha256) {
        bail!(
            "{}: this is not the model of result.json, which has another SHA-256: it was changed or damaged; train again with \
             --force, or evaluate it as a model from elsewhere with `gradbook eval --weights`",
            file.display()
        );
    }
    Ok(weights)
}
