//! Finding what is wrong in somebody's backpropagation sheet.
//!
//! ```text
//! bytes --book--> cells --table, role--> tables: names, and the cells that belong to them
//!                   |                       |
//!               formula: trees ---------> reading: formulas over the table's quantities, and numbers
//!                                           |
//!                        topology, meaning: the network, its conventions, what each column stands for
//!                                           |
//!                 right: the lesson's equation  --judge: equal at random points?-->  runs of wrong cells
//!                 slips: that equation, edited                                         |
//!                                                                           explain: Report
//! ```

mod book;
mod class;
mod diagnosis;
mod explain;
mod formula;
mod judge;
mod meaning;
mod page;
mod points;
mod reading;
mod report;
mod right;
mod role;
mod rounding;
mod sense;
mod slips;
mod table;
mod text;
mod topology;

pub use book::Unreadable;
pub use class::{Entry, class_page, csv, summary};
pub use page::page;
pub use report::{Finding, Report, TableReport, Verdict};
pub use text::{Detail, headline, text};

use book::{At, Book};
use diagnosis::Budget;
use meaning::Meaning;
use reading::{Leaf, Reading};
use rounding::Rounding;
use sense::{RateSource, Sense};
use slips::Kind;
use table::{RateLabel, Table};

use crate::lesson::Key;

/// What the author of a sheet may have to say about it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Numbers of inputs, of units of the first layer, ..., if names and formulas do not tell.
    pub layout: Option<Vec<usize>>,
    /// One for each output, if they stand in no column and in no formula of an error.
    pub targets: Option<Vec<f64>>,
}

/// Checks the bytes of an .xlsx or .xlsm file.
///
/// # Errors
/// If it cannot be read as a workbook.
pub fn check(bytes: &[u8], options: &Options) -> Result<Report, Unreadable> {
    let book = Book::read(bytes)?;
    let (tables, labels) = table::find(&book);
    let mut report = Report::default();
    let mut rates: Vec<UsedRate> = Vec::new();
    let mut budget = Budget::default();
    for table in &tables {
        let reading = Reading::new(&book, table);
        let place = place(&book, table);
        if reading.stale > 0 {
            report
                .notes
                .push(format!("{place}: {} stored results are old or missing and were calculated anew", reading.stale));
        }
        match Meaning::of(&reading, &labels, options) {
            Ok(meaning) => {
                let rounding = Rounding::new(&reading);
                let judged = meaning
                    .with(&reading, &rounding, |sense| judge_table(sense, &meaning, place, &mut budget, &mut report));
                rates.push(judged);
            }
            Err(unclear) => report.unjudged.push(format!("{place}: {}", unclear.0)),
        }
    }
    report.findings.extend(wrong_labels(&book, &labels, &rates));
    Ok(report)
}

/// The rate that a table's updates use.
struct UsedRate {
    sheet: usize,
    cell: Option<At>,
    value: f64,
}

fn judge_table(sense: &Sense, meaning: &Meaning, place: String, budget: &mut Budget, report: &mut Report) -> UsedRate {
    let mut counts = judge::Counts::default();
    let mut runs = Vec::new();
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
        if (needs_loss && !meaning.knows_loss) || (matches!(key, Key::P(_) | Key::Next(_)) && !meaning.is_descent) {
            continue;
        }
        let (found, counted) = judge::column(sense, column, key, budget);
        counts.right += counted.right;
        counts.wrong += counted.wrong;
        counts.undecided += counted.undecided;
        runs.extend(found);
    }
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
    let rate = sense.number(Key::Rate, 0, 0).value;
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

/// Labels of learning rates that no table of their sheet uses.
fn wrong_labels(book: &Book, labels: &[RateLabel], rates: &[UsedRate]) -> Vec<Finding> {
    let wrong = |label: &&RateLabel| {
        let used: Vec<&UsedRate> = rates.iter().filter(|rate| rate.sheet == label.at.sheet).collect();
        let fits = |rate: &&UsedRate| {
            rate.cell == Some(label.at) || (rate.value - label.value).abs() <= 1e-9 * label.value.abs()
        };
        label.is_sure && !used.is_empty() && used.iter().all(|rate| rate.value.is_finite()) && !used.iter().any(fits)
    };
    let finding = |label: &RateLabel| {
        let used = rates.iter().find(|rate| rate.sheet == label.at.sheet).map_or(f64::NAN, |rate| rate.value);
        Finding {
            kind: Kind::WrongLabel.id(),
            quantity: "learning rate".to_owned(),
            symbol: "learning rate".to_owned(),
            places: vec![format!("{}!{}", explain::quoted(&book.sheets[label.at.sheet].name), label.at.name())],
            hint: Kind::WrongLabel.hint(),
            message: format!("learning rate: the label says {}, the updates use {used}", label.value),
            formula: book.formula(label.at).map(|text| format!("={text}")),
            right_formula: format!("{used}"),
            right_symbols: format!("learning rate = {used}"),
            stored: Some(label.value),
            correct: Some(used),
            relative_error: Some((label.value - used).abs() / used.abs()),
            central_difference: None,
        }
    };
    labels.iter().filter(wrong).map(finding).collect()
}

/// `Sheet1!A33:AE100`: from the first name to the last number.
fn place(book: &Book, table: &Table) -> String {
    let inside = table.columns.iter().filter(|column| !column.is_single());
    let cells: Vec<At> = inside.flat_map(|column| [column.header, column.at(table.steps - 1)]).collect();
    let bounds =
        |of: fn(&At) -> u32| (cells.iter().map(of).min().unwrap_or(0), cells.iter().map(of).max().unwrap_or(0));
    let ((top, bottom), (left, right)) = (bounds(|at| at.row), bounds(|at| at.column));
    let corner = |row, column| At { sheet: table.sheet, row, column }.name();
    format!("{}!{}:{}", explain::quoted(&book.sheets[table.sheet].name), corner(top, left), corner(bottom, right))
}
