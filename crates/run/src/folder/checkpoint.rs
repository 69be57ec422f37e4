//! The state of a training in a file: enough to resume it later and end with the bits of one that was never stopped.
//!
//! ```text
//! gradbook checkpoint 1
//! SHA-256 of all that follows, in hexadecimal
//! a safetensors file: parameters, statistics, m, v (f32, each one-dimensional); in its metadata `training`, the JSON
//! of a `Header`
//! ```

use std::collections::HashMap;
use std::path::Path;

use gradbook_engine::Score;
use gradbook_engine::model::Model;
use gradbook_engine::network::Network;
use gradbook_engine::optimizer::Optimizer;
use gradbook_engine::spec::TrainSpec;
use gradbook_engine::train::{Epoch, History, State};
use gradbook_export::weights;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::files::{self, FileError, sha256};
use crate::folder::error::Cause;

/// Why a training cannot resume from a file.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "each text says it; `file` is the checkpoint")]
pub enum CheckpointError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{file}: this is not a checkpoint of this program, or it is damaged")]
    NoCheckpoint { file: String },
    #[error("{file}: this checkpoint is damaged")]
    Damaged { file: String, source: Option<Cause> },
    #[error(
        "{file}: this checkpoint belongs to another training (other description, seed, data, precision or version)"
    )]
    OtherTraining { file: String },
}

const MAGIC: &[u8] = b"gradbook checkpoint 1\n";
/// Length of the SHA-256 in hexadecimal with its line end.
const DIGEST_BYTES: usize = 65;
const TENSORS: [&str; 4] = ["parameters", "statistics", "m", "v"];
const METADATA: &str = "training";

/// A state of a training, and how long it took to get there.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Everything that a training step changes.
    pub state: State,
    /// The time it took.
    pub seconds: Seconds,
}

/// Time that a training has taken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
    /// Training and evaluation of each finished epoch.
    pub epochs: Vec<[f64; 2]>,
    /// Training of the epoch that has begun.
    pub running: f64,
    /// The total, including reading the images.
    pub wall: f64,
}

#[derive(Serialize, Deserialize)]
struct Header {
    /// [`fingerprint`](crate::place::fingerprint): which training this is.
    fingerprint: String,
    step: u64,
    batches_tracked: u64,
    history: History,
    running: Epoch,
    seconds: Seconds,
}

/// The content of the file.
pub fn to_bytes(fingerprint: &str, state: &State, seconds: Seconds) -> Vec<u8> {
    let State { model, optimizer, step, history, running } = state;
    let header = Header {
        fingerprint: fingerprint.to_owned(),
        step: *step,
        batches_tracked: model.batches_tracked,
        history: history.clone(),
        running: running.clone(),
        seconds,
    };
    let metadata = HashMap::from([(METADATA.to_owned(), serde_json::to_string(&header).expect("numbers and words"))]);
    let (m, v) = optimizer.moments();
    let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let values = [&model.parameters[..], &model.statistics, m, v].map(bytes);
    let view = |bytes| TensorView::new(Dtype::F32, vec![<[u8]>::len(bytes) / 4], bytes).expect("four bytes a value");
    let views = TENSORS.iter().zip(&values).map(|(name, bytes)| (name, view(bytes)));
    sealed(&safetensors::serialize(views, Some(metadata)).expect("tensors of one dimension"))
}

/// A file with these tensors; [`opened`] is the way back.
pub fn sealed(tensors: &[u8]) -> Vec<u8> {
    [MAGIC, sha256(tensors).as_bytes(), b"\n", tensors].concat()
}

/// The SHA-256, with its line's end, and the tensors.
pub fn opened(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    bytes.strip_prefix(MAGIC)?.split_at_checked(DIGEST_BYTES)
}

/// What a checkpoint must belong to.
#[derive(Clone, Copy)]
pub struct Of<'o> {
    /// [`fingerprint`](crate::place::fingerprint): which training this is.
    pub fingerprint: &'o str,
    /// The network that is trained.
    pub network: &'o Network,
    /// The recipe.
    pub spec: &'o TrainSpec,
    /// How many images it trains on.
    pub train_images: usize,
}

/// Reads a checkpoint.
///
/// # Errors
/// If it cannot be read, and those of [`parse`].
pub fn read(path: &Path, of: Of<'_>) -> Result<Checkpoint, CheckpointError> {
    // Four values per parameter, the statistics, and generous room for the epochs.
    let expected = 4 * (3 * of.network.parameters() + of.network.statistics_len()) as u64;
    parse(&path.display().to_string(), &files::read(path, 2 * expected + (1 << 30))?, of)
}

