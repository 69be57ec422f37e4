//! Learning rates: each with its own training, and a comparison of all.

use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

use gradbook_lesson::Trajectory;

use super::cell::{Cell, Live, Place};
use super::chart::{Curve, Scale, Series, loss_chart};
use super::chart_cache::Caches;
use super::contents::{FIRST_RATE, RATES, TRAINING};
use super::inputs::{self, Inputs};
use super::sheet::Sheet;
use super::style::{TableStyle, print_setup};
use super::table::{LEFT, Table, Training};
use crate::error::Error;
use gradbook_lesson::{self, Behaviour, Expr, Function, Key, Lesson, SMALLEST, label, plural};

/// The header's row of the comparison; the rates follow below.
const HEADER: u32 = 4;
/// The header's row of a rate's table.
const TABLE: u32 = 3;
/// Rows under a chart of a rate, under a chart of all, and their sizes in pixels.
const SMALL_CHART: (u32, u32, u32) = (15, 630, 295);
const LARGE_CHART: (u32, u32, u32) = (22, 1274, 430);
/// The column where charts on the right begin, and their distance from its edge in pixels.
const RIGHT: (u16, u32) = (5, 12);
/// The last column under the large charts, and the last that is printed: the numbers of more than six rates are for the
/// screen.
const COLUMNS: (u16, u16) = (10, 13);
/// Widths of the first column and of the others, in characters.
const WIDTHS: (f64, f64) = (18.0, 17.0);

/// The name of a rate's sheet. It keeps its original rate, even if a reader changes the cell.
pub(super) fn sheet_name(rate: f64) -> String {
    label(rate).replace("= ", "")
}

/// The comparison, written with the tables of all rates.
pub(super) struct Rates {
    pub(super) comparison: Sheet,
    pub(super) sheets: Vec<Sheet>,
    /// The first loss of each run.
    pub(super) starts: Vec<(Place, f64)>,
}

/// One rate on the comparison.
struct Entry<'l> {
    run: &'l Trajectory,
    rate: Cell,
    name: Place,
    losses: Vec<f64>,
}

impl Entry<'_> {
    fn label(&self) -> String {
        label(self.run.rate)
    }
}

pub(super) fn write(
    lesson: &Lesson,
    sheets: Vec<Sheet>,
    comparison: Sheet,
    inputs: &Inputs,
    caches: &mut Caches,
) -> Result<Rates, Error> {
    let style = TableStyle::page(lesson);
    let mut comparison = comparison;
    introduction(lesson, &mut comparison, &style)?;
    let mut entries = Vec::new();
    for (row, run) in (HEADER + 1..).zip(&lesson.rates) {
        let note = "A learning rate. Change it, and its table, its curve and this row follow.";
        let rate = comparison.input((row, 1), run.rate, note, &inputs::rate()?, &style.input)?;
        let label = label(run.rate);
        let formula = format!("\"LR = \"&{}", comparison.reference(Place { anchored: false, ..rate.place }));
        let name = comparison.live(row, 0, Live::text(formula, &label), &style.name)?;
        let losses = run.states.iter().map(|state| state.loss).collect();
        entries.push(Entry { run, rate, name, losses });
    }

    // The tables do not need each other: a thread each. Where the system gives none (WebAssembly has none at all), this
    // thread writes the sheet.
    let unwritten: Vec<Mutex<Option<Sheet>>> = sheets.into_iter().map(|sheet| Mutex::new(Some(sheet))).collect();
    let write = |(sheet, entry): (&Mutex<Option<Sheet>>, &Entry<'_>)| {
        let sheet = sheet.lock().unwrap_or_else(PoisonError::into_inner).take();
        rate_sheet(lesson, sheet.expect("a sheet is written once"), entry, inputs)
    };
    let written: Vec<Result<(Sheet, Table), Error>> = thread::scope(|scope| {
        let start = |job| (job, thread::Builder::new().spawn_scoped(scope, move || write(job)));
        let threads: Vec<_> = unwritten.iter().zip(&entries).map(start).collect();
        let finish = |(job, thread): (_, std::io::Result<thread::ScopedJoinHandle<'_, _>>)| match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => write(job),
        };
        threads.into_iter().map(finish).collect()
    });
    let (mut sheets, mut tables) = (Vec::new(), Vec::new());
    for sheet_and_table in written {
        let (sheet, table) = sheet_and_table?;
        sheets.push(sheet);
        tables.push(table);
    }

    let places = losses_below(lesson, &mut comparison, &entries, &tables, &style)?;
    milestones(lesson, &mut comparison, &entries, &places, &style)?;
    charts(lesson, &mut comparison, &entries, &places, caches)?;
    let starts =
        tables.iter().zip(&entries).map(|(table, entry)| (table.place(Key::Loss, 0), entry.losses[0])).collect();
    Ok(Rates { comparison, sheets, starts })
}

