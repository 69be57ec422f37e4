//! Why a cell is wrong: which edit of the right equation comes to what stands there.

use gradbook_lesson::{Expr, Key, SlipKind, edits_in_all_samples};

use super::budget::Budget;
use super::cause::Cause;
use super::difference::{Difference, allowed};
use super::moved::has_moved;
use super::rate_slips::of_rate;
use super::row_slips::{row_kind, settled};
use crate::compare::{Equation, Sense, Slip, Timed, right_equation, same, slips};
use crate::limits::{MAX_FOLLOWED_HELPERS, MAX_PAIRS};
use crate::read::At;
use crate::tables::{Content, Leaf};

/// What was found out about a wrong cell.
#[derive(Clone, Debug)]
pub(super) struct Diagnosis {
    pub(super) kind: SlipKind,
    pub(super) cause: Cause,
    /// The right equation with the mistake in it, if the mistake is the same in every row.
    equation: Option<Equation>,
}

impl Diagnosis {
    fn new(kind: SlipKind, cause: Cause) -> Diagnosis {
        Diagnosis { kind, cause, equation: None }
    }

    fn of(slip: &Slip) -> Diagnosis {
        Diagnosis { kind: slip.kind, cause: Cause::of(slip), equation: Some(slip.equation.clone()) }
    }

    fn unknown() -> Diagnosis {
        Diagnosis::new(SlipKind::Other, Cause::Unknown)
    }

    /// Whether another cell is wrong in the same way.
    pub(super) fn explains(&self, cell: &WrongCell) -> bool {
        self.equation.as_ref().is_some_and(|equation| cell.is(equation))
    }
}

/// A wrong cell.
pub(super) struct WrongCell<'c> {
    pub(super) sense: &'c Sense<'c>,
    pub(super) right: &'c Equation,
    pub(super) column: usize,
    pub(super) step: usize,
    pub(super) difference: &'c Difference,
}

impl WrongCell<'_> {
    /// Whether an equation comes to what stands here.
    fn is(&self, equation: &Equation) -> bool {
        let WrongCell { sense, column, step, .. } = *self;
        match self.difference {
            Difference::Typed => false,
            Difference::Formula(values) => sense.points.gives(equation, values, step as isize),
            Difference::Number => {
                let (expected, value) = (sense.expected(equation, step), sense.reading.value(column, step));
                expected.value.is_finite() && (value - expected.value).abs() <= allowed(sense, expected, column, step)
            }
        }
    }

    pub(super) fn diagnose(&self, budget: &mut Budget) -> Diagnosis {
        let WrongCell { sense, right, .. } = *self;
        if let Difference::Typed = self.difference {
            return Diagnosis::new(SlipKind::Typed, Cause::Unknown);
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
        let slip = slips(sense, right, rows).into_iter().find(|slip| self.is(&slip.equation));
        slip.map_or_else(Diagnosis::unknown, |slip| Diagnosis::of(&slip))
    }

    fn of_formula(&self, values: &[f64], budget: &mut Budget) -> Diagnosis {
        let WrongCell { sense, right, column, step, .. } = *self;
        let Content::Formula(tree) = sense.reading.content(column, step) else { return Diagnosis::unknown() };
        if has_moved(sense, right, column, step) {
            return Diagnosis::new(SlipKind::RelativeReference, Cause::Unknown);
        }
        if has_rate(right)
            && let Some((kind, cause)) = of_rate(sense, right, column, step, tree, values)
        {
            return Diagnosis::new(kind, cause);
        }
        let slips = slips(sense, right, &rows_read(sense, right, tree, step));
        if let Some(slip) = slips.iter().find(|slip| self.is(&slip.equation)) {
            if slip.kind == SlipKind::AnotherRow {
                return Diagnosis::new(row_kind(sense, column, step, slip), settled(sense, column, step, slip));
            }
            return Diagnosis::of(slip);
        }
        if let Some(slip) = edits_in_all_samples(right).iter().find(|slip| self.is(&slip.equation)) {
            return Diagnosis::of(slip);
        }
        if let Some(found) = self.of_another_parameter(values) {
            return found;
        }
        if budget.pairs == 0 {
            return Diagnosis::unknown();
        }
        budget.pairs -= 1;
        self.of_two(&slips, values).unwrap_or_else(Diagnosis::unknown)
    }

    /// Two mistakes at once. The first value alone tells most of them apart.
    fn of_two(&self, first: &[Slip], values: &[f64]) -> Option<Diagnosis> {
        let WrongCell { sense, step, .. } = *self;
        let pairs = first
            .iter()
            .flat_map(|first| slips(sense, &first.equation, &[]).into_iter().map(move |second| (first, second)));
        let (first, second) = pairs.take(MAX_PAIRS).find(|(_, second)| {
            let quick = same(sense.points.evaluate(&second.equation, 0, step as isize), values[0]);
            quick && self.is(&second.equation)
        })?;
        let cause = Cause::Both(Box::new(Cause::of(first)), Box::new(Cause::of(&second)));
        Some(Diagnosis { kind: first.kind, cause, equation: Some(second.equation) })
    }

    /// A gradient that is right for another weight or bias.
    fn of_another_parameter(&self, values: &[f64]) -> Option<Diagnosis> {
        let WrongCell { sense, column, step, .. } = *self;
        let own = sense.keys[column].first().copied().filter(|key| matches!(key, Key::G(_)))?;
        let others = sense.known_columns().map(|(.., key)| key).filter(|key| matches!(key, Key::G(_)) && *key != own);
        others.into_iter().find_map(|key| {
            let equation = right_equation(sense, key)?;
            let at = |key| Timed { key, back: 0 };
            sense.points.gives(&equation, values, step as isize).then(|| Diagnosis {
                kind: SlipKind::AnotherGradient,
                cause: Cause::Instead(at(key), at(own)),
                equation: Some(equation),
            })
        })
    }

    /// The helper cell that reads what should not be read, if the formula itself does not.
    pub(super) fn helper(&self, cause: &Cause) -> Option<At> {
        let WrongCell { sense, column, step, .. } = *self;
        let Cause::Instead(other, _) = cause else { return None };
        let (own, wanted) = (sense.reading.table.columns[column].at(step), sense.column(other.key)?);
        let wanted = sense.reading.table.columns[wanted].at(step.checked_add_signed(-other.back)?);
        let found = reader(sense, own, wanted, 0)?;
        (found != own).then_some(found)
    }
}

/// Which other rows a formula reads, counted back from its own.
fn rows_read(sense: &Sense, right: &Equation, tree: &Expr<Leaf>, step: usize) -> Vec<isize> {
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
    rows
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
    if depth < MAX_FOLLOWED_HELPERS {
        helpers.into_iter().find_map(|at| reader(sense, at, wanted, depth + 1))
    } else {
        None
    }
}

fn has_rate(equation: &Equation) -> bool {
    equation.leaves().iter().any(|leaf| leaf.key == Key::Rate)
}

fn rows_differ(rows: &[isize]) -> bool {
    rows.windows(2).any(|pair| pair[0] != pair[1])
}
