//! The checks: every gradient against a live central difference, and sums that must agree.

use gradbook_engine::trace::Param;

use super::cell::{Calculation, Cell, Live, Place};
use super::contents::{RATES, STEPS, TRAINING};
use super::differences::{Differences, bound};
use super::inputs::{self, Inputs};
use super::sheet::Sheet;
use super::steps::{Steps, update_cell};
use super::style::{TableStyle, colour, print_setup};
use super::table::Table;
use crate::error::Error;
use crate::lesson::{BOUND, Expr, Function, Key, Lesson, Snapshot, Verdict};

/// The verdicts of a written list of checks.
#[derive(Clone, Copy)]
pub(super) struct Verdicts {
    pub(super) first: Place,
    pub(super) last: Place,
    pub(super) count: usize,
    pub(super) wrong: usize,
}

/// Columns before the two calculations.
const COLUMNS: [(&str, f64); 7] = [
    ("parameter p", 14.0),
    ("value", 14.0),
    ("∂E/∂p step by step", 20.0),
    ("∂E/∂p in the table", 20.0),
    ("central difference", 20.0),
    ("largest deviation", 18.0),
    ("verdict", 13.0),
];
const VERDICT: u16 = 6;
const STEP: u32 = 7;
const HEADER: u32 = 9;

pub(super) fn write(
    lesson: &Lesson,
    mut sheet: Sheet,
    steps: &Steps,
    table: &Table,
    inputs: &Inputs,
    rates: &[(Place, f64)],
) -> Result<(Sheet, Verdicts, Cell), Error> {
    let style = TableStyle::new(lesson);
    print_setup(&mut sheet.worksheet).set_print_fit_to_pages(1, 0);
    sheet.text(0, 0, "Is every gradient right?", &style.title)?;
    sheet.worksheet.set_row_height(0, 32)?;
    let lead = [
        "A falling loss proves little: a slightly wrong gradient trains almost as well. So each is measured."
            .to_owned(),
        "Each row changes one parameter p by a small step h, up and down, and calculates the whole network both times;"
            .to_owned(),
        format!(
            "the update is the one chosen on {}. Right of the verdict stand both calculations.",
            sheet.name_of(STEPS)
        ),
        "OK means that a gradient deviates from the central difference (E(p + h) - E(p - h)) / 2h by".to_owned(),
        format!("{BOUND}."),
    ];
    for (row, line) in (1..).zip(lead) {
        sheet.text(row, 0, &line, &style.lead)?;
        sheet.worksheet.set_row_height(row, 21)?;
    }
    sheet.text(STEP, 0, "step h", &style.name)?;
    let rule = inputs::between(1e-9, 0.1, "Write a number from 1E-9 to 0.1; 1E-5 is a good choice.")?;
    let note = "The step of the central differences. Larger: the curve bends; smaller: rounding grows.";
    let h = sheet.input((STEP, 1), lesson.trace.checks[0].h, note, &rule, &style.input)?;

    let parameter = |p: Param| steps.cells.get(&Key::P(p)).copied().unwrap_or_else(|| inputs.cell(Key::P(p)));
    let verdicts = gradients(lesson, &mut sheet, steps, table, inputs, h, &parameter, &style)?;
    let row = HEADER + 3 + lesson.trained.len() as u32;
    let last = sums(lesson, &mut sheet, steps, table, rates, row, &style)?;
    sheet.worksheet.set_print_area(0, 0, last, VERDICT)?;
    Ok((sheet, verdicts, h))
}

