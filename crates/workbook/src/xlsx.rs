//! The lesson as a workbook: its sheets, and the order in which they are made.
//!
//! Sheets refer to each other's cells, so places are fixed before anything is written: the tables know their columns,
//! the cells with choices know their rows. Inputs are on *Network*; *Training* and the rates' tables start from them;
//! *Step by step* reads one row of *Training*; *Checks* and *Spot the slip* compare.

mod about;
mod cell;
mod chart;
mod chart_cache;
mod checks;
mod contents;
mod differences;
mod drawing;
mod exercise;
mod inputs;
mod network;
mod rates;
mod sheet;
mod slip;
mod steps;
mod style;
mod text;
mod training;
mod training_table;

use std::sync::Arc;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook};

use crate::error::Error;
use chart_cache::Caches;
use contents::{ABOUT, CHECKS, NAMES, NETWORK, RATES, SLIP, STEPS, TRAINING};
pub(crate) use exercise::write as exercise;
use gradbook_lesson::Lesson;
use network::Network;
use sheet::Sheet;
use steps::Steps;

/// Whether a workbook's formulas can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// All cells can be changed.
    None,
    /// Only the input cells can be changed; there is no password.
    Formulas,
}

/// Spreadsheets have trouble opening files with more formulas than this.
const MAX_FORMULAS: usize = 2_000_000;

/// The most columns that a sheet can have.
const MAX_COLUMNS: usize = 16_384;

/// The names of a workbook's sheets, from left to right.
pub(crate) fn sheets(lesson: &Lesson) -> Vec<String> {
    let rates = lesson.rates.iter().map(|run| rates::sheet_name(run.rate));
    NAMES.iter().map(|name| (*name).to_owned()).chain(rates).collect()
}

/// The workbook as the bytes of a file.
pub(crate) fn write(lesson: &Lesson, protection: Protection) -> Result<Vec<u8>, Error> {
    check_limits(lesson)?;
    let names = Arc::new(sheets(lesson));
    let sheet = |id: usize| Sheet::new(id, &names);
    let mut caches = Caches::default();

    let table = training::table(lesson);
    let mut network = Network::write(lesson, sheet(NETWORK)?, steps::sample_cell(lesson))?;
    let inputs = network.inputs.clone();
    let (training, losses) = training::write(lesson, sheet(TRAINING)?, &table, &inputs, &mut caches)?;
    let steps = Steps::write(lesson, sheet(STEPS)?, &table, &inputs)?;
    let rate_sheets = rates::ids(lesson).map(sheet).collect::<Result<Vec<_>, _>>()?;
    let rates = rates::write(lesson, rate_sheets, sheet(RATES)?, &inputs, &mut caches)?;
    let (checks, verdicts, h) = checks::write(lesson, sheet(CHECKS)?, &steps, &table, &inputs, &rates.starts)?;
    let slip = slip::write(lesson, sheet(SLIP)?, (&table, &losses), &inputs, h, &mut caches)?;
    let about = about::write(lesson, sheet(ABOUT)?)?;
    network.summary(&table, &losses, &verdicts, &mut caches)?;

    let sheets = [network.sheet, steps.sheet, training, rates.comparison, checks, slip, about];
    let bytes = saved(&lesson.title(), sheets.into_iter().chain(rates.sheets), protection)?;
    chart_cache::fill(&bytes, &caches)
}

/// Sheets as the bytes of a file.
fn saved(title: &str, sheets: impl IntoIterator<Item = Sheet>, protection: Protection) -> Result<Vec<u8>, Error> {
    let mut workbook = Workbook::new();
    for sheet in sheets {
        let mut worksheet = sheet.finish();
        if protection == Protection::Formulas {
            worksheet.protect();
        }
        workbook.push_worksheet(worksheet);
    }
    // Any fixed time makes the bytes reproducible; this is the first that the file format knows.
    let created = ExcelDateTime::from_ymd(1900, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_title(title).set_creation_datetime(&created));
    Ok(workbook.save_to_buffer()?)
}

fn check_limits(lesson: &Lesson) -> Result<(), Error> {
    if lesson.updates() == 0 || lesson.checks.len() != lesson.theory.trained().len() {
        return Err(Error::Incomplete);
    }
    let units: usize = lesson.theory.network.layers.iter().map(|layer| layer.units).sum();
    let table = training_table::columns(lesson);
    let differences = 30 + 2 * (2 + 2 * units * lesson.theory.samples);
    let columns = table.max(differences);
    if columns > MAX_COLUMNS {
        let fix = "use fewer units or samples";
        return Err(Error::TooLarge { what: "columns", size: columns, limit: MAX_COLUMNS, fix });
    }
    let tables = table * (lesson.updates() + 1) * (2 + lesson.rates.len());
    let size = tables + 2 * differences * lesson.theory.trained().len();
    if size > MAX_FORMULAS {
        let fix = "use fewer updates, rates, units or samples";
        return Err(Error::TooLarge { what: "formulas", size, limit: MAX_FORMULAS, fix });
    }
    Ok(())
}
