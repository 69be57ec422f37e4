//! The network drawn with cells and borders, from left to right.
//!
//! Each unit is a box with its weighted sum and its activation; to its left are the edges into it, one per row, with
//! their weights. So the drawing is also the form in which weights are entered, for any network.

use std::collections::HashMap;

use gradbook_lesson::Param;

use super::cell::{Cell, Live, Place};
use super::inputs::{self, Inputs};
use super::network::{GAP, INPUT_COLUMNS, LAYER_COLUMNS, Network};
use super::style::{BoxEdges, Content, plain_zeros};
use crate::error::Error;
use gradbook_lesson::{Key, Snapshot};

/// What a drawing does not show, and what it shows instead; quantities of sample 0.
pub(super) type Hidden = HashMap<Key, &'static str>;

impl Network<'_> {
    /// Draws from the next free row on. `sample` is the cell that chooses the sample.
    pub(super) fn drawing(&mut self, headline: &str, sample: Option<Cell>, hidden: &Hidden) -> Result<(), Error> {
        let lesson = self.lesson;
        let network = &lesson.theory.network;
        self.section(headline)?;
        self.row += 1;
        let top = self.row;
        // A unit's height: one row per edge, at least the two rows of its box; an empty row between units.
        let unit_rows = |l: usize| (network.inputs(l) as u32 + u32::from(network.layers[l].bias)).max(2);
        let layer_rows = |l: usize| network.units(l) as u32 * (unit_rows(l) + 1) - 1;
        let inputs_rows = network.inputs as u32 * 2 - 1;
        let rows = (0..=network.last()).map(layer_rows).chain([inputs_rows]).max().unwrap_or(1);
        for row in top..top + rows {
            self.sheet.worksheet.set_row_height(row, 21)?;
        }

        let snapshot = Snapshot::after(lesson, &lesson.run, 0);
        let mut drawn = Inputs::default();
        for i in 0..network.inputs {
            let row = top + (rows - inputs_rows) / 2 + 2 * i as u32;
            let cell = self.sample_value(Key::X(0, i), (row, 0), sample, snapshot.value(Key::X(0, i)))?;
            drawn.set(Key::X(0, i), cell);
        }
        for l in 0..=network.last() {
            let left = INPUT_COLUMNS + l as u16 * LAYER_COLUMNS;
            let mut row = top + (rows - layer_rows(l)) / 2;
            // A softmax needs the sums of all units of its layer.
            for j in 0..network.units(l) {
                let (key, row) = (Key::Z(0, l, j), row + j as u32 * (unit_rows(l) + 1));
                drawn.set(key, Cell::new(self.sheet.place(row, left + 5), snapshot.value(key)));
            }
            self.bus((top, left), rows)?;
            for j in 0..network.units(l) {
                self.unit(l, j, (row, left), unit_rows(l), &mut drawn, hidden, &snapshot)?;
                if l == network.last() {
                    let right = left + LAYER_COLUMNS + GAP;
                    let (t, e) = (Key::T(0, j), Key::E(0, j));
                    let cell = self.sample_value(t, (row, right), sample, snapshot.value(t))?;
                    drawn.set(t, cell);
                    self.box_line(e, (row + 1, right), &drawn, hidden, &snapshot)?;
                }
                row += unit_rows(l) + 1;
            }
        }
        plain_zeros(&mut self.sheet.worksheet, (top, 0, top + rows, self.width))?;
        self.row = top + rows + 1;
        Ok(())
    }

    /// The line that carries what a layer reads to all of its edges.
    fn bus(&mut self, at: (u32, u16), rows: u32) -> Result<(), Error> {
        let (top, left) = at;
        for row in top..top + rows {
            self.sheet.worksheet.write_blank(row, left, &self.style.edge)?;
        }
        Ok(())
    }

    /// An input or target of the chosen sample, in a box.
    fn sample_value(&mut self, key: Key, at: (u32, u16), sample: Option<Cell>, value: f64) -> Result<Cell, Error> {
        let (row, column) = at;
        let first = self.inputs.place(key);
        let formula = match sample {
            None => self.sheet.reference(Place { anchored: false, ..first }),
            Some(sample) => {
                let last = Place { row: first.row + self.lesson.theory.samples as u32 - 1, ..first };
                format!("INDEX({},{})", self.sheet.range(first, last), self.sheet.reference(sample.place))
            }
        };
        let ends = |left| BoxEdges { top: true, bottom: true, left, right: !left };
        self.sheet.text(row, column, &self.lesson.theory.text(key), &self.style.boxed(ends(true), Content::Name))?;
        let place = self.sheet.live(
            row,
            column + 1,
            Live::number(formula, value),
            &self.style.boxed(ends(false), Content::Given),
        )?;
        Ok(Cell::new(place, value))
    }

    /// A name and a calculated value, in a box of one row.
    fn box_line(
        &mut self,
        key: Key,
        at: (u32, u16),
        drawn: &Inputs,
        hidden: &Hidden,
        snapshot: &Snapshot,
    ) -> Result<(), Error> {
        let (row, column) = at;
        let ends = |left| BoxEdges { top: true, bottom: true, left, right: !left };
        self.sheet.text(row, column, &self.lesson.theory.text(key), &self.style.boxed(ends(true), Content::Name))?;
        let format = self.style.boxed(ends(false), Content::Value);
        if let Some(text) = hidden.get(&key) {
            return self.sheet.text(row, column + 1, text, &format);
        }
        let equation = self.lesson.theory.step(key);
        self.sheet.quantity(row, column + 1, &equation, &|key| drawn.place(*key), snapshot.value(key), &format)?;
        Ok(())
    }

    /// A unit's edges with their weights, and its box.
    fn unit(
        &mut self,
        l: usize,
        j: usize,
        at: (u32, u16),
        rows: u32,
        drawn: &mut Inputs,
        hidden: &Hidden,
        snapshot: &Snapshot,
    ) -> Result<(), Error> {
        let lesson = self.lesson;
        let (top, left) = at;
        let (z, a) = (Key::Z(0, l, j), Key::A(0, l, j));
        let weights =
            lesson.theory.network.parameters(l).filter(|p| matches!(*p, Param::W(_, k, _) | Param::B(_, k) if k == j));
        for (row, p) in (top..).zip(weights) {
            let (from, what) = match p {
                Param::W(_, _, i) => (lesson.theory.text(lesson.theory.input(0, l, i)), "weight"),
                Param::B(..) => ("1".to_owned(), "bias"),
            };
            let fixed = if lesson.theory.trained().contains(&p) { "" } else { " Updates leave it alone." };
            let (name, to) = (lesson.theory.text(Key::P(p)), lesson.theory.text(z));
            let note = match what {
                "bias" => format!("{name}: the bias of {to} before the first update.{fixed}"),
                _ => format!("{name}: the weight from {from} to {to} before the first update."),
            };
            self.sheet.text(row, left, &format!("{from} ──"), &self.style.edge)?;
            self.sheet.text(row, left + 1, &name, &self.style.edge_name)?;
            let value = snapshot.value(Key::P(p));
            let cell = self.sheet.input((row, left + 2), value, &note, &inputs::any_number()?, &self.style.input)?;
            self.inputs.set(Key::P(p), cell);
            drawn.set(Key::P(p), cell);
            self.sheet.text(row, left + 3, "─▶", &self.style.arrow)?;
        }
        for row in top..top + rows {
            let edges = |left| BoxEdges { top: row == top, bottom: row == top + rows - 1, left, right: !left };
            let (name, value) =
                (self.style.boxed(edges(true), Content::Name), self.style.boxed(edges(false), Content::Value));
            let Some(&key) = [z, a].get((row - top) as usize) else {
                self.sheet.worksheet.write_blank(row, left + 4, &name)?.write_blank(row, left + 5, &value)?;
                continue;
            };
            self.sheet.text(row, left + 4, &lesson.theory.text(key), &name)?;
            if let Some(text) = hidden.get(&key) {
                self.sheet.text(row, left + 5, text, &value)?;
                continue;
            }
            let place = |key: &Key| drawn.place(*key);
            let cell =
                self.sheet.quantity(row, left + 5, &lesson.theory.step(key), &place, snapshot.value(key), &value)?;
            drawn.set(key, cell);
        }
        Ok(())
    }
}
