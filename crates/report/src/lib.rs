//! Series of trials as tables (Markdown, CSV, HTML) and charts (SVG), runs as pages: plain data in, text out.
//!
//! A [`Series`] holds variants of a recipe, each trained with several seeds. [`summary`] says what the trials of a
//! variant come to, with [`statistics`]; [`results`] puts that into rows, which [`markdown`] and [`html`] write; [`chart`]
//! draws it. A [`Run`] is one training: [`report()`] makes a page of it and of what [`Answers`] its network gives, and
//! [`comparison`] a page of several. Nothing here reads a file, a clock or an environment variable, or prints.
//!
//! A claim is the mean of the last epoch over seeds, never a best epoch or a best seed: those are shown beside it, and
//! named as what they are.

#![forbid(unsafe_code)]

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
pub use run::{Inside, LayerRow, Maps, Promise, Reached, Report, Run, RunEpoch};

use serde::Deserialize;

/// A series of trials, ready to be shown. All texts are plain: they are escaped for the format that they end in.
#[derive(Clone, Debug)]
pub struct Series {
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
    pub name: String,
    /// Trained numbers of the network.
    pub parameters: usize,
    /// Of the forward pass of one image.
    pub multiply_adds: usize,
    pub epochs: usize,
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
    pub seed: u64,
    /// After the last epoch, a fraction.
    pub accuracy: f64,
    /// The highest of any epoch, a fraction.
    pub best_accuracy: f64,
    pub seconds: f64,
    /// Whether its numbers grew until they were none; then its accuracies say nothing about the variant.
    pub diverged: bool,
    /// In the order of training; a training that was given up has fewer than the others.
    pub epochs: Vec<EpochPoint>,
}

/// Where a training stood after an epoch. Losses of a training that diverged may be infinite or not a number.
#[derive(Clone, Copy, Debug)]
pub struct EpochPoint {
    /// From 1.
    pub epoch: usize,
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
    pub name: String,
    pub parameters: usize,
    /// In percent.
    pub accuracy: f64,
    /// What the number is, such as "single run, mean of last five epochs".
    pub note: String,
}