fn gradients(
    lesson: &Lesson,
    sheet: &mut Sheet,
    steps: &Steps,
    table: &Table,
    inputs: &Inputs,
    h: Cell,
    parameter: &dyn Fn(Param) -> Cell,
    style: &TableStyle,
) -> Result<Verdicts, Error> {
    let differences = Differences::new(lesson, COLUMNS.len() as u16 + 1);
    headers(sheet, style)?;
    differences.headers(sheet, HEADER, style)?;
    let snapshot = Snapshot::new(lesson, &lesson.trace.run, 0);
    let mut wrong = 0;
    for (n, (&p, check)) in lesson.trained.iter().zip(&lesson.trace.checks).enumerate() {
        let row = HEADER + 1 + n as u32;
        sheet.text(row, 0, &lesson.text(Key::P(p)), &style.name)?;
        sheet.calculated(row, 1, &parameter(p).of(), &style.value)?;
        let step = steps.cells.get(&Key::G(p)).ok_or(Error::Incomplete)?;
        let step = sheet.calculated(row, 2, &step.of(), &style.gradient)?;
        let column = table.column(Key::G(p)).ok_or(Error::Incomplete)?;
        let index = format!("INDEX({},{})", sheet.range(column.0, column.1), sheet.reference(update_cell().place));
        let value = snapshot.value(Key::G(p));
        let in_table = Cell::new(sheet.live(row, 3, Live::number(index, value), &style.gradient)?, value);
        let difference = differences.row(sheet, row, p, check, h, parameter, inputs, style)?;
        let quotient = sheet.calculated(row, 4, &difference.quotient, &style.gradient)?;
        let deviations = [step, in_table].map(|gradient| (gradient.of() - quotient.of()).call(Function::Abs));
        let deviation = sheet.calculated(row, 5, &Expr::Call(Function::Max, deviations.into()), &style.size)?;
        let bound = bound(&step.of(), quotient, difference.loss, h);
        wrong += verdict(sheet, (row, VERDICT), &deviation.of(), &bound, difference.switched.as_ref(), style)?;
    }
    let last = HEADER + lesson.trained.len() as u32;
    let (first, last) = (sheet.place(HEADER + 1, VERDICT), sheet.place(last, VERDICT));
    colour_verdicts(sheet, first, last)?;
    Ok(Verdicts { first, last, count: lesson.trained.len(), wrong })
}

/// Writes OK, KINK or WRONG, and says whether it was WRONG.
pub(super) fn verdict(
    sheet: &mut Sheet,
    at: (u32, u16),
    deviation: &Calculation,
    bound: &Calculation,
    switched: Option<&Calculation>,
    style: &TableStyle,
) -> Result<usize, Error> {
    let value = |calculation: &Calculation| calculation.value(&|cell| cell.value);
    let agrees = format!("{}<={}", sheet.calculation(deviation), sheet.calculation(bound));
    let otherwise = match switched {
        None => "\"WRONG\"".to_owned(),
        Some(switched) => format!("IF({}>0, \"KINK\", \"WRONG\")", sheet.calculation(switched)),
    };
    let verdict = Verdict::of(value(deviation), value(bound), switched.map_or(0.0, value));
    sheet.live(at.0, at.1, Live::text(format!("IF({agrees}, \"OK\", {otherwise})"), verdict.word()), &style.verdict)?;
    Ok(usize::from(verdict == Verdict::Wrong))
}

pub(super) fn colour_verdicts(sheet: &mut Sheet, first: Place, last: Place) -> Result<(), Error> {
    let cell = sheet.reference(Place { anchored: false, ..first });
    let range = (first.row, first.column, last.row, last.column);
    colour(&mut sheet.worksheet, range, &format!("{cell}=\"OK\""), &format!("{cell}=\"WRONG\""))
}

fn headers(sheet: &mut Sheet, style: &TableStyle) -> Result<(), Error> {
    sheet.worksheet.set_row_height(HEADER, 36)?;
    for (column, (header, width)) in (0..).zip(COLUMNS) {
        let format = match column {
            0 => &style.name_head,
            VERDICT => &style.verdict_head,
            _ => &style.heads[0],
        };
        sheet.text(HEADER, column, header, format)?;
        sheet.worksheet.set_column_width(column, width)?;
    }
    sheet.worksheet.set_column_width(COLUMNS.len() as u16, 4)?;
    sheet.worksheet.set_freeze_panes(HEADER + 1, 1)?;
    sheet.worksheet.set_repeat_rows(HEADER, HEADER)?;
    Ok(())
}

