//! A training table: one row per state, one column per quantity, every cell live.
//!
//! For two inputs, hidden units and outputs, the columns are the 31 of the class:
//! t1 t2 i1 i2 | w1..w4 | h1 a_h1 h2 a_h2 | w5..w8 | o1 a_o1 o2 a_o2 | E1 E2 E_tot | dE/dw1..dE/dw8,
//! and to the right of them is what other networks need: ∂E/∂z, trained biases, the optimizer's memory, the rate. With
//! several samples, each of them has its own columns from z on, and the samples themselves stay on the first sheet. The
//! leftmost column is the number of updates n, which printed pages repeat. The first row takes the parameters from the
//! input cells; each further row follows from the row above.

use std::collections::HashMap;

use gradbook_lesson::{Param, Trajectory};

use super::cell::Place;
use super::inputs::Inputs;
use super::sheet::Sheet;
use super::style::{TableStyle, accept_first_rows, plain_zeros, print_setup};
use crate::error::Error;
use gradbook_lesson::{Expr, Key, Lesson, Row, Slip, Snapshot};

/// The column of the first quantity.
pub(crate) const LEFT: u16 = 1;

/// Where the quantities of a table are.
pub(crate) struct Table {
    sheet: usize,
    header: u32,
    states: usize,
    groups: Vec<Vec<Key>>,
    columns: HashMap<Key, u16>,
}

