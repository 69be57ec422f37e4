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

#![forbid(unsafe_code)]

mod activation;
mod blocks;
mod book;
mod by_weight;
mod class;
mod diagnosis;
pub mod exercise;
mod explain;
mod formula;
mod judge;
mod judgement;
mod kind;
mod labels;
mod meaning;
mod moved;
mod no_number;
mod page;
mod parsed;
mod points;
mod rate;
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
mod typical;

pub use book::{MAX_BYTES, Unreadable};
pub use class::{Entry, class_page, csv, summary};
pub use page::page;
pub use report::{Finding, Report, TableReport, Verdict};
pub use text::{Detail, headline, text};

pub(crate) use book::{At, Book, Cell, Sheet, Value};
use diagnosis::Budget;
use judgement::Judged;
use labels::UsedRate;
use meaning::Meaning;
pub(crate) use parsed::Formulas;
use reading::Reading;
pub(crate) use reading::{evaluated, referred};
use rounding::Rounding;
use table::{RateLabel, Table};
pub(crate) use text::number_text;
use topology::Unclear;

use crate::exercise::marks_of;

/// What the author of a sheet may have to say about it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Numbers of inputs, of units of the first layer, ..., if names and formulas do not tell.
    pub layout: Option<Vec<usize>>,
    /// One for each output, if they stand in no column and in no formula of an error.
    pub targets: Option<Vec<f64>>,
}

/// Checks the bytes of an .xlsx or .xlsm file. An exercise of this program gets its marks, any other sheet is judged.
///
/// # Errors
/// If it cannot be read as a workbook, or is an exercise without its record.
pub fn check(bytes: &[u8], options: &Options) -> Result<Report, Unreadable> {
    let book = Book::read(bytes)?;
    if let Some(marks) = marks_of(&book)? {
        return Ok(Report { marks: Some(marks), ..Report::default() });
    }
    let (tables, labels) = table::find(&book);
    let mut report = Report::default();
    let mut rates: Vec<UsedRate> = Vec::new();
    let mut budget = Budget::default();
    for table in &tables {
        let before = (report.clone(), rates.len());
        let reading = Reading::new(&book, table);
        let earlier = typical::weights_of_the_row_before(&reading)
            .then(|| table.with_earlier_weights(|column| reading.is_constant(column)));
        let reading = match &earlier {
            Some(table) => {
                // Two of them would take twice the memory.
                drop(reading);
                Reading::new(&book, table)
            }
            None => reading,
        };
        let place = place(&book, table);
        if reading.stale > 0 {
            report
                .notes
                .push(format!("{place}: {} stored results are old or missing and were calculated anew", reading.stale));
        }
        match with_fewest_mistakes(&reading, &labels, options, &mut budget) {
            Ok(meaning) => {
                rates.extend(meaning.with(&reading, &Rounding::new(&reading), |sense| {
                    let judged = Judged::of(sense, &meaning, &mut budget);
                    let rates = judged.report(sense, &meaning, place.clone(), &mut report);
                    no_number::report(sense, &place, &mut report);
                    rates
                }));
            }
            Err(unclear) => {
                report.incomplete |= table.is_training();
                report.unjudged.push(format!("{place}: {}", unclear.0));
            }
        }
        if book.is_used_up() {
            report = before.0;
            rates.truncate(before.1);
            break;
        }
    }
    if book.is_used_up() {
        report.incomplete = true;
        report.unjudged.push(format!(
            "{}: its formulas take more work than is done for one file",
            if report.tables.is_empty() { "the workbook" } else { "the rest of the workbook" }
        ));
    }
    report.findings.extend(labels::wrong(&book, &labels, &rates));
    Ok(report)
}

/// What a table means. Weights may be numbered in several ways, signs are a matter of convention, and half of the columns
/// may be wrong: what needs the fewest mistakes is meant.
fn with_fewest_mistakes(
    reading: &Reading,
    labels: &[RateLabel],
    options: &Options,
    budget: &mut Budget,
) -> Result<Meaning, Unclear> {
    let rounding = Rounding::new(reading);
    let mut judge = |meaning: &Meaning| {
        meaning.with(reading, &rounding, |sense| {
            let judged = Judged::of(sense, meaning, &mut budget.without_pairs());
            (judged.mistakes(), judged.doubts_signs())
        })
    };
    let mut best = Meaning::of(reading, labels, options, 0)?;
    let (mut fewest, mut doubts) = judge(&best);
    for numbering in 1..best.numberings {
        if fewest == 0 {
            break;
        }
        let Ok(other) = Meaning::of(reading, labels, options, numbering) else { continue };
        let (mistakes, doubts_signs) = judge(&other);
        if mistakes < fewest {
            (best, fewest, doubts) = (other, mistakes, doubts_signs);
        }
    }
    for (gradient, delta) in [(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0)].into_iter().filter(|_| doubts) {
        let other = best.with_signs(gradient, delta);
        let (mistakes, _) = judge(&other);
        if mistakes < fewest {
            (best, fewest) = (other, mistakes);
        }
    }
    Ok(best)
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
