//! The check sheet: every gradient against a live central difference.
//!
//! A row a parameter p. It calculates the whole network twice, at p + h and at p - h, and compares
//! `(E(p + h) - E(p - h)) / 2h` with the gradient of the derivation and with that of the table's first row.

use gradbook_engine::trace::{State, Trace};
use rust_xlsxwriter::{ConditionalFormatCell, ConditionalFormatCellRule};

use crate::equations::step;
use crate::formula::{Formula, formula};
use crate::sheet::{Live, Place, Sheet};
use crate::style::{TableStyle, print_setup, verdicts};
use crate::symbols::{Key, Shape, Symbols};
use crate::{Error, derived};

pub(crate) const NAME: &str = "Check";

/// The verdicts of a written check sheet.
pub(crate) struct Verdicts {
    pub(crate) first: Place,
    pub(crate) last: Place,
    pub(crate) count: usize,
    pub(crate) agreeing: usize,
}

/// Columns before the two calculations.
const SUMMARY: [&str; 7] = [
    "parameter p",
    "value",
    "∂E/∂p step by step",
    "∂E/∂p in the table",
    "central difference",
    "largest deviation",
    "verdict",
];

const HEADER: u32 = 7;

/// `steps` has the cells of the inputs and of the derived gradients, `table` those of the table's first row.
pub(crate) fn write(trace: &Trace, steps: &Symbols, table: &Symbols) -> Result<(Sheet, Verdicts), Error> {
    let style = TableStyle::new();
    let shape = Shape::of(trace);
    let parameters = shape.trained();
    let forward = forward_keys(&shape);
    let mut sheet = Sheet::new(NAME)?;
    print_setup(&mut sheet.worksheet).set_print_fit_to_pages(2, 0);

    // Column A alone is repeated on further printed pages, so the running text starts in column B.
    sheet.text(0, 1, "Is every gradient right?", &style.title)?;
    sheet.worksheet.set_row_height(0, 28)?;
    let lead = [
        "A falling loss proves little: a slightly wrong gradient trains almost as well. So each one is compared with a \
         measurement.",
        "Each row changes one parameter p by a small step h, up and down, calculates the whole network both times, and \
         divides: (E(p + h) - E(p - h)) / 2h.",
        "A gradient is OK if it deviates from that by at most 1E-9 + 1E-6 of the larger of the two + 1E-15 E/h, the \
         rounding of E.",
    ];
    for (row, line) in (1..).zip(lead) {
        sheet.text(row, 1, line, &style.lead)?;
        sheet.worksheet.set_row_height(row, 18)?;
    }
    sheet.text(5, 1, "step h", &style.name)?;
    let h = sheet.number(5, 2, trace.checks[0].h, &style.input)?.anchored();

    headers(&mut sheet, &style, steps, &forward)?;
    let mut agreeing = 0;
    for (n, (&key, check)) in parameters.iter().zip(&trace.checks).enumerate() {
        let row = HEADER + 1 + n as u32;
        let here = |column: u16| sheet.place(row, column).seen_from(NAME);
        let (value, a, b, difference, deviation) = (here(1), here(2), here(3), here(4), here(5));
        let side = SUMMARY.len() as u16;
        let width = 1 + forward.len() as u16;
        let (e_plus, e_minus) = (here(side + width - 1), here(side + 2 * width - 1));

        sheet.text(row, 0, &steps[key].name, &style.name)?;
        sheet.copy(row, 1, &steps[key], &style.value)?;
        let gradient = key.gradient();
        sheet.copy(row, 2, &steps[gradient], &style.gradient)?;
        sheet.copy(row, 3, &table[gradient], &style.gradient)?;
        let h_cell = h.seen_from(NAME);
        let quotient = Live::number(format!("({e_plus} - {e_minus})/(2*{h_cell})"), check.difference);
        sheet.live(row, 4, quotient, &style.gradient)?;
        let (in_steps, in_table) = (steps[gradient].value, table[gradient].value);
        let far = derived::deviation(in_steps, in_table, check);
        let formula = format!("MAX(ABS({a} - {difference}), ABS({b} - {difference}))");
        sheet.live(row, 5, Live::number(formula, far), &style.value)?;
        let agrees = derived::agrees(in_steps, check, far);
        agreeing += usize::from(agrees);
        let bound = format!("1E-9 + 1E-6*MAX(ABS({a}), ABS({difference})) + 1E-15*{e_plus}/{h_cell}");
        let formula = format!("IF({deviation}<={bound}, \"OK\", \"WRONG\")");
        sheet.live(row, 6, Live::text(formula, if agrees { "OK" } else { "WRONG" }), &style.verdict)?;

        for (side, sign, state) in [(side, "+", &check.plus), (side + width, "-", &check.minus)] {
            let at = Live::number(format!("{value} {sign} {h_cell}"), parameter(state, key));
            let at = sheet.live(row, side, at, &style.value)?;
            let mut symbols = Symbols::new(trace, state, trace.run.rate).with_inputs_of(steps);
            symbols[key].place = Some(at);
            for (n, &key) in forward.iter().enumerate() {
                let column = side + 1 + n as u16;
                let equation = if key == Key::Total { total(&symbols) } else { step(&symbols, key) };
                let format = if key == Key::Total { &style.result } else { &style.value };
                let place = sheet.equation(row, column, &equation, symbols[key].value, format)?;
                symbols[key].place = Some(place);
            }
        }
    }
    let last = HEADER + parameters.len() as u32;
    colour_verdicts(&mut sheet, last)?;
    let verdicts =
        Verdicts { first: sheet.place(HEADER + 1, 6), last: sheet.place(last, 6), count: parameters.len(), agreeing };
    Ok((sheet, verdicts))
}

