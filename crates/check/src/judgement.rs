//! A whole table: every column judged, and what that comes to.

use std::collections::{BTreeMap, BTreeSet};

use super::diagnosis::Budget;
use super::explain;
use super::judge::{self, Counts, Run};
use super::kind::Kind;
use super::labels::UsedRate;
use super::meaning::Meaning;
use super::reading::Leaf;
use super::report::{Finding, Report, TableReport};
use super::sense::{RateSource, Sense};
use gradbook_lesson::Key;

/// What is judged together: if most of such columns are wrong by no usual slip, it is not everybody's mistake, but
/// something here that was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Sums,
    Activations,
    Errors,
    Gradients,
    Updates,
}

impl Part {
    fn of(key: Key) -> Part {
        match key {
            Key::Z(..) => Part::Sums,
            Key::A(..) => Part::Activations,
            Key::E(..) | Key::Error(_) | Key::Loss => Part::Errors,
            Key::P(_) | Key::Next(_) | Key::M(_) => Part::Updates,
            _ => Part::Gradients,
        }
    }

    fn not_understood(self) -> &'static str {
        match self {
            Part::Sums => "the weighted sums: they are calculated in a way that is not understood here",
            Part::Activations => "the activations: they are calculated in a way that is not understood here",
            Part::Errors => "the errors: their formulas are none that are known here",
            Part::Gradients => "the gradients: they are those of another error or network than the sheet seems to have",
            Part::Updates => {
                "the updates: they follow another method than plain gradient descent (momentum, Adam, ...), or all of them are \
                 wrong"
            }
        }
    }
}

/// Every column of a table, judged.
pub(crate) struct Judged {
    pub(crate) runs: Vec<Run>,
    counts: Counts,
    not_understood: Vec<Part>,
}

