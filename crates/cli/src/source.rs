//! The one argument that all commands share: a shipped name, a TOML file, or a run folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use gradbook_engine::network::Network;
use gradbook_engine::spec::{Spec, TrainSpec};
use toml::{Table, Value};

use crate::description;
use crate::run_folder::{self, RUN_FILE, Record};
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

/// More epochs, or larger batches, than this are mistakes.
const MAX_COUNT: usize = 1_000_000;

/// Networks that take more for one image are mistakes. Stands for the memory where the system does not tell its own.
const MAX_BYTES: f64 = 64e9;

/// How many images the engine evaluates at once.
const EVALUATED_AT_ONCE: usize = 128;

/// A network description and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Names run folders and workbooks.
    pub(crate) name: String,
    /// Stands before errors: the shipped name or the file.
    pub(crate) origin: String,
    pub(crate) spec: Spec,
    /// If it came from a run.
    pub(crate) run: Option<Run>,
}

/// A finished (or interrupted) run.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) dir: PathBuf,
    pub(crate) record: Record,
}

impl Source {
    /// A shipped name first, then whatever lies at that path.
    ///
    /// # Errors
    /// If there is neither, or it is no description.
    pub(crate) fn find(argument: &str) -> anyhow::Result<Source> {
        if let Some((name, text)) = SHIPPED.iter().find(|(name, _)| *name == argument) {
            let spec = description::parse(&format!("shipped network {name}"), text)?.spec;
            return Ok(Source { name: (*name).to_owned(), origin: (*name).to_owned(), spec, run: None });
        }
        let path = Path::new(argument);
        if path.is_dir() {
            let file = path.join(RUN_FILE);
            if !file.exists() {
                bail!("{argument}: this folder is no run, because it has no {RUN_FILE}; {}", shipped_names());
            }
            return Source::read(&file);
        }
        if path.exists() {
            return Source::read(path);
        }
        let is_path = argument.contains(['/', '\\']) || argument.ends_with(".toml");
        let problem = if is_path { "no such file or run folder" } else { "no shipped network, file or run folder" };
        let near = SHIPPED.iter().map(|(name, _)| *name).filter(|name| strsim::jaro_winkler(name, argument) > 0.75);
        let near: Vec<String> = near.map(|name| format!("`{name}`")).collect();
        match near.as_slice() {
            [] => bail!("`{argument}`: {problem}; {}", shipped_names()),
            near => bail!("`{argument}`: {problem}; did you mean {}? {}", near.join(" or "), shipped_names()),
        }
    }

    /// The run folder of that path.
    ///
    /// # Errors
    /// If it is none.
    pub(crate) fn find_run(argument: &str) -> anyhow::Result<(Source, Run)> {
        let path = Path::new(argument);
        if !path.is_dir() {
            let problem = if path.exists() { "this is no folder" } else { "there is no such folder" };
            bail!("{argument}: {problem}; give the folder that `gradbook train` wrote, such as runs/swift-seed1");
        }
        let file = path.join(RUN_FILE);
        if !file.exists() {
            bail!("{argument}: this folder is no run, because it has no {RUN_FILE}; `gradbook train` writes one");
        }
        let source = Source::read(&file)?;
        let run = source.run.clone();
        let run = run.with_context(|| format!("{}: the table [run] is missing; train again", file.display()))?;
        Ok((source, run))
    }

    fn read(path: &Path) -> anyhow::Result<Source> {
        let origin = path.display().to_string();
        let (spec, record) = run_folder::read_description(path)?;
        let stem = path.file_stem().map_or(String::new(), |stem| stem.display().to_string());
        let Some(record) = record else { return Ok(Source { name: stem, origin, spec, run: None }) };
        let dir = files::parent(path);
        Ok(Source { name: record.recipe.clone(), origin, spec, run: Some(Run { dir, record }) })
    }