fn introduction(lesson: &Lesson, sheet: &mut Sheet, style: &TableStyle) -> Result<(), Error> {
    print_setup(&mut sheet.worksheet).set_print_fit_to_pages(1, 0);
    sheet.worksheet.set_screen_gridlines(false);
    sheet.text(0, 0, "How the learning rate changes the loss", &style.title)?;
    sheet.worksheet.set_row_height(0, 32)?;
    let lead = [
        "The same network from the same parameters, trained once with each rate. The rates are input cells: change one.",
        "A sheet for each rate holds all of its numbers; it keeps the name of the rate that it was written with.",
        if lesson.theory.network.can_diverge() { "A training whose loss exceeds 1E+20 stops there." } else { "" },
    ];
    for (row, line) in (1..).zip(lead) {
        sheet.text(row, 0, line, &style.lead)?;
        sheet.worksheet.set_row_height(row, 21)?;
    }
    Ok(())
}

/// One rate's table.
fn rate_sheet(lesson: &Lesson, mut sheet: Sheet, entry: &Entry, inputs: &Inputs) -> Result<(Sheet, Table), Error> {
    let style = TableStyle::new(lesson);
    let id = sheet.place(0, 0).sheet;
    let title = Live::text(sheet.reference(entry.name), entry.label());
    sheet.live(0, LEFT, title, &style.title)?;
    sheet.worksheet.set_row_height(0, 32)?;
    let lead = format!(
        "The same network and start as on the sheet {}; the rate is an input cell on the sheet {}, where the curves are.",
        sheet.name_of(TRAINING),
        sheet.name_of(RATES)
    );
    sheet.text(1, LEFT, &lead, &style.lead)?;
    let table = Table::new(lesson, id, TABLE);
    let mut inputs = inputs.clone();
    inputs.set(Key::Rate, entry.rate);
    table.write(&mut sheet, lesson, &Training::Run(entry.run), &inputs, &style)?;
    table.page(&mut sheet)?;
    Ok((sheet, table))
}

/// Where the losses of all runs are side by side, for the charts.
struct Losses {
    counts: (Place, Place),
    linear: Vec<(Place, Place)>,
    logarithmic: Vec<(Place, Place)>,
}

/// The row of the first chart.
fn charts_row(rates: usize) -> u32 {
    HEADER + 1 + rates as u32 + 1
}

