//! Measurements: for each blank, the network at slightly different numbers, without any step of a derivation.
//!
//! Each calculation is one formula from the numbers of the network to what is measured. Where that would be too long,
//! the units have columns of their own, to the right of all calculations.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;

use gradbook_lesson::Activation;

use super::super::cell::{Calculation, Cell};
use super::super::inputs::Inputs;
use super::super::sheet::Sheet;
use super::super::style::{TableStyle, print_setup};
use super::super::{MAX_COLUMNS, MAX_FORMULAS};
use crate::error::Error;
use gradbook_lesson::exercise::{Blank, Measure};
use gradbook_lesson::{Key, Lesson};

/// How many steps away from the network's numbers, one column each.
const STEPS: [f64; 4] = [-2.0, -1.0, 1.0, 2.0];
const COLUMNS: [(&str, f64); 3] = [("blank", 18.0), ("what is moved, by n steps", 40.0), ("step", 13.0)];
const FIRST: u16 = COLUMNS.len() as u16;
/// The columns of units.
const UNITS: u16 = FIRST + STEPS.len() as u16 + 1;
const HEADER: u32 = 6;

/// A formula with at most this many symbols, each a cell of another sheet, may be short enough for a cell ...
const MAX_SYMBOLS: f64 = 500.0;
/// ... and one of at most this length certainly fits, even after something was moved.
const MAX_LENGTH: usize = 7_500;

pub(super) struct Measured {
    pub(super) sheet: Sheet,
    /// For each blank, the number that answers are compared with; no cell of the file holds it.
    pub(super) results: Vec<Calculation>,
}

pub(super) fn write(lesson: &Lesson, mut sheet: Sheet, blanks: &[Blank], inputs: &Inputs) -> Result<Measured, Error> {
    let style = TableStyle::page(lesson);
    let samples = if fits(lesson, &sheet, inputs) { 0 } else { lesson.theory.samples };
    let units: Vec<Key> = (0..samples).flat_map(|s| units(lesson, s)).collect();
    check_limits(units.len(), blanks.len())?;
    print_setup(&mut sheet.worksheet).set_print_fit_to_pages(1, 0);
    sheet.text(0, 0, "Measurements", &style.title)?;
    sheet.worksheet.set_row_height(0, 32)?;
    let lead = [
        "The verdicts on the first sheet come from here. Each row calculates the network with numbers that are moved by n small \
         steps, and so measures what is blank.",
        "A gradient is the slope between two calculations: (E at n = 1, minus E at n = -1) / (2 · step).",
        "A value is interpolated from four: (4 · (those at n = -1 and 1, added) - (those at n = -2 and 2, added)) / 6.",
        "A measurement tells what the number is, not why. The exercise is the way to it: forward by the network's equations, \
         back by the chain rule.",
    ];
    for (row, line) in (1..).zip(lead) {
        sheet.text(row, 0, line, &style.lead)?;
        sheet.worksheet.set_row_height(row, 21)?;
    }
    headers(lesson, &mut sheet, &units, &style)?;
    let mut results = Vec::new();
    for (row, blank) in (HEADER + 1..).zip(blanks) {
        let measure = Measure::new(&lesson.theory, blank.key);
        sheet.worksheet.set_row_height(row, TableStyle::ROW)?;
        sheet.text(row, 0, &blank.name, &style.name)?;
        sheet.text(row, 1, &measure.words, &style.given)?;
        let step = sheet.number(row, 2, measure.step, &style.given)?;
        let mut calculated = Vec::new();
        for &n in measure.steps() {
            let mut beside = Beside { lesson, inputs, measure: &measure, n, step, cells: HashMap::new() };
            let at = STEPS.iter().position(|step| *step == n).unwrap_or(0) as u16;
            let needed = if units.is_empty() { HashSet::new() } else { needed(lesson, measure.of) };
            for (column, key) in (UNITS + at * units.len() as u16..).zip(&units) {
                if needed.contains(key) {
                    let cell = sheet.calculated(row, column, &beside.calculation(*key), &style.value)?;
                    beside.cells.insert(*key, cell);
                }
            }
            let cell = sheet.calculated(row, FIRST + at, &beside.calculation(measure.of), &style.given)?;
            calculated.push(cell.of());
        }
        results.push(measure.result(&calculated, step.of()));
    }
    sheet.worksheet.set_print_area(0, 0, HEADER + blanks.len() as u32, UNITS - 2)?;
    Ok(Measured { sheet, results })
}

