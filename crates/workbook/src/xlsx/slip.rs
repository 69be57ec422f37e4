//! Spot the slip: a training with a typical mistake in one gradient, beside the right one.
//!
//! The loss still falls and the curves can hardly be told apart; the check says no.

use rust_xlsxwriter::{DataValidation, Format, Formula};

use super::cell::{Cell, Live};
use super::chart::{Curve, Scale, Series, loss_chart};
use super::chart_cache::Caches;
use super::checks::{Judged, colour_verdicts, verdict};
use super::contents::{SLIP, TRAINING};
use super::differences::Differences;
use super::inputs::Inputs;
use super::sheet::Sheet;
use super::style::{PageStyle, TableStyle, accept_first_rows, print_setup};
use super::table::{LEFT, Table, Training, with_slips};
use crate::error::Error;
use gradbook_lesson::{BOUND, Function, Key, Lesson, Slip, Snapshot, Verdicts, bound};

/// The cell with the mistake's name, and the rows below it: its number, what it does.
const CHOICE: (u32, u16) = (4, 2);
const NUMBER: u32 = 5;
const VERDICT_ROW: u32 = 6;
const LOSS_ROW: u32 = 7;
const HEADER: u32 = 9;
const COLUMNS: [&str; 6] = ["p", "", "right ∂E/∂p", "∂E/∂p as used here", "central difference", "verdict"];
const VERDICT: u16 = 5;
/// Columns of the list of mistakes and of the calculations behind the differences, to the right of everything visible.
const LIST: u16 = 20;
const CHART: (u16, u32, u32) = (7, 760, 400);
const CHART_ROWS: u32 = 21;
/// The last column under the chart.
const PRINTED: u16 = 16;

/// The name for no mistake.
const NONE: &str = "no slip: every gradient is right";

pub(super) fn write(
    lesson: &Lesson,
    mut sheet: Sheet,
    training: (&Table, &[f64]),
    inputs: &Inputs,
    h: Cell,
    caches: &mut Caches,
) -> Result<Sheet, Error> {
    let (page, style) = (PageStyle::new(lesson), TableStyle::page(lesson));
    let slips = lesson.theory.slips();
    introduction(&mut sheet, &page)?;
    print_setup(&mut sheet.worksheet).set_print_fit_to_pages(1, 0);

    // The first mistake is chosen at the start: the class sheet's own where the network allows it.
    let chosen = 1;
    let number = choice(&mut sheet, &slips, chosen, &page)?;
    let mut inputs = inputs.clone();
    inputs.set(Key::Slip, number);

    let top = (HEADER + 2 + lesson.theory.trained().len() as u32).max(HEADER + CHART_ROWS) + 2;
    let table = Table::new(lesson, SLIP, top);
    let verdicts = check(lesson, &mut sheet, &slips, &table, &inputs, h, &style)?;
    let losses = table.write(&mut sheet, lesson, &Training::WithSlips(&slips), &inputs, &TableStyle::new(lesson))?;
    for (column, width) in (0..).zip([13.0, 9.0, 22.0, 26.0, 24.0, 16.0, 4.0]) {
        sheet.worksheet.set_column_width(column, width)?;
    }
    accept_first_rows(&mut sheet.worksheet, table.last_row(), table.width())?;
    let title = format!("The same training with this slip (the right one: sheet {})", sheet.name_of(TRAINING));
    sheet.text(top - 1, LEFT, &title, &style.name)?;

    summary(&mut sheet, &verdicts, number, (training, &table, &losses), &page)?;
    chart(&mut sheet, (training, &table, &losses), caches, &style.words)?;
    sheet.worksheet.set_print_area(0, 0, top - 2, PRINTED)?;
    Ok(sheet)
}

fn introduction(sheet: &mut Sheet, page: &PageStyle) -> Result<(), Error> {
    sheet.text(0, 0, "Spot the slip", &page.title)?;
    sheet.worksheet.set_row_height(0, 32)?;
    let lead = [
        "Choose a typical mistake. It goes into one gradient (or those of one unit), and this sheet trains with it.",
        "Watch what you would notice: does the loss still fall? Would the curve tell you? Only the check compares each gradient \
         with a measurement.",
    ];
    for (row, line) in (1..).zip(lead) {
        sheet.text(row, 0, line, &page.lead)?;
        sheet.worksheet.set_row_height(row, 21)?;
    }
    Ok(())
}

