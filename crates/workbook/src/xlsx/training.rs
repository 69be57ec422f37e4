//! The sheet of the explained training: the class's table, with its loss curve to the right.

use super::cell::Place;
use super::chart::{Curve, Scale, Series, loss_chart};
use super::chart_cache::Caches;
use super::contents::{NETWORK, TRAINING};
use super::inputs::Inputs;
use super::sheet::Sheet;
use super::style::TableStyle;
use super::table::{LEFT, Table, Training};
use crate::error::Error;
use gradbook_lesson::{Key, Lesson, plural};

/// The header's row.
const HEADER: u32 = 4;

/// The place of the table.
pub(super) fn table(lesson: &Lesson) -> Table {
    Table::new(lesson, TRAINING, HEADER)
}

/// Writes the sheet; also returns the losses.
pub(super) fn write(
    lesson: &Lesson,
    mut sheet: Sheet,
    table: &Table,
    inputs: &Inputs,
    caches: &mut Caches,
) -> Result<(Sheet, Vec<f64>), Error> {
    let style = TableStyle::new(lesson);
    sheet.text(0, LEFT, "Training, one row an update", &style.title)?;
    sheet.worksheet.set_row_height(0, 32)?;
    let updates = plural(lesson.updates(), "update");
    let diverged = match lesson.theory.network.can_diverge() {
        true => " Where the loss exceeds 1E+20, the rate becomes 0 and training stops.",
        false => "",
    };
    let lead = [
        format!(
            "The first row is the network as given, the last the network after {updates}. Every quantity is a live formula."
        ),
        format!(
            "Each row's parameters follow from the row above; the rate is on the sheet {}. Right of the table: the curve.\
             {diverged}",
            sheet.name_of(NETWORK)
        ),
    ];
    for (row, line) in (1..).zip(lead) {
        sheet.text(row, LEFT, &line, &style.lead)?;
        sheet.worksheet.set_row_height(row, 21)?;
    }
    let losses = table.write(&mut sheet, lesson, &Training::Run(&lesson.run), inputs, &style)?;
    table.page(&mut sheet)?;

    let (first, last) = table.column(Key::Loss).ok_or(Error::Incomplete)?;
    let counts: Vec<f64> = (0..losses.len()).map(|n| n as f64).collect();
    let (counts_first, counts_last) = table.counts();
    let counts = Series { first: counts_first, last: counts_last, values: &counts };
    let name = Place { row: HEADER, ..first };
    let curve = Curve {
        name,
        name_text: lesson.theory.text(Key::Loss),
        losses: Series { first, last, values: &losses },
        look: 0,
    };
    let mut chart = loss_chart(&sheet, caches, ("The loss during training", None), &counts, &[curve], Scale::Linear);
    chart.set_width(760).set_height(420);
    sheet.worksheet.insert_chart(HEADER + 1, table.width() + 1, &chart)?;
    // On paper the curve is on the first sheet and on Learning rates.
    Ok((sheet, losses))
}