fn losses_below(
    lesson: &Lesson,
    sheet: &mut Sheet,
    entries: &[Entry],
    tables: &[Table],
    style: &TableStyle,
) -> Result<Losses, Error> {
    let rates = entries.len();
    let rows_of_charts = (rates as u32).div_ceil(2) * SMALL_CHART.0;
    let top = charts_row(rates) + 2 * LARGE_CHART.0 + rows_of_charts + 1;
    sheet.text(top - 1, 0, "The numbers behind the curves", &style.name)?;
    sheet.text(top, 0, "updates n", &style.heads[0])?;
    sheet.worksheet.set_row_height(top, 42)?;
    let updates = lesson.updates();
    for n in 0..=updates {
        sheet.worksheet.set_row_height(top + 1 + n as u32, TableStyle::ROW)?;
        sheet.number(top + 1 + n as u32, 0, n as f64, &style.count)?;
    }
    let ends = |sheet: &Sheet, column| (sheet.place(top + 1, column), sheet.place(top + 1 + updates as u32, column));
    let mut losses = Losses { counts: ends(sheet, 0), linear: Vec::new(), logarithmic: Vec::new() };
    for (n, (entry, table)) in entries.iter().zip(tables).enumerate() {
        let (column, floored) = (1 + n as u16, 2 + (rates + n) as u16);
        let head = sheet.reference(entry.name);
        sheet.live(top, column, Live::text(head.clone(), entry.label()), &style.heads[0])?;
        let label = format!("{}, at least 1E-32", entry.label());
        sheet.live(top, floored, Live::text(format!("{head}&\", at least 1E-32\""), label), &style.heads[1])?;
        for (count, &value) in entry.losses.iter().enumerate() {
            let row = top + 1 + count as u32;
            let loss = Cell::new(table.place(Key::Loss, count), value);
            let loss = sheet.calculated(row, column, &loss.of(), &style.loss)?;
            let floor = Expr::Call(Function::Max, vec![loss.of(), Expr::Number(SMALLEST)]);
            sheet.calculated(row, floored, &floor, &style.loss)?;
        }
        losses.linear.push(ends(sheet, column));
        losses.logarithmic.push(ends(sheet, floored));
    }
    let width = (2 * rates as u16 + 1).clamp(COLUMNS.0, COLUMNS.1);
    sheet.worksheet.set_print_area(0, 0, top + 1 + updates as u32, width)?.set_repeat_rows(top, top)?;
    let large_charts = top - 1 - rows_of_charts;
    sheet.worksheet.set_page_breaks(&[large_charts, top - 1])?;
    Ok(losses)
}

/// The loss after a few numbers of updates, the updates that halve it, and what the rate does, in words.
fn milestones(
    lesson: &Lesson,
    sheet: &mut Sheet,
    entries: &[Entry],
    losses: &Losses,
    style: &TableStyle,
) -> Result<(), Error> {
    let updates = lesson.updates();
    sheet.text(HEADER, 0, "curve", &style.name_head)?;
    sheet.text(HEADER, 1, "learning rate", &style.heads[0])?;
    sheet.worksheet.set_row_height(HEADER, 42)?;
    sheet.worksheet.set_column_width(0, WIDTHS.0)?;
    for column in 1..(2 * entries.len() as u16 + 2).max(COLUMNS.1 + 1) {
        sheet.worksheet.set_column_width(column, WIDTHS.1)?;
    }
    let counts = gradbook_lesson::milestones(updates);
    let halved = 2 + counts.len() as u16;
    for (column, &n) in (2..).zip(&counts) {
        let header = if n == 0 { "loss at start".to_owned() } else { format!("loss after {}", plural(n, "update")) };
        sheet.text(HEADER, column, &header, &style.heads[1])?;
    }
    sheet.text(HEADER, halved, "updates to halve it", &style.heads[0])?;
    sheet.text(HEADER, halved + 1, "what the loss does", &style.words_head)?;
    sheet.worksheet.write_blank(HEADER, halved + 2, &style.name_head)?;
    for (index, entry) in entries.iter().enumerate() {
        let row = HEADER + 1 + index as u32;
        sheet.worksheet.set_row_height(row, TableStyle::ROW)?;
        let (first, last) = losses.linear[index];
        for (column, &n) in (2..).zip(&counts) {
            let loss = Cell::new(Place { row: first.row + n as u32, ..first }, entry.losses[n]);
            sheet.calculated(row, column, &loss.of(), &style.loss)?;
        }
        let (range, count_range) = (sheet.range(first, last), sheet.range(losses.counts.0, losses.counts.1));
        let (start, end) = (sheet.reference(first), sheet.reference(last));

        // The smallest n whose loss is at most half the first loss; a number above every n if there is none.
        let smallest = format!("SUMPRODUCT(MIN({count_range}+1E+9*({range}>{start}/2)))");
        let found = gradbook_lesson::halved(&entry.losses);
        let formula = format!("IF({smallest}<1E+9, {smallest}, \"not in {updates}\")");
        let live = match found {
            Some(n) => Live::number(formula, n as f64),
            None => Live::text(formula, format!("not in {updates}")),
        };
        sheet.live(row, halved, live, &style.count_right)?;
        let before = sheet.reference(Place { row: last.row - 1, ..last });
        let (formula, word) = behaviour(&range, [&start, &before, &end], &entry.losses);
        sheet.live(row, halved + 1, Live::text(formula, word), &style.words)?;
    }
    Ok(())
}