fn headers(lesson: &Lesson, sheet: &mut Sheet, units: &[Key], style: &TableStyle) -> Result<(), Error> {
    sheet.worksheet.set_row_height(HEADER, 24)?;
    for (column, (head, width)) in (0..).zip(COLUMNS) {
        sheet.text(HEADER, column, head, if column < 2 { &style.name_head } else { &style.heads[0] })?;
        sheet.worksheet.set_column_width(column, width)?;
    }
    for (at, n) in (0..).zip(STEPS) {
        sheet.text(HEADER, FIRST + at, &format!("at n = {n}"), &style.heads[0])?;
        sheet.worksheet.set_column_width(FIRST + at, 23)?;
        for (column, key) in (UNITS + at * units.len() as u16..).zip(units) {
            sheet.text(
                HEADER,
                column,
                &format!("{} at {n}", lesson.theory.table_name(*key)),
                &style.heads[usize::from(at % 2)],
            )?;
            sheet.worksheet.set_column_width(column, 14)?;
        }
    }
    sheet.worksheet.set_freeze_panes(HEADER + 1, 1)?;
    Ok(())
}

/// The network n steps away from its numbers.
struct Beside<'a> {
    lesson: &'a Lesson,
    inputs: &'a Inputs,
    measure: &'a Measure,
    n: f64,
    step: Cell,
    /// The quantities that have a cell in this row.
    cells: HashMap<Key, Cell>,
}

impl Beside<'_> {
    /// A quantity from cells and the network's numbers.
    fn calculation(&self, key: Key) -> Calculation {
        if let Some(cell) = self.cells.get(&key) {
            return cell.of();
        }
        let x = match key {
            Key::X(..) | Key::T(..) | Key::P(_) => self.inputs.cell(key).of(),
            key => {
                let leaf = &mut |key: &Key| Ok::<_, Infallible>(self.calculation(*key));
                let Ok(x) = self.lesson.theory.step(key).bind(leaf);
                x
            }
        };
        if self.measure.moved.contains(&key) { self.measure.beside(x, self.n, self.step.of()) } else { x }
    }
}

/// Whether the loss is short enough for one cell.
fn fits(lesson: &Lesson, sheet: &Sheet, inputs: &Inputs) -> bool {
    let network = &lesson.theory.network;
    let mut symbols = 1.0;
    for l in 0..=network.last() {
        symbols = network.inputs(l) as f64 * (1.0 + symbols) + 1.0;
        if network.activation(l) == Activation::Softmax {
            symbols *= (network.outputs() as f64 + 1.0).powi(2);
        }
    }
    if symbols * (network.outputs() * lesson.theory.samples) as f64 > MAX_SYMBOLS {
        return false;
    }
    let measure = Measure::new(&lesson.theory, Key::Loss);
    let step = Cell::new(sheet.place(HEADER, 2), 0.0);
    let beside = Beside { lesson, inputs, measure: &measure, n: 1.0, step, cells: HashMap::new() };
    sheet.calculation(&beside.calculation(Key::Loss)).len() <= MAX_LENGTH
}

/// The units of a sample, in the order of the calculation.
pub(super) fn units(lesson: &Lesson, s: usize) -> Vec<Key> {
    let network = &lesson.theory.network;
    let layer = |l: usize| {
        let units = 0..network.units(l);
        units.clone().map(move |j| Key::Z(s, l, j)).chain(units.map(move |j| Key::A(s, l, j)))
    };
    (0..=network.last()).flat_map(layer).collect()
}

/// The units that a quantity is calculated from.
fn needed(lesson: &Lesson, of: Key) -> HashSet<Key> {
    let mut needed = HashSet::new();
    let mut open = vec![of];
    while let Some(key) = open.pop() {
        let given = matches!(key, Key::X(..) | Key::T(..) | Key::P(_));
        let leaves = if given { Vec::new() } else { lesson.theory.step(key).leaves() };
        open.extend(leaves.into_iter().filter(|leaf| needed.insert(*leaf)));
    }
    needed
}

fn check_limits(units: usize, blanks: usize) -> Result<(), Error> {
    let columns = usize::from(UNITS) + STEPS.len() * units;
    if columns > MAX_COLUMNS {
        let fix = "use fewer units or samples";
        return Err(Error::TooLarge { what: "columns", size: columns, limit: MAX_COLUMNS, fix });
    }
    let size = blanks * columns;
    if size > MAX_FORMULAS {
        let fix = "leave fewer numbers blank, or use fewer units or samples";
        return Err(Error::TooLarge { what: "formulas", size, limit: MAX_FORMULAS, fix });
    }
    Ok(())
}
