//! Why a cell is wrong: which edit of the right equation comes to what stands there.

use super::book::At;
use super::judge::allowed;
use super::kind::Kind;
use super::moved::has_moved;
use super::points::{Equation, Timed, same};
use super::rate;
use super::reading::{Content, Leaf};
use super::right;
use super::sense::{RateSource, Sense};
use super::slips::{self, Slip};
use gradbook_lesson::{Expr, Key};

/// Of formulas with two mistakes at once, so many are tried.
const PAIRED: usize = 2_000;
/// Helpers of helpers of ...
const MAX_HELPERS: usize = 6;

/// What a mistake is about, where that can be said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cause {
    /// This stands in place of that.
    Instead(Timed, Timed),
    Missing(Equation),
    /// This has a wrong sign, or no brackets around it.
    Around(Equation),
    /// The rate in the formula.
    Rate(f64),
    /// Both at once.
    Both(Box<Cause>, Box<Cause>),
    Unknown,
}

/// How a cell differs from what it ought to be.
pub(crate) enum Difference {
    /// The formula comes to these numbers at the random points.
    Formula(Vec<f64>),
    Number,
    /// A number among formulas.
    Typed,
}

/// So that no file takes long, however wrong it is: cells beyond these are wrong without a reason.
pub(crate) struct Budget {
    diagnoses: usize,
    /// Formulas in which two mistakes at once are looked for.
    pairs: usize,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { diagnoses: 2_000, pairs: 6 }
    }
}

impl Budget {
    /// A part of it, without looking for two mistakes at once: enough to count how many there are.
    pub(crate) fn without_pairs(&mut self) -> Budget {
        let part = self.diagnoses / 4;
        self.diagnoses -= part;
        Budget { diagnoses: part, pairs: 0 }
    }
}

/// What was found out about a wrong cell.
#[derive(Clone, Debug)]
pub(crate) struct Diagnosis {
    pub(crate) kind: Kind,
    pub(crate) cause: Cause,
    /// The right equation with the mistake in it, if the mistake is the same in every row.
    equation: Option<Equation>,
}

impl Diagnosis {
    fn new(kind: Kind, cause: Cause) -> Diagnosis {
        Diagnosis { kind, cause, equation: None }
    }

    fn unknown() -> Diagnosis {
        Diagnosis::new(Kind::Other, Cause::Unknown)
    }

    /// Whether another cell is wrong in the same way.
    pub(crate) fn explains(&self, cell: &Cell) -> bool {
        self.equation.as_ref().is_some_and(|equation| cell.is(equation))
    }
}

/// A wrong cell.
pub(crate) struct Cell<'c> {
    pub(crate) sense: &'c Sense<'c>,
    pub(crate) right: &'c Equation,
    pub(crate) column: usize,
    pub(crate) step: usize,
    pub(crate) difference: &'c Difference,
}

