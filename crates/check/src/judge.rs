//! Right or wrong, cell by cell, and why.
//!
//! A formula is compared with the right equation at random points; a typed number with what the numbers beside it give,
//! and is wrong only if rounding does not explain the difference. Either way a column is judged by its own formula and
//! its neighbours' numbers as they are, so what follows from somebody's mistake is not a mistake.

use gradbook_lesson::Param;

use super::book::At;
use super::diagnosis::{self, Budget, Cause, Diagnosis, Difference};
use super::formula::{self, Relative};
use super::kind::Kind;
use super::points::{Equation, now, same};
use super::reading::Content;
use super::right;
use super::sense::{Rounded, Sense};
use gradbook_lesson::Key;

/// A number may be off by so many times what rounding alone explains: intermediate results were rounded, too.
const SLACK: f64 = 2.0;
/// And by so much of itself, for formulas in another order of operations.
const RELATIVE: f64 = 1e-9;

/// A run of cells in one column that are wrong in the same way.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) column: usize,
    pub(crate) steps: std::ops::Range<usize>,
    pub(crate) kind: Kind,
    pub(crate) right: Equation,
    pub(crate) cause: Cause,
    /// The first step at which the wrong number is another than the right one; by chance they may agree before.
    pub(crate) shown: usize,
    /// The first cell's formula, as copying leaves it.
    pub(crate) form: Option<Relative>,
    /// Helper cells that the mistake is made in, one a step, if not in the cells themselves.
    pub(crate) helpers: Vec<At>,
    /// The number there, and what it ought to be.
    pub(crate) stored: f64,
    pub(crate) correct: Rounded,
}

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) right: usize,
    pub(crate) wrong: usize,
    /// Rounded so coarsely that a tenth of it may be rounding.
    pub(crate) undecided: usize,
}

impl Counts {
    pub(crate) fn add(&mut self, other: Counts) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.undecided += other.undecided;
    }
}

/// All cells of a column. The budget is that of the whole file.
pub(crate) fn column(sense: &Sense, column: usize, key: Key, budget: &mut Budget) -> (Vec<Run>, Counts) {
    let mut last: Option<(Diagnosis, Option<Relative>)> = None;
    let (mut runs, mut counts) = (Vec::new(), Counts::default());
    let Some(right) = right::equation(sense, key) else { return (runs, counts) };
    let reading = sense.reading;
    let from = match key {
        Key::P(_) if reading.table.columns[column].is_single() => return (runs, counts),
        Key::P(_) => 1,
        _ => 0,
    };
    let steps = if reading.table.columns[column].is_single() { 1 } else { reading.table.steps };
    // Where rows hold the weights after their step, these cells are judged as the next ones.
    let at = |column: usize, step: usize| reading.table.columns[column].at(step);
    if let Key::P(p) = key
        && sense.column(Key::Next(p)).is_some_and(|next| steps > 1 && at(next, 0) == at(column, 1))
    {
        return (runs, counts);
    }
    // A weight or bias that no gradient changes is not trained.
    if let Key::P(p) = key
        && reading.is_constant(column)
        && sense.column(Key::G(p)).is_none()
        && sense.column(Key::Next(p)).is_none()
    {
        return (runs, counts);
    }
    let constant = constant(sense, column, key);
    if constant == Constant::Untrained {
        return (runs, counts);
    }
    if constant == Constant::Frozen && steps > 1 {
        counts.wrong += steps - 1;
        runs.push(Run {
            column,
            steps: 1..steps,
            kind: Kind::Typed,
            cause: Cause::Unknown,
            shown: 1,
            form: None,
            helpers: Vec::new(),
            stored: reading.value(column, 1),
            correct: sense.expected(&right, 1),
            right,
        });
        return (runs, counts);
    }
    let is_formula = |step: &usize| !matches!(reading.content(column, *step), Content::Typed(_) | Content::Nothing);
    let formulas = (from..steps).filter(is_formula).count();
    let has_formulas = formulas > 1 || 2 * formulas > steps - from;
    for step in from..steps {
        let Some(difference) = difference(sense, &right, column, step, has_formulas, &mut counts) else { continue };
        counts.wrong += 1;
        let cell = diagnosis::Cell { sense, right: &right, column, step, difference: &difference };
        // Mostly the mistake of the row before, whose formula was copied.
        let form = formula::relative(reading.book, reading.table.columns[column].at(step));
        let before = last.take().filter(|_| runs.last().is_some_and(|run: &Run| run.steps.end == step));
        let again = before.filter(|(found, other)| form.is_some() && form == *other || found.explains(&cell));
        let found = again.map_or_else(|| cell.diagnose(budget), |(found, _)| found);
        let helper = cell.helper(&found.cause);
        match runs.last_mut() {
            Some(run)
                if run.steps.end == step
                    && (run.kind, &run.cause) == (found.kind, &found.cause)
                    && run.helpers.is_empty() == helper.is_none() =>
            {
                run.steps.end = step + 1;
                run.helpers.extend(helper);
                if same(run.stored, run.correct.value) {
                    let correct = sense.expected(&right, step);
                    if !same(reading.value(column, step), correct.value) {
                        (run.shown, run.stored, run.correct) = (step, reading.value(column, step), correct);
                    }
                }
            }
            _ => runs.push(Run {
                column,
                steps: step..step + 1,
                kind: found.kind,
                cause: found.cause.clone(),
                right: right.clone(),
                shown: step,
                form: form.clone(),
                helpers: helper.into_iter().collect(),
                stored: reading.value(column, step),
                correct: sense.expected(&right, step),
            }),
        }
        last = Some((found, form));
    }
    (runs, counts)
}

