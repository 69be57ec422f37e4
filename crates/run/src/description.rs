//! TOML text to a network description, with errors that name the line, the place and the valid choices.
//!
//! Serde reads a tagged table (a layer, a loss, an optimizer) into a buffer before it knows its type, and so loses the
//! line. Therefore each of them is first read by itself, under its own name.

use std::path::Path;

use gradbook_engine::spec::{InitSpec, LayerSpec, LossSpec, OptimizerSpec, ScheduleSpec, Spec};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use toml::{Spanned, Table, Value};

use crate::files::{self, FileError};

/// Longer files are not descriptions.
const MAX_BYTES: u64 = 1 << 20;

/// The additional table in a run folder's description.
pub(crate) const RUN_TABLE: &str = "run";

/// Why a text is not a description. `file` names the text, `line` counts from 1, `place` is, for example, `layer 3`.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "each text says it")]
pub enum DescriptionError {
    #[error(transparent)]
    File(#[from] FileError),
    /// An error in the text as a whole: `problem` names line and column.
    #[error("{file}: {problem}")]
    Toml { file: String, problem: String },
    /// A table of a known type, with wrong settings.
    #[error("{file}:{line}: {place} ({kind}): {problem}")]
    Setting { file: String, line: usize, place: String, kind: String, problem: String },
    /// A table whose type is not a string.
    #[error("{file}:{line}: {place}: `type` must be a string: {types}")]
    TypeIsNoString { file: String, line: usize, place: String, types: String },
    /// A table without a type.
    #[error("{file}:{line}: {place}: `type` is missing; it is {types}")]
    NoType { file: String, line: usize, place: String, types: String },
    /// A value that is not a table.
    #[error(
        "{file}:{line}: {place}: a table such as {{ type = \"...\" }} is needed here, not this {found}; type is {types}"
    )]
    NoTable { file: String, line: usize, place: String, found: &'static str, types: String },
    /// The record of a run folder.
    #[error("{file}: [run]: {problem}")]
    Record { file: String, problem: String },
    /// A number that TOML cannot represent.
    #[error("this description cannot be written as TOML: {problem}")]
    Unwritable { problem: String },
}

/// A description, and the record of the run if the text has one.
pub struct Description {
    /// What the tables say.
    pub spec: Spec,
    /// The table `[run]`.
    pub run: Option<Value>,
}

/// The parts that are read by themselves.
#[derive(Deserialize)]
struct Outline {
    layers: Option<Vec<Spanned<Value>>>,
    loss: Option<Spanned<Value>>,
    init: Option<Spanned<Value>>,
    train: Option<TrainOutline>,
    lesson: Option<LessonOutline>,
}

#[derive(Deserialize)]
struct TrainOutline {
    optimizer: Option<Spanned<Value>>,
    schedule: Option<Spanned<Value>>,
}

#[derive(Deserialize)]
struct LessonOutline {
    optimizer: Option<Spanned<Value>>,
}

/// The text of a file.
///
/// # Errors
/// If it cannot be read.
pub fn read_text(path: &Path) -> Result<String, FileError> {
    files::read_text(path, MAX_BYTES)
}

/// Reads a text; `file` names it in errors.
///
/// # Errors
/// If it is not TOML, or its tables, keys and types are not those of a description.
pub fn parse(file: &str, text: &str) -> Result<Description, DescriptionError> {
    let whole = |error: toml::de::Error| toml_error(file, &error);
    let mut table: Table = toml::from_str(text).map_err(whole)?;
    let outline: Outline = toml::from_str(text).map_err(whole)?;
    let part = Part { file, text };
    for (index, layer) in outline.layers.iter().flatten().enumerate() {
        part.check::<LayerSpec>(&format!("layer {index}"), layer)?;
    }
    outline.loss.iter().try_for_each(|loss| part.check::<LossSpec>("loss", loss))?;
    outline.init.iter().try_for_each(|init| part.check::<InitSpec>("init", init))?;
    if let Some(LessonOutline { optimizer }) = &outline.lesson {
        optimizer.iter().try_for_each(|it| part.check::<OptimizerSpec>("lesson.optimizer", it))?;
    }
    if let Some(TrainOutline { optimizer, schedule }) = &outline.train {
        optimizer.iter().try_for_each(|it| part.check::<OptimizerSpec>("train.optimizer", it))?;
        schedule.iter().try_for_each(|it| part.check::<ScheduleSpec>("train.schedule", it))?;
    }
    let run = table.remove(RUN_TABLE);
    // Only the text has lines to report; only the table is without the record of the run.
    let spec = match run {
        None => toml::from_str(text).map_err(whole)?,
        Some(_) => Value::Table(table).try_into().map_err(whole)?,
    };
    Ok(Description { spec, run })
}

