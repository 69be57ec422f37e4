//! `gradbook check`: what is wrong in somebody's backpropagation sheet, or in those of a whole class.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, bail, ensure};
use clap::Args;
use gradbook_workbook::check::{self, Detail, Entry, Options, Report, Verdict};
use serde::Serialize;

use crate::files::{self, write_atomically};
use crate::{Outcome, machine, output};

/// Larger files are refused before they are read.
const MAX_BYTES: u64 = 64 << 20;
/// Folders within folders within ...; links are not followed.
const MAX_DEPTH: usize = 12;
const MAX_FILES: usize = 100_000;
const CLASS_PAGE: &str = "class.html";
const CLASS_TABLE: &str = "class.csv";

const MORE: &str = "\
A table needs names above its columns (or left of its rows): i1, w1, h1, a_h1, o1, a_o1, t1, E1, E, dE/dw1, in most
spellings. What the network is, its activations, its loss and the learning rate, the sheet itself says.

Exit codes:
  0  everything that could be judged is right
  1  something is wrong
  2  a file cannot be read, or the arguments are wrong
  3  there is nothing that could be judged

Examples:
  gradbook check mine.xlsx
  gradbook check mine.xlsx --hint
  gradbook check submissions/ --out marks/";

#[derive(Args, Debug)]
#[command(after_help = MORE)]
pub(crate) struct Arguments {
    /// Workbooks (.xlsx, .xlsm), or folders of them
    #[arg(value_name = "FILE|DIR", required = true)]
    files: Vec<PathBuf>,
    /// Names the cells and the kind of each mistake, but not the answer
    #[arg(long)]
    hint: bool,
    /// Results as JSON, a line a workbook
    #[arg(long)]
    json: bool,
    /// Of one workbook: also writes the result as a page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Of a folder: where class.csv, class.html and a page a workbook go [default: DIR-checked beside it]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The network, if the sheet does not tell: numbers of inputs, of units of each layer, such as 2-2-2
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

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    match arguments.files.as_slice() {
        [dir] if dir.is_dir() => class(dir, arguments),
        files => {
            ensure!(
                arguments.html.is_none() || files.len() == 1,
                "--html: this is for one workbook; for several give a folder"
            );
            ensure!(arguments.out.is_none(), "--out: this is for a folder; for one workbook give --html FILE");
            let outcomes = files.iter().map(|path| one(path, arguments)).collect::<Vec<_>>();
            Ok(worst(&outcomes))
        }
    }
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

/// One of several given files; an error is said and counted, and the others are done.
fn one(path: &Path, arguments: &Arguments) -> Outcome {
    let file = path.display().to_string();
    let outcome = judge(path, arguments);
    let written = tell(&file, &outcome, arguments).and_then(|()| match (&arguments.html, &outcome) {
        (Some(out), Ok(report)) => {
            write_atomically(out, check::page(&file, report, detail(arguments), None).as_bytes())
        }
        _ => Ok(()),
    });
    match (outcome, written) {
        (_, Err(error)) => {
            output::complain(&format!("error: {error:#}"));
            Outcome::Unreadable
        }
        (Ok(report), Ok(())) => Outcome::Checked(report.verdict()),
        (Err(_), Ok(())) => Outcome::Unreadable,
    }
}

fn detail(arguments: &Arguments) -> Detail {
    if arguments.hint { Detail::Hints } else { Detail::Everything }
}

/// The report, or what is wrong with the file.
fn judge(path: &Path, arguments: &Arguments) -> Result<Report, String> {
    let bytes = files::read(path, MAX_BYTES).map_err(|error| {
        // The file's name stands before it anyway.
        let text = format!("{error:#}");
        text.strip_prefix(&format!("{}: ", path.display())).map_or(text.clone(), str::to_owned)
    })?;
    let layout = arguments.net.as_ref().map(|Layout(widths)| widths.clone());
    let options = Options { layout, targets: arguments.targets.clone() };
    // Somebody's broken file must not end the others' check, whatever it does to a library that reads it.
    let checked = std::panic::catch_unwind(|| check::check(&bytes, &options));
    match checked {
        Ok(Ok(report)) if arguments.hint => Ok(report.without_answers()),
        Ok(checked) => checked.map_err(|error| error.to_string()),
        Err(_) => Err("reading it failed in a way that it never should; please report this file".to_owned()),
    }
}

fn tell(file: &str, outcome: &Result<Report, String>, arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.json {
        let (report, error) = (outcome.as_ref().ok(), outcome.as_ref().err().map(String::as_str));
        return output::json(&Line { file, verdict: report.map(Report::verdict), error, report });
    }
    match outcome {
        Ok(report) => output::data(&check::text(file, report, detail(arguments))),
        Err(error) => {
            output::complain(&format!("error: {file}: {error}"));
            Ok(())
        }
    }
}

fn worst(outcomes: &[Outcome]) -> Outcome {
    let order = [
        Outcome::Unreadable,
        Outcome::Checked(Verdict::Wrong),
        Outcome::Checked(Verdict::Partly),
        Outcome::Checked(Verdict::Nothing),
        Outcome::Checked(Verdict::Right),
    ];
    order.into_iter().find(|outcome| outcomes.contains(outcome)).unwrap_or(Outcome::Checked(Verdict::Nothing))
}

/// All workbooks in a folder: a table, a page each, and the commonest mistakes.
fn class(dir: &Path, arguments: &Arguments) -> anyhow::Result<Outcome> {
    ensure!(arguments.html.is_none(), "--html: this is for one workbook; a folder gets pages in --out DIR");
    let mut found = Vec::new();
    workbooks(dir, Path::new(""), 0, &mut found)?;
    if found.is_empty() {
        bail!("{}: there is no .xlsx or .xlsm file in this folder", dir.display());
    }
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None => beside(dir)?,
    };
    fs::create_dir_all(&out).with_context(|| format!("{}: cannot be made", out.display()))?;
    let outcomes = side_by_side(&found, |file| judge(&dir.join(file), arguments));
    let mut entries = Vec::new();
    for (number, (file, outcome)) in (1..).zip(found.iter().zip(outcomes)) {
        let name = file.display().to_string();
        let page = outcome
            .as_ref()
            .ok()
            .map(|report| (page_name(number, file), check::page(&name, report, detail(arguments), Some(CLASS_PAGE))));
        if let Some((page, content)) = &page {
            write_atomically(&out.join(page), content.as_bytes())?;
        }
        if arguments.json {
            tell(&name, &outcome, arguments)?;
        } else {
            let words = outcome.as_ref().map_or_else(|error| format!("unreadable: {error}"), check::headline);
            output::data(&format!("{name}: {words}"))?;
        }
        entries.push(Entry { file: name, page: page.map(|(page, _)| page), outcome });
    }
    write_atomically(&out.join(CLASS_TABLE), check::csv(&entries).as_bytes())?;
    let shown = dir.file_name().unwrap_or(dir.as_os_str()).display().to_string();
    write_atomically(&out.join(CLASS_PAGE), check::class_page(&shown, &entries).as_bytes())?;
    if !arguments.json {
        output::data(&format!("\n{}", check::summary(&entries)))?;
    }
    output::talk(&format!("{}: {CLASS_PAGE}, {CLASS_TABLE}, a page for each workbook", out.display()));
    let verdicts = entries.iter().map(|entry| match &entry.outcome {
        Ok(report) => Outcome::Checked(report.verdict()),
        // Named in the table; the others are what the folder was checked for.
        Err(_) => Outcome::Checked(Verdict::Nothing),
    });
    Ok(worst(&verdicts.collect::<Vec<_>>()))
}