    /// The network, with every shape checked.
    ///
    /// # Errors
    /// If the layers do not fit together, or a number of it can only be a mistake.
    pub(crate) fn network(&self) -> anyhow::Result<Network> {
        let network = Network::new(&self.spec).with_context(|| self.origin.clone())?;
        if let Some(TrainSpec { epochs, batch, augment, .. }) = &self.spec.train {
            let counts =
                [("epochs", epochs), ("batch", batch), ("augment.plain_last_epochs", &augment.plain_last_epochs)];
            if let Some((key, count)) = counts.into_iter().find(|(_, count)| **count > MAX_COUNT) {
                bail!("{}: train.{key} = {count}: write at most {}", self.origin, thousands(MAX_COUNT));
            }
        }
        // Above this, its numbers could not even be counted.
        self.check_bytes(&network, 1, MAX_BYTES, "are the most that a network can have")?;
        Ok(network)
    }

    /// Refuses what would not fit in memory, before the system ends the program for it.
    ///
    /// # Errors
    /// If batches of so many images take more than there is.
    pub(crate) fn check_memory(&self, network: &Network, batch: usize) -> anyhow::Result<()> {
        let available = machine::available_bytes().map_or(MAX_BYTES, |bytes| bytes as f64);
        self.check_bytes(network, batch.max(EVALUATED_AT_ONCE), available, "are available")
    }

    fn check_bytes(&self, network: &Network, batch: usize, limit: f64, limit_is: &str) -> anyhow::Result<()> {
        let bytes = training_bytes(network, batch);
        if bytes > limit {
            bail!(
                "{}: this would take about {:.1} GB of memory ({} parameters, {} at once), but {:.1} GB {limit_is}; \
                 choose a smaller batch or smaller layers",
                self.origin,
                bytes / 1e9,
                thousands(network.parameters()),
                plural(batch, "image"),
                limit / 1e9,
            );
        }
        Ok(())
    }

    /// Replaces the number of epochs.
    ///
    /// # Errors
    /// Those of [`Source::train_spec`].
    pub(crate) fn set_epochs(&mut self, epochs: usize) -> anyhow::Result<()> {
        let train_spec = TrainSpec { epochs, ..self.train_spec()?.clone() };
        self.spec.train = Some(train_spec);
        Ok(())
    }

    /// How to train it.
    ///
    /// # Errors
    /// If the description does not say.
    pub(crate) fn train_spec(&self) -> anyhow::Result<&TrainSpec> {
        self.spec.train.as_ref().with_context(|| {
            format!(
                "{}: there is no [train] table, so it cannot be trained on images; add one, or start from `swift`",
                self.origin
            )
        })
    }
}

/// The words of a description, to be changed: those of a shipped network, or of the file at that path from the folder
/// `beside`.
///
/// # Errors
/// If there is neither, or it is no TOML.
pub(crate) fn table(argument: &str, beside: &Path) -> anyhow::Result<Value> {
    let text = match SHIPPED.iter().find(|(name, _)| *name == argument) {
        Some((_, text)) => (*text).to_owned(),
        None => {
            let path = beside.join(argument);
            if !path.exists() {
                bail!("`{argument}`: no shipped network and no file {}; {}", path.display(), shipped_names());
            }
            description::read_text(&path)?
        }
    };
    let table: Table =
        toml::from_str(&text).map_err(|error| anyhow!("{argument}: {}", description::plain(&error.to_string())))?;
    Ok(Value::Table(table))
}

/// Roughly what a training needs: values and gradients of each sample of a batch; parameters, gradients and moments,
/// and the gradients of each eight samples. In floating point, because a description can hold any number.
fn training_bytes(network: &Network, batch: usize) -> f64 {
    let batch = batch as f64;
    let values: f64 = network.nodes.iter().map(|node| node.output.len() as f64).sum();
    4.0 * (2.0 * batch * values + (4.0 + batch / 8.0) * network.parameters() as f64)
}

/// Every shipped network.
pub(crate) fn shipped() -> anyhow::Result<Vec<Source>> {
    SHIPPED.iter().map(|(name, _)| Source::find(name)).collect()
}

fn shipped_names() -> String {
    let names: Vec<_> = SHIPPED.iter().map(|(name, _)| *name).collect();
    format!("shipped are {}", names.join(", "))
}
