//! `gradbook sheet`: the backpropagation workbook of a small network, or the same lesson as a page.

mod exercise;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use gradbook_lesson::Lesson;
use gradbook_run::files::write_atomically;
use gradbook_run::source::Source;
use gradbook_run::words::thousands;
use gradbook_workbook::Protection;

use crate::lesson_options::LessonOptions;
use crate::outcome::Outcome;
use crate::output;

const FILE: &str = "File";

const MORE: &str = "\
With --layers, anything not given is drawn at random or takes the usual value: sigmoid, squared_error, trained biases, one sample.

Examples:
  gradbook sheet --layers 3-4-2
  gradbook sheet --layers 2-3-1 --activations tanh --x 0,0,0,1,1,0,1,1 --t 0,1,1,0 --optimizer momentum
  gradbook sheet --layers 2-4-3 --activations relu --loss cross_entropy --rate 0.1 --seed 7
  gradbook sheet mazur --bias on --rates 0.1,1,10

Exercises:
  gradbook sheet class --blank w5..w8 --seed 3
  gradbook sheet class --blank all --names class-list.txt -o exercises";

#[derive(Args, Debug)]
#[command(after_help = MORE)]
pub(crate) struct Arguments {
    /// A shipped name or a TOML file with a [lesson] table; the options change it
    #[arg(value_name = "NAME|FILE", default_value = "class", conflicts_with = "layers")]
    source: String,
    #[command(flatten)]
    lesson: LessonOptions,
    #[command(flatten)]
    exercise: exercise::Options,
    /// The file to write, a workbook or (.html) a page to read; for several exercises the folder [default: NAME.xlsx,
    /// with --layers network-2-3-1.xlsx]
    #[arg(short, long, value_name = "FILE.xlsx|FILE.html", help_heading = FILE)]
    out: Option<PathBuf>,
    /// Locks the workbook's formulas, without a password; inputs stay open
    #[arg(long, help_heading = FILE)]
    protect: bool,
    /// Opens the file afterwards with the system's program for it
    #[arg(long, help_heading = FILE)]
    open: bool,
    /// Replaces an existing file
    #[arg(long, help_heading = FILE)]
    force: bool,
}

/// The form in which a lesson is written, chosen by the ending of the file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Xlsx,
    Html,
}

impl Format {
    fn of(out: &Path) -> anyhow::Result<Format> {
        let ending = out.extension().map(|ending| ending.to_ascii_lowercase().display().to_string());
        match ending.as_deref() {
            Some("xlsx") => Ok(Format::Xlsx),
            Some("html") => Ok(Format::Html),
            _ => bail!(
                "{}: a workbook's name ends in .xlsx, a page's in .html; write for example -o lesson.xlsx",
                out.display()
            ),
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    if let Some(blanks) = &arguments.exercise.blank {
        return exercise::run(arguments, blanks);
    }
    let options = &arguments.lesson;
    let source = options.source(&arguments.source)?;
    let out = arguments.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.xlsx", source.name)));
    let format = Format::of(&out)?;
    check_free(&out, arguments.force)?;
    let protection = if arguments.protect { Protection::Formulas } else { Protection::None };
    let written = match format {
        Format::Xlsx => {
            workbook(&source, protection).map(|workbook| (workbook.describe(&out).to_vec(), workbook.bytes))
        }
        Format::Html if arguments.protect => bail!("--protect: a page has no formulas to lock; write a .xlsx file"),
        Format::Html => page(&source).map(|bytes| {
            let open = "Open it with a browser; it needs no internet connection.".to_owned();
            (vec![size(&out, &bytes), open], bytes)
        }),
    };
    let (lines, bytes) = written.map_err(|error| options.name_option(&source.origin, error))?;
    write_atomically(&out, &bytes)?;
    for line in lines {
        output::data(&line)?;
    }
    if let Some(line) = source.spec.lesson.as_ref().and_then(|lesson| options.drawn(lesson)) {
        output::data(&line)?;
    }
    if arguments.open {
        open_with_system(&out);
    }
    Ok(Outcome::Done)
}

/// A workbook's bytes, and the names of its sheets.
pub(crate) struct Workbook {
    pub(crate) bytes: Vec<u8>,
    sheets: Vec<String>,
}

impl Workbook {
    /// What was written and how to open it.
    pub(crate) fn describe(&self, path: &Path) -> [String; 3] {
        [
            size(path, &self.bytes),
            format!("sheets: {}", self.sheets.join(", ")),
            "Open it with Excel, LibreOffice or Google Sheets; every result is a formula, so change an input and look."
                .to_owned(),
        ]
    }
}

/// The workbook of a described lesson; the same description gives the same bytes.
pub(crate) fn workbook(source: &Source, protection: Protection) -> anyhow::Result<Workbook> {
    let lesson = Lesson::from_spec(&source.name, &source.spec).with_context(|| source.origin.clone())?;
    let bytes = gradbook_workbook::write(&lesson, protection).with_context(|| source.origin.clone())?;
    Ok(Workbook { bytes, sheets: gradbook_workbook::sheets(&lesson) })
}

/// The page's bytes.
fn page(source: &Source) -> anyhow::Result<Vec<u8>> {
    let lesson = Lesson::from_spec(&source.name, &source.spec).with_context(|| source.origin.clone())?;
    Ok(gradbook_workbook::page(&lesson).into_bytes())
}

fn size(path: &Path, bytes: &[u8]) -> String {
    format!("{}: {} KB", path.display(), thousands(bytes.len().div_ceil(1000)))
}

fn check_free(out: &Path, force: bool) -> anyhow::Result<()> {
    let shown = out.display();
    if out.is_dir() {
        bail!("{shown}: this is a folder; choose another name with -o FILE");
    }
    if out.exists() && !force {
        bail!("{shown}: already exists; replace it with --force, or choose another name with -o FILE");
    }
    Ok(())
}

/// Opens the file. It is written, so failing to show it is not an error.
fn open_with_system(out: &Path) {
    let path = std::path::absolute(out).unwrap_or_else(|_| out.to_owned());
    if let Err(error) = open::that(&path) {
        output::talk(&format!("{}: written, but it could not be opened ({error}); open it yourself", path.display()));
    }
}
