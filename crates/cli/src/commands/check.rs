//! `gradbook check`: what is wrong in somebody's backpropagation sheet, or in those of a whole class.

mod in_order;
mod submissions;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::Args;
use gradbook_check::{Detail, Entry, Options, Report, Verdict};
use gradbook_run::files::{self, write_atomically};
use in_order::in_order;
use serde::Serialize;
use submissions::Submission;

use crate::output;

const CLASS_PAGE: &str = "class.html";
const CLASS_TABLE: &str = "class.csv";

const MORE: &str = "\
A table needs names above its columns (or left of its rows): i1, w1, h1, a_h1, o1, a_o1, t1, E1, E, dE/dw1, in most
spellings. The sheet itself shows the network, its activations, its loss and the learning rate.

Exit codes; for several workbooks, the first of 1, 2 and 3 that applies to any of them:
  0  right
  1  something is wrong
  2  a file cannot be read or written, or the arguments are wrong
  3  nothing could be judged

Examples:
  gradbook check mine.xlsx
  gradbook check mine.xlsx --hint
  gradbook check submissions/ --out marks/
  gradbook check monday/ tuesday/ late.xlsx --out marks/";

#[derive(Args, Debug)]
#[command(after_help = MORE)]
pub(crate) struct Arguments {
    /// Workbooks (.xlsx, .xlsm) and folders of them
    #[arg(value_name = "FILE|DIR", required = true)]
    files: Vec<PathBuf>,
    /// Names the cells and the kind of each mistake, but not the answer
    #[arg(long)]
    hint: bool,
    /// Results as JSON, one line per workbook
    #[arg(long)]
    json: bool,
    /// For one workbook: also writes the result as a page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// For folders or several workbooks: where class.csv, class.html and a page per workbook go [default: for one folder
    /// DIR-checked beside it; otherwise nothing is written]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The network, if the sheet does not show it: the number of inputs, then of units in each layer, such as 2-2-2
    #[arg(long, value_name = "N-N-N", value_parser = layout)]
    net: Option<Layout>,
    /// The targets, if the sheet does not name them: one for each output, such as 0.01,0.99
    #[arg(long, value_name = "T,T", value_delimiter = ',', allow_negative_numbers = true)]
    targets: Option<Vec<f64>>,
}

/// Numbers of inputs and of units of each layer.
#[derive(Clone, Debug)]
struct Layout(Vec<usize>);

/// `2-2-2`.
fn layout(text: &str) -> Result<Layout, String> {
    let widths: Option<Vec<usize>> = text.split('-').map(|part| part.parse().ok().filter(|width| *width > 0)).collect();
    let widths = widths.filter(|widths| widths.len() > 1);
    widths.map(Layout).ok_or_else(|| "write numbers such as 2-3-1".to_owned())
}

/// What a check came to, from the best to the worst: of several workbooks the worst counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Found {
    Right,
    /// There was nothing that could be judged.
    NotJudged,
    /// A file could not be read, or a page not written; it has been said which. Or the arguments are wrong.
    Failed,
    Wrong,
}

