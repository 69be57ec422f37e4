//! A whole table: every column judged, and what that comes to.

use gradbook_lesson::SlipKind;
use std::collections::{BTreeMap, BTreeSet};

use super::aspect::Aspect;
use super::budget::Budget;
use super::cell_run::{CellRun, Counts};
use super::column;
use crate::compare::Sense;
use crate::meaning::Meaning;

/// Every column of a table, judged.
pub(crate) struct Judged {
    pub(crate) runs: Vec<CellRun>,
    pub(crate) counts: Counts,
    /// What was not judged, because most of it is wrong by no usual slip.
    pub(crate) not_understood: Vec<Aspect>,
}

impl Judged {
    pub(crate) fn of(sense: &Sense, meaning: &Meaning, budget: &mut Budget) -> Judged {
        let mut parts: BTreeMap<Aspect, (Vec<Vec<CellRun>>, Counts)> = BTreeMap::new();
        for (column, _, key) in sense.known_columns() {
            let part = Aspect::of(key);
            if matches!(part, Aspect::Errors | Aspect::Gradients) && !meaning.knows_loss {
                continue;
            }
            let (found, counted) = column::column(&sense.in_layer_of(key), column, key, budget);
            let (runs, counts) = parts.entry(part).or_default();
            counts.add(counted);
            // A column that was not judged at all says nothing about the others.
            if counted != Counts::default() {
                runs.push(found);
            }
        }
        let mut judged = Judged { runs: Vec::new(), counts: Counts::default(), not_understood: Vec::new() };
        for (part, (runs, counts)) in parts {
            if is_misread(&runs, sense.reading.table.steps) {
                judged.not_understood.push(part);
            } else {
                judged.counts.add(counts);
                judged.runs.extend(runs.into_iter().flatten());
            }
        }
        judged
    }

    /// How many mistakes it would take, if the sheet were meant so. What is one habit in all columns counts once.
    pub(crate) fn mistakes(&self) -> usize {
        let habits: BTreeSet<SlipKind> = self.runs.iter().map(|run| run.kind).filter(|kind| is_habit(*kind)).collect();
        let others = self.runs.iter().filter(|run| !is_habit(run.kind)).count();
        others + habits.len() + 100 * self.not_understood.len()
    }

    /// Whether directions are wrong in several columns: then the sheet may count them the other way round.
    pub(crate) fn doubts_signs(&self) -> bool {
        self.runs.iter().filter(|run| matches!(run.kind, SlipKind::Uphill | SlipKind::WrongSign)).count() > 1
    }
}

/// Whether more than half of the columns are wrong in most of their steps by no usual slip, or by a different one in every
/// few rows.
fn is_misread(columns: &[Vec<CellRun>], steps: usize) -> bool {
    let is_misread = |runs: &&Vec<CellRun>| {
        let is_strange = |run: &&CellRun| matches!(run.kind, SlipKind::Other | SlipKind::AnotherRate);
        let several = runs.iter().any(|run| run.kind != runs[0].kind);
        let covered = |runs: &mut dyn Iterator<Item = &CellRun>| runs.map(|run| run.steps.len()).sum::<usize>();
        3 * covered(&mut runs.iter().filter(is_strange)) > steps || several && 2 * covered(&mut runs.iter()) > steps
    };
    columns.len() > 1 && 2 * columns.iter().filter(is_misread).count() > columns.len()
}

/// Whether a mistake is about how all updates are done, and not about one weight.
pub(crate) fn is_habit(kind: SlipKind) -> bool {
    matches!(kind, SlipKind::Uphill | SlipKind::RelativeReference | SlipKind::HardCodedRate | SlipKind::AnotherRate)
}
