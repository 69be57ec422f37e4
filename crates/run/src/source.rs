//! Where a network comes from: a shipped name, a TOML file, or a run folder.

use std::path::{Path, PathBuf};

use gradbook_engine::network::{Network, SpecError};
use gradbook_engine::spec::{Spec, TrainSpec};
use thiserror::Error;
use toml::{Table, Value};

use crate::description::{self, DescriptionError};
use crate::folder::names::RUN_FILE;
use crate::folder::records::{self, Record};
use crate::words::{plural, thousands};
use crate::{files, machine};

/// Name and text of each shipped network.
const SHIPPED: [(&str, &str); 11] = [
    ("class", include_str!("../networks/class.toml")),
    ("class-01-99", include_str!("../networks/class-01-99.toml")),
    ("mazur", include_str!("../networks/mazur.toml")),
    ("xor", include_str!("../networks/xor.toml")),
    ("regression", include_str!("../networks/regression.toml")),
    ("softmax", include_str!("../networks/softmax.toml")),
    ("baseline", include_str!("../networks/baseline.toml")),
    ("classic", include_str!("../networks/classic.toml")),
    ("swift", include_str!("../networks/swift.toml")),
    ("best", include_str!("../networks/best.toml")),
    ("small", include_str!("../networks/small.toml")),
];

/// More epochs or larger batches than this can only be mistakes.
const MAX_COUNT: usize = 1_000_000;

/// Networks that take more for one image can only be mistakes. Also used where the system does not say how much memory
/// it has.
const MAX_BYTES: f64 = 64e9;

/// How many images the engine evaluates at once.
const EVALUATED_AT_ONCE: usize = 128;

/// Why there is no usable network. `origin` and `argument` say which one was meant.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "each text says it")]
pub enum SourceError {
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// `near` lists similar shipped names.
    #[error(
        "`{argument}`: {problem}; {guess}{shipped}",
        problem = if *.is_path { "no such file or run folder" } else { "no shipped network, file or run folder" },
        guess = did_you_mean(near),
        shipped = shipped_names()
    )]
    Unknown { argument: String, is_path: bool, near: Vec<&'static str> },
    /// A folder that was given as a network.
    #[error("{argument}: this folder is not a run: it has no {RUN_FILE}; {shipped}", shipped = shipped_names())]
    NoNetwork { argument: String },
    /// A folder that was given as a run.
    #[error("{argument}: this folder is not a run: it has no {RUN_FILE}")]
    NoRun { argument: String },
    /// Something else was given as a run.
    #[error(
        "{argument}: {problem}",
        problem = if *.exists { "this is not a folder" } else { "there is no such folder" }
    )]
    NoFolder { argument: String, exists: bool },
    #[error("{file}: the table [run] is missing; train again")]
    NoRecord { file: PathBuf },
    /// The base of a sweep's variant does not exist; `path` was looked for, too.
    #[error("`{argument}`: no shipped network of this name and no file {path}; {shipped}", shipped = shipped_names())]
    UnknownBase { argument: String, path: PathBuf },
    #[error("{origin}: {problem}")]
    Network { origin: String, problem: SpecError },
    #[error("{origin}: train.{key} = {count}: write at most {most}", most = thousands(MAX_COUNT))]
    Count { origin: String, key: &'static str, count: usize },
    #[error(
        "{origin}: this would take about {:.1} GB of memory ({} parameters, {} at once), but {:.1} GB {limit_is}; choose a \
         smaller batch or smaller layers",
        bytes / 1e9,
        thousands(*.parameters),
        plural(*.batch, "image"),
        limit / 1e9
    )]
    Memory { origin: String, bytes: f64, parameters: usize, batch: usize, limit: f64, limit_is: &'static str },
    #[error("{origin}: there is no [train] table, so it cannot be trained on images; add one, or start from `swift`")]
    NoRecipe { origin: String },
}

/// A network description and where it came from.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name for run folders and workbooks.
    pub name: String,
    /// The shipped name or the file, with which errors begin.
    pub origin: String,
    /// What the description says.
    pub spec: Spec,
    /// The run, if it came from one.
    pub run: Option<FoundRun>,
}

/// A finished (or interrupted) run.
#[derive(Clone, Debug)]
pub struct FoundRun {
    /// Its folder.
    pub dir: PathBuf,
    /// What was used besides the description.
    pub record: Record,
}

impl Source {
    /// Finds a shipped network of this name, or else whatever is at this path.
    ///
    /// # Errors
    /// If there is neither, or it is not a description.
    pub fn find(argument: &str) -> Result<Source, SourceError> {
        if let Some((name, text)) = SHIPPED.iter().find(|(name, _)| *name == argument) {
            let spec = description::parse(&format!("shipped network {name}"), text)?.spec;
            return Ok(Source { name: (*name).to_owned(), origin: (*name).to_owned(), spec, run: None });
        }
        let path = Path::new(argument);
        if path.is_dir() {
            let file = path.join(RUN_FILE);
            if !file.exists() {
                return Err(SourceError::NoNetwork { argument: argument.to_owned() });
            }
            return Source::read(&file);
        }
        if path.exists() {
            return Source::read(path);
        }
        let is_path = argument.contains(['/', '\\']) || argument.ends_with(".toml");
        let names = SHIPPED.iter().map(|(name, _)| *name);
        let near = names.filter(|name| strsim::jaro_winkler(name, argument) > 0.75).collect();
        Err(SourceError::Unknown { argument: argument.to_owned(), is_path, near })
    }

