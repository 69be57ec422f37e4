//! A table that was judged, in words.

use super::explain;
use super::network::network;
use super::no_number;
use super::symbols::quoted;
use crate::compare::Sense;
use crate::judge::{Aspect, CellRun, Judged, UsedRate, is_habit, losses, used_rates};
use crate::meaning::Meaning;
use crate::read::{At, Book};
use crate::report::{Finding, Judgement, TableReport};
use crate::tables::SheetTable;
use gradbook_lesson::SlipKind;

/// `Sheet1!A33:AE100`: from the first name to the last number.
pub(crate) fn place(book: &Book, table: &SheetTable) -> String {
    let inside = table.columns.iter().filter(|column| !column.is_single());
    let cells: Vec<At> = inside.flat_map(|column| [column.header, column.at(table.steps - 1)]).collect();
    let bounds =
        |of: fn(&At) -> u32| (cells.iter().map(of).min().unwrap_or(0), cells.iter().map(of).max().unwrap_or(0));
    let ((top, bottom), (left, right)) = (bounds(|at| at.row), bounds(|at| at.column));
    let corner = |row, column| At { sheet: table.sheet, row, column }.name();
    format!("{}!{}:{}", quoted(&book.sheets[table.sheet].name), corner(top, left), corner(bottom, right))
}

/// Puts a table into the report, and says which rates its updates use.
pub(crate) fn report(
    judged: Judged,
    sense: &Sense,
    meaning: &Meaning,
    place: &str,
    report: &mut Judgement,
) -> Vec<UsedRate> {
    let Judged { runs, counts, not_understood } = judged;
    report.incomplete |= !meaning.knows_loss || !not_understood.is_empty();
    report.unjudged.extend(not_understood.iter().map(|aspect| format!("{place}: {}", why_not(*aspect))));
    if !meaning.knows_loss {
        report
            .unjudged
            .push(format!("{place}: errors and gradients, because the formula of the errors is not known here"));
    }
    report.notes.extend(conventions(sense, meaning, &runs).into_iter().map(|note| format!("{place}: {note}")));
    for run in with_copies(runs) {
        let key = sense.keys[run[0].column].first().copied();
        let of_layer = key.map(|key| sense.in_layer_of(key));
        merge(&mut report.findings, explain::finding(of_layer.as_ref().unwrap_or(sense), &run));
    }
    let (last_loss, right_loss) = losses(sense);
    let rates = used_rates(sense, meaning, &not_understood);
    let rate = rates[0].value;
    if rates.len() > 1 {
        let values: Vec<String> = meaning.rates.iter().map(|rate| sense.rate_of(*rate, 0).to_string()).collect();
        report.notes.push(format!("{place}: layers have learning rates of their own: {}", values.join(", ")));
    }
    report.tables.push(TableReport {
        place: place.to_owned(),
        network: network(sense),
        rate: rate.is_finite().then_some(rate),
        steps: sense.reading.table.steps,
        right: counts.right,
        wrong: counts.wrong,
        undecided: counts.undecided,
        last_loss,
        right_loss,
    });
    no_number::report(sense, place, report);
    rates
}

fn why_not(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Sums => "the weighted sums: they are calculated in a way that is not understood here",
        Aspect::Activations => "the activations: they are calculated in a way that is not understood here",
        Aspect::Errors => "the errors: their formulas are not known here",
        Aspect::Gradients => {
            "the gradients: they belong to a different error or network from the one that the sheet seems to have"
        }
        Aspect::Updates => {
            "the updates: they follow another method than plain gradient descent (momentum, Adam, ...), or all of them are \
             wrong"
        }
    }
}

/// What is unusual in a sheet and no mistake.
fn conventions(sense: &Sense, meaning: &Meaning, runs: &[CellRun]) -> Vec<String> {
    let mut notes = Vec::new();
    let scales = sense.points.scales;
    let is_factor = |run: &CellRun| run.kind == SlipKind::WrongFactor;
    if meaning.knows_loss && scales.gradient != scales.total && !runs.iter().any(is_factor) {
        let factor = scales.gradient / scales.total;
        notes.push(format!(
            "all gradients are {factor} times the derivative of the error that is shown: a convention, if it is meant"
        ));
    }
    if meaning.targets.is_none() && meaning.given_targets {
        notes.push("the sheet has the targets; --targets is not used".to_owned());
    }
    if let Some(targets) = &meaning.targets {
        let targets: Vec<String> = targets.iter().map(f64::to_string).collect();
        notes.push(format!("no column holds the targets; judged with {}", targets.join(", ")));
    }
    notes
}

/// Wrong cells, together with those that have a copy of their formula or the same habit.
fn with_copies(runs: Vec<CellRun>) -> Vec<Vec<CellRun>> {
    let mut groups: Vec<Vec<CellRun>> = Vec::new();
    for run in runs {
        let is_copy = |group: &&mut Vec<CellRun>| {
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