/// The dropdown, and the cell with the chosen mistake's number, 0 for none.
fn choice(sheet: &mut Sheet, slips: &[Slip], chosen: usize, page: &PageStyle) -> Result<Cell, Error> {
    let (row, column) = CHOICE;
    let names: Vec<&str> = std::iter::once(NONE).chain(slips.iter().map(|slip| slip.name.as_str())).collect();
    sheet.text(HEADER - 1, LIST, "the slips to choose from", &page.symbol)?;
    for (at, name) in (HEADER..).zip(&names) {
        sheet.text(at, LIST, name, &page.lead)?;
    }
    let (first, last) = (sheet.place(HEADER, LIST), sheet.place(HEADER + names.len() as u32 - 1, LIST));
    let list = sheet.range(first, last);
    sheet.text(row, 0, "slip", &page.symbol)?;
    sheet.worksheet.write_blank(row, 1, &page.symbol)?;
    let chosen = chosen.min(slips.len());
    sheet.worksheet.merge_range(row, column, row, column + 12, names[chosen], &page.text_input)?;
    let rule = DataValidation::new().allow_list_formula(Formula::new(format!("={list}")));
    let rule = rule.set_error_title("Not in the list")?.set_error_message("Choose a slip from the list.")?;
    sheet.guard(row, column, "Choose which mistake goes into the gradients. The first entry is none.", &rule)?;
    sheet.worksheet.set_row_height(row, 26)?;
    let choice = sheet.reference(sheet.place(row, column).anchored());
    sheet.worksheet.set_row_height(NUMBER, 22)?;
    sheet.text(NUMBER, 0, "its number", &page.symbol)?;
    sheet.worksheet.write_blank(NUMBER, 1, &page.symbol)?;
    let live = Live::number(format!("MATCH({choice},{list},0)-1"), chosen as f64);
    let place = sheet.live(NUMBER, column, live, &page.value_count)?;
    Ok(Cell::new(place, chosen as f64))
}

/// Every gradient as this sheet uses it, against the right one and the central difference at the first row.
fn check(
    lesson: &Lesson,
    sheet: &mut Sheet,
    slips: &[Slip],
    table: &Table,
    inputs: &Inputs,
    h: Cell,
    style: &TableStyle,
) -> Result<Judged, Error> {
    let differences = Differences::new(lesson, LIST + 2);
    sheet.worksheet.set_row_height(HEADER, 36)?;
    for (column, header) in (0..).zip(COLUMNS) {
        let format = match column {
            0 | 1 => &style.name_head,
            VERDICT => &style.verdict_head,
            _ => &style.heads[0],
        };
        sheet.text(HEADER, column, header, format)?;
    }
    differences.headers(sheet, HEADER, style)?;
    let snapshot = Snapshot::after(lesson, &lesson.run, 0);
    let slip = inputs.cell(Key::Slip).value;
    let value = |key: &Key| if *key == Key::Slip { slip } else { snapshot.value(*key) };
    let mut verdicts = Verdicts::default();
    for (n, (&p, check)) in lesson.theory.trained().iter().zip(&lesson.checks).enumerate() {
        let row = HEADER + 1 + n as u32;
        sheet.worksheet.set_row_height(row, TableStyle::ROW)?;
        sheet.text(row, 0, &lesson.theory.text(Key::P(p)), &style.name)?;
        // The right gradient from the same columns; only the gradient column itself is wrong.
        let place = |key: &Key| match table.column(*key) {
            Some((first, _)) => first,
            None => inputs.place(if *key == Key::StepRate { Key::Rate } else { *key }),
        };
        let right = lesson.theory.in_table(Key::G(p));
        sheet.quantity(row, 2, &right, &place, snapshot.value(Key::G(p)), &style.gradient)?;
        let used = Cell::new(table.place(Key::G(p), 0), with_slips(lesson, p, slips).value(&value));
        let used = sheet.calculated(row, 3, &used.of(), &style.gradient)?;
        let parameter = |q| inputs.cell(Key::P(q));
        let difference = differences.row(sheet, row, p, check, h, &parameter, inputs, style)?;
        let quotient = sheet.calculated(row, 4, &difference.quotient, &style.gradient)?;
        let deviation = (used.of() - quotient.of()).call(Function::Abs);
        let bound = bound(used.of(), quotient.of());
        verdicts.add(verdict(sheet, (row, VERDICT), &deviation, &bound, &difference, style)?);
    }
    let last = HEADER + lesson.theory.trained().len() as u32;
    sheet.worksheet.set_row_height(last + 1, TableStyle::ROW)?;
    sheet.text(last + 1, 0, &format!("OK means: the deviation is {BOUND}."), &style.words)?;
    let (first, last) = (sheet.place(HEADER + 1, VERDICT), sheet.place(last, VERDICT));
    colour_verdicts(sheet, first, last)?;
    Ok(Judged::new(first, last, verdicts))
}