/// A part of a description, and where it is.
struct Part<'t> {
    file: &'t str,
    text: &'t str,
}

impl Part<'_> {
    /// Whether a value is a table that describes a `T`.
    fn check<T: DeserializeOwned>(&self, place: &str, value: &Spanned<Value>) -> Result<(), DescriptionError> {
        let Err(error) = value.get_ref().clone().try_into::<T>() else { return Ok(()) };
        let line = self.text[..value.span().start].matches('\n').count() + 1;
        let (file, place, types) = (self.file.to_owned(), place.to_owned(), types::<T>());
        Err(match value.get_ref() {
            Value::Table(table) => match table.get("type") {
                Some(Value::String(kind)) => {
                    let (kind, problem) = (kind.clone(), plain(error.message()));
                    DescriptionError::Setting { file, line, place, kind, problem }
                }
                Some(_) => DescriptionError::TypeIsNoString { file, line, place, types },
                None => DescriptionError::NoType { file, line, place, types },
            },
            other => DescriptionError::NoTable { file, line, place, found: other.type_str(), types },
        })
    }
}

/// The error that a text, called `file`, is not TOML, or not what is expected there.
pub(crate) fn toml_error(file: &str, error: &toml::de::Error) -> DescriptionError {
    DescriptionError::Toml { file: file.to_owned(), problem: plain(&error.to_string()) }
}

/// A description, or a part of one, as TOML.
///
/// # Errors
/// If it has a number that TOML cannot represent; a description that was read from TOML has none.
pub fn to_toml(value: &impl Serialize) -> Result<String, DescriptionError> {
    toml::to_string(value).map_err(|error| DescriptionError::Unwritable { problem: error.to_string() })
}

/// A serde error without the names of Rust types that some end with; the place may follow it.
pub(crate) fn plain(error: &str) -> String {
    const NAMES: [(&[&str], &str); 5] = [
        (&["usize", "u64", "u32", "u16", "u8"], "a whole number of 0 or more"),
        (&["any valid TOML value"], "a number below 2^63"),
        (&["f64", "f32"], "a number"),
        (&["a sequence"], "a list"),
        (&["a map"], "a table"),
    ];
    let error = error.trim_end().lines().map(cut).collect::<Vec<_>>().join("\n");
    let Some((before, expected)) = error.rsplit_once("expected ") else { return error };
    let (expected, place) = expected.split_at(expected.find('\n').unwrap_or(expected.len()));
    let place = place.replace('\n', " ");
    let name = NAMES.iter().find(|(types, _)| types.contains(&expected)).map(|(_, name)| *name);
    let is_struct = expected.strip_prefix("struct ").is_some_and(|name| name.chars().all(char::is_alphanumeric));
    let name = name.or(is_struct.then_some("a table")).unwrap_or(expected);
    format!("{}expected {name}{place}", before.replace("` as i128, ", "`, "))
}

/// Shortens a line that an error repeats, which may be the whole file.
fn cut(line: &str) -> String {
    const LONGEST: usize = 300;
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_owned(),
    }
}

/// The types that a `T` can have, as serde lists them when it finds none of them.
fn types<T: DeserializeOwned>() -> String {
    let none = Table::from_iter([("type".to_owned(), Value::String(String::new()))]);
    let listed = none.try_into::<T>().err().map(|error| error.message().to_owned());
    listed.and_then(|text| Some(text.split_once("expected ")?.1.to_owned())).unwrap_or_default()
}
