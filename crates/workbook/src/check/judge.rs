//! Right or wrong, cell by cell, and why.
//!
//! A formula is compared with the right equation at random points; a typed number with what the numbers beside it give,
//! and is wrong only if rounding does not explain the difference. Either way a column is judged by its own formula and
//! its neighbours' numbers as they are, so what follows from somebody's mistake is not a mistake.

use super::book::At;
use super::formula;
use super::points::{Equation, Timed, same};
use super::reading::{Content, Leaf};
use super::right;
use super::sense::{RateSource, Rounded, Sense};
use super::slips::{self, Kind, Slip};
use crate::lesson::{Expr, Key};

/// A number may be off by so many times what rounding alone explains: intermediate results were rounded, too.
const SLACK: f64 = 2.0;
/// And by so much of itself, for formulas in another order of operations.
const RELATIVE: f64 = 1e-9;
/// Of formulas with two mistakes at once, so many are tried.
const PAIRED: usize = 3_000;
/// Helpers of helpers of ...
const MAX_HELPERS: usize = 6;

/// A run of cells in one column that are wrong in the same way.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) column: usize,
    pub(crate) steps: std::ops::Range<usize>,
    pub(crate) kind: Kind,
    pub(crate) right: Equation,
    pub(crate) cause: Cause,
    /// Helper cells that the mistake is made in, one a step, if not in the cells themselves.
    pub(crate) helpers: Vec<At>,
    /// The first cell's number, and what it ought to be.
    pub(crate) stored: f64,
    pub(crate) correct: Rounded,
}

/// What a mistake is about, where that can be said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cause {
    /// This stands in place of that.
    Instead(Timed, Timed),
    Missing(Equation),
    /// The rate in the formula.
    Rate(f64),
    /// Both at once.
    Both(Box<Cause>, Box<Cause>),
    Unknown,
}

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) right: usize,
    pub(crate) wrong: usize,
    /// Rounded so coarsely that a tenth of it may be rounding.
    pub(crate) undecided: usize,
}

/// How a cell differs from what it ought to be.
enum Difference {
    /// The formula comes to these numbers at the random points.
    Formula(Vec<f64>),
    Number,
    /// A number among formulas.
    Typed,
}

pub(crate) fn column(sense: &Sense, column: usize, key: Key) -> (Vec<Run>, Counts) {
    let (mut runs, mut counts) = (Vec::new(), Counts::default());
    let Some(right) = right::equation(sense, key) else { return (runs, counts) };
    let reading = sense.reading;
    let from = match key {
        Key::P(_) if reading.table.columns[column].is_single() => return (runs, counts),
        Key::P(_) => 1,
        _ => 0,
    };
    let steps = if reading.table.columns[column].is_single() { 1 } else { reading.table.steps };
    // A weight or bias that no gradient changes is not trained.
    if let Key::P(p) = key
        && reading.is_constant(column)
        && sense.column(Key::G(p)).is_none()
        && sense.column(Key::Next(p)).is_none()
    {
        return (runs, counts);
    }
    let is_formula = |step: &usize| !matches!(reading.content(column, *step), Content::Typed(_) | Content::Nothing);
    let formulas = (from..steps).filter(is_formula).count();
    let has_formulas = formulas > 1 || 2 * formulas > steps - from;
    for step in from..steps {
        let Some(difference) = difference(sense, &right, column, step, has_formulas, &mut counts) else { continue };
        counts.wrong += 1;
        let is_first = runs.is_empty();
        let continues = runs.last().is_some_and(|run: &Run| run.steps.end == step);
        let found = diagnose(sense, &right, column, step, &difference, is_first);
        let helper = helper(sense, column, step, &found.1);
        match runs.last_mut() {
            Some(run)
                if continues
                    && (run.kind, &run.cause) == (found.0, &found.1)
                    && run.helpers.is_empty() == helper.is_none() =>
            {
                run.steps.end = step + 1;
                run.helpers.extend(helper);
            }
            _ => runs.push(Run {
                column,
                steps: step..step + 1,
                kind: found.0,
                cause: found.1,
                right: right.clone(),
                helpers: helper.into_iter().collect(),
                stored: reading.value(column, step),
                correct: sense.expected(&right, step),
            }),
        }
    }
    (runs, counts)
}

fn difference(
    sense: &Sense,
    right: &Equation,
    column: usize,
    step: usize,
    has_formulas: bool,
    counts: &mut Counts,
) -> Option<Difference> {
    let content = sense.reading.content(column, step);
    let found = match content {
        Content::Nothing => return None,
        Content::Formula(tree) => match sense.formula_values(tree, step) {
            Some(values) => (!sense.points.gives(right, &values, step as isize)).then_some(Difference::Formula(values)),
            None => number(sense, right, column, step, counts)?,
        },
        Content::Typed(_) if has_formulas => Some(Difference::Typed),
        Content::Typed(_) | Content::Unknown(_) => number(sense, right, column, step, counts)?,
    };
    counts.right += usize::from(found.is_none());
    found
}

