//! The backpropagation workbook: a [`Trace`] as a live .xlsx file.
//!
//! Every number of the workbook is a formula from the input cells of its first sheet, and every formula carries the
//! engine's value as its cached result, so that previews show the same numbers that a spreadsheet calculates. Nothing
//! here calculates a gradient: formulas are text, values come from the trace.
//!
//! Sheets: *Backpropagation* (inputs and derivation), *Class table* (the training, one row an update), *Learning rates*
//! with one further sheet for each rate, *Check* (every gradient against a central difference).

#![forbid(unsafe_code)]

mod chart;
mod chart_cache;
mod check;
mod derived;
mod equations;
mod formula;
mod page;
mod rates;
mod sheet;
mod style;
mod summary;
mod symbols;
mod table;
mod walkthrough;

use gradbook_engine::trace::{Run, Trace};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use crate::sheet::{Sheet, Values};
use crate::style::TableStyle;
use crate::symbols::{Shape, Symbols};
use crate::table::LEFT;

/// Why a trace cannot be written as a workbook.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "the network has {linear} linear layers; a workbook explains networks with exactly 2: one hidden layer and the output"
    )]
    Depth { linear: usize },
    #[error("the trace lacks an update or the checks; calculate it with Trace::from_spec")]
    Incomplete,
    #[error("the workbook would need {size} {what}, the limit is {limit}; {fix}")]
    TooLarge { what: &'static str, size: usize, limit: usize, fix: &'static str },
    #[error("writing the workbook: {0}")]
    Xlsx(#[from] XlsxError),
    #[error("completing the workbook's charts: {0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("completing the workbook's charts: {0}")]
    Io(#[from] std::io::Error),
}

/// More formulas than this make a file that spreadsheets open with difficulty.
const MAX_FORMULAS: usize = 2_000_000;

/// Columns of a sheet.
const MAX_COLUMNS: usize = 16_384;

const TABLE_NAME: &str = "Class table";

/// The workbook of a lesson, as the bytes of an .xlsx file. `name` stands in the title; the same trace and name give
/// the same bytes.
///
/// # Errors
///
/// If the network has not exactly one hidden layer, or is too large for a spreadsheet.
pub fn write(trace: &Trace, name: &str) -> Result<Vec<u8>, Error> {
    check_limits(trace)?;
    let (mut walkthrough, symbols) = walkthrough::write(trace, name)?;
    let (table_sheet, table) = class_table(trace, &trace.run, &symbols)?;
    let rates = rates::write(trace, &symbols)?;
    let (check_sheet, verdicts) = check::write(trace, &symbols, &table.first)?;
    summary::write(&mut walkthrough, trace, &table, &verdicts)?;

    let mut workbook = Workbook::new();
    let mut values = Values::new();
    for sheet in [walkthrough, table_sheet].into_iter().chain(rates).chain([check_sheet]) {
        let (worksheet, name, cells) = sheet.finish();
        workbook.push_worksheet(worksheet);
        values.insert(name, cells);
    }
    // Any fixed time makes the bytes reproducible; this is the first that the file format knows.
    let created = ExcelDateTime::from_ymd(1900, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_title(title(name)).set_creation_datetime(&created));
    chart_cache::fill(&workbook.save_to_buffer()?, &values)
}

/// The headline, and the file's title.
fn title(name: &str) -> String {
    format!("Backpropagation, step by step: {name}")
}

/// The sheet of the explained run.
fn class_table(trace: &Trace, run: &Run, inputs: &Symbols) -> Result<(Sheet, table::Table), Error> {
    let style = TableStyle::new();
    let mut sheet = Sheet::new(TABLE_NAME)?;
    sheet.text(0, LEFT, "Training, one row an update", &style.title)?;
    sheet.worksheet.set_row_height(0, 28)?;
    let updates = run.states.len() - 1;
    let lead = [
        format!(
            "The first row is the network as given, the last the network after {updates} updates. Every cell is live."
        ),
        format!(
            "Parameters are those of the row above minus rate · gradient; the rate is on the sheet {}.",
            walkthrough::NAME
        ),
    ];
    for (row, line) in (1..).zip(lead) {
        sheet.text(row, LEFT, &line, &style.lead)?;
    }
    let header = 4;
    let table = table::write(&mut sheet, header, trace, run, inputs, &style)?;
    sheet.worksheet.set_freeze_panes(header + 1, LEFT)?;
    rates::table_page(&mut sheet.worksheet, header, run)?;
    Ok((sheet, table))
}

fn check_limits(trace: &Trace) -> Result<(), Error> {
    if trace.activations.len() != 2 {
        return Err(Error::Depth { linear: trace.activations.len() });
    }
    if trace.checks.is_empty() || trace.run.states.len() < 2 {
        return Err(Error::Incomplete);
    }
    let shape = Shape::of(trace);
    let columns = usize::from(LEFT) + table::columns(&shape).iter().map(Vec::len).sum::<usize>();
    let fix = "use fewer units";
    if columns > MAX_COLUMNS {
        return Err(Error::TooLarge { what: "columns", size: columns, limit: MAX_COLUMNS, fix });
    }
    let size = columns * trace.run.states.len() * (1 + trace.rates.len());
    if size > MAX_FORMULAS {
        let fix = "use fewer updates, rates or units";
        return Err(Error::TooLarge { what: "formulas", size, limit: MAX_FORMULAS, fix });
    }
    Ok(())
}
