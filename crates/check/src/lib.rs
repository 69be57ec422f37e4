//! Finding what is wrong in somebody's backpropagation sheet.
//!
//! A workbook goes through these rooms, each of which knows only those before it:
//!
//! ```text
//! bytes --read--> cells, their formulas as trees
//!          |
//!          +--exercise--> marks, if it is an exercise of this program; otherwise
//!          |
//!          +--names, tables--> tables: which cells belong to which name, what they say of each other
//!                                 |
//!                              meaning: the network, its conventions, the quantity of each column
//!                                 |
//!          compare: the lesson's equation at random points; that equation with a slip in it
//!                                 |
//!                              judge: runs of wrong cells, each with its slip
//!                                 |
//!                              words --> Report --> text, page, table of a class
//! ```
//!
//! The right equations are those of the lessons. At a random point every column holds what it ought to hold, so a mistake
//! is found where it is made and not in what is calculated from it. A slip is an edit of the right equation, and holds for
//! every network without being written for it.
//!
//! ```
//! use gradbook_check::{Options, Unreadable, check};
//!
//! let error = check(b"i1,w1,h1", &Options::default()).unwrap_err();
//! assert!(matches!(error, Unreadable::NoWorkbook(_)));
//! assert!(error.to_string().contains("save it as .xlsx"));
//! ```
//!
//! `examples/judge.rs` judges a file and prints the findings.
//!
//! This crate is not a spreadsheet program: it calculates the formulas that a sheet of this exercise needs, and says which
//! others it did not understand. It reads bytes, opens no file and prints nothing.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod compare;
mod exercise;
mod judge;
mod limits;
mod meaning;
mod names;
mod options;
mod read;
mod report;
mod tables;
mod words;

pub use limits::MAX_FILE_BYTES;
pub use options::Options;
pub use read::Unreadable;
pub use report::{BlankMarks, Change, Finding, Judgement, Marks, Outcome, PartMarks, Report, TableReport, Verdict};
pub use words::{Detail, Entry, class_page, csv, headline, page, summary, text};

use judge::{Budget, Judged, UsedRate, with_fewest_mistakes};
use read::Book;
use tables::{RateLabel, Reading, Rounding, SheetTable};

/// Checks the bytes of an .xlsx or .xlsm file. An exercise of this program gets its marks, any other sheet is judged.
///
/// # Errors
/// If it cannot be read as a workbook, or is an exercise without its record.
pub fn check(bytes: &[u8], options: &Options) -> Result<Report, Unreadable> {
    let book = Book::read(bytes)?;
    Ok(match exercise::marks_of(&book)? {
        Some(marks) => Report::Marks(marks),
        None => Report::Judgement(judgement(&book, options)),
    })
}

/// The marks of the bytes of an .xlsx file; `None` if it is no exercise of this program.
///
/// # Errors
/// If it cannot be read as a workbook, or is an exercise without its record.
pub fn marks(bytes: &[u8]) -> Result<Option<Marks>, Unreadable> {
    exercise::marks_of(&Book::read(bytes)?)
}

/// All tables of a workbook, as far as its work suffices.
fn judgement(book: &Book, options: &Options) -> Judgement {
    let (tables, labels) = tables::find(book);
    let (mut report, mut rates, mut budget) = (Judgement::default(), Vec::new(), Budget::default());
    for table in &tables {
        let before = (report.clone(), rates.len());
        rates.extend(judged(book, table, &labels, options, &mut budget, &mut report));
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
    report.findings.extend(words::wrong_rates(book, &labels, &rates));
    report
}

/// Judges one table into the report; the rates that its updates use.
fn judged(
    book: &Book,
    table: &SheetTable,
    labels: &[RateLabel],
    options: &Options,
    budget: &mut Budget,
    report: &mut Judgement,
) -> Vec<UsedRate> {
    let reading = Reading::new(book, table);
    let earlier = tables::weights_of_the_row_before(&reading)
        .then(|| table.with_earlier_weights(|column| reading.is_constant(column)));
    let reading = match &earlier {
        Some(table) => {
            // Two of them would take twice the memory.
            drop(reading);
            Reading::new(book, table)
        }
        None => reading,
    };
    let place = words::place(book, table);
    if reading.stale > 0 {
        let count = reading.stale;
        report.notes.push(format!("{place}: {count} stored results are old or missing and were calculated anew"));
    }
    match with_fewest_mistakes(&reading, labels, options, budget) {
        Ok(meaning) => meaning.with(&reading, &Rounding::new(&reading), |sense| {
            let judged = Judged::of(sense, &meaning, budget);
            words::report(judged, sense, &meaning, &place, report)
        }),
        Err(unclear) => {
            report.incomplete |= table.is_training();
            report.unjudged.push(format!("{place}: {}", unclear.0));
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What one thread has read or found, others may look at.
    #[test]
    fn everything_that_may_be_shared_is_sync() {
        fn is_sync<T: Send + Sync>() {}
        is_sync::<(Report, Options, Unreadable, Entry)>();
        is_sync::<(Book, SheetTable, Reading, Rounding)>();
        is_sync::<(meaning::Meaning, compare::Sense, compare::Points, Judged)>();
    }
}