impl Cell<'_> {
    /// Whether an equation comes to what stands here.
    fn is(&self, equation: &Equation) -> bool {
        let Cell { sense, column, step, .. } = *self;
        match self.difference {
            Difference::Typed => false,
            Difference::Formula(values) => sense.points.gives(equation, values, step as isize),
            Difference::Number => {
                let (expected, value) = (sense.expected(equation, step), sense.reading.value(column, step));
                expected.value.is_finite() && (value - expected.value).abs() <= allowed(sense, expected, column, step)
            }
        }
    }

    pub(crate) fn diagnose(&self, budget: &mut Budget) -> Diagnosis {
        let Cell { sense, right, .. } = *self;
        if let Difference::Typed = self.difference {
            return Diagnosis::new(Kind::Typed, Cause::Unknown);
        }
        if budget.diagnoses == 0 {
            return Diagnosis::unknown();
        }
        // Any column may stand in place of any quantity, and each such edit is as long as the equation.
        let width = right.leaves().len().pow(2) * sense.reading.table.columns.len();
        budget.diagnoses = budget.diagnoses.saturating_sub(1 + width / 10_000);
        if let Difference::Formula(values) = self.difference {
            return self.of_formula(values, budget);
        }
        let rows: &[isize] = if has_rate(right) { &[2, 0] } else { &[1, -1] };
        match slips::of(sense, right, rows).into_iter().find(|slip| self.is(&slip.equation)) {
            Some(slip) => Diagnosis { kind: slip.kind, cause: cause(&slip), equation: Some(slip.equation) },
            None => Diagnosis::unknown(),
        }
    }

    fn of_formula(&self, values: &[f64], budget: &mut Budget) -> Diagnosis {
        let Cell { sense, right, column, step, .. } = *self;
        let Content::Formula(tree) = sense.reading.content(column, step) else { return Diagnosis::unknown() };
        if has_moved(sense, right, column, step) {
            return Diagnosis::new(Kind::RelativeReference, Cause::Unknown);
        }
        if has_rate(right)
            && let Some((kind, cause)) = of_rate(sense, right, column, step, tree, values)
        {
            return Diagnosis::new(kind, cause);
        }
        let expected_rows: Vec<isize> = right.leaves().iter().map(|leaf| leaf.back).collect();
        let back = |leaf: Leaf| match leaf {
            Leaf::Column(column, at) if !sense.reading.table.columns[column].is_single() => {
                Some(step as isize - at as isize)
            }
            _ => None,
        };
        let mut rows: Vec<isize> = tree.leaves().into_iter().filter_map(back).collect();
        rows.sort_unstable();
        rows.dedup();
        rows.retain(|back| !expected_rows.contains(back) || rows_differ(&expected_rows));
        let slips = slips::of(sense, right, &rows);
        if let Some(slip) = slips.iter().find(|slip| self.is(&slip.equation)) {
            if slip.kind == Kind::AnotherRow {
                return Diagnosis::new(row_kind(sense, column, step, slip), settled(sense, column, step, slip));
            }
            return Diagnosis { kind: slip.kind, cause: cause(slip), equation: Some(slip.equation.clone()) };
        }
        if let Some(found) = self.of_another_parameter(values) {
            return found;
        }
        if budget.pairs == 0 {
            return Diagnosis::unknown();
        }
        budget.pairs -= 1;
        // Two mistakes at once. The first value alone tells most of them apart.
        let pairs = slips
            .iter()
            .flat_map(|first| slips::of(sense, &first.equation, &[]).into_iter().map(move |second| (first, second)));
        for (first, second) in pairs.take(PAIRED) {
            let quick = same(sense.points.evaluate(&second.equation, 0, step as isize), values[0]);
            if quick && self.is(&second.equation) {
                let cause = Cause::Both(Box::new(cause(first)), Box::new(cause(&second)));
                return Diagnosis { kind: first.kind, cause, equation: Some(second.equation) };
            }
        }
        Diagnosis::unknown()
    }

    /// A gradient that is right for another weight or bias.
    fn of_another_parameter(&self, values: &[f64]) -> Option<Diagnosis> {
        let Cell { sense, column, step, .. } = *self;
        let own = sense.keys[column].first().copied().filter(|key| matches!(key, Key::G(_)))?;
        let others = sense.known_columns().map(|(.., key)| key).filter(|key| matches!(key, Key::G(_)) && *key != own);
        others.into_iter().find_map(|key| {
            let equation = right::equation(sense, key)?;
            let at = |key| Timed { key, back: 0 };
            sense.points.gives(&equation, values, step as isize).then(|| Diagnosis {
                kind: Kind::AnotherGradient,
                cause: Cause::Instead(at(key), at(own)),
                equation: Some(equation),
            })
        })
    }

    /// The helper cell that reads what should not be read, if the formula itself does not.
    pub(crate) fn helper(&self, cause: &Cause) -> Option<At> {
        let Cell { sense, column, step, .. } = *self;
        let Cause::Instead(other, _) = cause else { return None };
        let (own, wanted) = (sense.reading.table.columns[column].at(step), sense.column(other.key)?);
        let wanted = sense.reading.table.columns[wanted].at(step.checked_add_signed(-other.back)?);
        let found = reader(sense, own, wanted, 0)?;
        (found != own).then_some(found)
    }
}

/// The first cell, on the way through helpers, whose own formula names the wanted cell.
fn reader(sense: &Sense, at: At, wanted: At, depth: usize) -> Option<At> {
    let book = sense.reading.book;
    let leaves = book.tree(at)?.leaves();
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
    match slip {
        Slip { instead: Some((other, leaf)), .. } => Cause::Instead(*other, *leaf),
        Slip { missing: Some(missing), .. } => Cause::Missing(missing.clone()),
        Slip { around: Some(around), .. } => Cause::Around(around.clone()),
        _ => Cause::Unknown,
    }
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

/// Whether the formula of a neighbouring row reads the very same cell, though another one is right there.
fn row_kind(sense: &Sense, column: usize, step: usize, slip: &Slip) -> Kind {
    let Some((other, leaf)) = slip.instead else { return slip.kind };
    let read = step as isize - other.back;
    let Some(of) = sense.column(other.key) else { return slip.kind };
    let reads = |step: usize| match sense.reading.contents[column].get(step) {
        _ if step as isize - leaf.back == read => false,
        Some(Content::Formula(tree)) => {
            tree.leaves().iter().any(|leaf| *leaf == Leaf::Column(of, read.max(0) as usize))
        }
        _ => false,
    };
    let neighbours = [step.checked_sub(1), Some(step + 1)];
    if neighbours.into_iter().flatten().any(reads) { Kind::FixedReference } else { slip.kind }
}

/// An update whose only mistake is its learning rate.
fn of_rate(
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
        // Where the gradient is 0, any rate gives the same.
        if none == one {
            same(values[trial], none).then_some(None)
        } else {
            Some(Some((values[trial] - none) / (one - none)))
        }
    };
    let implied: Vec<f64> = (0..values.len()).map(implied).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
    let first = *implied.first()?;
    if !implied.iter().all(|rate| (rate - first).abs() <= 1e-7 * first.abs().max(1e-7)) {
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
        // With the sheet's own rate, the sign is all that is to be said.
        None if same(-first, sense.points.rate(0)) => Some((Kind::Uphill, Cause::Unknown)),
        None if first < 0.0 => Some((Kind::Uphill, Cause::Rate(short))),
        None if short == 1.0 && !rate::has_one(sense.reading, column, step) => {
            Some((Kind::MissingFactor, Cause::Missing(Expr::Of(Timed { key: Key::Rate, back: 0 }))))
        }
        None => Some((Kind::HardCodedRate, Cause::Rate(short))),
    }
}