impl Judged {
    pub(crate) fn of(sense: &Sense, meaning: &Meaning, budget: &mut Budget) -> Judged {
        let mut parts: BTreeMap<Part, (Vec<Vec<Run>>, Counts)> = BTreeMap::new();
        for (column, _, key) in sense.known_columns() {
            let part = Part::of(key);
            if matches!(part, Part::Errors | Part::Gradients) && !meaning.knows_loss {
                continue;
            }
            let (found, counted) = judge::column(&sense.in_layer_of(key), column, key, budget);
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
        let habits: BTreeSet<Kind> = self.runs.iter().map(|run| run.kind).filter(|kind| is_habit(*kind)).collect();
        let others = self.runs.iter().filter(|run| !is_habit(run.kind)).count();
        others + habits.len() + 100 * self.not_understood.len()
    }

    /// Whether directions are wrong in several columns: then the sheet may count them the other way round.
    pub(crate) fn doubts_signs(&self) -> bool {
        self.runs.iter().filter(|run| matches!(run.kind, Kind::Uphill | Kind::WrongSign)).count() > 1
    }

    /// Puts everything into the report, and says which rates the updates use.
    pub(crate) fn report(self, sense: &Sense, meaning: &Meaning, place: String, report: &mut Report) -> Vec<UsedRate> {
        let Judged { runs, counts, not_understood } = self;
        report.incomplete |= !meaning.knows_loss || !not_understood.is_empty();
        report.unjudged.extend(not_understood.iter().map(|part| format!("{place}: {}", part.not_understood())));
        if !meaning.knows_loss {
            report.unjudged.push(format!(
                "{place}: errors and gradients, because the formula of the errors is none that is known here"
            ));
        }
        let scales = sense.points.scales;
        let is_factor = |run: &Run| run.kind == Kind::WrongFactor;
        if meaning.knows_loss && scales.gradient != scales.total && !runs.iter().any(is_factor) {
            let factor = scales.gradient / scales.total;
            report.notes.push(format!(
                "{place}: all gradients are {factor} times the derivative of the error that is shown: a convention, if it \
                 is meant"
            ));
        }
        if meaning.targets.is_none() && meaning.given_targets {
            report.notes.push(format!("{place}: the targets stand in the sheet; --targets is not used"));
        }
        if let Some(targets) = &meaning.targets {
            let targets: Vec<String> = targets.iter().map(f64::to_string).collect();
            report.notes.push(format!("{place}: the targets are in no column; judged with {}", targets.join(", ")));
        }
        for run in with_copies(runs) {
            let key = sense.keys[run[0].column].first().copied();
            let of_layer = key.map(|key| sense.in_layer_of(key));
            merge(&mut report.findings, explain::finding(of_layer.as_ref().unwrap_or(sense), &run));
        }
        let (last_loss, right_loss) = explain::losses(sense);
        // Of another method, one of its settings may have been taken for the rate.
        let plain = !not_understood.contains(&Part::Updates);
        let mut rates: Vec<UsedRate> = Vec::new();
        for source in &meaning.rates {
            let value = if plain { sense.rate_of(*source, 0) } else { f64::NAN };
            let cell = match source {
                RateSource::Leaf(Leaf::Cell(at)) => Some(*at),
                RateSource::Leaf(Leaf::Column(column, _)) => Some(sense.reading.table.columns[*column].at(0)),
                _ => None,
            };
            if rates.iter().all(|rate| rate.cell != cell) {
                rates.push(UsedRate { sheet: sense.reading.table.sheet, cell, value });
            }
        }
        let rate = rates[0].value;
        if rates.len() > 1 {
            let values: Vec<String> = meaning.rates.iter().map(|rate| sense.rate_of(*rate, 0).to_string()).collect();
            report.notes.push(format!("{place}: layers have learning rates of their own: {}", values.join(", ")));
        }
        report.tables.push(TableReport {
            place,
            network: explain::network(sense),
            rate: rate.is_finite().then_some(rate),
            steps: sense.reading.table.steps,
            right: counts.right,
            wrong: counts.wrong,
            undecided: counts.undecided,
            last_loss,
            right_loss,
        });
        rates
    }
}

/// Whether more than half of the columns are wrong in most of their steps by no usual slip, or by a different one in every
/// few rows.
fn is_misread(columns: &[Vec<Run>], steps: usize) -> bool {
    let is_misread = |runs: &&Vec<Run>| {
        let is_strange = |run: &&Run| matches!(run.kind, Kind::Other | Kind::AnotherRate);
        let several = runs.iter().any(|run| run.kind != runs[0].kind);
        let covered = |runs: &mut dyn Iterator<Item = &Run>| runs.map(|run| run.steps.len()).sum::<usize>();
        3 * covered(&mut runs.iter().filter(is_strange)) > steps || several && 2 * covered(&mut runs.iter()) > steps
    };
    columns.len() > 1 && 2 * columns.iter().filter(is_misread).count() > columns.len()
}

/// Whether a mistake is about how all updates are done, and not about one weight.
fn is_habit(kind: Kind) -> bool {
    matches!(kind, Kind::Uphill | Kind::RelativeReference | Kind::HardCodedRate | Kind::AnotherRate)
}

/// Wrong cells, together with those that have a copy of their formula or the same habit.
fn with_copies(runs: Vec<Run>) -> Vec<Vec<Run>> {
    let mut groups: Vec<Vec<Run>> = Vec::new();
    for run in runs {
        let is_copy = |group: &&mut Vec<Run>| {
            let first = &group[0];
            let is_same =
                run.form.is_some() && first.form == run.form || is_habit(run.kind) && first.cause == run.cause;
            first.kind == run.kind && is_same && run.helpers.is_empty()
        };
        match groups.iter_mut().find(is_copy) {
            Some(group) => group.push(run),
            None => groups.push(vec![run]),
        }
    }
    groups
}

/// The same mistake elsewhere is the same finding.
fn merge(findings: &mut Vec<Finding>, finding: Finding) {
    let same = |other: &&mut Finding| {
        (other.kind, &other.symbol, &other.message) == (finding.kind, &finding.symbol, &finding.message)
    };
    // What several columns take from a wrong helper is one mistake, in the helper.
    if findings.iter().any(|other| other.places == finding.places) {
        return;
    }
    match findings.iter_mut().find(same) {
        Some(other) => other.places.extend(finding.places),
        None => findings.push(finding),
    }
}
