//! The first sheet: the introduction, every cell that a reader may change, the verdict on all gradients, the loss
//! curve.

use super::cell::{Cell, Place};
use super::chart::{Curve, Scale, Series, loss_chart};
use super::chart_cache::Caches;
use super::checks::Judged;
use super::contents::{STEPS, TRAINING};
use super::drawing::Hidden;
use super::inputs::{self, Inputs};
use super::sheet::Sheet;
use super::style::{PageStyle, print_setup};
use super::table::Table;
use crate::error::Error;
use gradbook_lesson::{Key, Lesson, plural};

/// Rows of the lines that need the other sheets.
const GRADIENTS: u32 = 5;
const LOSSES: u32 = 6;
const SETTINGS: u32 = 8;

/// Rows under the chart.
const CHART_ROWS: u32 = 18;
/// A sheet with fewer rows than this is still readable on one page.
const ONE_PAGE: u32 = 75;

/// Columns of a layer in the drawing: source, weight's name, weight, arrow, unit's name, unit's value.
pub(super) const LAYER_COLUMNS: u16 = 6;
/// Columns of the inputs in the drawing.
pub(super) const INPUT_COLUMNS: u16 = 2;
/// Columns from the last layer to the targets' names.
pub(super) const GAP: u16 = 1;

/// The sheet while it is being written.
pub(super) struct Network<'l> {
    pub(super) lesson: &'l Lesson,
    pub(super) sheet: Sheet,
    pub(super) style: PageStyle,
    pub(super) inputs: Inputs,
    /// The next free row.
    pub(super) row: u32,
    /// The last column of the running text.
    pub(super) width: u16,
}