/// Two trainings, the right one and the one with the slip, each with its table and losses.
type Both<'a> = ((&'a Table, &'a [f64]), &'a Table, &'a [f64]);

/// What the check says, and what the losses say.
fn summary(sheet: &mut Sheet, judged: &Judged, number: Cell, both: Both, page: &PageStyle) -> Result<(), Error> {
    for (row, label) in [(VERDICT_ROW, "check"), (LOSS_ROW, "loss")] {
        sheet.text(row, 0, label, &page.symbol)?;
        sheet.worksheet.write_blank(row, 1, &page.symbol)?;
        sheet.worksheet.set_row_height(row, 24)?;
    }
    let good = judged.all_agree();
    let none = "The slip makes no difference here: every gradient is still right.";
    let formula = format!("IF({}=0, \"{good}\", \"{none}\")", sheet.reference(number.place));
    let nothing_wrong = Live::text(formula, if number.value == 0.0 { good } else { none.to_owned() });
    judged.sentence(sheet, (VERDICT_ROW, 2), 5, Some(nothing_wrong), &page.verdict)?;

    let ((right_table, right), table, losses) = both;
    let end = |table: &Table, losses: &[f64]| -> Result<Cell, Error> {
        let (_, last) = table.column(Key::Loss).ok_or(Error::Incomplete)?;
        Ok(Cell::new(last, losses[losses.len() - 1]))
    };
    let start = Cell::new(table.place(Key::Loss, 0), losses[0]);
    let [start, wrong, right] = [start, end(table, losses)?, end(right_table, right)?];
    // The decimals of a loss above a million say nothing.
    let cells = [start, wrong, right];
    let [from, to, without] = cells.map(|cell| {
        let cell = sheet.reference(cell.place);
        format!("IF({cell}<1000000,FIXED({cell},9,TRUE),\"more than a million\")")
    });
    let formula = format!("\"from \"&{from}&\" to \"&{to}&\" after the last update; without the slip to \"&{without}");
    let [from, to, without] = cells.map(|cell| match cell.value {
        value if value < 1e6 => format!("{:.9}", value + 0.0),
        _ => "more than a million".to_owned(),
    });
    let text = format!("from {from} to {to} after the last update; without the slip to {without}");
    sheet.live(LOSS_ROW, 2, Live::text(formula, text), &page.lead)?;
    Ok(())
}

fn chart(sheet: &mut Sheet, both: Both, caches: &mut Caches, words: &Format) -> Result<(), Error> {
    let ((right_table, right), table, losses) = both;
    let counts: Vec<f64> = (0..losses.len()).map(|n| n as f64).collect();
    let (first, last) = table.counts();
    let counts = Series { first, last, values: &counts };
    let names = ["without the slip", "with the slip"];
    let mut curves = Vec::new();
    for (look, (table, losses)) in [(right_table, right), (table, losses)].into_iter().enumerate() {
        let row = HEADER - 4 + look as u32;
        sheet.text(row, LIST, names[look], words)?;
        let (first, last) = table.column(Key::Loss).ok_or(Error::Incomplete)?;
        let losses = Series { first, last, values: losses };
        curves.push(Curve { name: sheet.place(row, LIST), name_text: names[look].to_owned(), losses, look });
    }
    let title = ("Could you tell from the loss?", None);
    let mut chart = loss_chart(sheet, caches, title, &counts, &curves, Scale::Linear);
    let (column, width, height) = CHART;
    chart.set_width(width).set_height(height);
    sheet.worksheet.insert_chart_with_offset(HEADER, column, &chart, 4, 4)?;
    Ok(())
}
