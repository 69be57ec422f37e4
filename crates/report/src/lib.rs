//! Series of trials as tables (Markdown, CSV, HTML) and charts (SVG), runs as pages: plain data in, text out.
//!
//! A [`Series`] holds variants of a recipe, each trained with several seeds. `summary` says what the trials of a
//! variant come to, with [`statistics`]; `results` puts that into rows, which [`markdown`] and [`html`] write; `chart`
//! draws it. A [`ShownRun`] is one training: [`report()`] makes a page of it and of what [`Answers`] its network gives, and
//! [`comparison`] a page of several. Nothing here reads a file, a clock or an environment variable, or prints.
//!
//! A claim is the mean of the last epoch over seeds, never a best epoch or a best seed: those are shown beside it, and
//! named as what they are.
//!
//! It trains nothing, evaluates nothing and knows no run folder: who calls it brings the numbers.
//!
//! ```
//! use gradbook_report::{Series, Trial, Variant, charts, markdown};
//!
//! let trial = |(seed, accuracy)| Trial {
//!     seed,
//!     accuracy,
//!     best_accuracy: accuracy,
//!     seconds: 5.2,
//!     diverged: false,
//!     epochs: Vec::new(),
//! };
//! let variant = Variant {
//!     name: "swift".to_owned(),
//!     parameters: 18_082,
//!     multiply_adds: 530_320,
//!     epochs: 3,
//!     trials: [(1, 0.9941), (2, 0.9946)].map(trial).to_vec(),
//!     published: None,
//! };
//! let series = Series {
//!     title: "Two seeds".to_owned(),
//!     about: String::new(),
//!     protocol: Vec::new(),
//!     command: String::new(),
//!     variants: vec![variant],
//!     published: Vec::new(),
//! };
//! assert!(markdown(&series).contains("| swift | 18,082 | 3 | 2 | 99.435 |"));
//! assert_eq!(charts(&series)[0].title, "Accuracy over seeds");
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod answers;
mod chart;
mod csv;
mod html;
mod markdown;
mod picture;
mod results;
mod run;
pub mod statistics;
mod summary;

pub use answers::Answers;
pub use chart::{charts, run_curves};
pub use csv::csv;
pub use html::{comparison, html, report};
pub use markdown::markdown;
pub use run::{Inside, LayerRow, Maps, Promise, Reached, RunEpoch, RunReport, ShownRun};

use serde::Deserialize;

/// A series of trials, ready to be shown. All texts are plain: they are escaped for the format that they end in.
#[derive(Clone, Debug)]
pub struct Series {
    /// The headline.
    pub title: String,
    /// A line or two for the reader.
    pub about: String,
    /// One sentence a line: what was evaluated, seeds, version. Shown above the table.
    pub protocol: Vec<String>,
    /// The command that makes the series again.
    pub command: String,
    /// In order: the column of differences compares each with the one before.
    pub variants: Vec<Variant>,
    /// Other people's numbers for the chart of accuracy against parameters.
    pub published: Vec<Published>,
}

/// One training recipe of a series, and how it went with each seed; there may be no trial yet.
#[derive(Clone, Debug)]
pub struct Variant {
    /// What it is called in tables and charts.
    pub name: String,
    /// Trained numbers of the network.
    pub parameters: usize,
    /// Of the forward pass of one image.
    pub multiply_adds: usize,
    /// Passes over the training images in each trial.
    pub epochs: usize,
    /// One for each seed.
    pub trials: Vec<Trial>,
    /// What others reported for this variant.
    pub published: Option<PublishedRun>,
}

/// One run of other people, in percent.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedRun {
    /// Of the best epoch.
    pub best: f64,
    /// Of the last epoch.
    pub last: f64,
}

/// The training of a variant with one seed.
#[derive(Clone, Debug)]
pub struct Trial {
    /// What its random numbers come from.
    pub seed: u64,
    /// After the last epoch, a fraction.
    pub accuracy: f64,
    /// The highest of any epoch, a fraction.
    pub best_accuracy: f64,
    /// Of training, without evaluation.
    pub seconds: f64,
    /// Whether its numbers overflowed to infinity or NaN; then its accuracies say nothing about the variant.
    pub diverged: bool,
    /// In the order of training; a training that was given up has fewer than the others.
    pub epochs: Vec<EpochPoint>,
}

/// Where a training stood after an epoch. Losses of a training that diverged may be infinite or not a number.
#[derive(Clone, Copy, Debug)]
pub struct EpochPoint {
    /// From 1.
    pub epoch: usize,
    /// The mean over the epoch.
    pub train_loss: f64,
    /// On the evaluated images.
    pub loss: f64,
    /// On the evaluated images, a fraction.
    pub accuracy: f64,
}

/// Another network, published by other people.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Who or what it is.
    pub name: String,
    /// Trained numbers of the network.
    pub parameters: usize,
    /// In percent.
    pub accuracy: f64,
    /// What the number is, such as "single run, mean of last five epochs".
    pub note: String,
}
