//! The derivation of one update: every quantity with its equation, the equation with the current numbers, its value.
//!
//! A cell at the top chooses the update to explain: the parameters come from the training table by INDEX, and
//! everything else follows from them.

use std::collections::HashMap;

use super::cell::{Cell, Live, Place};
use super::contents::{NETWORK, TRAINING};
use gradbook_lesson::Param;

use super::inputs::{self, Inputs};
use super::sheet::Sheet;
use super::style::{PageStyle, plain_zeros, print_setup};
use super::table::Table;
use super::text::formula;
use crate::error::Error;
use gradbook_lesson::{Expr, Key, Lesson, Line, LineKind, Section, Snapshot};

/// The columns, and their widths in characters of 11 points.
const HEADS: [&str; 5] = ["symbol", "value", "equation", "with the present numbers", "what it means"];
const WIDTHS: [f64; 5] = [22.0, 20.0, 52.0, 62.0, 66.0];
const VALUE: u16 = 1;
const EQUATION: u16 = 2;
const NUMBERS: u16 = 3;
const MEANING: u16 = 4;
/// How many characters of 14 points fit into a width of one character.
const LARGE: f64 = 0.86;

/// Rows of the cells that choose what is explained.
const UPDATE_ROW: u32 = 2;
const SAMPLE_ROW: u32 = 3;

/// The cell that chooses the sample to explain, if there are several.
pub(super) fn sample_cell(lesson: &Lesson) -> Option<Cell> {
    let place = Place::new(super::contents::STEPS, SAMPLE_ROW, VALUE).anchored();
    (lesson.theory.samples > 1).then(|| Cell::new(place, 1.0))
}

/// The cell that chooses the update to explain, counted from 1.
pub(super) fn update_cell() -> Cell {
    Cell::new(Place::new(super::contents::STEPS, UPDATE_ROW, VALUE).anchored(), 1.0)
}

/// The sheet while it is being written.
pub(super) struct Steps<'l> {
    lesson: &'l Lesson,
    snapshot: Snapshot<'l>,
    pub(super) sheet: Sheet,
    style: PageStyle,
    table: &'l Table,
    inputs: &'l Inputs,
    /// The quantities that have a cell.
    pub(super) cells: HashMap<Key, Cell>,
    /// The next free row.
    row: u32,
    /// Rows that start a printed page.
    breaks: Vec<u32>,
}

