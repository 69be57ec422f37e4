//! The first sheet: what this is, the network drawn with cells, and every cell that a reader may change.
//!
//! The drawing goes from left to right. Each unit is a box with its weighted sum and its activation; the edges into it
//! stand left of it, one a row, with their weights. So the drawing is the form for the weights too, for any network.

use gradbook_engine::trace::Param;

use super::chart::{Curve, Scale, Series, loss_chart};
use super::chart_cache::Caches;
use super::checks::Verdicts;
use super::inputs::{self, Inputs};
use super::sheet::{Cell, Live, Place, Sheet};
use super::style::{BoxEdges, Content, PageStyle, colour, print_setup};
use super::table::Table;
use super::{CHECKS, STEPS, TRAINING};
use crate::Error;
use crate::lesson::{Expr, Key, Lesson, Snapshot, plural};

/// Rows of the lines that need the other sheets.
const GRADIENTS: u32 = 5;
const LOSSES: u32 = 6;
const SETTINGS: u32 = 8;

/// Columns of a layer in the drawing: source, weight's name, weight, arrow, unit's name, unit's value.
const LAYER_COLUMNS: u16 = 6;
/// Columns of the inputs in the drawing.
const INPUT_COLUMNS: u16 = 2;
/// Columns from the last layer to the targets' names.
const GAP: u16 = 1;

/// The sheet while it is being written.
pub(super) struct Network<'l> {
    lesson: &'l Lesson<'l>,
    pub(super) sheet: Sheet,
    style: PageStyle,
    pub(super) inputs: Inputs,
    /// The next free row.
    row: u32,
    /// Where the running text's last column is.
    width: u16,
}

