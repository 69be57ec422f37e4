//! `gradbook sheet --blank`: exercises with numbers of their own, one or a set for a class.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use clap::builder::RangedU64ValueParser;
use gradbook_engine::rng::Stream;
use gradbook_lesson::{Lesson, draw};
use gradbook_run::files::{read_text, write_atomically};
use gradbook_run::source::Source;
use gradbook_run::words::plural;
use gradbook_workbook::Protection;
use gradbook_workbook::exercise::{self, Task};

use super::{Arguments, Format, check_free, open_with_system, size};
use crate::outcome::Outcome;
use crate::output;

const EXERCISE: &str = "Exercise";

/// No class is larger.
const MAX_COUNT: u64 = 10_000;
/// Largest size of a file of names, in bytes.
const MAX_NAMES: u64 = 1 << 20;
/// Longest name, in characters.
const MAX_NAME: usize = 80;
/// How often numbers are drawn until no answer is close to 0.
const ATTEMPTS: u64 = 100;

#[derive(Args, Debug)]
pub(super) struct Options {
    /// Writes an exercise instead, with these left out: w5..w8, b1 (gradients), h1, a_h1, o1..o2, E1, E (values),
    /// da_h1, dh1 (gradients of units), or all; its numbers are near the lesson's and differ for each --seed
    #[arg(long, value_name = "NAME,...", help_heading = EXERCISE)]
    pub(super) blank: Option<String>,
    /// Writes this many exercises, each with its own numbers, into the folder given by -o
    #[arg(long, value_name = "N", help_heading = EXERCISE, requires = "blank")]
    #[arg(value_parser = RangedU64ValueParser::<u64>::from(1..=MAX_COUNT))]
    count: Option<u64>,
    /// Writes one for each name in a text file, one name per line
    #[arg(long, value_name = "FILE", help_heading = EXERCISE, requires = "blank")]
    names: Option<PathBuf>,
}

/// The learner that an exercise is for, and its file.
struct Learner {
    name: Option<String>,
    /// Determines the drawn numbers, together with the seed.
    id: u64,
    path: PathBuf,
}