fn headers(sheet: &mut Sheet, style: &TableStyle, names: &Symbols, forward: &[Key]) -> Result<(), Error> {
    sheet.worksheet.set_row_height(HEADER, 34)?;
    for (column, header) in (0..).zip(SUMMARY) {
        let format = match column {
            0 => &style.name_head,
            6 => &style.verdict_head,
            _ => &style.heads[0],
        };
        sheet.text(HEADER, column, header, format)?;
        sheet.worksheet.set_column_width(column, if (2..=5).contains(&column) { 19 } else { 14 })?;
    }
    let mut column = SUMMARY.len() as u16;
    for (side, head) in [("p + h", &style.heads[1]), ("p - h", &style.heads[0])] {
        let names = forward.iter().map(|&key| format!("{} at {side}", names[key].name));
        for header in std::iter::once(side.to_owned()).chain(names) {
            sheet.text(HEADER, column, &header, head)?;
            sheet.worksheet.set_column_width(column, 11.4)?;
            column += 1;
        }
    }
    sheet.worksheet.set_freeze_panes(HEADER + 1, 1)?;
    sheet.worksheet.set_repeat_rows(HEADER, HEADER)?;
    sheet.worksheet.set_repeat_columns(0, 0)?;
    Ok(())
}

fn colour_verdicts(sheet: &mut Sheet, last: u32) -> Result<(), Error> {
    for (word, format) in ["OK", "WRONG"].into_iter().zip(verdicts()) {
        let rule = ConditionalFormatCell::new().set_rule(ConditionalFormatCellRule::EqualTo(word)).set_format(format);
        sheet.worksheet.add_conditional_format(HEADER + 1, 6, last, 6, &rule)?;
    }
    Ok(())
}

/// What a forward calculation shows, in order: sums and activations of all layers, then the total loss.
fn forward_keys(shape: &Shape) -> Vec<Key> {
    let units = (0..=shape.last()).flat_map(|l| (0..shape.widths[l + 1]).map(move |j| (l, j)));
    units.flat_map(|(l, j)| [Key::Z(l, j), Key::A(l, j)]).chain([Key::Total]).collect()
}

/// The total loss without cells for its terms.
fn total(s: &Symbols) -> Formula<'_> {
    Formula::sum((0..s.shape.widths[s.shape.last() + 1]).map(|k| formula![step(s, Key::E(k))]))
}

/// The value of a parameter in a state.
fn parameter(state: &State, key: Key) -> f64 {
    match key {
        Key::W(l, j, i) => state.layers[l].w[j][i],
        Key::B(l, j) => state.layers[l].b[j],
        _ => panic!("{key:?} is not a parameter"),
    }
}
