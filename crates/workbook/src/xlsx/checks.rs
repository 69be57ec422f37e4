//! The checks: every gradient against a live central difference, and sums that must agree.

use gradbook_lesson::Param;
use rust_xlsxwriter::Format;

use super::cell::{Calculation, Cell, Live, Place};
use super::contents::{RATES, STEPS, TRAINING};
use super::differences::{Difference, Differences};
use super::inputs::{self, Inputs};
use super::sheet::Sheet;
use super::steps::{Steps, update_cell};
use super::style::{TableStyle, colour, print_setup};
use super::table::Table;
use crate::error::Error;
use gradbook_lesson::{BOUND, Expr, Function, Key, Lesson, Snapshot, Verdict, Verdicts, bound};

/// A written list of checks: where its verdicts are, and how many there are of each kind.
#[derive(Clone, Copy)]
pub(super) struct Judged {
    first: Place,
    last: Place,
    verdicts: Verdicts,
}

impl Judged {
    pub(super) fn new(first: Place, last: Place, verdicts: Verdicts) -> Judged {
        Judged { first, last, verdicts }
    }

    /// The sentence if all are OK.
    pub(super) fn all_agree(&self) -> String {
        let [good, ..] = Verdicts::sentences(self.verdicts.count);
        good
    }

    /// The verdicts in a live sentence, coloured like them across the columns up to `right`. `nothing_wrong` replaces
    /// the sentence for all OK.
    pub(super) fn sentence(
        &self,
        sheet: &mut Sheet,
        at: (u32, u16),
        right: u16,
        nothing_wrong: Option<Live>,
        style: &Format,
    ) -> Result<(), Error> {
        let Verdicts { count, ok, wrong } = self.verdicts;
        let number = |word: &str| format!("SUMPRODUCT(({}=\"{word}\")*1)", sheet.range(self.first, self.last));
        let (wrong_number, ok_number) = (number("WRONG"), number("OK"));
        let [good, bad, open] = Verdicts::sentences(count);
        let good = nothing_wrong.unwrap_or_else(|| Live::text(format!("\"{good}\""), good));
        let formula = format!(
            "IF({wrong_number}>0, {wrong_number}&\"{bad}\", IF({ok_number}={count}, {}, {ok_number}&\"{open}\"))",
            good.formula
        );
        let text = if (wrong, ok) == (0, count) { good.value.stored() } else { self.verdicts.sentence() };
        let cell = sheet.live(at.0, at.1, Live::text(formula, text), style)?.anchored();
        let cell = sheet.reference(cell);
        let range = (at.0, at.1, at.0, right);
        let [good, bad] = [format!("LEFT({cell},3)=\"OK:\""), format!("ISNUMBER(SEARCH(\"WRONG\",{cell}))")];
        colour(&mut sheet.worksheet, range, &good, &bad)
    }
}

/// Columns before the two calculations.
const COLUMNS: [(&str, f64); 7] = [
    ("parameter p", 18.0),
    ("value", 17.0),
    ("∂E/∂p step by step", 26.0),
    ("∂E/∂p in the table", 26.0),
    ("central difference", 24.0),
    ("largest deviation", 24.0),
    ("verdict", 16.0),
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
) -> Result<(Sheet, Judged, Cell), Error> {
    let style = TableStyle::page(lesson);
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
    sheet.worksheet.set_row_height(STEP, 22)?;
    sheet.text(STEP, 0, "step h", &style.name)?;
    let rule = inputs::between(1e-9, 0.1, "Write a number from 1E-9 to 0.1; 1E-5 is a good choice.")?;
    let note = "The step of the central differences. Larger: the curve bends; smaller: rounding grows.";
    let h = sheet.input((STEP, 1), lesson.checks[0].h, note, &rule, &style.input)?;

    let parameter = |p: Param| steps.cells.get(&Key::P(p)).copied().unwrap_or_else(|| inputs.cell(Key::P(p)));
    let verdicts = gradients(lesson, &mut sheet, steps, table, inputs, h, &parameter, &style)?;
    let row = HEADER + 3 + lesson.theory.trained().len() as u32;
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
) -> Result<Judged, Error> {
    let differences = Differences::new(lesson, COLUMNS.len() as u16 + 1);
    headers(sheet, style)?;
    differences.headers(sheet, HEADER, style)?;
    let snapshot = Snapshot::after(lesson, &lesson.run, 0);
    let mut verdicts = Verdicts::default();
    for (n, (&p, check)) in lesson.theory.trained().iter().zip(&lesson.checks).enumerate() {
        let row = HEADER + 1 + n as u32;
        sheet.worksheet.set_row_height(row, TableStyle::ROW)?;
        sheet.text(row, 0, &lesson.theory.text(Key::P(p)), &style.name)?;
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
        let bound = bound(step.of(), quotient.of());
        verdicts.add(verdict(sheet, (row, VERDICT), &deviation.of(), &bound, &difference, style)?);
    }
    let last = HEADER + lesson.theory.trained().len() as u32;
    let (first, last) = (sheet.place(HEADER + 1, VERDICT), sheet.place(last, VERDICT));
    colour_verdicts(sheet, first, last)?;
    Ok(Judged { first, last, verdicts })
}

