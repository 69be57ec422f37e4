//! Cells of known columns that hold no number: errors, texts that were meant as numbers, formulas that are not understood.
//!
//! A formula over such a cell is judged by itself and not reported here: what follows from a mistake is no mistake.

use std::collections::{BTreeSet, HashSet};

use super::book::At;
use super::diagnosis::Cause;
use super::explain::{self, header, range};
use super::formula;
use super::judge::Run;
use super::kind::Kind;
use super::reading::Content;
use super::report::{Finding, Report};
use super::right;
use super::sense::Sense;
use gradbook_lesson::Key;

/// Why there is no number: the error or text that stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    Error(String),
    Text(String),
    NotUnderstood,
}

/// Adds the cells of a table that was judged to the report, which ends with that table.
pub(crate) fn report(sense: &Sense, place: &str, report: &mut Report) {
    let table = sense.reading.table;
    // A weight may be the next one of the row before.
    let mut seen: HashSet<At> = HashSet::new();
    for (column, _, key) in sense.known_columns() {
        let steps = if table.columns[column].is_single() { 1 } else { table.steps };
        let mut runs: Vec<(std::ops::Range<usize>, Reason)> = Vec::new();
        for step in 0..steps {
            let Some(reason) = reason(sense, column, key, step) else { continue };
            if !seen.insert(table.columns[column].at(step)) {
                continue;
            }
            match runs.last_mut() {
                Some((run, other)) if run.end == step && *other == reason => run.end = step + 1,
                _ => runs.push((step..step + 1, reason)),
            }
        }
        let cells = |runs: &mut dyn Iterator<Item = &(std::ops::Range<usize>, Reason)>| {
            runs.map(|(steps, _)| steps.len()).sum::<usize>()
        };
        let is_finding = |(_, reason): &&(std::ops::Range<usize>, Reason)| *reason != Reason::NotUnderstood;
        if let Some(judged) = report.tables.last_mut() {
            judged.wrong += cells(&mut runs.iter().filter(is_finding));
        }
        for (steps, reason) in runs.iter().filter(is_finding) {
            let found = finding(&sense.in_layer_of(key), column, key, steps.clone(), reason);
            // Single numbers belong to several tables.
            if report.findings.iter().all(|other| other.places != found.places) {
                report.findings.push(found);
            }
        }
        let unknown: Vec<usize> =
            runs.iter().filter(|run| !is_finding(run)).flat_map(|(steps, _)| steps.clone()).collect();
        if !unknown.is_empty() {
            report.incomplete = true;
            report.unjudged.push(format!("{place}: {}", not_understood(sense, column, &unknown)));
        }
    }
}

fn reason(sense: &Sense, column: usize, key: Key, step: usize) -> Option<Reason> {
    let is_given = matches!(key, Key::X(..) | Key::T(..)) || matches!(key, Key::P(_)) && step == 0;
    match sense.reading.content(column, step) {
        Content::Error(error) => Some(Reason::Error(error.clone())),
        Content::Text(text) => Some(Reason::Text(text.clone())),
        // Over several steps its numbers are judged; one alone proves nothing.
        Content::Unknown(stored) => {
            let is_judged = stored.is_some() && (is_given || sense.reading.table.steps > 1);
            (!is_judged).then_some(Reason::NotUnderstood)
        }
        _ => None,
    }
}

fn finding(sense: &Sense, column: usize, key: Key, steps: std::ops::Range<usize>, reason: &Reason) -> Finding {
    let quantity = header(sense, column);
    let (kind, words) = match reason {
        Reason::Error(error) => (Kind::ErrorValue, format!("the cell shows {error}")),
        Reason::Text(text) => (Kind::TextNumber, format!("\"{text}\" is a text, not a number")),
        Reason::NotUnderstood => (Kind::Other, String::new()),
    };
    let is_first = matches!(key, Key::P(_)) && steps.start == 0;
    let found = match right::equation(sense, key).filter(|_| !is_first) {
        Some(right) => {
            let correct = sense.expected(&right, steps.start);
            let (cause, helpers) = (Cause::Unknown, Vec::new());
            explain::finding(
                sense,
                &[Run {
                    column,
                    shown: steps.start,
                    steps,
                    kind,
                    right,
                    cause,
                    form: None,
                    helpers,
                    stored: f64::NAN,
                    correct,
                }],
            )
        }
        None => {
            let of = &sense.reading.table.columns[column];
            let first = of.at(steps.start);
            Finding {
                kind: kind.id(),
                symbol: sense.theory().text(key),
                places: vec![range(sense, first, of.at(steps.end - 1))],
                hint: kind.hint(),
                message: String::new(),
                formula: sense.reading.book.formula(first).map(|text| format!("={text}")),
                right_formula: "a number".to_owned(),
                right_symbols: format!("{quantity} = a number"),
                stored: None,
                correct: None,
                relative_error: None,
                central_difference: None,
                quantity: quantity.clone(),
            }
        }
    };
    Finding { message: format!("{quantity}: {words}"), ..found }
}

/// `10 cells of dE/dw3: formulas with functions that are not understood here (OFFSET)`.
fn not_understood(sense: &Sense, column: usize, steps: &[usize]) -> String {
    let (book, name) = (sense.reading.book, header(sense, column));
    let cells = if steps.len() == 1 { "1 cell".to_owned() } else { format!("{} cells", steps.len()) };
    let strange = |step: &usize| {
        let at = sense.reading.table.columns[column].at(*step);
        formula::parse(book, at.sheet, book.formula(at)?).strange
    };
    let functions: BTreeSet<String> = steps.iter().filter_map(strange).collect();
    if functions.is_empty() {
        return format!("{cells} of {name}: formulas that are not understood here");
    }
    let functions: Vec<String> = functions.into_iter().collect();
    format!("{cells} of {name}: formulas with functions that are not understood here ({})", functions.join(", "))
}