/// How a weight or bias that is the same typed number in all rows fares beside the others of its kind.
#[derive(PartialEq)]
enum Constant {
    /// None of them is updated: they are not trained.
    Untrained,
    /// Others are, and it has a gradient.
    Frozen,
    No,
}

fn constant(sense: &Sense, column: usize, key: Key) -> Constant {
    let Key::P(p) = key else { return Constant::No };
    let reading = sense.reading;
    let is_typed = !reading.table.columns[column].is_single()
        && reading.contents[column].iter().all(|content| matches!(content, Content::Typed(_)));
    if !is_typed || !reading.is_constant(column) {
        return Constant::No;
    }
    let is_weight = |p: Param| matches!(p, Param::W(..));
    let is_alike = |key: Key| matches!(key, Key::P(other) if is_weight(other) == is_weight(p));
    let has_update =
        |column: usize| reading.contents[column].iter().any(|content| matches!(content, Content::Formula(_)));
    let is_updated = sense.known_columns().any(|(column, _, key)| is_alike(key) && has_update(column));
    match p {
        _ if is_updated && sense.column(Key::G(p)).is_some() => Constant::Frozen,
        Param::B(..) if !is_updated && sense.column(Key::Next(p)).is_none() => Constant::Untrained,
        _ => Constant::No,
    }
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
        Content::Nothing | Content::Error(_) | Content::Text(_) => return None,
        Content::Formula(tree) => match sense.formula_values(tree, step) {
            Some(values) => (!sense.points.gives(right, &values, step as isize)).then_some(Difference::Formula(values)),
            None => number(sense, right, column, step, counts)?,
        },
        Content::Typed(_) if has_formulas => Some(Difference::Typed),
        // One number of a formula that is not understood proves nothing.
        Content::Unknown(_) if sense.reading.table.steps == 1 => return None,
        Content::Typed(_) | Content::Plugged(_) | Content::Unknown(_) => number(sense, right, column, step, counts)?,
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
        return if follows(sense, column, step) { Some(None) } else { Some(Some(Difference::Number)) };
    }
    if slack > 0.1 * expected.value.abs() && expected.value != 0.0 {
        counts.undecided += 1;
        return None;
    }
    Some(None)
}

/// Whether a gradient's number follows from the sheet's own column of ∂E/∂z: then the mistake, if there is one, is there.
fn follows(sense: &Sense, column: usize, step: usize) -> bool {
    let Some(key @ (Key::G(_) | Key::Own(..) | Key::Da(..) | Key::Dz(..))) = sense.keys[column].first().copied() else {
        return false;
    };
    let expected = sense.expected(&now(&sense.step(key)), step);
    (sense.reading.value(column, step) - expected.value).abs() <= allowed(sense, expected, column, step)
}

/// How far a number may be from what is expected.
pub(crate) fn allowed(sense: &Sense, expected: Rounded, column: usize, step: usize) -> f64 {
    SLACK * (expected.slack + sense.rounding.of(column, step)) + RELATIVE * expected.value.abs() + 1e-15
}