    /// Finds the run folder at this path.
    ///
    /// # Errors
    /// If it is not a run folder.
    pub fn find_run(argument: &str) -> Result<(Source, FoundRun), SourceError> {
        let path = Path::new(argument);
        if !path.is_dir() {
            return Err(SourceError::NoFolder { argument: argument.to_owned(), exists: path.exists() });
        }
        let file = path.join(RUN_FILE);
        if !file.exists() {
            return Err(SourceError::NoRun { argument: argument.to_owned() });
        }
        let source = Source::read(&file)?;
        let run = source.run.clone().ok_or(SourceError::NoRecord { file })?;
        Ok((source, run))
    }

    fn read(path: &Path) -> Result<Source, SourceError> {
        let origin = path.display().to_string();
        let (spec, record) = records::read_description(path)?;
        let stem = path.file_stem().map_or(String::new(), |stem| stem.display().to_string());
        let Some(record) = record else { return Ok(Source { name: stem, origin, spec, run: None }) };
        let dir = files::parent(path);
        Ok(Source { name: record.recipe.clone(), origin, spec, run: Some(FoundRun { dir, record }) })
    }

    /// The network, with every shape checked.
    ///
    /// # Errors
    /// If the layers do not fit together, or one of its numbers can only be a mistake.
    pub fn network(&self) -> Result<Network, SourceError> {
        let network = Network::new(&self.spec)
            .map_err(|problem| SourceError::Network { origin: self.origin.clone(), problem })?;
        if let Some(TrainSpec { epochs, batch, augment, .. }) = &self.spec.train {
            let counts =
                [("epochs", epochs), ("batch", batch), ("augment.plain_last_epochs", &augment.plain_last_epochs)];
            if let Some((key, count)) = counts.into_iter().find(|(_, count)| **count > MAX_COUNT) {
                return Err(SourceError::Count { origin: self.origin.clone(), key, count: *count });
            }
        }
        // Above this, its values could not even be counted.
        self.check_bytes(&network, 1, MAX_BYTES, "are the most that a network can have")?;
        Ok(network)
    }

    /// Refuses what would not fit into memory, before the system kills the program for it.
    ///
    /// # Errors
    /// If batches of this many images take more memory than there is.
    pub fn check_memory(&self, network: &Network, batch: usize) -> Result<(), SourceError> {
        let available = machine::available_bytes().map_or(MAX_BYTES, |bytes| bytes as f64);
        self.check_bytes(network, batch.max(EVALUATED_AT_ONCE), available, "are available")
    }

    fn check_bytes(
        &self,
        network: &Network,
        batch: usize,
        limit: f64,
        limit_is: &'static str,
    ) -> Result<(), SourceError> {
        let (bytes, parameters) = (training_bytes(network, batch), network.parameters());
        if bytes > limit {
            let origin = self.origin.clone();
            return Err(SourceError::Memory { origin, bytes, parameters, batch, limit, limit_is });
        }
        Ok(())
    }

    /// Replaces the number of epochs.
    ///
    /// # Errors
    /// Those of [`Source::train_spec`].
    pub fn set_epochs(&mut self, epochs: usize) -> Result<(), SourceError> {
        let train_spec = TrainSpec { epochs, ..self.train_spec()?.clone() };
        self.spec.train = Some(train_spec);
        Ok(())
    }

    /// How to train it.
    ///
    /// # Errors
    /// If the description does not say.
    pub fn train_spec(&self) -> Result<&TrainSpec, SourceError> {
        self.spec.train.as_ref().ok_or_else(|| SourceError::NoRecipe { origin: self.origin.clone() })
    }
}

/// A description as a table that can be changed: of a shipped network, or of the file at this path, relative to the
/// folder `beside`.
///
/// # Errors
/// If there is neither, or it is not TOML.
pub(crate) fn table(argument: &str, beside: &Path) -> Result<Value, SourceError> {
    let text = match SHIPPED.iter().find(|(name, _)| *name == argument) {
        Some((_, text)) => (*text).to_owned(),
        None => {
            let path = beside.join(argument);
            if !path.exists() {
                return Err(SourceError::UnknownBase { argument: argument.to_owned(), path });
            }
            description::read_text(&path).map_err(DescriptionError::from)?
        }
    };
    let table: Table = toml::from_str(&text).map_err(|error| description::toml_error(argument, &error))?;
    Ok(Value::Table(table))
}

/// Roughly the memory of a training: values and gradients of each sample in a batch; parameters, gradients and moments;
/// and a gradient for every eight samples. In floating point, because a description can hold any number.
fn training_bytes(network: &Network, batch: usize) -> f64 {
    let batch = batch as f64;
    let values: f64 = network.nodes.iter().map(|node| node.output.len() as f64).sum();
    4.0 * (2.0 * batch * values + (4.0 + batch / 8.0) * network.parameters() as f64)
}

/// Every shipped network.
pub fn shipped() -> Result<Vec<Source>, SourceError> {
    SHIPPED.iter().map(|(name, _)| Source::find(name)).collect()
}

fn did_you_mean(near: &[&str]) -> String {
    let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    if near.is_empty() { String::new() } else { format!("did you mean {}? ", near.join(" or ")) }
}

fn shipped_names() -> String {
    let names: Vec<_> = SHIPPED.iter().map(|(name, _)| *name).collect();
    format!("shipped are {}", names.join(", "))
}