/// Writes the verdict on a gradient with this deviation from its difference.
pub(super) fn verdict(
    sheet: &mut Sheet,
    at: (u32, u16),
    deviation: &Calculation,
    bound: &Calculation,
    difference: &Difference,
    style: &TableStyle,
) -> Result<Verdict, Error> {
    let value = |calculation: &Calculation| calculation.value(&|cell| cell.value);
    let Difference { noise, switched, .. } = difference;
    let far = sheet.calculation(deviation);
    let agrees = format!("{far}<={}", sheet.calculation(bound));
    let unsure = format!("{far}<={}", sheet.calculation(noise));
    let otherwise = match switched {
        None => "\"WRONG\"".to_owned(),
        Some(switched) => format!("IF({}>0, \"KINK\", \"WRONG\")", sheet.calculation(switched)),
    };
    let verdict = Verdict::of(value(deviation), value(bound), value(noise), switched.as_ref().map_or(0.0, value));
    sheet.live(
        at.0,
        at.1,
        Live::text(format!("IF({agrees}, \"OK\", IF({unsure}, \"UNSURE\", {otherwise}))"), verdict.word()),
        &style.verdict,
    )?;
    Ok(verdict)
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
    sheet.worksheet.set_row_height(top, 24)?;
    sheet.worksheet.merge_range(top, 0, top, 4, "what must agree", &style.name_head)?;
    sheet.text(top, 5, "largest deviation", &style.heads[0])?;
    sheet.text(top, VERDICT, "verdict", &style.verdict_head)?;
    let snapshot = Snapshot::after(lesson, &lesson.run, 0);
    let update = sheet.reference(update_cell().place);
    let training = sheet.name_of(TRAINING).to_owned();
    let explained = sheet.name_of(STEPS).to_owned();

    let mut checks: Vec<(String, Live)> = Vec::new();
    let column = table.column(Key::Loss).ok_or(Error::Incomplete)?;
    if let Some(loss) = steps.cells.get(&Key::Loss).filter(|_| lesson.theory.samples == 1) {
        let index = format!("INDEX({},{update})", sheet.range(column.0, column.1));
        let loss = sheet.reference(loss.place);
        let formula = format!("ABS({loss}-{index})/MAX(1,{loss})");
        checks.push((format!("the loss on {explained} is that of its row on {training}"), Live::number(formula, 0.0)));
    }
    let mut terms = Vec::new();
    let mut deviation = 0.0_f64;
    for &p in &lesson.theory.trained() {
        let column = table.column(Key::P(p)).ok_or(Error::Incomplete)?;
        let next = steps.cells.get(&Key::Next(p)).ok_or(Error::Incomplete)?;
        let index = format!("INDEX({},{update}+1)", sheet.range(column.0, column.1));
        let next_cell = sheet.reference(next.place);
        terms.push(format!("ABS({next_cell}-{index})/MAX(1,ABS({next_cell}))"));
        let distance = (next.value - snapshot.value(Key::Next(p))).abs();
        deviation = deviation.max(distance / next.value.abs().max(1.0));
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
    if lesson.theory.network.softmax() {
        let last = lesson.theory.network.last();
        let outputs = (0..lesson.theory.network.outputs()).filter_map(|k| steps.cells.get(&Key::A(0, last, k)));
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
        sheet.worksheet.set_row_height(row, TableStyle::ROW)?;
        sheet.text(row, 0, &text, &style.name)?;
        let place = sheet.live(row, 5, live, &style.size)?;
        let word = if value <= SUM_BOUND { "OK" } else { "WRONG" };
        let formula = format!("IF({}<={SUM_BOUND:E}, \"OK\", \"WRONG\")", sheet.reference(place));
        sheet.live(row, VERDICT, Live::text(formula, word), &style.verdict)?;
    }
    let (first, last) = (sheet.place(first, VERDICT), sheet.place(first + checks.len() as u32 - 1, VERDICT));
    colour_verdicts(sheet, first, last)?;
    Ok(last.row)
}

/// How far rounding may separate two ways of calculating a number: a share of 1, or of the number if that is larger.
const SUM_BOUND: f64 = 1e-12;

/// `MAX(MAX(...), MAX(...))` of up to a few thousand terms.
fn nested_maximum(terms: &[String]) -> Option<String> {
    let groups: Vec<String> = terms.chunks(200).map(|group| format!("MAX({})", group.join(", "))).collect();
    match groups.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        groups => Some(format!("MAX({})", groups.join(", "))),
    }
}