/// Where a row's values come from.
pub(crate) enum Training<'a> {
    /// The engine's run.
    Run(&'a Trajectory),
    /// The equations, with mistakes in some gradients; `Key::Slip` among the inputs chooses the mistake.
    WithSlips(&'a [Slip]),
}

/// A leaf of a table's equation: a cell of the same row, of the row above, or elsewhere.
#[derive(Clone, Copy)]
enum Reference {
    Same(u16),
    Above(u16),
    Fixed(Place),
}

impl Table {
    /// The table on a sheet, with its header in row `header`.
    pub(crate) fn new(lesson: &Lesson, sheet: usize, header: u32) -> Table {
        let groups = groups(lesson);
        let columns = groups.iter().flatten().copied().zip(LEFT..).collect();
        Table { sheet, header, states: lesson.updates() + 1, groups, columns }
    }

    /// The row of the state after `count` updates.
    pub(crate) fn row(&self, count: usize) -> u32 {
        self.header + 1 + count as u32
    }

    /// The last row of numbers.
    pub(crate) fn last_row(&self) -> u32 {
        self.row(self.states - 1)
    }

    /// The column after the last.
    pub(crate) fn width(&self) -> u16 {
        LEFT + self.columns.len() as u16
    }

    /// A quantity's column after the first and after the last update. `None` if the table does not have it.
    pub(crate) fn column(&self, key: Key) -> Option<(Place, Place)> {
        let column = *self.columns.get(&key)?;
        let place = |row| Place::new(self.sheet, row, column);
        Some((place(self.row(0)), place(self.last_row())))
    }

    /// The column with the number of updates.
    pub(crate) fn counts(&self) -> (Place, Place) {
        (Place::new(self.sheet, self.row(0), 0), Place::new(self.sheet, self.last_row(), 0))
    }

    /// A cell of the table.
    ///
    /// # Panics
    /// If the table does not have the quantity.
    pub(crate) fn place(&self, key: Key, count: usize) -> Place {
        Place::new(self.sheet, self.row(count), self.columns[&key])
    }

    /// Writes header and rows. Returns the losses.
    pub(crate) fn write(
        &self,
        sheet: &mut Sheet,
        lesson: &Lesson,
        training: &Training,
        inputs: &Inputs,
        style: &TableStyle,
    ) -> Result<Vec<f64>, Error> {
        self.write_header(sheet, lesson, style)?;
        let same = |key: &Key| self.reference(*key, inputs, Reference::Same);
        let above = |key: &Key| self.reference(*key, inputs, Reference::Above);
        let columns: Vec<Column> = self
            .groups
            .iter()
            .flatten()
            .map(|&key| {
                let equation = equation(lesson, key, training);
                let [first, later] = match key {
                    Key::X(..) | Key::T(..) => {
                        [Expr::Of(Reference::Fixed(inputs.place(key))), Expr::Of(Reference::Fixed(inputs.place(key)))]
                    }
                    Key::P(p) => {
                        [Expr::Of(Reference::Fixed(inputs.place(key))), lesson.theory.step(Key::Next(p)).map(&above)]
                    }
                    Key::M(_) | Key::V(_) => [lesson.theory.first_memory(key).map(&same), equation.map(&same)],
                    _ => [equation.map(&same), equation.map(&same)],
                };
                Column { key, first, later, equation }
            })
            .collect();

        let mut row_above = Row::default();
        let mut losses = Vec::new();
        for count in 0..self.states {
            let row = self.row(count);
            sheet.number(row, 0, count as f64, &style.count)?;
            let place = |reference: &Reference| match *reference {
                Reference::Same(column) => Place::new(self.sheet, row, column),
                Reference::Above(column) => Place::new(self.sheet, row - 1, column),
                Reference::Fixed(place) => place,
            };
            let evaluated = match training {
                Training::Run(_) => Row::default(),
                Training::WithSlips(_) => evaluate(lesson, &columns, &row_above, count, inputs),
            };
            let value = |key: Key| match training {
                Training::Run(run) => Snapshot::after(lesson, run, count).value(key),
                Training::WithSlips(_) => evaluated.value(key),
            };
            for (column, quantity) in (LEFT..).zip(&columns) {
                let equation = if count == 0 { &quantity.first } else { &quantity.later };
                let format = style.of(quantity.key);
                sheet.quantity(row, column, equation, &place, value(quantity.key), format)?;
            }
            losses.push(value(Key::Loss));
            row_above = evaluated;
        }
        plain_zeros(&mut sheet.worksheet, (self.row(0), LEFT, self.last_row(), self.width()))?;
        Ok(losses)
    }

    /// Frozen headers and print setup of a sheet that the table fills. Column A repeats on further pages.
    pub(crate) fn page(&self, sheet: &mut Sheet) -> Result<(), Error> {
        let worksheet = &mut sheet.worksheet;
        worksheet.set_freeze_panes(self.header + 1, LEFT)?;
        let pages = self.width().div_ceil(20).max(1);
        print_setup(worksheet).set_print_fit_to_pages(pages, 0);
        worksheet.set_repeat_rows(self.header, self.header)?.set_repeat_columns(0, LEFT - 1)?;
        worksheet.set_print_area(0, 0, self.last_row(), self.width() - 1)?;
        accept_first_rows(worksheet, self.last_row(), self.width())
    }

    fn write_header(&self, sheet: &mut Sheet, lesson: &Lesson, style: &TableStyle) -> Result<(), Error> {
        sheet.text(self.header, 0, "n", &style.heads[1])?;
        sheet.worksheet.set_column_width(0, 6)?;
        let keys = self.groups.iter().enumerate().flat_map(|(n, group)| group.iter().map(move |&key| (n, key)));
        for (column, (n, key)) in (LEFT..).zip(keys) {
            let header = lesson.theory.table_name(key).replace('∂', "d");
            sheet.text(self.header, column, &header, &style.heads[n % 2])?;
            sheet.worksheet.set_column_width(column, (header.len() as f64 + 1.5).max(style.width_of(key)))?;
        }
        sheet.worksheet.set_row_height(self.header, 22)?;
        Ok(())
    }

    fn reference(&self, key: Key, inputs: &Inputs, in_row: fn(u16) -> Reference) -> Reference {
        let column = |key: Key| in_row(self.columns[&key]);
        match key {
            Key::Count => in_row(0),
            // The memory before a gradient is in the row above.
            Key::MBefore(p) => Reference::Above(self.columns[&Key::M(p)]),
            Key::VBefore(p) => Reference::Above(self.columns[&Key::V(p)]),
            Key::StepRate if !self.columns.contains_key(&key) => Reference::Fixed(inputs.place(Key::Rate)),
            key if self.columns.contains_key(&key) => column(key),
            key => Reference::Fixed(inputs.place(key)),
        }
    }
}

/// A column's formulas, for the first row and for the others, and the equation behind them.
struct Column {
    key: Key,
    first: Expr<Reference>,
    later: Expr<Reference>,
    equation: Expr<Key>,
}

/// A quantity's equation; an input, which has none, stands for itself.
fn equation(lesson: &Lesson, key: Key, training: &Training) -> Expr<Key> {
    match (key, training) {
        (Key::X(..) | Key::T(..), _) => Expr::Of(key),
        (Key::P(p), _) => lesson.theory.step(Key::Next(p)),
        (Key::G(p), Training::WithSlips(slips)) => with_slips(lesson, p, slips),
        _ => lesson.theory.in_table(key),
    }
}

/// The gradient, or what the chosen mistake makes of it.
pub(crate) fn with_slips(lesson: &Lesson, p: Param, slips: &[Slip]) -> Expr<Key> {
    let right = lesson.theory.in_table(Key::G(p));
    let wrong = slips.iter().enumerate().rev().filter_map(|(at, slip)| {
        let (_, wrong) = slip.wrong.iter().find(|(q, _)| *q == p)?;
        Some(((at + 1) as f64, wrong.clone()))
    });
    wrong.fold(right, |otherwise, (number, wrong)| {
        Expr::if_equal(Expr::Of(Key::Slip), Expr::Number(number), wrong, otherwise)
    })
}

/// The quantities of a row from those of the row above, by their equations.
fn evaluate(lesson: &Lesson, columns: &[Column], above: &Row, count: usize, inputs: &Inputs) -> Row {
    let mut row = Row::default();
    let fixed = |key: Key| match key {
        Key::StepRate => inputs.cell(Key::Rate).value,
        key => inputs.cell(key).value,
    };
    // Parameters first: biases are to the right of what needs them.
    let (parameters, others): (Vec<&Column>, Vec<&Column>) =
        columns.iter().partition(|column| matches!(column.key, Key::P(_)));
    for Column { key, equation, .. } in parameters {
        let in_row_above = |key: &Key| match key {
            Key::Count => count as f64 - 1.0,
            key => above.values.get(key).copied().unwrap_or_else(|| fixed(*key)),
        };
        let value = if count == 0 { fixed(*key) } else { equation.value(&in_row_above) };
        row.values.insert(*key, value);
    }
    for Column { key, equation, .. } in &others {
        let value = match key {
            Key::X(..) | Key::T(..) => fixed(*key),
            _ => equation.value(&|key| value_in_row(lesson, *key, &row, above, count, &fixed)),
        };
        row.values.insert(*key, value);
    }
    debug_assert!(lesson.theory.trained().iter().all(|p| row.values.contains_key(&Key::P(*p))));
    row
}

/// A quantity of a row that is being evaluated. Quantities further to the right are calculated here: the sums that a
/// softmax needs, and the right gradient that a mistake of another layer uses.
fn value_in_row(lesson: &Lesson, key: Key, row: &Row, above: &Row, count: usize, fixed: &dyn Fn(Key) -> f64) -> f64 {
    match key {
        Key::Count => count as f64,
        Key::MBefore(_) | Key::VBefore(_) if count == 0 => 0.0,
        Key::MBefore(p) => above.value(Key::M(p)),
        Key::VBefore(p) => above.value(Key::V(p)),
        key => match (row.values.get(&key), key) {
            (Some(value), _) => *value,
            (None, Key::Z(..) | Key::G(_)) => {
                lesson.theory.in_table(key).value(&|key| value_in_row(lesson, *key, row, above, count, fixed))
            }
            (None, key) => fixed(key),
        },
    }
}

/// Groups of columns, from left to right.
fn groups(lesson: &Lesson) -> Vec<Vec<Key>> {
    let (network, samples) = (&lesson.theory.network, lesson.theory.samples);
    let outputs = network.outputs();
    let mut groups: Vec<Vec<Key>> = Vec::new();
    if samples == 1 {
        groups.push((0..outputs).map(|k| Key::T(0, k)).chain((0..network.inputs).map(|i| Key::X(0, i))).collect());
    }
    for l in 0..=network.last() {
        groups.push(network.weights(l).map(Key::P).collect());
        for s in 0..samples {
            groups.push((0..network.units(l)).flat_map(|j| [Key::Z(s, l, j), Key::A(s, l, j)]).collect());
        }
    }
    let mut errors: Vec<Key> = Vec::new();
    for s in 0..samples {
        errors.extend((0..outputs).map(|k| Key::E(s, k)));
        if samples > 1 && outputs > 1 {
            errors.push(Key::Error(s));
        }
    }
    errors.push(Key::Loss);
    groups.push(errors);
    if !lesson.theory.written_out() {
        for s in 0..samples {
            // From the output backward, so that each refers to columns to its left.
            let layers = (0..=network.last()).rev();
            groups.push(layers.flat_map(|l| (0..network.units(l)).map(move |j| Key::Dz(s, l, j))).collect());
        }
    }
    let (weights, biases): (Vec<Param>, Vec<Param>) =
        lesson.theory.trained().iter().partition(|p| matches!(p, Param::W(..)));
    groups.push(weights.into_iter().map(Key::G).collect());
    if !biases.is_empty() {
        groups.push(biases.iter().copied().map(Key::P).collect());
        groups.push(biases.into_iter().map(Key::G).collect());
    }
    let memory: Vec<Vec<Key>> = lesson.theory.trained().iter().map(|&p| lesson.theory.memory(p)).collect();
    for n in 0..memory.first().map_or(0, Vec::len) {
        groups.push(memory.iter().map(|keys| keys[n]).collect());
    }
    if network.can_diverge() {
        groups.push(vec![Key::StepRate]);
    }
    groups
}

/// How many columns a table of this lesson has.
pub(crate) fn columns(lesson: &Lesson) -> usize {
    usize::from(LEFT) + groups(lesson).iter().map(Vec::len).sum::<usize>()
}
