//! A sweep as described in a file: a base recipe and changes to it, expanded to one description per variant.
//!
//! Changes are pairs of a place and a value: `"train.schedule.gamma" = 0.5` or `"layers.3.p" = 0.1`. The value replaces
//! the old one as a whole.

use std::path::Path;

use gradbook_report::{Published, PublishedRun};
use serde::Deserialize;
use thiserror::Error;
use toml::{Table, Value};

use crate::description::{self, DescriptionError, to_toml};
use crate::files::{self, FileError};
use crate::source::{self, Source, SourceError};

/// More seeds can only be a mistake.
pub const MAX_SEEDS: u32 = 10_000;

/// Name and text of each shipped sweep.
const SHIPPED: [(&str, &str); 4] = [
    ("recipes", include_str!("../sweeps/recipes.toml")),
    ("ladder", include_str!("../sweeps/ladder.toml")),
    ("rates", include_str!("../sweeps/rates.toml")),
    ("frontier", include_str!("../sweeps/frontier.toml")),
];

/// Longer files are not sweeps.
const MAX_BYTES: u64 = 1 << 20;

/// More variants than this can only be a mistake.
const MAX_VARIANTS: usize = 1_000;

/// The content of a sweep file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SweepSpec {
    #[serde(default)]
    about: String,
    /// The shipped name or file from which variants start by default.
    base: Option<String>,
    #[serde(default = "default_seeds")]
    seeds: u32,
    #[serde(default = "default_seed_start")]
    seed_start: u64,
    /// Changes to every description that is taken from elsewhere.
    #[serde(default)]
    set: Table,
    /// Lists of values: every combination is a variant.
    #[serde(default)]
    grid: Table,
    #[serde(default)]
    variants: Vec<VariantSpec>,
    /// Other people's numbers.
    #[serde(default)]
    published: Vec<Published>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VariantSpec {
    name: String,
    /// A variant above, a shipped name, or a file; otherwise the sweep's base.
    from: Option<String>,
    #[serde(default)]
    set: Table,
    published: Option<PublishedRun>,
}

/// A sweep with its variants written out.
pub struct Sweep {
    /// The name of its folder.
    pub name: String,
    /// Its purpose.
    pub about: String,
    /// Seeds of each variant by default.
    pub seeds: u32,
    /// The first seed.
    pub seed_start: u64,
    /// Whether variants differ in their number of epochs.
    pub varies_epochs: bool,
    /// The variants in order: tables compare each with the one before it.
    pub variants: Vec<Variant>,
    /// Other people's numbers.
    pub published: Vec<Published>,
}

/// A variant of a sweep.
pub struct Variant {
    /// Its name in tables.
    pub name: String,
    /// Its description, with a name of only letters and digits.
    pub source: Source,
    /// What others reported for it.
    pub published: Option<PublishedRun>,
}

/// A variant from which others may start.
#[derive(Clone)]
struct Written {
    name: String,
    description: Value,
    /// A shipped name or file.
    base: String,
    /// All that differs from the base.
    set: Table,
}