/// Reads the bytes of a checkpoint; `file` names it in errors.
///
/// # Errors
/// If a byte of it has changed, or it belongs to another training.
pub fn parse(
    file: &str,
    bytes: &[u8],
    Of { fingerprint, network, spec, train_images }: Of<'_>,
) -> Result<Checkpoint, CheckpointError> {
    let damaged = |source: Option<Cause>| CheckpointError::Damaged { file: file.to_owned(), source };
    let Some((digest, tensors)) = opened(bytes) else {
        return Err(CheckpointError::NoCheckpoint { file: file.to_owned() });
    };
    if digest != format!("{}\n", sha256(tensors)).as_bytes() {
        return Err(damaged(None));
    }
    let (_, metadata) = SafeTensors::read_metadata(tensors).map_err(|error| damaged(Some(error.into())))?;
    let header = metadata.metadata().as_ref().and_then(|metadata| metadata.get(METADATA));
    let header = header.ok_or_else(|| damaged(None))?;
    let header: Header = serde_json::from_str(header).map_err(|error| damaged(Some(error.into())))?;
    if header.fingerprint != fingerprint {
        return Err(CheckpointError::OtherTraining { file: file.to_owned() });
    }

    let tensors = SafeTensors::deserialize(tensors).map_err(|error| damaged(Some(error.into())))?;
    let mut values = Vec::new();
    for name in TENSORS {
        let view = tensors.tensor(name).map_err(|error| damaged(Some(error.into())))?;
        if view.dtype() != Dtype::F32 {
            return Err(damaged(None));
        }
        values.push(view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect());
    }
    let [parameters, statistics, m, v] = <[Vec<f32>; 4]>::try_from(values).expect("as many as names");
    let Header { step, batches_tracked, history, running, seconds, .. } = header;
    let steps_per_epoch = train_images.div_ceil(spec.batch);
    let begun = step.checked_sub((history.epochs.len() * steps_per_epoch) as u64);
    let fits = parameters.len() == network.parameters()
        && statistics.len() == network.statistics_len()
        && begun.is_some_and(|begun| begun <= steps_per_epoch as u64)
        && seconds.epochs.len() == history.epochs.len()
        && batches_tracked <= weights::LARGEST_COUNT
        && history.epochs.iter().chain([&running]).all(|epoch| is_possible(&epoch.train, train_images));
    if !fits {
        return Err(damaged(None));
    }
    let optimizer = Optimizer::resumed(&spec.optimizer, parameters.len(), (m, v), step);
    let optimizer = optimizer.map_err(|error| damaged(Some(error.into())))?;
    let model = Model { parameters, statistics, batches_tracked };
    Ok(Checkpoint { state: State { model, optimizer, step, history, running }, seconds })
}

/// Whether an epoch can have seen this many images: later additions to these numbers must not overflow.
fn is_possible(score: &Score, images: usize) -> bool {
    score.correct <= score.samples && score.samples <= images
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    #[test]
    fn a_checkpoint_is_read_as_it_was_written_and_no_byte_of_it_can_change_unseen() {
        let source = Source::find("small").unwrap();
        let (network, spec) = (source.network().unwrap(), source.train_spec().unwrap());
        let mut state = State::new(spec, Model::new(&network, &source.spec.init, 3)).unwrap();
        let epoch = Epoch { epoch: 1, rate: 0.1 + 0.2, ..Epoch::default() };
        (state.step, state.history.epochs, state.running.rate) = (12, vec![epoch], 1.0 / 3.0);
        let optimizer = &spec.optimizer;
        let moments = || (0..network.parameters()).map(|at| at as f32 / 7.0).collect::<Vec<f32>>();
        let (m, v) = state.optimizer.moments();
        let moments = (moments()[..m.len()].to_vec(), moments()[..v.len()].to_vec());
        state.optimizer = Optimizer::resumed(optimizer, network.parameters(), moments, 12).unwrap();
        let seconds = Seconds { epochs: vec![[1.0, 0.1]], running: 0.7, wall: 2.0 };
        let bytes = to_bytes("this one", &state, seconds.clone());

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("checkpoint");
        let read_back = |bytes: &[u8], fingerprint: &str| {
            std::fs::write(&path, bytes).unwrap();
            read(&path, Of { fingerprint, network: &network, spec, train_images: 10 * spec.batch })
        };
        assert_eq!(read_back(&bytes, "this one").unwrap(), Checkpoint { state, seconds });
        let message = read_back(&bytes, "another one").unwrap_err().to_string();
        assert!(message.contains("to another training"), "{message}");
        // Every byte at the beginning, then some throughout the file; and every kind of truncation.
        for at in (0..200).chain((200..bytes.len()).step_by(997)) {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            assert!(read_back(&changed, "this one").is_err(), "byte {at}");
            assert!(read_back(&bytes[..at], "this one").is_err(), "cut at {at}");
        }
    }
}
