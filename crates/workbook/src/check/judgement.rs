//! A whole table: every column judged, and what that comes to.

use super::diagnosis::Budget;
use super::explain;
use super::judge::{self, Counts, Run};
use super::labels::UsedRate;
use super::meaning::Meaning;
use super::reading::Leaf;
use super::report::{Finding, Report, TableReport};
use super::sense::{RateSource, Sense};
use super::slips::Kind;
use crate::lesson::Key;

/// Judges all columns of a table into the report, and says which rate its updates use.
pub(crate) fn table(
    sense: &Sense,
    meaning: &Meaning,
    place: String,
    budget: &mut Budget,
    report: &mut Report,
) -> UsedRate {
    let (mut counts, mut of_updates) = (Counts::default(), Counts::default());
    let mut runs = Vec::new();
    let mut updates = Vec::new();
    for (column, _, key) in sense.known_columns() {
        let needs_loss = matches!(
            key,
            Key::E(..)
                | Key::Error(_)
                | Key::Loss
                | Key::G(_)
                | Key::Own(..)
                | Key::Da(..)
                | Key::Dz(..)
                | Key::Path(..)
        );
        if needs_loss && !meaning.knows_loss {
            continue;
        }
        let (found, counted) = judge::column(sense, column, key, budget);
        // Updates are judged together, below.
        let (runs, counts) =
            if is_update(sense, column, key) { (&mut updates, &mut of_updates) } else { (&mut runs, &mut counts) };
        counts.add(counted);
        runs.push(found);
    }
    let plain = !is_another_method(&updates);
    if !plain {
        let method = "the updates, because they follow another method than plain gradient descent";
        report.unjudged.push(format!("{place}: {method} (momentum, Adam, ...), or all of them are wrong"));
    } else {
        counts.add(of_updates);
        runs.extend(updates);
    }
    let runs: Vec<Run> = runs.into_iter().flatten().collect();
    if !meaning.knows_loss {
        report.unjudged.push(format!(
            "{place}: errors and gradients, because the formula of the errors is none that is known here"
        ));
    }
    let scales = sense.points.scales;
    if meaning.knows_loss && scales.gradient != scales.total && !runs.iter().any(|run| run.kind == Kind::WrongFactor) {
        let factor = scales.gradient / scales.total;
        report.notes.push(format!("{place}: all gradients are {factor} times the derivative of the error that is shown: a convention, if it is meant"));
    }
    if let Some(targets) = &meaning.targets {
        let targets: Vec<String> = targets.iter().map(f64::to_string).collect();
        report.notes.push(format!("{place}: the targets are in no column; judged with {}", targets.join(", ")));
    }
    for run in &runs {
        merge(&mut report.findings, explain::finding(sense, run));
    }
    let (last_loss, right_loss) = explain::losses(sense);
    // Of another method, one of its settings may have been taken for the rate.
    let rate = if plain { sense.number(Key::Rate, 0, 0).value } else { f64::NAN };
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
    let cell = match sense.rate {
        RateSource::Leaf(Leaf::Cell(at)) => Some(at),
        RateSource::Leaf(Leaf::Column(column, _)) => Some(sense.reading.table.columns[column].at(0)),
        _ => None,
    };
    UsedRate { sheet: sense.reading.table.sheet, cell, value: rate }
}

/// Whether a column holds weights or biases after updates.
fn is_update(sense: &Sense, column: usize, key: Key) -> bool {
    match key {
        Key::P(_) => !sense.reading.table.columns[column].is_single() && sense.reading.table.steps > 1,
        Key::Next(_) => true,
        _ => false,
    }
}

/// Whether most of the updates are wrong by no usual slip. Then they are another method's, not everybody's mistake.
fn is_another_method(updates: &[Vec<Run>]) -> bool {
    let is_other = |runs: &&Vec<Run>| runs.iter().any(|run| run.kind == Kind::Other);
    updates.len() > 1 && 2 * updates.iter().filter(is_other).count() > updates.len()
}

/// The same mistake elsewhere is the same finding.
fn merge(findings: &mut Vec<Finding>, finding: Finding) {
    let same = |other: &&mut Finding| {
        (other.kind, &other.symbol, &other.message) == (finding.kind, &finding.symbol, &finding.message)
    };
    match findings.iter_mut().find(same) {
        Some(other) => other.places.extend(finding.places),
        None => findings.push(finding),
    }
}