/// `None` if nothing can be said; otherwise whether the number is wrong.
fn number(
    sense: &Sense,
    right: &Equation,
    column: usize,
    step: usize,
    counts: &mut Counts,
) -> Option<Option<Difference>> {
    let (value, expected) = (sense.reading.value(column, step), sense.expected(right, step));
    if !value.is_finite() || !expected.value.is_finite() {
        return None;
    }
    let slack = allowed(sense, expected, column, step);
    if (value - expected.value).abs() > slack {
        return Some(Some(Difference::Number));
    }
    if slack > 0.1 * expected.value.abs() && expected.value != 0.0 {
        counts.undecided += 1;
        return None;
    }
    Some(None)
}

fn allowed(sense: &Sense, expected: Rounded, column: usize, step: usize) -> f64 {
    SLACK * (expected.slack + sense.rounding.of(column, step)) + RELATIVE * expected.value.abs() + 1e-15
}

fn diagnose(
    sense: &Sense,
    right: &Equation,
    column: usize,
    step: usize,
    difference: &Difference,
    is_first: bool,
) -> (Kind, Cause) {
    match difference {
        Difference::Typed => (Kind::Typed, Cause::Unknown),
        Difference::Formula(values) => of_formula(sense, right, column, step, values, is_first),
        Difference::Number => {
            let is_update = has_rate(right);
            let rows: &[isize] = if is_update { &[2, 0] } else { &[1, -1] };
            let explains = |slip: &Slip| {
                let expected = sense.expected(&slip.equation, step);
                let value = sense.reading.value(column, step);
                expected.value.is_finite() && (value - expected.value).abs() <= allowed(sense, expected, column, step)
            };
            match slips::of(sense, right, rows).into_iter().find(explains) {
                Some(slip) => (slip.kind, cause(&slip)),
                None => (Kind::Other, Cause::Unknown),
            }
        }
    }
}

/// The helper cell that reads what should not be read, if the formula itself does not.
fn helper(sense: &Sense, column: usize, step: usize, cause: &Cause) -> Option<At> {
    let Cause::Instead(other, _) = cause else { return None };
    let (own, wanted) = (sense.reading.table.columns[column].at(step), sense.column(other.key)?);
    let wanted = sense.reading.table.columns[wanted].at(step.checked_add_signed(-other.back)?);
    let found = reader(sense, own, wanted, 0)?;
    (found != own).then_some(found)
}

/// The first cell, on the way through helpers, whose own formula names the wanted cell.
fn reader(sense: &Sense, at: At, wanted: At, depth: usize) -> Option<At> {
    let book = sense.reading.book;
    let leaves = formula::parse(book, at.sheet, book.formula(at)?).ok()?.leaves();
    if leaves.iter().any(|leaf| leaf.at == wanted) {
        return Some(at);
    }
    let is_helper =
        |at: &At| sense.reading.table.cells.get(at).is_none_or(|(column, _)| sense.keys[*column].is_empty());
    let helpers = leaves.into_iter().map(|leaf| leaf.at).filter(is_helper);
    if depth < MAX_HELPERS { helpers.into_iter().find_map(|at| reader(sense, at, wanted, depth + 1)) } else { None }
}

fn has_rate(equation: &Equation) -> bool {
    equation.leaves().iter().any(|leaf| leaf.key == Key::Rate)
}

fn cause(slip: &Slip) -> Cause {
    match (&slip.instead, &slip.missing) {
        (Some((other, leaf)), _) => Cause::Instead(*other, *leaf),
        (_, Some(missing)) => Cause::Missing(missing.clone()),
        _ => Cause::Unknown,
    }
}

