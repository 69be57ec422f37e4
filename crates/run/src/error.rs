//! What can go wrong with a run, from its description to its page.

use thiserror::Error;

use crate::data::DataError;
use crate::description::DescriptionError;
use crate::files::FileError;
use crate::folder::checkpoint::CheckpointError;
use crate::folder::error::{Cause, FolderError};
use crate::folder::weights::WeightsError;
use crate::source::{Source, SourceError};

/// Why a training, a trial or a page came to nothing.
#[derive(Debug, Error)]
pub enum RunError {
    /// The network or its recipe.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The text of the description.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// The images.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A file that belongs to no run folder.
    #[error(transparent)]
    File(#[from] FileError),
    /// The run folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The weights in it, or those to start from.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The run cannot go on. `run` is what could not, with its folder and its record.
    #[error("{}", chain(problem))]
    Checkpoint {
        /// What is to be trained; the `run` in it says where, with what.
        run: Box<Source>,
        /// What is wrong with its checkpoint.
        problem: CheckpointError,
    },
    /// Network, recipe and images do not fit together, or a number of the recipe cannot work.
    #[error("{origin}: {problem}")]
    Training {
        /// Where the description came from.
        origin: String,
        /// What does not fit.
        problem: gradbook_engine::train::TrainError,
    },
    /// The page of a run shows images with one channel.
    #[error("the page of a run shows grey images, and these are {0}")]
    NotGrey(gradbook_engine::network::Shape),
    /// The observer could not go on, as on a full disk.
    #[error(transparent)]
    Observer(Cause),
}

/// The error and its causes in one line, outermost first.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}