/// `submissions-checked` beside `submissions`.
fn beside(dir: &Path) -> anyhow::Result<PathBuf> {
    let whole = fs::canonicalize(dir).with_context(|| format!("{}: cannot be read", dir.display()))?;
    let name = whole.file_name().with_context(|| format!("{}: give --out DIR", dir.display()))?;
    let mut checked = name.to_owned();
    checked.push("-checked");
    Ok(files::parent(&whole).join(checked))
}

/// Paths from the folder, sorted; not the files by which Excel marks open workbooks.
fn workbooks(dir: &Path, inside: &Path, depth: usize, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    ensure!(found.len() < MAX_FILES, "{}: more than {MAX_FILES} workbooks; check them in parts", dir.display());
    for name in files::entries(&dir.join(inside))? {
        let path = inside.join(&name);
        let kind =
            fs::symlink_metadata(dir.join(&path)).with_context(|| format!("{}: cannot be read", path.display()))?;
        let lower = name.to_lowercase();
        if kind.is_dir() && depth < MAX_DEPTH {
            workbooks(dir, &path, depth + 1, found)?;
        } else if kind.is_file() && (lower.ends_with(".xlsx") || lower.ends_with(".xlsm")) && !name.starts_with("~$") {
            found.push(path);
        }
    }
    Ok(())
}

/// `007-jane_doe-exercise.html`: in order, and a name everywhere.
fn page_name(number: usize, file: &Path) -> String {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' };
    let words: String = file.with_extension("").display().to_string().chars().map(letter).take(60).collect();
    format!("{number:03}-{words}.html")
}

/// Each file's outcome in the files' order, on all cores.
fn side_by_side<T: Send>(files: &[PathBuf], work: impl Fn(&Path) -> T + Sync) -> Vec<T> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..machine::default_threads().min(files.len()) {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = work(file);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((file, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(file, _)| *file);
    done.into_iter().map(|(_, result)| result).collect()
}
