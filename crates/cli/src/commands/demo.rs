//! `gradbook demo`: a workbook and a trained network, in seconds, in a folder of its own.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::bail;
use clap::Args;
use gradbook_engine::kernels::{Isa, Precision};
use gradbook_run::data::{DataSource, Evaluation};
use gradbook_run::files::{self, make_folder, sha256, write_atomically};
use gradbook_run::folder::names::{REPORT_FILE, is_own};
use gradbook_run::limits::Limits;
use gradbook_run::machine;
use gradbook_run::source::Source;
use gradbook_run::trials::{CHECKPOINT_EVERY, Conditions, Trial};
use gradbook_workbook::Protection;

use crate::commands::{sheet, train};
use crate::outcome::Outcome;
use crate::output::{self, Print};

/// The lesson, and the file that it becomes.
const LESSON: &str = "class";
const WORKBOOK: &str = "class.xlsx";

/// Holds the SHA-256 of the workbook as it was written: one that has changed since belongs to its user.
const SEAL: &str = "class.xlsx.sha256";

/// A recipe that takes seconds.
const RECIPE: &str = "swift";
const RUN: &str = "run";

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The folder to write; a second demo refreshes it
    #[arg(long, value_name = "DIR", default_value = "demo")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let out = &arguments.out;
    let lesson = Source::find(LESSON)?;
    let workbook = sheet::workbook(&lesson, Protection::None)?;
    check_own(out, &workbook.bytes)?;
    make_folder(out)?;
    files::remove_temporaries(out, &[WORKBOOK, SEAL])?;

    output::data("1. The backpropagation of a small network, as a live workbook")?;
    let path = out.join(WORKBOOK);
    write_atomically(&path, &workbook.bytes)?;
    write_atomically(&out.join(SEAL), seal(&workbook.bytes).as_bytes())?;
    for line in workbook.describe(&path) {
        output::data(&format!("   {line}"))?;
    }

    output::data(&format!("\n2. A network that reads digits: the recipe {RECIPE}"))?;
    let source = Source::find(RECIPE)?;
    let network = source.network()?;
    let conditions = Conditions {
        data: DataSource::Mnist,
        data_sha256: None,
        evaluation: Evaluation::Test,
        isa: Isa::best(),
        precision: Precision::F32,
        limits: Limits::default(),
        checkpoint_every: CHECKPOINT_EVERY,
        init: None,
        force: true,
    };
    let trial = Trial { source: &source, network: &network, seed: 1, out: out.join(RUN) };
    if train::one(&trial, &conditions, machine::default_threads(), Instant::now(), Print::Words)?
        == Outcome::Interrupted
    {
        return Ok(Outcome::Interrupted);
    }
    output::data(&format!(
        "\nOpen {} and {}. Then try:\n  gradbook check {}   finds the one sheet in it that is wrong on purpose\n  \
         gradbook sheet class --blank w5..w8   the same as an exercise\n  gradbook train --seeds 10             how far {RECIPE} \
         spreads over seeds\n  gradbook train classic                the network of the exercise, 20 epochs\n  gradbook \
         eval {}                this model again\n  gradbook show                         every shipped network",
        path.display(),
        trial.out.join(REPORT_FILE).display(),
        path.display(),
        trial.out.display()
    ))?;
    Ok(Outcome::Done)
}

/// A line of `sha256sum`.
fn seal(workbook: &[u8]) -> String {
    format!("{}  {WORKBOOK}\n", sha256(workbook))
}

/// Refuses a folder in which anything differs from what a demo wrote: a workbook may hold somebody's changes.
fn check_own(out: &Path, workbook: &[u8]) -> anyhow::Result<()> {
    if !out.exists() {
        return Ok(());
    }
    let refuse = |path: &Path, problem: &str| -> anyhow::Result<()> {
        bail!("{}: {problem}; move it away, or choose another folder with --out DIR", path.display())
    };
    if !out.is_dir() {
        return refuse(out, "this is a file, but the demo needs a folder");
    }
    for name in files::entries(out)? {
        let path = out.join(&name);
        match name.as_str() {
            WORKBOOK if path.is_file() => {
                let found = files::read(&path, 1 << 28)?;
                let sealed = files::read(&out.join(SEAL), 1 << 10).is_ok_and(|bytes| bytes == seal(&found).as_bytes());
                if !sealed && found != workbook {
                    refuse(&path, "this workbook has been changed since a demo wrote it")?;
                }
            }
            SEAL if path.is_file() => {}
            name if files::is_temporary(name, &[WORKBOOK, SEAL]) && path.is_file() => {}
            RUN if path.is_dir() => {
                if let Some(name) = files::entries(&path)?.into_iter().find(|name| !is_own(name)) {
                    refuse(&path.join(name), "no demo wrote this")?;
                }
            }
            _ => refuse(&path, "no demo wrote this")?,
        }
    }
    Ok(())
}