/// What a run's losses do, as a formula and as the words that it gives now. `range` holds all losses; `start`, `before`
/// and `end` are the first, the last but one and the last.
fn behaviour(range: &str, [start, before, end]: [&str; 3], losses: &[f64]) -> (String, &'static str) {
    let cases = [
        (format!("{end}>1000*{start}+1000"), Behaviour::Diverges),
        (format!("AND({end}>{start}, ABS({end}-{before})<=1E-6*{end})"), Behaviour::JumpsUp),
        (format!("{end}>{start}"), Behaviour::Rises),
        (format!("MAX({range})>1.01*{start}"), Behaviour::RisesFirst),
        (format!("{end}>1.01*MIN({range})+1E-30"), Behaviour::RisesAgain),
        (format!("{end}>0.99*{start}"), Behaviour::Stalls),
    ];
    let otherwise = format!("\"{}\"", Behaviour::Falls.words());
    let formula = cases
        .iter()
        .rev()
        .fold(otherwise, |otherwise, (condition, case)| format!("IF({condition}, \"{}\", {otherwise})", case.words()));
    (formula, Behaviour::of(losses).words())
}

fn charts(
    lesson: &Lesson,
    sheet: &mut Sheet,
    entries: &[Entry],
    losses: &Losses,
    caches: &mut Caches,
) -> Result<(), Error> {
    let counts: Vec<f64> = (0..=lesson.updates()).map(|n| n as f64).collect();
    let counts = Series { first: losses.counts.0, last: losses.counts.1, values: &counts };
    let floored: Vec<Vec<f64>> =
        entries.iter().map(|entry| entry.losses.iter().map(|loss| loss.max(SMALLEST)).collect()).collect();
    let curve = |look: usize, places: &[(Place, Place)], scale: Scale| {
        let entry = &entries[look];
        let values = if scale == Scale::Linear { &entry.losses } else { &floored[look] };
        let losses = Series { first: places[look].0, last: places[look].1, values };
        Curve { name: entry.name, name_text: entry.label(), losses, look }
    };
    let mut row = charts_row(entries.len());
    let both = [
        (Scale::Linear, &losses.linear, "Loss curves of all learning rates"),
        (
            Scale::Logarithmic,
            &losses.logarithmic,
            "The same on a logarithmic axis: small losses, stalled and diverging runs",
        ),
    ];
    for (scale, places, title) in both {
        let curves: Vec<Curve> = (0..entries.len()).map(|look| curve(look, places, scale)).collect();
        let mut chart = loss_chart(sheet, caches, (title, None), &counts, &curves, scale);
        chart.set_width(LARGE_CHART.1).set_height(LARGE_CHART.2);
        sheet.worksheet.insert_chart_with_offset(row, 0, &chart, 4, 4)?;
        row += LARGE_CHART.0;
    }
    for (n, entry) in entries.iter().enumerate() {
        let curves = [curve(n, &losses.linear, Scale::Linear)];
        let title = (&*entry.label(), Some(entry.name));
        let mut chart = loss_chart(sheet, caches, title, &counts, &curves, Scale::Linear);
        chart.set_width(SMALL_CHART.1).set_height(SMALL_CHART.2);
        let (at, (column, offset)) = (row + n as u32 / 2 * SMALL_CHART.0, if n % 2 == 0 { (0, 4) } else { RIGHT });
        sheet.worksheet.insert_chart_with_offset(at, column, &chart, offset, 4)?;
    }
    Ok(())
}

/// Positions of the sheets of the rates.
pub(super) fn ids(lesson: &Lesson) -> std::ops::Range<usize> {
    FIRST_RATE..FIRST_RATE + lesson.rates.len()
}
