//! Everything that `cargo xtask bench` measured: the file from which the tables of `docs/benchmarks.md` are made.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::output;

const FOLDER: &str = "benchmarks/record";

#[derive(Serialize, Deserialize)]
pub(crate) struct Record {
    /// The day, in UTC, on which the measurement ended, as in 2026-11-22.
    pub(crate) date: String,
    pub(crate) cpu: Cpu,
    /// The version of each program.
    pub(crate) versions: BTreeMap<String, String>,
    /// The wanted number of alternations of each comparison.
    pub(crate) alternations: usize,
    pub(crate) scouting: Vec<Scouted>,
    pub(crate) comparisons: Vec<Comparison>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Cpu {
    pub(crate) model: String,
    pub(crate) cores: usize,
    /// Its vector instructions.
    pub(crate) features: Vec<String>,
}

/// One run of PyTorch in one mode, from which the mode that is compared was chosen.
#[derive(Serialize, Deserialize)]
pub(crate) struct Scouted {
    pub(crate) network: String,
    pub(crate) precision: String,
    pub(crate) mode: String,
    pub(crate) command: String,
    /// What the program printed.
    pub(crate) printed: Option<Value>,
    /// What it said instead.
    pub(crate) failure: Option<String>,
}

/// Two programs at the same work, in turns.
#[derive(Serialize, Deserialize)]
pub(crate) struct Comparison {
    pub(crate) subject: Subject,
    pub(crate) network: String,
    /// `f32` or `bf16`.
    pub(crate) precision: String,
    pub(crate) our_command: String,
    pub(crate) their_command: String,
    /// Why there is nothing to compare, if that is so.
    pub(crate) unavailable: Option<String>,
    /// In the order in which they were made.
    pub(crate) alternations: Vec<Alternation>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Subject {
    Training,
    Inference,
    /// gradbook on two threads and on one.
    Scaling,
    /// Whole trainings with evaluations.
    Recipe,
}

/// gradbook, then the other program: what each printed.
#[derive(Serialize, Deserialize)]
pub(crate) struct Alternation {
    pub(crate) ours: Value,
    pub(crate) theirs: Value,
    /// Whether the machine kept its speed (`drift.rs`); the others are recorded but not counted.
    pub(crate) steady: bool,
}

impl Comparison {
    pub(crate) fn steady(&self) -> impl Iterator<Item = &Alternation> {
        self.alternations.iter().filter(|alternation| alternation.steady)
    }

    /// The key of the times that are compared.
    pub(crate) fn seconds(&self) -> &'static str {
        match self.subject {
            Subject::Training | Subject::Scaling => "seconds_per_epoch",
            Subject::Inference | Subject::Recipe => "seconds",
        }
    }
}

impl Record {
    /// Writes `benchmarks/record/<date>-<cpu><ending>.json`; replaces a measurement of the same day.
    pub(crate) fn write(&self, ending: &str) -> Result<PathBuf> {
        let words = self.cpu.model.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let cpu = words.map(str::to_lowercase).collect::<Vec<_>>().join("-");
        let path = Path::new(FOLDER).join(format!("{}-{cpu}{ending}.json", self.date));
        fs::create_dir_all(FOLDER).with_context(|| format!("making {FOLDER}"))?;
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        Ok(path)
    }

    pub(crate) fn read(path: &Path) -> Result<Record> {
        let text = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is no record of `cargo xtask bench`", path.display()))
    }
}

/// Today in UTC.
pub(crate) fn today() -> Result<String> {
    Ok(output(Command::new("date").args(["-u", "+%Y-%m-%d"]))?.trim().to_owned())
}

/// This machine, as far as Linux tells.
pub(crate) fn cpu() -> Cpu {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find(|line| line.split(':').next().is_some_and(|key| key.trim() == name));
        line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned())
    };
    let flags = field("flags").unwrap_or_default();
    let is_vector = |flag: &&str| *flag == "fma" || flag.starts_with("avx") || flag.starts_with("amx");
    Cpu {
        model: field("model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        features: flags.split_whitespace().filter(is_vector).map(str::to_owned).collect(),
    }
}

/// gradbook with the commit it was built from, the compiler, and all programs whose output includes their version.
pub(crate) fn versions<'v>(
    gradbook: &Path,
    printed: impl Iterator<Item = &'v Value>,
) -> Result<BTreeMap<String, String>> {
    let commit = output(Command::new("git").args(["describe", "--always", "--dirty"]))?;
    let gradbook = output(Command::new(gradbook).arg("--version"))?;
    let mut versions = BTreeMap::from([
        ("gradbook".to_owned(), format!("{} ({})", gradbook.trim().trim_start_matches("gradbook "), commit.trim())),
        (
            "rustc".to_owned(),
            output(Command::new("rustc").arg("--version"))?.trim().trim_start_matches("rustc ").into(),
        ),
    ]);
    for value in printed {
        if let (Some(program), Some(version)) = (value["program"].as_str(), value["version"].as_str()) {
            versions.insert(program.to_owned(), version.to_owned());
        }
    }
    Ok(versions)
}