impl<'l> Network<'l> {
    /// The sheet without the lines that need the other sheets. `sample` is the cell that chooses the sample.
    pub(super) fn write(lesson: &'l Lesson, sheet: Sheet, sample: Option<Cell>) -> Result<Network<'l>, Error> {
        let mut network = Network::page(lesson, sheet)?;
        network.introduction()?;
        network.settings()?;
        network.samples()?;
        let shown = match sample {
            Some(_) => {
                format!(", with the numbers of the sample chosen on the sheet {}", network.sheet.name_of(STEPS))
            }
            None => String::new(),
        };
        let headline = format!(
            "The network: weights on the edges into each unit (yellow), in each box the weighted sum and the activation{shown}"
        );
        network.drawing(&headline, sample, &Hidden::default())?;
        Ok(network)
    }

    /// The sheet with its columns, still empty.
    pub(super) fn page(lesson: &'l Lesson, mut sheet: Sheet) -> Result<Network<'l>, Error> {
        let layers = lesson.theory.network.layers.len() as u16;
        let width = INPUT_COLUMNS + layers * LAYER_COLUMNS + GAP + 2;
        for column in 0..width {
            let in_layer = column.saturating_sub(INPUT_COLUMNS) % LAYER_COLUMNS;
            let after = column >= INPUT_COLUMNS + layers * LAYER_COLUMNS;
            let chars = match (after, in_layer) {
                _ if column < INPUT_COLUMNS => 14.0,
                (true, 0) => 3.0,
                (true, 1) => 8.0,
                (false, 0 | 1 | 4) => 9.0,
                (false, 3) => 4.0,
                _ => 13.0,
            };
            sheet.worksheet.set_column_width(column, chars)?;
        }
        sheet.worksheet.set_screen_gridlines(false);
        print_setup(&mut sheet.worksheet).set_print_fit_to_pages(1, 0);
        Ok(Network { lesson, sheet, style: PageStyle::new(lesson), inputs: Inputs::default(), row: SETTINGS, width })
    }

    fn introduction(&mut self) -> Result<(), Error> {
        let lesson = self.lesson;
        let updates = lesson.updates();
        let lines = [
            lesson.theory.described(),
            format!(
                "Every result is a live formula. Change a yellow cell, and all of it follows: the derivation on {}, the {} \
                 on {}, the curves, the checks.",
                self.sheet.name_of(STEPS),
                plural(updates, "update"),
                self.sheet.name_of(TRAINING)
            ),
            lesson.theory.gradient_words(),
        ];
        self.sheet.text(0, 0, &lesson.title(), &self.style.title)?;
        self.sheet.worksheet.set_row_height(0, 32)?;
        for (row, line) in (1..).zip(lines) {
            self.sheet.text(row, 0, &line, &self.style.lead)?;
            self.sheet.worksheet.set_row_height(row, 21)?;
        }
        Ok(())
    }

    /// A bar with a headline.
    pub(super) fn section(&mut self, text: &str) -> Result<(), Error> {
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
        self.setting(Key::Rate, lesson.run.rate, &about)?;
        for (key, value, about) in lesson.theory.settings() {
            self.setting(key, value, about)?;
        }
        self.row += 1;
        Ok(())
    }

    fn setting(&mut self, key: Key, value: f64, about: &str) -> Result<(), Error> {
        let (name, row) = (self.lesson.theory.text(key), self.row);
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

    pub(super) fn samples(&mut self) -> Result<(), Error> {
        let lesson = self.lesson;
        let samples = &lesson.samples;
        let (several, probabilities) = (samples.len() > 1, lesson.theory.network.softmax());
        self.section(if several { "Samples: inputs and targets" } else { "The sample: inputs and targets" })?;
        let (inputs, outputs) = (lesson.theory.network.widths()[0], lesson.theory.network.outputs());
        let head = self.row;
        let keys = |s: usize| (0..inputs).map(move |i| Key::X(s, i)).chain((0..outputs).map(move |k| Key::T(s, k)));
        self.sheet.worksheet.set_row_height(head, 22)?;
        self.sheet.text(head, 0, if several { "sample" } else { "" }, &self.style.head)?;
        for (column, key) in (1..).zip(keys(0)) {
            self.sheet.text(head, column, &lesson.theory.text(key), &self.style.number_head)?;
        }
        self.row += 1;
        for (s, sample) in samples.iter().enumerate() {
            self.sheet.number(self.row, 0, s as f64 + 1.0, &self.style.symbol)?;
            let values = sample.x.iter().chain(&sample.t);
            for ((column, key), &value) in (1..).zip(keys(s)).zip(values) {
                let name = lesson.theory.table_name(key);
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

    /// The lines that need the other sheets, and the chart.
    pub(super) fn summary(
        &mut self,
        table: &Table,
        losses: &[f64],
        judged: &Judged,
        caches: &mut Caches,
    ) -> Result<(), Error> {
        let (lesson, style) = (self.lesson, &self.style);
        let updates = lesson.updates();
        let right = (self.width - 1).min(9);
        self.sheet.text(GRADIENTS, 0, "Gradients", &style.symbol)?;
        judged.sentence(&mut self.sheet, (GRADIENTS, 1), right, None, &style.verdict)?;

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
        let curve = Curve { name, name_text: lesson.theory.text(Key::Loss), losses: series, look: 0 };
        let title = ("The loss during training", None);
        let mut chart = loss_chart(&self.sheet, caches, title, &counts, &[curve], Scale::Linear);
        chart.set_width(900).set_height(360);
        self.sheet.worksheet.insert_chart_with_offset(self.row, 0, &chart, 4, 4)?;
        let last = self.row + CHART_ROWS;
        self.sheet.worksheet.set_print_area(0, 0, last, self.width - 1)?;
        if last < ONE_PAGE {
            self.sheet.worksheet.set_print_fit_to_pages(1, 1);
        } else {
            self.sheet.worksheet.set_page_breaks(&[self.row])?;
        }
        self.sheet.worksheet.set_selection(0, 0, 0, 0)?;
        Ok(())
    }
}