impl<'l> Steps<'l> {
    pub(super) fn write(
        lesson: &'l Lesson,
        mut sheet: Sheet,
        table: &'l Table,
        inputs: &'l Inputs,
    ) -> Result<Steps<'l>, Error> {
        for (column, width) in (0..).zip(WIDTHS) {
            sheet.worksheet.set_column_width(column, width)?;
        }
        sheet.worksheet.set_screen_gridlines(false);
        print_setup(&mut sheet.worksheet).set_print_fit_to_pages(1, 0);
        let (snapshot, style) = (Snapshot::after(lesson, &lesson.run, 0), PageStyle::new(lesson));
        let (cells, breaks) = (HashMap::new(), Vec::new());
        let mut steps = Steps { lesson, snapshot, sheet, style, table, inputs, cells, row: 0, breaks };
        steps.choice()?;
        steps.parameters()?;
        for part in lesson.theory.derivation() {
            steps.part(&part)?;
        }
        let (last, breaks) = (steps.row, std::mem::take(&mut steps.breaks));
        plain_zeros(&mut steps.sheet.worksheet, (0, VALUE, last, VALUE))?;
        steps.sheet.worksheet.set_page_breaks(&breaks)?.set_print_area(0, 0, last, MEANING)?;
        // The cells with these choices stay in view, on screen and on paper.
        let choice = SAMPLE_ROW + u32::from(lesson.theory.samples > 1);
        steps.sheet.worksheet.set_freeze_panes(choice, 0)?.set_repeat_rows(UPDATE_ROW, choice - 1)?;
        Ok(steps)
    }

    /// The title, and the cells that choose what is explained.
    fn choice(&mut self) -> Result<(), Error> {
        let updates = self.lesson.updates();
        self.sheet.text(0, 0, &format!("{}, step by step", self.lesson.title()), &self.style.title)?;
        self.sheet.worksheet.set_row_height(0, 32)?;
        let message = format!("Write a whole number from 1 to {updates}.");
        let note = "Which update is explained: 1 is the first. Everything below follows.";
        let rule = inputs::whole_between(1, updates as i32, &message)?;
        self.sheet.text(UPDATE_ROW, 0, "explained update", &self.style.symbol)?;
        let at = (UPDATE_ROW, VALUE);
        self.sheet.input(at, update_cell().value, note, &rule, &self.style.count_input)?;
        let about = format!(
            "← write 1 to {updates} to walk through training; the parameters below are those of the sheet {}",
            self.sheet.name_of(TRAINING)
        );
        self.sheet.text(UPDATE_ROW, EQUATION, &about, &self.style.lead)?;
        self.sheet.worksheet.set_row_height(UPDATE_ROW, 24)?;
        self.row = SAMPLE_ROW;
        if let Some(sample) = sample_cell(self.lesson) {
            let samples = self.lesson.theory.samples;
            let message = format!("Write a whole number from 1 to {samples}.");
            let rule = inputs::whole_between(1, samples as i32, &message)?;
            let note = "Which sample is explained; the update follows the mean of all.";
            self.sheet.text(SAMPLE_ROW, 0, "explained sample", &self.style.symbol)?;
            self.sheet.input((SAMPLE_ROW, VALUE), sample.value, note, &rule, &self.style.count_input)?;
            let about = format!("← write 1 to {samples}; an update follows the mean of the gradients of all {samples}");
            self.sheet.text(SAMPLE_ROW, EQUATION, &about, &self.style.lead)?;
            self.sheet.worksheet.set_row_height(SAMPLE_ROW, 24)?;
            self.row = SAMPLE_ROW + 1;
        }
        Ok(())
    }

    fn section(&mut self, title: &str, about: &str) -> Result<(), Error> {
        self.row += 1;
        for column in 1..WIDTHS.len() as u16 {
            self.sheet.worksheet.write_blank(self.row, column, &self.style.section)?;
        }
        self.sheet.text(self.row, 0, &format!("{title}:  {about}"), &self.style.section)?;
        self.sheet.worksheet.set_row_height(self.row, 26)?;
        self.row += 1;
        Ok(())
    }

    fn heads(&mut self, heads: &[&str]) -> Result<(), Error> {
        for (column, head) in (0..).zip(heads) {
            let format = if column == VALUE { &self.style.number_head } else { &self.style.head };
            self.sheet.text(self.row, column, head, format)?;
        }
        self.sheet.worksheet.set_row_height(self.row, 22)?;
        self.row += 1;
        Ok(())
    }

    /// The numbers that this update starts from: parameters by INDEX, the sample.
    fn parameters(&mut self) -> Result<(), Error> {
        let lesson = self.lesson;
        let network = self.sheet.name_of(NETWORK).to_owned();
        let training = self.sheet.name_of(TRAINING).to_owned();
        let about = format!("the sample from {network}, the parameters from {training}, before this update");
        self.section("Start", &about)?;
        self.heads(&HEADS[..3])?;
        let network = &lesson.theory.network;
        let keys = (0..network.inputs).map(|i| Key::X(0, i)).chain((0..network.outputs()).map(|k| Key::T(0, k)));
        for key in keys {
            let first = self.inputs.place(key);
            let formula = match sample_cell(lesson) {
                None => self.sheet.reference(first),
                Some(sample) => {
                    let last = Place { row: first.row + lesson.theory.samples as u32 - 1, ..first };
                    format!("INDEX({},{})", self.sheet.range(first, last), self.sheet.reference(sample.place))
                }
            };
            let what = if matches!(key, Key::X(..)) { "input" } else { "target" };
            self.start_line(key, formula, what)?;
        }
        for l in 0..=network.last() {
            for p in lesson.theory.network.parameters(l) {
                let key = Key::P(p);
                let formula = match self.table.column(key) {
                    Some(column) => self.index(column),
                    None => self.sheet.reference(self.inputs.place(key)),
                };
                let fixed = if lesson.theory.trained().contains(&p) { "" } else { ", fixed" };
                self.start_line(key, formula, &format!("before this update{fixed}"))?;
            }
        }
        self.cells.insert(Key::Rate, self.inputs.cell(Key::Rate));
        for (key, ..) in lesson.theory.settings() {
            self.cells.insert(key, self.inputs.cell(key));
        }
        match self.table.column(Key::StepRate) {
            Some(column) => self.start_line(Key::StepRate, self.index(column), "the learning rate, 0 after divergence"),
            None => {
                self.cells.insert(Key::StepRate, self.inputs.cell(Key::Rate));
                Ok(())
            }
        }?;
        Ok(())
    }

    /// The row of the explained update in a column of the training table.
    fn index(&self, column: (Place, Place)) -> String {
        format!("INDEX({},{})", self.sheet.range(column.0, column.1), self.sheet.reference(update_cell().place))
    }

    fn start_line(&mut self, key: Key, formula: String, what: &str) -> Result<(), Error> {
        let (row, value) = (self.row, self.snapshot.value(key));
        self.sheet.text(row, 0, &self.lesson.theory.text(key), &self.style.symbol)?;
        let given = matches!(key, Key::X(..) | Key::T(..) | Key::Count);
        let format = if given { &self.style.given } else { &self.style.value };
        let place = self.sheet.live(row, VALUE, Live::number(formula, value), format)?;
        self.sheet.text(row, EQUATION, what, &self.style.note)?;
        self.cells.insert(key, Cell::new(place, value));
        self.sheet.worksheet.set_row_height(row, 22)?;
        self.row += 1;
        Ok(())
    }

    fn part(&mut self, part: &Section) -> Result<(), Error> {
        if part.new_page {
            self.breaks.push(self.row + 1);
        }
        self.section(&part.title, &part.about)?;
        for sentence in &part.sentences {
            self.sheet.text(self.row, 0, sentence, &self.style.lead)?;
            self.sheet.worksheet.set_row_height(self.row, 22)?;
            self.row += 1;
        }
        if part.lines.iter().any(|line| line.kind == LineKind::Mean) {
            for s in 0..self.lesson.theory.samples {
                let column = MEANING + 2 + s as u16;
                self.sheet.text(self.row, column, &format!("of sample {}", s + 1), &self.style.number_head)?;
                self.sheet.worksheet.set_column_width(column, 20)?;
            }
        }
        if part.lines.iter().any(|line| line.kind == LineKind::InFull) {
            self.heads(&[HEADS[0], HEADS[1], "equation, without any step between", "", ""])?;
        } else {
            self.heads(&HEADS)?;
        }
        for line in &part.lines {
            if let Key::M(p) | Key::V(p) = line.key {
                self.memory_before(line.key, p)?;
            }
            self.line(line)?;
        }
        Ok(())
    }

    /// What the optimizer remembers from the update before, by INDEX; nothing before the first.
    fn memory_before(&mut self, memory: Key, p: Param) -> Result<(), Error> {
        let update = self.sheet.reference(update_cell().place);
        if !self.cells.contains_key(&Key::Count) {
            self.start_line(Key::Count, format!("{update}-1"), "updates before this one")?;
        }
        let key = if matches!(memory, Key::M(_)) { Key::MBefore(p) } else { Key::VBefore(p) };
        let (first, last) = self.table.column(memory).ok_or(Error::Incomplete)?;
        let column = self.sheet.range(first, last);
        let formula = format!("IF({update}>1,INDEX({column},MAX(1,{update}-1)),0)");
        self.start_line(key, formula, "from the update before; 0 at the first")
    }

    fn line(&mut self, line: &Line) -> Result<(), Error> {
        let Line { key, equation, note, kind } = line;
        // A mean is taken over numbers in its own row; everything else follows from the lines above.
        let in_row = if *kind == LineKind::Mean { Some(self.samples_of(*key)?) } else { None };
        let cells = in_row.as_ref().unwrap_or(&self.cells);
        let cell = |key: &Key| *cells.get(key).unwrap_or_else(|| panic!("{key:?} has no cell yet"));
        let (row, lesson, style) = (self.row, self.lesson, &self.style);
        let value = self.snapshot.value(*key);
        let [symbol_style, formula_style, value_style, note_style] = match kind {
            LineKind::Step | LineKind::InFull => [&style.symbol, &style.formula, &style.value, &style.note],
            LineKind::Result | LineKind::Mean => {
                [&style.result_symbol, &style.result_formula, &style.result_value, &style.result_note]
            }
        };
        let names = match kind {
            LineKind::Mean => equation.in_symbols(&|key| lesson.theory.table_name(*key)),
            _ => equation.in_symbols(&|key| lesson.theory.text(*key)),
        };
        self.sheet.text(row, 0, &lesson.theory.text(*key), symbol_style)?;
        let calculated = self.sheet.quantity(row, VALUE, equation, &|key| cell(key).place, value, value_style)?;
        if *kind == LineKind::InFull {
            self.sheet.worksheet.merge_range(row, EQUATION, row, MEANING, &names, formula_style)?;
            return self.fit_height(&[(&names, WIDTHS[2] + WIDTHS[3] + WIDTHS[4])]);
        }
        let numbers = self.sheet.with_numbers(equation, &cell);
        let plugged_in = numbers.value.stored();
        self.sheet.text(row, EQUATION, &names, formula_style)?;
        self.sheet.live(row, NUMBERS, numbers, formula_style)?;
        self.sheet.text(row, MEANING, note, note_style)?;
        self.cells.insert(*key, calculated);
        self.fit_height(&[(&names, WIDTHS[2]), (&plugged_in, WIDTHS[3]), (note, WIDTHS[4])])?;
        // A single sample's gradient is the loss's.
        if let (Key::Own(0, p), 1) = (*key, lesson.theory.samples) {
            self.cells.insert(Key::G(p), calculated);
        }
        Ok(())
    }

    /// The numbers that a mean is taken over, one per sample, from the training table; they are to the right of the
    /// page.
    fn samples_of(&mut self, mean: Key) -> Result<HashMap<Key, Cell>, Error> {
        let lesson = self.lesson;
        let mut cells = HashMap::new();
        for s in 0..lesson.theory.samples {
            let key = match mean {
                Key::G(p) => Key::Own(s, p),
                _ => lesson.theory.error(s),
            };
            let equation = match mean {
                Key::G(_) => lesson.theory.step(key),
                _ => Expr::Of(key),
            };
            let formula = formula(&equation, &|leaf, out| {
                out.push_str(&match self.table.column(*leaf) {
                    Some(column) => self.index(column),
                    None => self.sheet.reference(self.inputs.place(*leaf)),
                });
            });
            let value = self.snapshot.value(key);
            let column = MEANING + 2 + s as u16;
            let place = self.sheet.live(self.row, column, Live::number(formula, value), &self.style.value)?;
            cells.insert(key, Cell::new(place, value));
        }
        Ok(cells)
    }

    /// Makes the current row high enough for its longest wrapped text, which not every program does, and ends it.
    fn fit_height(&mut self, texts: &[(&str, f64)]) -> Result<(), Error> {
        let lines = texts.iter().map(|(text, width)| (text.chars().count() as f64 / (width * LARGE)).ceil());
        let lines = lines.fold(1.0, f64::max);
        self.sheet.worksheet.set_row_height(self.row, 3.0 + 19.0 * lines)?;
        self.row += 1;
        Ok(())
    }
}
