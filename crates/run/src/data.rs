//! The images to train on and the images to evaluate.

use std::path::{Path, PathBuf};

use gradbook_engine::data::Dataset;
use thiserror::Error;

use crate::files;
use crate::words::thousands;

/// How many training images [`Evaluation::HeldOut`] keeps for evaluation.
pub const HELD_OUT: usize = 5_000;

/// How many training images are built in.
const MNIST_TRAIN: usize = 60_000;

/// The name of the built-in images in run folders.
const MNIST: &str = "mnist";

/// Why images cannot be had.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "each text says it")]
pub enum DataError {
    #[error("{dir}: no such data folder")]
    NoFolder { dir: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Files(#[from] gradbook_data::Error),
    #[error(
        "{held_out} images are to be kept for evaluation, but {data} has only {images} training images",
        held_out = thousands(HELD_OUT),
        images = thousands(*.images)
    )]
    TooFew { data: String, images: usize },
}

/// Where images come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataSource {
    /// The built-in images.
    Mnist,
    /// A folder of four IDX files, as an absolute path.
    Folder(PathBuf),
}

/// The images that an accuracy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evaluation {
    /// The test images: for claims, when nothing is left to choose.
    Test,
    /// The last [`HELD_OUT`] training images, which are then not trained on: for choosing.
    HeldOut,
}

impl Evaluation {
    /// The images that a run's `holdout` means.
    pub fn of(holdout: bool) -> Evaluation {
        if holdout { Evaluation::HeldOut } else { Evaluation::Test }
    }

    /// `test images` or `held-out training images`.
    pub fn words(self) -> &'static str {
        match self {
            Evaluation::Test => "test images",
            Evaluation::HeldOut => "held-out training images",
        }
    }
}

impl DataSource {
    /// The images that were asked for; otherwise those of a run's record; otherwise MNIST.
    ///
    /// # Errors
    /// If the folder does not exist.
    pub fn new(asked: Option<&Path>, recorded: Option<&str>) -> Result<DataSource, DataError> {
        let dir = match (asked, recorded) {
            (Some(dir), _) => dir,
            (None, None | Some(MNIST)) => return Ok(DataSource::Mnist),
            (None, Some(dir)) => Path::new(dir),
        };
        // Absolute, so that a run folder can be evaluated from anywhere.
        let absolute =
            std::fs::canonicalize(dir).map_err(|source| DataError::NoFolder { dir: dir.to_owned(), source })?;
        Ok(DataSource::Folder(absolute))
    }

    /// The name that a run folder records.
    pub fn name(&self) -> String {
        match self {
            DataSource::Mnist => MNIST.to_owned(),
            DataSource::Folder(dir) => dir.display().to_string(),
        }
    }

    /// The SHA-256 of the folder's content; `None` for the built-in images, which are always the same.
    ///
    /// # Errors
    /// If files are missing or damaged.
    pub fn sha256(&self) -> Result<Option<String>, DataError> {
        let DataSource::Folder(dir) = self else { return Ok(None) };
        let gradbook_data::Splits { train, test } = gradbook_data::load(dir)?;
        let mut content = Vec::new();
        for set in [&train, &test] {
            let (_, height, width) = set.shape.dimensions();
            content.extend(format!("{height} {width} {} ", set.len()).into_bytes());
            content.extend(set.bytes().into_iter().flatten().chain(&set.labels));
        }
        Ok(Some(files::sha256(&content)))
    }

    /// Images to train on, images to evaluate.
    ///
    /// # Errors
    /// If files are damaged or there are too few images to hold some out.
    pub fn load(&self, evaluation: Evaluation) -> Result<(Dataset, Dataset), DataError> {
        let splits = match self {
            DataSource::Mnist => gradbook_data::mnist()?,
            DataSource::Folder(dir) => gradbook_data::load(dir)?,
        };
        match evaluation {
            Evaluation::Test => Ok((splits.train, splits.test)),
            Evaluation::HeldOut if splits.train.len() <= HELD_OUT => {
                Err(DataError::TooFew { data: self.name(), images: splits.train.len() })
            }
            Evaluation::HeldOut => Ok(splits.train.split_last(HELD_OUT)),
        }
    }

    /// Only the images to evaluate.
    ///
    /// # Errors
    /// Those of [`DataSource::load`].
    pub fn load_evaluation(&self, evaluation: Evaluation) -> Result<Dataset, DataError> {
        match (self, evaluation) {
            (DataSource::Mnist, Evaluation::Test) => Ok(gradbook_data::mnist_test()?),
            _ => Ok(self.load(evaluation)?.1),
        }
    }
}

/// How many images are trained on, without reading them; known only if `data`, as a run folder records it, is built in.
pub fn train_images(data: &str, evaluation: Evaluation) -> Option<usize> {
    let held_out = if evaluation == Evaluation::HeldOut { HELD_OUT } else { 0 };
    (data == MNIST).then_some(MNIST_TRAIN - held_out)
}