impl<'l> Network<'l> {
    /// The sheet without the lines that need the other sheets. `sample` is the cell that says which sample is shown.
    pub(super) fn write(lesson: &'l Lesson<'l>, mut sheet: Sheet, sample: Option<Cell>) -> Result<Network<'l>, Error> {
        let layers = lesson.trace.net.activations.len() as u16;
        let width = INPUT_COLUMNS + layers * LAYER_COLUMNS + GAP + 4;
        for column in 0..width {
            let in_layer = if column < INPUT_COLUMNS { 4 } else { (column - INPUT_COLUMNS) % LAYER_COLUMNS };
            let after = column >= INPUT_COLUMNS + layers * LAYER_COLUMNS;
            let chars = match (after, in_layer) {
                (true, 0) => 3.0,
                (true, 1 | 3) => 8.0,
                (true, _) => 13.0,
                (false, 0 | 1) => 9.0,
                (false, 3) => 4.0,
                (false, 4) => 9.0,
                (false, _) => 13.0,
            };
            let chars = if column <= 1 { 14.0 } else { chars };
            sheet.worksheet.set_column_width(column, chars)?;
        }
        sheet.worksheet.set_screen_gridlines(false);
        print_setup(&mut sheet.worksheet).set_print_fit_to_pages(1, 0);
        let mut network =
            Network { lesson, sheet, style: PageStyle::new(lesson), inputs: Inputs::default(), row: SETTINGS, width };
        network.introduction()?;
        network.settings()?;
        network.samples()?;
        network.drawing(sample)?;
        Ok(network)
    }

    fn introduction(&mut self) -> Result<(), Error> {
        let lesson = self.lesson;
        let updates = lesson.trace.updates();
        let lines = [
            lesson.described(),
            format!(
                "Every number is a live formula. Change a yellow cell, and all of it follows: the derivation on {}, the {} \
                 on {}, the curves, the checks.",
                self.sheet.name_of(STEPS),
                plural(updates, "update"),
                self.sheet.name_of(TRAINING)
            ),
            "∂E/∂w5 says how fast the error grows with w5; every such gradient is compared with a measurement."
                .to_owned(),
        ];
        self.sheet.text(0, 0, &lesson.title, &self.style.title)?;
        self.sheet.worksheet.set_row_height(0, 32)?;
        for (row, line) in (1..).zip(lines) {
            self.sheet.text(row, 0, &line, &self.style.lead)?;
            self.sheet.worksheet.set_row_height(row, 21)?;
        }
        Ok(())
    }

    /// A bar with a headline.
    fn section(&mut self, text: &str) -> Result<(), Error> {
        for column in 1..self.width {
            self.sheet.worksheet.write_blank(self.row, column, &self.style.section)?;
        }
        self.sheet.text(self.row, 0, text, &self.style.section)?;
        self.sheet.worksheet.set_row_height(self.row, 24)?;
        self.row += 1;
        Ok(())
    }

    fn settings(&mut self) -> Result<(), Error> {
        let lesson = self.lesson;
        self.section("Learning rate")?;
        let about = format!("of the updates on {} and {}", self.sheet.name_of(STEPS), self.sheet.name_of(TRAINING));
        self.setting(Key::Rate, lesson.trace.run.rate, &about)?;
        for (key, value, about) in lesson.settings() {
            self.setting(key, value, about)?;
        }
        self.row += 1;
        Ok(())
    }

    fn setting(&mut self, key: Key, value: f64, about: &str) -> Result<(), Error> {
        let (name, row) = (self.lesson.text(key), self.row);
        self.sheet.text(row, 0, &name, &self.style.symbol)?;
        let rule = match key {
            Key::Rate => inputs::rate()?,
            Key::Epsilon => inputs::between(1e-30, 1e6, "Write a number above 0; 1E-8 is usual.")?,
            _ => inputs::between(0.0, 0.999_999, "Write a number from 0 to below 1.")?,
        };
        let note = format!("{name}: {about}. Change it and watch the curves.");
        let cell = self.sheet.input((row, 1), value, &note, &rule, &self.style.input)?;
        self.inputs.set(key, cell);
        self.sheet.text(row, 2, &format!("   {about}"), &self.style.lead)?;
        self.sheet.worksheet.set_row_height(row, 22)?;
        self.row += 1;
        Ok(())
    }

    fn samples(&mut self) -> Result<(), Error> {
        let lesson = self.lesson;
        let samples = &lesson.trace.samples;
        let (several, probabilities) = (samples.len() > 1, lesson.softmax());
        self.section(if several { "Samples: inputs and targets" } else { "The sample: inputs and targets" })?;
        let (inputs, outputs) = (lesson.trace.net.widths[0], lesson.trace.net.outputs());
        let head = self.row;
        let keys = |s: usize| (0..inputs).map(move |i| Key::X(s, i)).chain((0..outputs).map(move |k| Key::T(s, k)));
        self.sheet.text(head, 0, if several { "sample" } else { "" }, &self.style.head)?;
        for (column, key) in (1..).zip(keys(0)) {
            self.sheet.text(head, column, &lesson.text(key), &self.style.number_head)?;
        }
        self.row += 1;
        for (s, sample) in samples.iter().enumerate() {
            self.sheet.number(self.row, 0, s as f64 + 1.0, &self.style.symbol)?;
            let values = sample.x.iter().chain(&sample.t);
            for ((column, key), &value) in (1..).zip(keys(s)).zip(values) {
                let name = lesson.table_name(key);
                let (rule, note) = match key {
                    Key::X(..) => (inputs::any_number()?, format!("{name}: an input of the network.")),
                    _ if probabilities => (
                        inputs::between(0.0, 1.0, "A target of a softmax is a probability from 0 to 1.")?,
                        format!("{name}: the probability that this output should have. Those of a sample add up to 1."),
                    ),
                    _ => (inputs::any_number()?, format!("{name}: what the output should be.")),
                };
                let cell = self.sheet.input((self.row, column), value, &note, &rule, &self.style.input)?;
                self.inputs.set(key, cell);
            }
            self.sheet.worksheet.set_row_height(self.row, 22)?;
            self.row += 1;
        }
        self.row += 1;
        Ok(())
    }

    fn drawing(&mut self, sample: Option<Cell>) -> Result<(), Error> {
        let lesson = self.lesson;
        let net = &lesson.trace.net;
        let shown =
            if sample.is_some() { ", with the numbers of the sample chosen on the sheet Step by step" } else { "" };
        self.section(&format!(
            "The network: weights on the edges into each unit (yellow), in each box the weighted sum and the activation{shown}"
        ))?;
        self.row += 1;
        let top = self.row;
        // A unit's height: an edge a row, at least the two rows of its box; an empty row between units.
        let unit_rows = |l: usize| (net.widths[l] as u32 + u32::from(net.biases[l])).max(2);
        let layer_rows = |l: usize| net.widths[l + 1] as u32 * (unit_rows(l) + 1) - 1;
        let inputs_rows = net.widths[0] as u32 * 2 - 1;
        let rows = (0..=net.last()).map(layer_rows).chain([inputs_rows]).max().unwrap_or(1);
        for row in top..top + rows {
            self.sheet.worksheet.set_row_height(row, 21)?;
        }

        let snapshot = Snapshot::new(lesson, &lesson.trace.run, 0);
        let mut drawn = Inputs::default();
        for i in 0..net.widths[0] {
            let row = top + (rows - inputs_rows) / 2 + 2 * i as u32;
            let cell = self.sample_value(Key::X(0, i), (row, 0), sample, snapshot.value(Key::X(0, i)))?;
            drawn.set(Key::X(0, i), cell);
        }
        for l in 0..=net.last() {
            let left = INPUT_COLUMNS + l as u16 * LAYER_COLUMNS;
            let mut row = top + (rows - layer_rows(l)) / 2;
            // A softmax needs the sums of all units of its layer.
            for j in 0..net.widths[l + 1] {
                let (key, row) = (Key::Z(0, l, j), row + j as u32 * (unit_rows(l) + 1));
                drawn.set(key, Cell::new(self.sheet.place(row, left + 5), snapshot.value(key)));
            }
            for j in 0..net.widths[l + 1] {
                self.unit(l, j, (row, left), unit_rows(l), &mut drawn, &snapshot)?;
                if l == net.last() {
                    let right = left + LAYER_COLUMNS + GAP;
                    let (t, e) = (Key::T(0, j), Key::E(0, j));
                    let cell = self.sample_value(t, (row, right), sample, snapshot.value(t))?;
                    drawn.set(t, cell);
                    drawn.set(e, self.box_line(e, (row + 1, right), &lesson.step(e), &drawn, &snapshot)?);
                }
                row += unit_rows(l) + 1;
            }
        }
        self.row = top + rows + 1;
        Ok(())
    }

    /// An input or target of the sample that is shown, in a box.
    fn sample_value(&mut self, key: Key, at: (u32, u16), sample: Option<Cell>, value: f64) -> Result<Cell, Error> {
        let (row, column) = at;
        let first = self.inputs.place(key);
        let formula = match sample {
            None => self.sheet.reference(Place { anchored: false, ..first }),
            Some(sample) => {
                let last = Place { row: first.row + self.lesson.samples() as u32 - 1, ..first };
                format!("INDEX({},{})", self.sheet.range(first, last), self.sheet.reference(sample.place))
            }
        };
        let ends = |left| BoxEdges { top: true, bottom: true, left, right: !left };
        self.sheet.text(row, column, &self.lesson.text(key), &self.style.boxed(ends(true), Content::Name))?;
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
        equation: &Expr<Key>,
        drawn: &Inputs,
        snapshot: &Snapshot,
    ) -> Result<Cell, Error> {
        let (row, column) = at;
        let ends = |left| BoxEdges { top: true, bottom: true, left, right: !left };
        self.sheet.text(row, column, &self.lesson.text(key), &self.style.boxed(ends(true), Content::Name))?;
        let format = self.style.boxed(ends(false), Content::Value);
        self.sheet.quantity(row, column + 1, equation, &|key| drawn.place(*key), snapshot.value(key), &format)
    }

    /// A unit's edges with their weights, and its box.
    fn unit(
        &mut self,
        l: usize,
        j: usize,
        at: (u32, u16),
        rows: u32,
        drawn: &mut Inputs,
        snapshot: &Snapshot,
    ) -> Result<(), Error> {
        let lesson = self.lesson;
        let (top, left) = at;
        let (z, a) = (Key::Z(0, l, j), Key::A(0, l, j));
        let weights = lesson.parameters(l).filter(|p| matches!(*p, Param::W(_, k, _) | Param::B(_, k) if k == j));
        for (row, p) in (top..).zip(weights) {
            let (from, what) = match p {
                Param::W(_, _, i) => (lesson.text(lesson.input(0, l, i)), "weight"),
                Param::B(..) => ("1".to_owned(), "bias"),
            };
            let fixed = if lesson.trained.contains(&p) { "" } else { " Updates leave it alone." };
            let (name, to) = (lesson.text(Key::P(p)), lesson.text(z));
            let note = match what {
                "bias" => format!("{name}: the bias of {to} before the first update.{fixed}"),
                _ => format!("{name}: the weight from {from} to {to} before the first update."),
            };
            self.sheet.text(row, left, &format!("{from} ──"), &self.style.edge)?;
            self.sheet.text(row, left + 1, &name, &self.style.edge)?;
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
            self.sheet.text(row, left + 4, &lesson.text(key), &name)?;
            let place = |key: &Key| drawn.place(*key);
            let cell = self.sheet.quantity(row, left + 5, &lesson.step(key), &place, snapshot.value(key), &value)?;
            drawn.set(key, cell);
        }
        Ok(())
    }

    /// The lines that need the other sheets, and the chart.
    pub(super) fn summary(
        &mut self,
        table: &Table,
        losses: &[f64],
        verdicts: &Verdicts,
        caches: &mut Caches,
    ) -> Result<(), Error> {
        let (lesson, style) = (self.lesson, &self.style);
        let updates = lesson.trace.updates();
        let Verdicts { first, last, count, wrong } = *verdicts;
        let checks = self.sheet.name_of(CHECKS).to_owned();
        let number = format!("SUMPRODUCT(({}=\"WRONG\")*1)", self.sheet.range(first, last));
        let good = format!("OK: all {count} gradients agree with their finite differences (sheet {checks}).");
        let bad = format!(" of {count} gradients DISAGREE with their finite differences (sheet {checks}).");
        let text = if wrong == 0 { good.clone() } else { format!("{wrong}{bad}") };
        let live = Live::text(format!("IF({number}=0, \"{good}\", {number}&\"{bad}\")"), text);
        self.sheet.text(GRADIENTS, 0, "Gradients", &style.symbol)?;
        let verdict = self.sheet.live(GRADIENTS, 1, live, &style.verdict)?.anchored();
        let word = format!("LEFT({},2)", self.sheet.reference(verdict));
        let range = (GRADIENTS, 1, GRADIENTS, (self.width - 1).min(9));
        colour(&mut self.sheet.worksheet, range, &format!("{word}=\"OK\""), &format!("{word}<>\"OK\""))?;

        self.sheet.text(LOSSES, 0, "Loss now", &style.symbol)?;
        let places = table.column(Key::Loss).ok_or(Error::Incomplete)?;
        let first = Cell::new(places.0, losses[0]);
        let last = Cell::new(places.1, losses[updates]);
        self.sheet.calculated(LOSSES, 1, &first.of(), &style.value)?;
        let after = format!("after {}", plural(updates, "update"));
        self.sheet.text(LOSSES, 3, &after, &style.symbol)?;
        self.sheet.worksheet.write_blank(LOSSES, 4, &style.symbol)?;
        self.sheet.worksheet.write_blank(LOSSES, 5, &style.symbol)?;
        self.sheet.calculated(LOSSES, 7, &last.of(), &style.value)?;
        self.sheet.worksheet.write_blank(LOSSES, 6, &style.symbol)?;
        for row in [GRADIENTS, LOSSES] {
            self.sheet.worksheet.set_row_height(row, 22)?;
        }

        let (counts_first, counts_last) = table.counts();
        let counts: Vec<f64> = (0..losses.len()).map(|n| n as f64).collect();
        let counts = Series { first: counts_first, last: counts_last, values: &counts };
        let series = Series { first: places.0, last: places.1, values: losses };
        let name = Place { row: places.0.row - 1, ..places.0 };
        let curve = Curve { name, name_text: lesson.text(Key::Loss), losses: series, look: 0 };
        let title = ("The loss during training", None);
        let mut chart = loss_chart(&self.sheet, caches, title, &counts, &[curve], Scale::Linear);
        chart.set_width(900).set_height(360);
        self.sheet.worksheet.insert_chart_with_offset(self.row, 0, &chart, 4, 4)?;
        self.sheet.worksheet.set_print_area(0, 0, self.row + 18, self.width - 1)?;
        self.sheet.worksheet.set_selection(0, 0, 0, 0)?;
        Ok(())
    }
}
