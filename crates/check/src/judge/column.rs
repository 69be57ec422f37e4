//! One column, cell by cell.

use gradbook_lesson::{Key, SlipKind};

use super::budget::Budget;
use super::cause::Cause;
use super::cell_run::{CellRun, Counts};
use super::constant::{Constant, constant};
use super::diagnosis::{Diagnosis, WrongCell};
use super::difference::difference;
use crate::compare::{Equation, Sense, right_equation, same};
use crate::read::{At, Relative, relative};
use crate::tables::Content;

/// A column that is judged.
struct Judge<'s> {
    sense: &'s Sense<'s>,
    column: usize,
    right: Equation,
    runs: Vec<CellRun>,
    counts: Counts,
}

/// What was found out about the wrong cell before, and its formula.
type Last = Option<(Diagnosis, Option<Relative>)>;

/// All cells of a column. The budget is shared by the whole file.
pub(super) fn column(sense: &Sense, column: usize, key: Key, budget: &mut Budget) -> (Vec<CellRun>, Counts) {
    let nothing = || (Vec::new(), Counts::default());
    let Some(right) = right_equation(sense, key) else { return nothing() };
    let is_single = sense.reading.table.columns[column].is_single();
    if is_not_judged(sense, column, key) {
        return nothing();
    }
    let from = usize::from(matches!(key, Key::P(_)));
    let steps = if is_single { 1 } else { sense.reading.table.steps };
    let mut judge = Judge { sense, column, right, runs: Vec::new(), counts: Counts::default() };
    match constant(sense, column, key) {
        Constant::Untrained => {}
        Constant::Frozen if steps > 1 => judge.all_typed(steps),
        Constant::Frozen | Constant::No => judge.cells(from..steps, budget),
    }
    (judge.runs, judge.counts)
}

/// Whether a column is a given number, judged elsewhere, or not trained.
fn is_not_judged(sense: &Sense, column: usize, key: Key) -> bool {
    let Key::P(p) = key else { return false };
    let columns = &sense.reading.table.columns;
    let at = |column: usize, step: usize| -> At { columns[column].at(step) };
    let next = sense.column(Key::Next(p));
    // Where rows hold the weights after their step, these cells are judged as the next ones.
    let is_shifted = |next: usize| sense.reading.table.steps > 1 && at(next, 0) == at(column, 1);
    // A weight or bias that no gradient changes is not trained.
    let is_untrained = || sense.reading.is_constant(column) && sense.column(Key::G(p)).is_none() && next.is_none();
    columns[column].is_single() || next.is_some_and(is_shifted) || is_untrained()
}

impl Judge<'_> {
    /// The same typed number in all rows, though others of its kind are updated.
    fn all_typed(&mut self, steps: usize) {
        self.counts.wrong += steps - 1;
        self.runs.push(CellRun {
            column: self.column,
            steps: 1..steps,
            kind: SlipKind::Typed,
            cause: Cause::Unknown,
            shown: 1,
            form: None,
            helpers: Vec::new(),
            stored: self.sense.reading.value(self.column, 1),
            correct: self.sense.expected(&self.right, 1),
            right: self.right.clone(),
        });
    }

    fn cells(&mut self, steps: std::ops::Range<usize>, budget: &mut Budget) {
        let (sense, column) = (self.sense, self.column);
        let reading = sense.reading;
        let is_formula = |step: &usize| !matches!(reading.content(column, *step), Content::Typed(_) | Content::Nothing);
        let formulas = steps.clone().filter(is_formula).count();
        let has_formulas = formulas > 1 || 2 * formulas > steps.len();
        let mut last: Last = None;
        for step in steps {
            let Some(difference) = difference(sense, &self.right, column, step, has_formulas, &mut self.counts) else {
                continue;
            };
            self.counts.wrong += 1;
            let cell = WrongCell { sense, right: &self.right, column, step, difference: &difference };
            // Mostly the mistake of the row before, whose formula was copied.
            let own = reading.table.columns[column].at(step);
            let form = reading.book.tree(own).map(|tree| relative(&tree, own));
            let before = last.take().filter(|_| self.runs.last().is_some_and(|run| run.steps.end == step));
            let again = before.filter(|(found, other)| form.is_some() && form == *other || found.explains(&cell));
            let found = again.map_or_else(|| cell.diagnose(budget), |(found, _)| found);
            let helper = cell.helper(&found.cause);
            self.add(step, &found, form.clone(), helper);
            last = Some((found, form));
        }
    }

    /// Continues the run of the cell before, if the mistake is the same.
    fn add(&mut self, step: usize, found: &Diagnosis, form: Option<Relative>, helper: Option<At>) {
        let (reading, column) = (self.sense.reading, self.column);
        let continued = self.runs.last_mut().filter(|run| {
            run.steps.end == step
                && (run.kind, &run.cause) == (found.kind, &found.cause)
                && run.helpers.is_empty() == helper.is_none()
        });
        let Some(run) = continued else {
            self.runs.push(CellRun {
                column,
                steps: step..step + 1,
                kind: found.kind,
                cause: found.cause.clone(),
                right: self.right.clone(),
                shown: step,
                form,
                helpers: helper.into_iter().collect(),
                stored: reading.value(column, step),
                correct: self.sense.expected(&self.right, step),
            });
            return;
        };
        run.steps.end = step + 1;
        run.helpers.extend(helper);
        if same(run.stored, run.correct.value) {
            let correct = self.sense.expected(&self.right, step);
            if !same(reading.value(column, step), correct.value) {
                (run.shown, run.stored, run.correct) = (step, reading.value(column, step), correct);
            }
        }
    }
}