impl Found {
    fn of(report: &Report) -> Found {
        match report.verdict() {
            Verdict::Right => Found::Right,
            Verdict::Wrong => Found::Wrong,
            Verdict::Partly | Verdict::Nothing => Found::NotJudged,
        }
    }

    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Found::Right => 0,
            Found::Wrong => 1,
            Found::Failed => 2,
            Found::NotJudged => 3,
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Found {
    checked(arguments).unwrap_or_else(|error| {
        output::complain(&format!("error: {}", crate::errors::message(&error)));
        Found::Failed
    })
}

fn checked(arguments: &Arguments) -> anyhow::Result<Found> {
    let given = arguments.files.as_slice();
    let is_class = given.len() > 1 || given[0].is_dir();
    if let Some(html) = &arguments.html {
        ensure!(!is_class, "--html: this is for one workbook; several get a page each in --out DIR");
        ensure!(
            html.as_os_str() != "-",
            "--html -: the page is written to a file, standard output has the result in words; write --html result.html"
        );
    }
    ensure!(
        is_class || arguments.out.is_none(),
        "--out: this is for folders and several workbooks; for one workbook write --html FILE"
    );
    let submissions = submissions::list(given)?;
    if let [Submission { name, problem: Some(problem), .. }] = submissions.as_slice() {
        bail!("{name}: {problem}");
    }
    let out = match given {
        [dir] if is_class && arguments.out.is_none() => Some(beside(dir)?),
        _ => arguments.out.clone(),
    };
    if let Some(out) = &out {
        fs::create_dir_all(out).with_context(|| format!("{}: cannot be made", out.display()))?;
    }
    let (mut found, mut entries) = (Found::Right, Vec::new());
    let work = |number: usize| {
        let submission = &submissions[number];
        // Somebody's broken file must not end the others' check, whatever it does to a library that reads it.
        catch_unwind(AssertUnwindSafe(|| one(number, submission, out.as_deref(), arguments))).unwrap_or_else(|_| {
            let error = "reading it failed unexpectedly; please report this file";
            (Entry { file: submission.name.clone(), page: None, outcome: Err(error.to_owned()) }, Ok(()))
        })
    };
    in_order(submissions.len(), work, |(entry, written): (Entry, anyhow::Result<()>)| {
        let own = entry.outcome.as_ref().map_or(Found::Failed, Found::of);
        found = found.max(own);
        if let Err(error) = written {
            output::complain(&format!("error: {error:#}"));
            found = found.max(Found::Failed);
        }
        tell(&entry, out.is_some(), arguments)?;
        entries.push(entry);
        Ok(())
    })?;
    if let Some(out) = &out {
        let title = given.iter().map(|path| path.file_name().unwrap_or(path.as_os_str()).display().to_string());
        let page = gradbook_check::class_page(&title.collect::<Vec<_>>().join(", "), &entries);
        write_atomically(&out.join(CLASS_TABLE), gradbook_check::csv(&entries).as_bytes())?;
        write_atomically(&out.join(CLASS_PAGE), page.as_bytes())?;
        if !arguments.json {
            output::data(&format!("\n{}", gradbook_check::summary(&entries)))?;
        }
        output::talk(&format!("{}: {CLASS_PAGE}, {CLASS_TABLE}, a page for each workbook", out.display()));
    }
    Ok(found)
}

/// Judges a workbook and writes its page, before any other can do harm.
fn one(
    number: usize,
    submission: &Submission,
    out: Option<&Path>,
    arguments: &Arguments,
) -> (Entry, anyhow::Result<()>) {
    let outcome = match &submission.problem {
        Some(problem) => Err(problem.clone()),
        None => judge(&submission.path, arguments),
    };
    let mut entry = Entry { file: submission.name.clone(), page: None, outcome };
    let page = out.map(|_| page_name(number + 1, &submission.name));
    let path = match (out, &page) {
        (Some(out), Some(page)) => Some(out.join(page)),
        _ => arguments.html.clone(),
    };
    let (Some(path), Ok(report)) = (path, &entry.outcome) else { return (entry, Ok(())) };
    let content = gradbook_check::page(&entry.file, report, detail(arguments), out.map(|_| CLASS_PAGE));
    let written = write_atomically(&path, content.as_bytes());
    if written.is_ok() {
        entry.page = page;
    }
    (entry, written.map_err(Into::into))
}

/// A workbook and what was found, as `--json` prints it.
#[derive(Serialize)]
struct Line<'r> {
    file: &'r str,
    verdict: Option<Verdict>,
    error: Option<&'r str>,
    #[serde(flatten)]
    report: Option<&'r Report>,
}

fn detail(arguments: &Arguments) -> Detail {
    if arguments.hint { Detail::Hints } else { Detail::Everything }
}

/// The report, or what is wrong with the file.
fn judge(path: &Path, arguments: &Arguments) -> Result<Report, String> {
    let limit = gradbook_check::MAX_FILE_BYTES as u64;
    let size = fs::metadata(path).map_or(0, |file| if file.is_file() { file.len() } else { 0 });
    if size > limit {
        let [size, limit] = [size.div_ceil(1 << 20), limit >> 20];
        return Err(format!(
            "it has {size} MiB, more than the {limit} MiB that are read; remove from it what is not part of the exercise, \
             such as pictures, and save it again"
        ));
    }
    let bytes = files::read(path, limit).map_err(|error| {
        // The file's name stands before it anyway.
        let text = format!("{error:#}");
        text.strip_prefix(&format!("{}: ", path.display())).map_or(text.clone(), str::to_owned)
    })?;
    let layout = arguments.net.as_ref().map(|Layout(widths)| widths.clone());
    let options = Options { layout, targets: arguments.targets.clone() };
    let report = gradbook_check::check(&bytes, &options).map_err(|error| error.to_string())?;
    Ok(if arguments.hint { report.without_answers() } else { report })
}

/// `briefly`: in one line.
fn tell(entry: &Entry, briefly: bool, arguments: &Arguments) -> anyhow::Result<()> {
    let file = entry.file.as_str();
    match &entry.outcome {
        _ if arguments.json => {
            let (report, error) = (entry.outcome.as_ref().ok(), entry.outcome.as_ref().err().map(String::as_str));
            output::json(&Line { file, verdict: report.map(Report::verdict), error, report })
        }
        Ok(report) if briefly => output::data(&format!("{file}: {}", gradbook_check::headline(report))),
        Ok(report) => output::data(&gradbook_check::text(file, report, detail(arguments))),
        Err(error) if briefly => output::data(&format!("{file}: unreadable: {error}")),
        Err(error) => {
            output::complain(&format!("error: {file}: {error}"));
            Ok(())
        }
    }
}

/// `submissions-checked` beside `submissions`.
fn beside(dir: &Path) -> anyhow::Result<PathBuf> {
    let whole = fs::canonicalize(dir).with_context(|| format!("{}: cannot be read", dir.display()))?;
    let name = whole.file_name().with_context(|| format!("{}: give --out DIR", dir.display()))?;
    let mut checked = name.to_owned();
    checked.push("-checked");
    Ok(files::parent(&whole).join(checked))
}

/// `007-jane_doe-exercise.html`: in order, and a name everywhere.
fn page_name(number: usize, file: &str) -> String {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' };
    let words: String = Path::new(file).with_extension("").display().to_string().chars().map(letter).take(60).collect();
    format!("{number:03}-{words}.html")
}
