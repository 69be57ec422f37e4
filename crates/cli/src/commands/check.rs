//! `gradbook check`: what is wrong in somebody's backpropagation sheet.

use std::path::{Path, PathBuf};

use clap::Args;
use gradbook_workbook::check::{self, Detail, Options, Verdict};

use crate::{Outcome, files, output};

/// Larger files are refused before they are read.
const MAX_BYTES: u64 = 64 << 20;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Workbooks (.xlsx, .xlsm), or folders of them
    #[arg(value_name = "FILE|DIR", required = true)]
    files: Vec<PathBuf>,
    /// Results as JSON, a line a workbook
    #[arg(long)]
    json: bool,
    /// Names the cell and the kind of each mistake, but not the answer
    #[arg(long)]
    hint: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let mut worst = Verdict::Right;
    for path in &arguments.files {
        let verdict = one(path, arguments)?;
        if verdict != Verdict::Right {
            worst = verdict;
        }
    }
    Ok(Outcome::Checked(worst))
}

fn one(path: &Path, arguments: &Arguments) -> anyhow::Result<Verdict> {
    let file = path.display().to_string();
    let bytes = files::read(path, MAX_BYTES)?;
    let report = check::check(&bytes, &Options::default()).map_err(|error| anyhow::anyhow!("{file}: {error}"))?;
    if arguments.json {
        output::json(&report)?;
    } else {
        let detail = if arguments.hint { Detail::Hints } else { Detail::Everything };
        output::data(&check::text(&file, &report, detail))?;
    }
    Ok(report.verdict())
}
