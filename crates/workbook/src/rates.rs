//! Learning rates: a table and a loss curve for each, and all of them in one chart.

use gradbook_engine::trace::{Run, Trace};
use rust_xlsxwriter::Worksheet;

use crate::chart::{Curve, loss_chart};
use crate::sheet::{Live, Place, Sheet, Value};
use crate::style::{TableStyle, accept_first_rows, print_setup};
use crate::symbols::{Key, Symbols};
use crate::table::LEFT;
use crate::{Error, table};

pub(crate) const NAME: &str = "Learning rates";

/// Row of the comparison's header; the rates follow below.
const RATES: u32 = 4;
/// Rows that the comparison's chart takes.
const CHART_ROWS: u32 = 25;
/// Row of a rate's table; the chart stands above it.
const TABLE: u32 = 23;

/// The sheet that compares all rates, then one sheet for each. `inputs` has the cells of the sample and the parameters.
pub(crate) fn write(trace: &Trace, inputs: &Symbols) -> Result<Vec<Sheet>, Error> {
    let style = TableStyle::new();
    let updates = trace.run.states.len() - 1;
    let mut comparison = Sheet::new(NAME)?;
    print_setup(&mut comparison.worksheet).set_print_fit_to_pages(1, 0);
    comparison.text(0, 0, "How the learning rate changes the loss", &style.title)?;
    comparison.worksheet.set_row_height(0, 28)?;
    let lead = [
        "The same network from the same weights, trained once with each rate. The rates are input cells: change one.",
        "A sheet for each rate holds all of its numbers; it keeps the name of the rate that it was written with.",
    ];
    for (row, line) in (1..).zip(lead) {
        comparison.text(row, 0, line, &style.lead)?;
    }

    // Below the chart stand the losses of all runs, side by side: what the charts draw.
    let below = RATES + trace.rates.len() as u32 + 2 + CHART_ROWS;
    for (column, width) in (0..).zip([12.0].into_iter().chain(trace.rates.iter().map(|_| 12.0))) {
        comparison.worksheet.set_column_width(column, width)?;
    }
    comparison.text(below, 0, "updates n", &style.heads[0])?;
    for n in 0..=updates {
        comparison.number(below + 1 + n as u32, 0, n as f64, &style.count)?;
    }
    let counts = (comparison.place(below + 1, 0), comparison.place(below + 1 + updates as u32, 0));
    let counts = counts.0.range_to(&counts.1);

    let mut sheets = Vec::new();
    let mut curves = Vec::new();
    for (n, run) in trace.rates.iter().enumerate() {
        let row = RATES + 1 + n as u32;
        let rate = comparison.number(row, 1, run.rate, &style.input)?;
        let label = Live::text(format!("\"LR = \"&{}", rate.seen_from(NAME)), format!("LR = {}", written(run.rate)));
        let name = comparison.live(row, 0, label.clone(), &style.name)?;

        let mut inputs = inputs.clone();
        inputs[Key::Rate].place = Some(rate);
        let (mut sheet, losses) = rate_sheet(trace, run, &inputs, &name, &label.value, &style)?;

        let column = 1 + n as u16;
        let head = Live { formula: name.seen_from(NAME), value: label.value };
        comparison.live(below, column, head, &style.heads[0])?;
        for (n, loss) in losses.iter().enumerate() {
            let loss = Live::number(loss.seen_from(NAME), run.states[n].e_total);
            comparison.live(below + 1 + n as u32, column, loss, &style.value)?;
        }
        let first = comparison.place(below + 1, column);
        let last = comparison.place(below + 1 + updates as u32, column);
        let curve = || Curve { name: name.clone(), first: first.clone(), last: last.clone() };
        let mut chart = loss_chart(&counts, updates, &[curve()]);
        chart.title().set_name(&name.range());
        sheet.worksheet.insert_chart_with_offset(2, LEFT, chart.set_width(900).set_height(400), 4, 4)?;
        curves.push(curve());
        sheets.push(sheet);
    }

    milestones(&mut comparison, trace, below, &style)?;
    let row = RATES + trace.rates.len() as u32 + 2;
    let mut chart = loss_chart(&counts, updates, &curves);
    chart.title().set_name("Loss curves of all learning rates");
    comparison.worksheet.insert_chart_with_offset(row, 0, chart.set_width(940).set_height(470), 4, 4)?;
    comparison.worksheet.set_page_breaks(&[below])?.set_repeat_rows(below, below)?;
    sheets.insert(0, comparison);
    Ok(sheets)
}

/// One rate's chart and table. Returns the cells of its losses too.
fn rate_sheet(
    trace: &Trace,
    run: &Run,
    inputs: &Symbols,
    name: &Place,
    label: &Value,
    style: &TableStyle,
) -> Result<(Sheet, Vec<Place>), Error> {
    let mut sheet = Sheet::new(&format!("LR {}", written(run.rate)))?;
    let title = Live { formula: name.seen_from(sheet.name()), value: label.clone() };
    sheet.live(0, LEFT, title, &style.title)?;
    sheet.worksheet.set_row_height(0, 28)?;
    let lead = format!(
        "The same network and start as on the sheet {}; the rate is an input cell on the sheet {NAME}.",
        crate::TABLE_NAME
    );
    sheet.text(1, LEFT, &lead, &style.lead)?;
    let table = table::write(&mut sheet, TABLE, trace, run, inputs, style)?;
    table_page(&mut sheet.worksheet, TABLE, run)?;
    Ok((sheet, table.losses))
}

/// Print setup of a sheet with a class table. Column A repeats on further pages, so nothing else stands in it.
pub(crate) fn table_page(worksheet: &mut Worksheet, header: u32, run: &Run) -> Result<(), Error> {
    print_setup(worksheet).set_print_fit_to_pages(2, 0);
    worksheet.set_repeat_rows(header, header)?.set_repeat_columns(0, LEFT - 1)?;
    accept_first_rows(worksheet, header + run.states.len() as u32, 100)
}

/// The loss after a few numbers of updates, beside each rate.
fn milestones(comparison: &mut Sheet, trace: &Trace, below: u32, style: &TableStyle) -> Result<(), Error> {
    let updates = trace.run.states.len() - 1;
    comparison.text(RATES, 0, "curve", &style.name_head)?;
    comparison.text(RATES, 1, "learning rate", &style.heads[0])?;
    comparison.worksheet.set_row_height(RATES, 32)?;
    let counts = [0, 1, 10].into_iter().filter(|&n| n < updates).chain([updates]);
    for (column, n) in (2..).zip(counts) {
        let header = if n == 1 { "loss after 1 update".to_owned() } else { format!("loss after {n} updates") };
        comparison.text(RATES, column, &header, &style.heads[1])?;
        for (index, run) in trace.rates.iter().enumerate() {
            let loss = comparison.place(below + 1 + n as u32, 1 + index as u16);
            let loss = Live::number(loss.seen_from(NAME), run.states[n].e_total);
            comparison.live(RATES + 1 + index as u32, column, loss, &style.value)?;
        }
    }
    Ok(())
}

/// A rate as spreadsheets join it to text; on very small and large ones they disagree.
fn written(rate: f64) -> String {
    if (1e-6..1e9).contains(&rate) { rate.to_string() } else { format!("{rate:E}") }
}
