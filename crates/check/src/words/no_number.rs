//! Cells without a number, in words.

use std::collections::BTreeSet;
use std::ops::Range;

use gradbook_lesson::{Key, SlipKind};

use super::explain;
use super::symbols::{header, range};
use crate::compare::{Sense, right_equation};
use crate::judge::{Cause, CellRun, NoNumber, Reason, no_numbers};
use crate::report::{Finding, Judgement};

/// Adds the cells of a table that was judged to the report, which ends with that table.
pub(super) fn report(sense: &Sense, place: &str, report: &mut Judgement) {
    let is_finding = |run: &&NoNumber| run.reason != Reason::NotUnderstood;
    for (column, key, runs) in no_numbers(sense) {
        if let Some(judged) = report.tables.last_mut() {
            judged.wrong += runs.iter().filter(is_finding).map(|run| run.steps.len()).sum::<usize>();
        }
        for run in runs.iter().filter(is_finding) {
            let found = finding(&sense.in_layer_of(key), column, key, run);
            // Single numbers belong to several tables.
            if report.findings.iter().all(|other| other.places != found.places) {
                report.findings.push(found);
            }
        }
        let unknown: Vec<usize> =
            runs.iter().filter(|run| !is_finding(run)).flat_map(|run| run.steps.clone()).collect();
        if !unknown.is_empty() {
            report.incomplete = true;
            report.unjudged.push(format!("{place}: {}", not_understood(sense, column, &unknown)));
        }
    }
}

fn finding(sense: &Sense, column: usize, key: Key, run: &NoNumber) -> Finding {
    let (quantity, steps) = (header(sense, column), run.steps.clone());
    let (kind, words) = match &run.reason {
        Reason::Error(error) => (SlipKind::ErrorValue, format!("the cell shows {error}")),
        Reason::Text(text) => (SlipKind::TextNumber, format!("\"{text}\" is a text, not a number")),
        Reason::NotUnderstood => (SlipKind::Other, String::new()),
    };
    let is_first = matches!(key, Key::P(_)) && steps.start == 0;
    let found = match right_equation(sense, key).filter(|_| !is_first) {
        Some(right) => {
            let correct = sense.expected(&right, steps.start);
            let run = CellRun {
                column,
                shown: steps.start,
                steps,
                kind,
                right,
                cause: Cause::Unknown,
                form: None,
                helpers: Vec::new(),
                stored: f64::NAN,
                correct,
            };
            explain::finding(sense, &[run])
        }
        None => of_given(sense, column, key, steps, kind),
    };
    Finding { message: format!("{quantity}: {words}"), ..found }
}

/// The finding for a cell where a given number belongs.
fn of_given(sense: &Sense, column: usize, key: Key, steps: Range<usize>, kind: SlipKind) -> Finding {
    let (of, quantity) = (&sense.reading.table.columns[column], header(sense, column));
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
        quantity,
    }
}

/// `10 cells of dE/dw3: formulas with functions that are not understood here (OFFSET)`.
fn not_understood(sense: &Sense, column: usize, steps: &[usize]) -> String {
    let (book, name) = (sense.reading.book, header(sense, column));
    let cells = if steps.len() == 1 { "1 cell".to_owned() } else { format!("{} cells", steps.len()) };
    let strange = |step: &usize| book.strange_function(sense.reading.table.columns[column].at(*step));
    let functions: BTreeSet<String> = steps.iter().filter_map(strange).collect();
    if functions.is_empty() {
        return format!("{cells} of {name}: formulas that are not understood here");
    }
    let functions: Vec<String> = functions.into_iter().collect();
    format!("{cells} of {name}: formulas with functions that are not understood here ({})", functions.join(", "))
}