/// Sums and repetitions that must agree, each with its largest deviation. Returns their last row.
fn sums(
    lesson: &Lesson,
    sheet: &mut Sheet,
    steps: &Steps,
    table: &Table,
    rates: &[(Place, f64)],
    top: u32,
    style: &TableStyle,
) -> Result<u32, Error> {
    sheet.worksheet.set_row_height(top, 36)?;
    sheet.text(top, 0, "what must agree", &style.name_head)?;
    for column in 1..5 {
        sheet.worksheet.write_blank(top, column, &style.name_head)?;
    }
    sheet.text(top, 5, "largest deviation", &style.heads[0])?;
    sheet.text(top, VERDICT, "verdict", &style.verdict_head)?;
    let snapshot = Snapshot::new(lesson, &lesson.trace.run, 0);
    let update = sheet.reference(update_cell().place);
    let training = sheet.name_of(TRAINING).to_owned();
    let explained = sheet.name_of(STEPS).to_owned();

    let mut checks: Vec<(String, Live)> = Vec::new();
    let column = table.column(Key::Loss).ok_or(Error::Incomplete)?;
    if let Some(loss) = steps.cells.get(&Key::Loss).filter(|_| lesson.samples() == 1) {
        let index = format!("INDEX({},{update})", sheet.range(column.0, column.1));
        let formula = format!("ABS({}-{index})", sheet.reference(loss.place));
        checks.push((format!("the loss on {explained} is that of its row on {training}"), Live::number(formula, 0.0)));
    }
    let mut terms = Vec::new();
    let mut deviation = 0.0_f64;
    for &p in &lesson.trained {
        let column = table.column(Key::P(p)).ok_or(Error::Incomplete)?;
        let next = steps.cells.get(&Key::Next(p)).ok_or(Error::Incomplete)?;
        let index = format!("INDEX({},{update}+1)", sheet.range(column.0, column.1));
        terms.push(format!("ABS({}-{index})", sheet.reference(next.place)));
        deviation = deviation.max((next.value - snapshot.value(Key::Next(p))).abs());
    }
    // A call takes at most 255 arguments, a formula at most 8,192 characters.
    if let Some(formula) = nested_maximum(&terms).filter(|formula| formula.len() < 8000) {
        let text = format!("every new parameter on {explained} is that of the next row on {training}");
        checks.push((text, Live::number(formula, deviation)));
    }
    let starts: Vec<String> = rates.iter().map(|(place, _)| sheet.reference(*place)).collect();
    let all = starts.join(", ");
    let text = format!("all runs compared on {} start with the same loss", sheet.name_of(RATES));
    checks.push((text, Live::number(format!("MAX({all})-MIN({all})"), 0.0)));
    if lesson.softmax() {
        let last = lesson.trace.net.last();
        let outputs = (0..lesson.trace.net.outputs()).filter_map(|k| steps.cells.get(&Key::A(0, last, k)));
        let sum = (Expr::sum(outputs.map(|cell| cell.of())) - Expr::Number(1.0)).call(Function::Abs);
        let value = sum.value(&|cell| cell.value);
        checks.push(("the softmax outputs add up to 1".to_owned(), Live::number(sheet.calculation(&sum), value)));
    }
    let first = top + 1;
    for (row, (text, live)) in (first..).zip(checks.iter().cloned()) {
        let value = match live.value {
            super::cell::Value::Number(value) => value,
            super::cell::Value::Text(_) => f64::NAN,
        };
        sheet.text(row, 0, &text, &style.name)?;
        let place = sheet.live(row, 5, live, &style.size)?;
        let word = if value <= SUM_BOUND { "OK" } else { "WRONG" };
        let formula = format!("IF({}<=1E-12, \"OK\", \"WRONG\")", sheet.reference(place));
        sheet.live(row, VERDICT, Live::text(formula, word), &style.verdict)?;
    }
    let (first, last) = (sheet.place(first, VERDICT), sheet.place(first + checks.len() as u32 - 1, VERDICT));
    colour_verdicts(sheet, first, last)?;
    Ok(last.row)
}

/// What rounding may add up to where numbers of about 1 are calculated in two ways.
const SUM_BOUND: f64 = 1e-12;

/// `MAX(MAX(...), MAX(...))` of up to some thousands of terms.
fn nested_maximum(terms: &[String]) -> Option<String> {
    let groups: Vec<String> = terms.chunks(200).map(|group| format!("MAX({})", group.join(", "))).collect();
    match groups.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        groups => Some(format!("MAX({})", groups.join(", "))),
    }
}