pub(super) fn run(arguments: &Arguments, blanks: &str) -> anyhow::Result<Outcome> {
    let (options, seed) = arguments.lesson.without_seed();
    let mut source = options.source(&arguments.source)?;
    if let Some(lesson) = &mut source.spec.lesson {
        // An exercise is about a single state.
        (lesson.updates, lesson.rates) = (1, vec![1.0]);
    }
    let lesson = Lesson::from_spec(&source.name, &source.spec)
        .map_err(|error| options.name_option(&source.origin, error.into()))?;
    let learners = learners(arguments, &source)?;
    for learner in &learners {
        check_free(&learner.path, arguments.force)?;
    }
    let protection = if arguments.protect { Protection::Formulas } else { Protection::None };
    for (n, learner) in learners.iter().enumerate() {
        let own = numbers(&source, &lesson, blanks, learner.id, seed)?;
        let task = Task { learner: learner.name.as_deref(), blanks };
        let bytes = exercise::write(&own, &task, protection).with_context(|| source.origin.clone())?;
        if let (0, Some(folder)) = (n, folder(arguments, &source)) {
            fs::create_dir_all(&folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
        }
        write_atomically(&learner.path, &bytes)?;
        output::data(&size(&learner.path, &bytes))?;
    }
    output::data("Fill in the yellow cells with a spreadsheet program; `gradbook check` gives the marks.")?;
    if let ([learner], true) = (learners.as_slice(), arguments.open) {
        open_with_system(&learner.path);
    }
    Ok(Outcome::Done)
}

/// The lesson with the learner's own numbers.
fn numbers(source: &Source, lesson: &Lesson, blanks: &str, learner: u64, seed: u64) -> anyhow::Result<Lesson> {
    let mut best: Option<(usize, Lesson)> = None;
    for attempt in 0..ATTEMPTS {
        let spec = draw::near(&source.spec, lesson, Stream::Exercise { learner, attempt }, seed);
        let other = Lesson::from_spec(&source.name, &spec).with_context(|| source.origin.clone())?;
        let unclear = gradbook_lesson::exercise::unclear(&other, blanks).context("--blank")?;
        if best.as_ref().is_none_or(|(least, _)| unclear < *least) {
            best = Some((unclear, other));
        }
        if unclear == 0 {
            break;
        }
    }
    best.map(|(_, lesson)| lesson).context("no numbers were drawn")
}

/// The folder of several exercises; `None` if there is only one.
fn folder(arguments: &Arguments, source: &Source) -> Option<PathBuf> {
    let Options { count, names, .. } = &arguments.exercise;
    let several = count.is_some() || names.is_some();
    several.then(|| arguments.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}-exercises", source.name))))
}

fn learners(arguments: &Arguments, source: &Source) -> anyhow::Result<Vec<Learner>> {
    let Options { count, names, .. } = &arguments.exercise;
    let Some(folder) = folder(arguments, source) else {
        let path = arguments.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}-exercise.xlsx", source.name)));
        if Format::of(&path)? != Format::Xlsx {
            bail!("{}: an exercise is a workbook, whose name ends in .xlsx", path.display());
        }
        return Ok(vec![Learner { name: None, id: 0, path }]);
    };
    let given = folder.display();
    if folder.is_file() || folder.extension().is_some_and(|ending| ending == "xlsx" || ending == "html") {
        bail!("{given}: several exercises go into a folder; write for example -o exercises");
    }
    let file = |name: &str| folder.join(format!("{}-{name}.xlsx", source.name));
    let Some(list) = names else {
        let count = count.unwrap_or(1);
        let digits = count.to_string().len();
        let numbered = |n: u64| Learner { name: None, id: n, path: file(&format!("{n:0digits$}")) };
        return Ok((1..=count).map(numbered).collect());
    };
    let text = read_text(list, MAX_NAMES)?;
    let names = parse_names(&text).with_context(|| list.display().to_string())?;
    if let Some(count) = count.filter(|count| *count != names.len() as u64) {
        let has = plural(names.len(), "name");
        bail!("{}: has {has}, but --count is {count}; leave out --count, or give as many names", list.display());
    }
    Ok(names
        .into_iter()
        .map(|(name, safe)| Learner { id: fnv1a(&name), path: file(&safe), name: Some(name) })
        .collect())
}

/// The names of a list, each with its form in file names.
fn parse_names(text: &str) -> anyhow::Result<Vec<(String, String)>> {
    let mut names: Vec<(String, String)> = Vec::new();
    let mut lines: HashMap<String, usize> = HashMap::new();
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let name = line.trim();
        if name.is_empty() {
            continue;
        }
        if name.chars().count() > MAX_NAME || name.contains(char::is_control) {
            bail!("line {number}: a name is at most {MAX_NAME} characters, without tabs; write one name per line");
        }
        let safe = file_name(name);
        if safe.is_empty() {
            bail!("line {number}: `{name}` has no letter or digit, so no file can have its name");
        }
        // On some systems, file names that differ only in case are the same.
        if let Some(before) = lines.insert(safe.to_lowercase(), number) {
            bail!("line {number}: `{name}` and line {before} give the same file name; change one of them");
        }
        names.push((name.to_owned(), safe));
    }
    if names.is_empty() {
        bail!("there are no names in it; write one per line");
    }
    if names.len() as u64 > MAX_COUNT {
        bail!("{} are more than the {MAX_COUNT} that are written at once", plural(names.len(), "name"));
    }
    Ok(names)
}

/// Letters and digits, with one hyphen for anything in between.
fn file_name(name: &str) -> String {
    let parts = name.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-")
}

/// A number for a name. Source: Fowler, Noll, Vo, FNV-1a of 64 bits.
fn fnv1a(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