/// Why a file is not a sweep. `origin` names the sweep, `place` the variant or part of it.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "each text says it")]
pub enum SweepError {
    #[error("`{argument}`: no shipped sweep of this name and no such file; shipped are {shipped}", shipped = shipped_names())]
    Unknown { argument: String },
    #[error(transparent)]
    File(#[from] FileError),
    /// The sweep itself, or a variant written out.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    #[error("{origin}: seeds = {seeds}: write a number from 1 to {MAX_SEEDS}")]
    Seeds { origin: String, seeds: u32 },
    #[error("{origin}: nothing to try; write [[variants]] or a [grid]")]
    Nothing { origin: String },
    #[error("{origin}: write either [[variants]] or a [grid], not both")]
    Both { origin: String },
    #[error("{place}: write from = NAME here, or base = NAME for all variants")]
    NoBase { place: String },
    #[error("{place}")]
    Base { place: String, source: Box<SourceError> },
    #[error("{place}: give each variant a name that differs from the others in its letters or digits")]
    Name { place: String },
    /// A grid or a set that makes no sense.
    #[error("{place}: {problem}")]
    Change { place: String, problem: ChangeError },
    /// Other people's numbers that no table can show.
    #[error("{origin}: {what}: {problem}")]
    Published { origin: String, what: String, problem: &'static str },
}

/// Why a grid or a set makes no sense; `key` is the key in it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[expect(missing_docs, reason = "each text says it")]
pub enum ChangeError {
    #[error("{key}: write the whole place in quotes: \"{key}.KEY\" = [...]")]
    GridTable { key: String },
    #[error("{key}: write a list of values")]
    NoList { key: String },
    #[error("more than {MAX_VARIANTS} variants")]
    TooMany,
    #[error("this would replace the whole table [{key}]; write the place in quotes: \"{key}.KEY\" = ...")]
    WholeTable { key: String },
    #[error("\"{key}\": there is no `{step}` to change")]
    NoPlace { key: String, step: String },
}

/// Name and purpose of each shipped sweep.
///
/// # Errors
/// None: the tests read every shipped sweep.
pub fn shipped() -> Result<Vec<(&'static str, String)>, DescriptionError> {
    SHIPPED.iter().map(|(name, text)| Ok((*name, read(name, text)?.about))).collect()
}

impl Sweep {
    /// Finds a shipped sweep of this name, or else the file at this path. Files that it names are looked for beside it.
    ///
    /// # Errors
    /// If there is neither, it is not a sweep, or a variant is not a description.
    pub fn find(argument: &str) -> Result<Sweep, SweepError> {
        if let Some((name, text)) = SHIPPED.iter().find(|(name, _)| *name == argument) {
            return Sweep::expand((*name).to_owned(), argument, text, Path::new(""));
        }
        let path = Path::new(argument);
        if !path.exists() {
            return Err(SweepError::Unknown { argument: argument.to_owned() });
        }
        let text = files::read_text(path, MAX_BYTES)?;
        let name = path.file_stem().map_or(String::new(), |stem| stem.display().to_string());
        Sweep::expand(name, argument, &text, &files::parent(path))
    }

    /// Writes out the variants of a text; `origin` names it in errors.
    ///
    /// # Errors
    /// If it is not a sweep, or a variant is not a description.
    pub fn expand(name: String, origin: &str, text: &str, beside: &Path) -> Result<Sweep, SweepError> {
        let SweepSpec { about, base, seeds, seed_start, set, grid, variants, published } = read(origin, text)?;
        let whole = || origin.to_owned();
        if !(1..=MAX_SEEDS).contains(&seeds) {
            return Err(SweepError::Seeds { origin: whole(), seeds });
        }
        check_published(origin, &published, &variants)?;
        let specs = match (variants.is_empty(), grid.is_empty()) {
            (false, true) => variants,
            (true, false) => combinations(&grid).map_err(wrong(format!("{origin}: grid")))?,
            (true, true) => return Err(SweepError::Nothing { origin: whole() }),
            (false, false) => return Err(SweepError::Both { origin: whole() }),
        };
        let varies_epochs = specs.iter().any(|variant| variant.set.contains_key("train.epochs"));
        let mut descriptions: Vec<Written> = Vec::new();
        let mut variants: Vec<Variant> = Vec::new();
        for VariantSpec { name, from, set: changes, published } in specs {
            let place = format!("{origin}: variant `{name}`");
            let above = descriptions.iter().find(|above| from.as_ref() == Some(&above.name));
            let Written { mut description, base, mut set, .. } = match (above, from.as_ref().or(base.as_ref())) {
                (Some(above), _) => above.clone(),
                (None, None) => return Err(SweepError::NoBase { place }),
                (None, Some(from)) => {
                    let mut description = source::table(from, beside)
                        .map_err(|source| SweepError::Base { place: place.clone(), source: Box::new(source) })?;
                    change(&mut description, &set).map_err(wrong(format!("{origin}: set")))?;
                    Written { name: String::new(), description, base: from.clone(), set: set.clone() }
                }
            };
            change(&mut description, &changes).map_err(wrong(format!("{place}: set")))?;
            set.extend(changes);
            let mut spec = description::parse(&format!("{place}, written out"), &to_toml(&description)?)?.spec;
            if !set.is_empty() && !set.contains_key("about") {
                spec.about = about_variant(&base, &set);
            }
            let file = file_name(&name);
            if file.is_empty() || variants.iter().any(|variant| variant.source.name == file) {
                return Err(SweepError::Name { place });
            }
            variants.push(Variant {
                name: name.clone(),
                source: Source { name: file, origin: place, spec, run: None },
                published,
            });
            descriptions.push(Written { name, description, base, set });
        }
        Ok(Sweep { name, about, seeds, seed_start, varies_epochs, variants, published })
    }
}

fn read(origin: &str, text: &str) -> Result<SweepSpec, DescriptionError> {
    toml::from_str(text).map_err(|error| description::toml_error(origin, &error))
}

fn shipped_names() -> String {
    SHIPPED.map(|(name, _)| name).join(", ")
}

fn wrong(place: String) -> impl FnOnce(ChangeError) -> SweepError {
    |problem| SweepError::Change { place, problem }
}

/// Every combination of the grid's values as a variant, the last key changing fastest; named by what it sets.
fn combinations(grid: &Table) -> Result<Vec<VariantSpec>, ChangeError> {
    let mut combinations = vec![(Vec::new(), Table::new())];
    for (place, values) in grid {
        let values = match values {
            Value::Array(values) if !values.is_empty() => values,
            Value::Table(_) => return Err(ChangeError::GridTable { key: place.clone() }),
            _ => return Err(ChangeError::NoList { key: place.clone() }),
        };
        let short = place.rsplit('.').next().unwrap_or(place);
        let ambiguous = grid.keys().filter(|other| other.rsplit('.').next() == Some(short)).count() > 1;
        let word = if ambiguous { place } else { short };
        if combinations.len() * values.len() > MAX_VARIANTS {
            return Err(ChangeError::TooMany);
        }
        let with = |(words, set): &(Vec<String>, Table), value: &Value| {
            let mut set = set.clone();
            set.insert(place.clone(), value.clone());
            ([words.as_slice(), &[format!("{word} {value}")]].concat(), set)
        };
        combinations = combinations.iter().flat_map(|so_far| values.iter().map(move |v| with(so_far, v))).collect();
    }
    let variant =
        |(words, set): (Vec<String>, Table)| VariantSpec { name: words.join(", "), from: None, set, published: None };
    Ok(combinations.into_iter().map(variant).collect())
}

/// Puts each value at its place.
fn change(description: &mut Value, changes: &Table) -> Result<(), ChangeError> {
    for (place, value) in changes {
        // In TOML, train.epochs = 4 without quotes is a table with one key. A table with a type is a value of its own.
        let is_plain =
            |value: Option<&Value>| value.is_some_and(|value| value.is_table() && value.get("type").is_none());
        if !place.contains('.') && is_plain(Some(value)) && is_plain(description.get(place)) {
            return Err(ChangeError::WholeTable { key: place.clone() });
        }
        let missing = |step: &str| ChangeError::NoPlace { key: place.clone(), step: step.to_owned() };
        let (way, last) = place.rsplit_once('.').unwrap_or(("", place));
        let mut at = &mut *description;
        for step in way.split('.').filter(|step| !step.is_empty()) {
            at = enter(at, step).ok_or_else(|| missing(step))?;
        }
        match at {
            Value::Table(table) => _ = table.insert(last.to_owned(), value.clone()),
            _ => {
                *enter(at, last).ok_or_else(|| missing(last))? = value.clone();
            }
        }
    }
    Ok(())
}

fn enter<'v>(value: &'v mut Value, step: &str) -> Option<&'v mut Value> {
    match value {
        Value::Table(table) => table.get_mut(step),
        Value::Array(list) => list.get_mut(step.parse::<usize>().ok()?),
        _ => None,
    }
}

