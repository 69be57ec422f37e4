//! `gradbook sheet`: the backpropagation workbook of a small network.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use calamine::{Reader, Xlsx};
use clap::Args;
use gradbook_engine::spec::OptimizerSpec;
use gradbook_engine::trace::Trace;

use crate::files::write_atomically;
use crate::source::Source;
use crate::words::thousands;
use crate::{Outcome, output};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// A shipped name or a TOML file with a [lesson] table
    #[arg(value_name = "NAME|FILE", default_value = "class")]
    source: String,
    /// The file to write [default: NAME.xlsx]
    #[arg(short, long, value_name = "FILE.xlsx")]
    out: Option<PathBuf>,
    /// The learning rate of the explained table, in place of the lesson's
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    rate: Option<f64>,
    /// The number of updates in each table, in place of the lesson's
    #[arg(long, value_name = "N")]
    updates: Option<usize>,
    /// Replaces an existing file
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let mut source = Source::find(&arguments.source)?;
    if let Some(lesson) = &mut source.spec.lesson {
        if let (Some(rate), OptimizerSpec::Sgd { lr, .. } | OptimizerSpec::Adam { lr, .. }) =
            (arguments.rate, &mut lesson.optimizer)
        {
            *lr = rate;
        }
        lesson.updates = arguments.updates.unwrap_or(lesson.updates);
    }
    let out = arguments.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.xlsx", source.name)));
    check_free(&out, arguments.force)?;
    let bytes = workbook(&source)?;
    write_atomically(&out, &bytes)?;
    for line in describe(&out, &bytes)? {
        output::data(&line)?;
    }
    Ok(Outcome::Done)
}

/// The workbook's bytes; the same description gives the same.
pub(crate) fn workbook(source: &Source) -> anyhow::Result<Vec<u8>> {
    let trace = Trace::from_spec(&source.spec).with_context(|| source.origin.clone())?;
    gradbook_workbook::write(&trace, &source.name, gradbook_workbook::Protection::None)
        .with_context(|| source.origin.clone())
}

/// What was written and how to open it.
pub(crate) fn describe(path: &Path, bytes: &[u8]) -> anyhow::Result<[String; 3]> {
    let sheets = Xlsx::new(Cursor::new(bytes))?.sheet_names();
    Ok([
        format!("{}: {} KB", path.display(), thousands(bytes.len().div_ceil(1000))),
        format!("sheets: {}", sheets.join(", ")),
        "Open it with Excel, LibreOffice or Google Sheets; every number is a formula, so change an input and look."
            .to_owned(),
    ])
}

fn check_free(out: &Path, force: bool) -> anyhow::Result<()> {
    let shown = out.display();
    if out.extension().is_none_or(|ending| !ending.eq_ignore_ascii_case("xlsx")) {
        bail!("{shown}: a workbook's name ends in .xlsx; write for example -o lesson.xlsx");
    }
    if out.is_dir() {
        bail!("{shown}: this is a folder; choose another name with -o FILE.xlsx");
    }
    if out.exists() && !force {
        bail!("{shown}: exists already; replace it with --force, or choose another name with -o FILE.xlsx");
    }
    Ok(())
}
