//! The class table: one row a state, one column a quantity, every cell live.
//!
//! Columns, for two inputs, hidden units and outputs the 31 of the class:
//! t1 t2 i1 i2 | w1..w4 | h1 a_h1 h2 a_h2 | w5..w8 | o1 a_o1 o2 a_o2 | E1 E2 E_tot | dE/dw1..dE/dw8,
//! and right of them, where biases are trained, b1.. and dE/db1... Left of them stands the number of updates n, which
//! printed pages repeat. The first row takes the parameters from the input
//! cells; each further row is the row above minus rate times gradient.

use gradbook_engine::trace::{Run, Trace};

use crate::Error;
use crate::equations::{in_full, step, update};
use crate::sheet::{Place, Sheet};
use crate::style::TableStyle;
use crate::symbols::{Key, Shape, Symbols};

/// The column of the first quantity.
pub(crate) const LEFT: u16 = 1;

/// Where the quantities of a written table stand.
pub(crate) struct Table {
    /// The quantities of the first row.
    pub(crate) first: Symbols,
    /// The total loss of each row.
    pub(crate) losses: Vec<Place>,
}

/// Groups of columns, from left to right.
pub(crate) fn columns(shape: &Shape) -> Vec<Vec<Key>> {
    let last = shape.last();
    let mut groups = vec![(0..shape.widths[last + 1]).map(Key::T).chain((0..shape.widths[0]).map(Key::X)).collect()];
    for l in 0..=last {
        groups.push(shape.weights(l).collect());
        groups.push((0..shape.widths[l + 1]).flat_map(|j| [Key::Z(l, j), Key::A(l, j)]).collect());
    }
    groups.push((0..shape.widths[last + 1]).map(Key::E).chain([Key::Total]).collect());
    let trained = shape.trained();
    let (weights, biases): (Vec<Key>, Vec<Key>) = trained.iter().partition(|key| matches!(key, Key::W(..)));
    groups.push(weights.iter().map(|key| key.gradient()).collect());
    if !biases.is_empty() {
        groups.push(biases.clone());
        groups.push(biases.iter().map(|key| key.gradient()).collect());
    }
    groups
}

/// Writes header and rows from row `top` on. `inputs` has the cells of the sample, the parameters and the rate.
pub(crate) fn write(
    sheet: &mut Sheet,
    top: u32,
    trace: &Trace,
    run: &Run,
    inputs: &Symbols,
    style: &TableStyle,
) -> Result<Table, Error> {
    let shape = Shape::of(trace);
    let groups = columns(&shape);
    let keys: Vec<Key> = groups.iter().flatten().copied().collect();
    sheet.text(top, 0, "n", &style.heads[1])?;
    sheet.worksheet.set_column_width(0, 6)?;
    let mut column = LEFT;
    for (n, group) in groups.iter().enumerate() {
        for &key in group {
            let header = inputs[key].name.replace('∂', "d");
            sheet.text(top, column, &header, &style.heads[n % 2])?;
            let gradient = matches!(key, Key::Dw(..) | Key::Db(..));
            sheet.worksheet.set_column_width(column, if gradient { 11.4 } else { 9.6 })?;
            column += 1;
        }
    }
    sheet.worksheet.set_row_height(top, 20)?;

    let mut before: Option<Symbols> = None;
    let mut losses = Vec::new();
    let mut first = None;
    for (n, state) in run.states.iter().enumerate() {
        let row = top + 1 + n as u32;
        let mut symbols = Symbols::new(trace, state, run.rate).with_inputs_of(inputs);
        sheet.number(row, 0, n as f64, &style.count)?;
        for (column, &key) in (LEFT..).zip(&keys) {
            symbols[key].place = Some(sheet.place(row, column));
        }
        for (column, &key) in (LEFT..).zip(&keys) {
            let equation = match (key, &before) {
                (Key::X(_) | Key::T(_), _) | (Key::W(..) | Key::B(..), None) => (&inputs[key]).into(),
                (Key::W(..) | Key::B(..), Some(before)) => update(before, key),
                (Key::Dw(..) | Key::Db(..), _) => in_full(&symbols, key),
                _ => step(&symbols, key),
            };
            let format = match key {
                Key::Total => &style.result,
                Key::Dw(..) | Key::Db(..) => &style.gradient,
                _ => &style.value,
            };
            sheet.equation(row, column, &equation, symbols[key].value, format)?;
        }
        losses.extend(symbols[Key::Total].place.clone());
        first.get_or_insert_with(|| symbols.clone());
        before = Some(symbols);
    }
    let first = first.ok_or(Error::Incomplete)?;
    Ok(Table { first, losses })
}