/// Checks the ranges that tables and charts can show.
fn check_published(origin: &str, published: &[Published], variants: &[VariantSpec]) -> Result<(), SweepError> {
    let wrong = |what: String, problem| Err(SweepError::Published { origin: origin.to_owned(), what, problem });
    let percent = |what: &str, value: f64| match (0.0..=100.0).contains(&value) {
        true => Ok(()),
        false => wrong(format!("{what} = {value}"), "write an accuracy in percent, from 0 to 100"),
    };
    for Published { name, parameters, accuracy, .. } in published {
        percent(&format!("published `{name}`: accuracy"), *accuracy)?;
        if *parameters == 0 {
            return wrong(format!("published `{name}`: parameters = 0"), "write how many the network has");
        }
    }
    for VariantSpec { name, published, .. } in variants {
        if let Some(PublishedRun { best, last }) = published {
            percent(&format!("variant `{name}`: published best"), *best)?;
            percent(&format!("variant `{name}`: published last"), *last)?;
        }
    }
    Ok(())
}

/// What a variant is, because its base's words would not be true of it. These words do not count when trials are
/// compared.
fn about_variant(base: &str, set: &Table) -> String {
    let change = |(place, value): (&String, &Value)| match value.to_string() {
        long if long.len() > 80 => format!("other {place}"),
        value => format!("{place} = {value}"),
    };
    format!("variant of {base}: {}", set.iter().map(change).collect::<Vec<_>>().join(", "))
}

/// A variant's name as a file name: letters and digits, with a hyphen for anything else.
fn file_name(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_lowercase()
}

fn default_seeds() -> u32 {
    5
}

fn default_seed_start() -> u64 {
    1
}
