//! Which images are trained on, and which are evaluated.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use gradbook_engine::data::Dataset;

use crate::files;
use crate::words::thousands;

/// How many training images `--holdout` keeps for evaluation.
const HELD_OUT: usize = 5_000;

/// Training images that are built in.
const MNIST_TRAIN: usize = 60_000;

/// What a run folder calls the built-in images.
const MNIST: &str = "mnist";

#[derive(Args, Clone, Debug, Default)]
pub(crate) struct DataArguments {
    /// A folder of four IDX files (raw or .gz) to use in place of MNIST
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// For choosing: evaluate on the last 5,000 training images, which are not trained on, in place of the test images
    #[arg(long)]
    pub(crate) holdout: bool,
}

/// Where images come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Mnist,
    Folder(PathBuf),
}

/// The images that an accuracy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evaluation {
    Test,
    HeldOut,
}

impl Evaluation {
    pub(crate) fn of(holdout: bool) -> Evaluation {
        if holdout { Evaluation::HeldOut } else { Evaluation::Test }
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Evaluation::Test => "test images",
            Evaluation::HeldOut => "held-out training images",
        }
    }
}

impl Source {
    /// What the arguments say; otherwise what a run's record says; otherwise MNIST.
    ///
    /// # Errors
    /// If the folder does not exist.
    pub(crate) fn new(argument: Option<&Path>, recorded: Option<&str>) -> anyhow::Result<Source> {
        let dir = match (argument, recorded) {
            (Some(dir), _) => dir,
            (None, None | Some(MNIST)) => return Ok(Source::Mnist),
            (None, Some(dir)) => Path::new(dir),
        };
        // Absolute, so that a run folder can be evaluated from anywhere.
        let absolute = std::fs::canonicalize(dir)
            .with_context(|| format!("{}: no such data folder; give one with --data DIR", dir.display()))?;
        Ok(Source::Folder(absolute))
    }

    /// As a run folder records it.
    pub(crate) fn name(&self) -> String {
        match self {
            Source::Mnist => MNIST.to_owned(),
            Source::Folder(dir) => dir.display().to_string(),
        }
    }

    /// Of the content of a folder; `None` for what is built in and always the same.
    ///
    /// # Errors
    /// If files are missing or damaged.
    pub(crate) fn sha256(&self) -> anyhow::Result<Option<String>> {
        let Source::Folder(dir) = self else { return Ok(None) };
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
    pub(crate) fn load(&self, evaluation: Evaluation) -> anyhow::Result<(Dataset, Dataset)> {
        let splits = match self {
            Source::Mnist => gradbook_data::mnist()?,
            Source::Folder(dir) => gradbook_data::load(dir)?,
        };
        match evaluation {
            Evaluation::Test => Ok((splits.train, splits.test)),
            Evaluation::HeldOut if splits.train.len() <= HELD_OUT => bail!(
                "--holdout keeps {} images for evaluation, but {} has only {} training images; leave --holdout out",
                thousands(HELD_OUT),
                self.name(),
                thousands(splits.train.len()),
            ),
            Evaluation::HeldOut => Ok(splits.train.split_last(HELD_OUT)),
        }
    }

    /// The images to evaluate alone.
    ///
    /// # Errors
    /// Those of [`Source::load`].
    pub(crate) fn load_evaluation(&self, evaluation: Evaluation) -> anyhow::Result<Dataset> {
        match (self, evaluation) {
            (Source::Mnist, Evaluation::Test) => Ok(gradbook_data::mnist_test()?),
            _ => Ok(self.load(evaluation)?.1),
        }
    }
}

/// How many images are trained on, without reading them, if `data`, as a run folder records it, is what is built in.
pub(crate) fn train_images(data: &str, evaluation: Evaluation) -> Option<usize> {
    let held_out = if evaluation == Evaluation::HeldOut { HELD_OUT } else { 0 };
    (data == MNIST).then_some(MNIST_TRAIN - held_out)
}