fn of_formula(
    sense: &Sense,
    right: &Equation,
    column: usize,
    step: usize,
    values: &[f64],
    is_first: bool,
) -> (Kind, Cause) {
    let Content::Formula(tree) = sense.reading.content(column, step) else { return (Kind::Other, Cause::Unknown) };
    if has_rate(right)
        && let Some(found) = rate(sense, right, column, step, tree, values)
    {
        return found;
    }
    let expected_rows: Vec<isize> = right.leaves().iter().map(|leaf| leaf.back).collect();
    let mut rows: Vec<isize> = tree
        .leaves()
        .iter()
        .filter_map(|leaf| match *leaf {
            Leaf::Column(column, at) if !sense.reading.table.columns[column].is_single() => {
                Some(step as isize - at as isize)
            }
            _ => None,
        })
        .collect();
    rows.sort_unstable();
    rows.dedup();
    rows.retain(|back| !expected_rows.contains(back) || rows_differ(&expected_rows));
    let slips = slips::of(sense, right, &rows);
    if let Some(slip) = slips.iter().find(|slip| sense.points.gives(&slip.equation, values, step as isize)) {
        return (
            if slip.kind == Kind::AnotherRow { row_kind(sense, column, step, slip) } else { slip.kind },
            settled(sense, column, step, slip),
        );
    }
    // Two mistakes at once: worth trying once a column. The first value alone tells most of them apart.
    let mut tried = 0;
    for first in slips.iter().take_while(|_| is_first) {
        for second in slips::of(sense, &first.equation, &[]) {
            tried += 1;
            if tried > PAIRED {
                return (Kind::Other, Cause::Unknown);
            }
            let quick = same(sense.points.evaluate(&second.equation, 0, step as isize), values[0]);
            if quick && sense.points.gives(&second.equation, values, step as isize) {
                return (first.kind, Cause::Both(Box::new(cause(first)), Box::new(cause(&second))));
            }
        }
    }
    (Kind::Other, Cause::Unknown)
}

fn rows_differ(rows: &[isize]) -> bool {
    rows.windows(2).any(|pair| pair[0] != pair[1])
}

/// The row that is read does not move with the formula: then the cause is the same in all rows.
fn settled(sense: &Sense, column: usize, step: usize, slip: &Slip) -> Cause {
    match (slip.kind, slip.instead) {
        (Kind::AnotherRow, Some((other, leaf))) if row_kind(sense, column, step, slip) == Kind::FixedReference => {
            Cause::Instead(Timed { back: 0, ..other }, leaf)
        }
        _ => cause(slip),
    }
}

/// Whether the formula of a neighbouring row reads the very same cell.
fn row_kind(sense: &Sense, column: usize, step: usize, slip: &Slip) -> Kind {
    let Some((other, _)) = slip.instead else { return slip.kind };
    let read = step as isize - other.back;
    let Some(of) = sense.column(other.key) else { return slip.kind };
    let reads = |step: usize| match sense.reading.contents[column].get(step) {
        Some(Content::Formula(tree)) => {
            tree.leaves().iter().any(|leaf| *leaf == Leaf::Column(of, read.max(0) as usize))
        }
        _ => false,
    };
    let neighbours = [step.checked_sub(1), Some(step + 1)];
    if neighbours.into_iter().flatten().any(reads) { Kind::FixedReference } else { slip.kind }
}

/// An update whose only mistake is its learning rate.
fn rate(
    sense: &Sense,
    right: &Equation,
    column: usize,
    step: usize,
    tree: &Expr<Leaf>,
    values: &[f64],
) -> Option<(Kind, Cause)> {
    // The right equation without a step, and with a step of rate 1.
    let with_rate = |rate: f64, trial: usize| {
        right.value(&|timed: &Timed| match timed.key {
            Key::Rate => rate,
            key => sense.points.value(key, trial, step as isize - timed.back),
        })
    };
    let implied = |trial: usize| {
        let (none, one) = (with_rate(0.0, trial), with_rate(1.0, trial));
        (values[trial] - none) / (one - none)
    };
    let first = implied(0);
    if !(0..values.len()).all(|trial| (implied(trial) - first).abs() <= 1e-7 * first.abs().max(1e-7)) {
        return None;
    }
    let foreign: Vec<Leaf> = tree
        .leaves()
        .into_iter()
        .filter(|leaf| match leaf {
            Leaf::Cell(_) => sense.rate != RateSource::Leaf(*leaf),
            Leaf::Column(column, _) => sense.keys[*column].is_empty(),
        })
        .collect();
    let short: f64 = format!("{first:.9e}").parse().unwrap_or(first);
    match foreign.first() {
        // The neighbouring row reads another cell, so the reference moves.
        Some(leaf) => {
            let reads_it = |step: usize| match sense.reading.contents[column].get(step) {
                Some(Content::Formula(tree)) => Some(tree.leaves().contains(leaf)),
                _ => None,
            };
            let moves = [step.checked_sub(1), Some(step + 1)].into_iter().flatten().filter_map(reads_it).any(|it| !it);
            // What a moving reference meets differs from row to row and is no part of the cause.
            Some(if moves {
                (Kind::RelativeReference, Cause::Unknown)
            } else {
                (Kind::AnotherRate, Cause::Rate(short))
            })
        }
        None if first == 0.0 => None,
        None if first < 0.0 => Some((Kind::Uphill, Cause::Rate(short))),
        None => Some((Kind::HardCodedRate, Cause::Rate(short))),
    }
}
