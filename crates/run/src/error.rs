//! What can go wrong with a run, from its description to its page.

use thiserror::Error;

use crate::data::DataError;
use crate::description::DescriptionError;
use crate::files::FileError;
use crate::folder::checkpoint::CheckpointError;
use crate::folder::error::{Cause, FolderError};
use crate::folder::weights::WeightsError;
use crate::source::{Source, SourceError};

/// Why a training, a trial or a page failed.
#[derive(Debug, Error)]
pub enum RunError {
    /// A problem with the network or its recipe.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A problem with the text of the description.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// A problem with the images.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A problem with a file outside of any run folder.
    #[error(transparent)]
    File(#[from] FileError),
    /// A problem with the run folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A problem with the run's weights, or with those to start from.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The run cannot resume. `run` holds its folder and its record.
    #[error("{}", chain(problem))]
    Checkpoint {
        /// What was to be trained; its `run` says where and with which settings.
        run: Box<Source>,
        /// What is wrong with its checkpoint.
        problem: CheckpointError,
    },
    /// Network, recipe and images do not fit together, or a number in the recipe is out of range.
    #[error("{origin}: {problem}")]
    Training {
        /// Where the description came from.
        origin: String,
        /// What does not fit.
        problem: gradbook_engine::train::TrainError,
    },
    /// The page of a run can only show images with one channel.
    #[error("the page of a run shows grey images, and these are {0}")]
    NotGrey(gradbook_engine::network::Shape),
    /// The observer failed, for example because of a full disk.
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
