//! A page of derivation: lines of one quantity each, from top to bottom.
//!
//! A line has the quantity's symbol, its live value, its equation, the equation with the present numbers, and what it
//! means. The page remembers which cell each quantity got, so that later equations refer to it.

use rust_xlsxwriter::Format;

use crate::Error;
use crate::equations::{in_full, step};
use crate::formula::{Formula, Symbol};
use crate::sheet::{Place, Sheet};
use crate::style::{PageStyle, print_setup};
use crate::symbols::{Key, Symbols};

/// The columns, and their widths.
pub(crate) const HEADS: [&str; 5] = ["symbol", "value", "equation", "with the present numbers", "what it means"];
pub(crate) const WIDTHS: [f64; 5] = [14.0, 15.0, 40.0, 44.0, 60.0];
pub(crate) const VALUE: u16 = 1;
pub(crate) const EQUATION: u16 = 2;
pub(crate) const NUMBERS: u16 = 3;
pub(crate) const MEANING: u16 = 4;
/// The first of the lines about the check and the loss, below title and introduction.
pub(crate) const SUMMARY: u32 = 5;
pub(crate) const SUMMARY_ROWS: u32 = 3;

/// The sheet while lines are added to it.
pub(crate) struct Page {
    pub(crate) sheet: Sheet,
    pub(crate) style: PageStyle,
    /// The next free row.
    pub(crate) row: u32,
    /// Rows that start a printed page.
    breaks: Vec<u32>,
    pub(crate) symbols: Symbols,
}

/// What a line is to its part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Line {
    /// On the way.
    Step,
    /// What the part is after.
    Result,
}

impl Page {
    pub(crate) fn new(name: &str, symbols: Symbols) -> Result<Page, Error> {
        let mut sheet = Sheet::new(name)?;
        for (column, width) in (0..).zip(WIDTHS) {
            sheet.worksheet.set_column_width(column, width)?;
        }
        sheet.worksheet.set_screen_gridlines(false);
        print_setup(&mut sheet.worksheet).set_print_fit_to_pages(1, 0);
        Ok(Page { sheet, style: PageStyle::new(), row: 0, breaks: Vec::new(), symbols })
    }

    /// The finished sheet, and the quantities with their cells.
    pub(crate) fn finish(mut self) -> Result<(Sheet, Symbols), Error> {
        self.sheet.worksheet.set_page_breaks(&self.breaks)?;
        Ok((self.sheet, self.symbols))
    }

    /// The next section starts a printed page.
    pub(crate) fn page_break(&mut self) {
        self.breaks.push(self.row + 1);
    }

    /// What a quantity is called.
    pub(crate) fn name(&self, key: Key) -> String {
        self.symbols[key].name.clone()
    }

    /// A bar with the part's name.
    pub(crate) fn section(&mut self, name: &str, about: &str) -> Result<(), Error> {
        self.row += 1;
        for column in 1..WIDTHS.len() as u16 {
            self.sheet.worksheet.write_blank(self.row, column, &self.style.section)?;
        }
        self.sheet.text(self.row, 0, &format!("{name}:  {about}"), &self.style.section)?;
        self.sheet.worksheet.set_row_height(self.row, 24)?;
        self.row += 1;
        Ok(())
    }

    pub(crate) fn columns(&mut self) -> Result<(), Error> {
        self.heads(&HEADS)
    }

    pub(crate) fn heads(&mut self, heads: &[&str; 5]) -> Result<(), Error> {
        for (column, head) in (0..).zip(heads) {
            self.sheet.text(self.row, column, head, &self.style.heads[usize::from(column)])?;
        }
        self.sheet.worksheet.set_row_height(self.row, 19)?;
        self.row += 1;
        Ok(())
    }

    pub(crate) fn sentence(&mut self, sentence: &str) -> Result<(), Error> {
        self.sheet.text(self.row, 0, sentence, &self.style.lead)?;
        self.sheet.worksheet.set_row_height(self.row, 19)?;
        self.row += 1;
        Ok(())
    }

    pub(crate) fn input(&mut self, key: Key, about: &str) -> Result<(), Error> {
        let Symbol { name, value, .. } = self.symbols[key].clone();
        self.sheet.text(self.row, 0, &name, &self.style.symbol)?;
        self.sheet.text(self.row, EQUATION, about, &self.style.about)?;
        self.symbols[key].place = Some(self.sheet.number(self.row, VALUE, value, &self.style.input)?);
        self.sheet.worksheet.set_row_height(self.row, 18)?;
        self.row += 1;
        Ok(())
    }

    pub(crate) fn step(&mut self, key: Key, note: &str) -> Result<(), Error> {
        self.quantity(key, note, Line::Step)
    }

    /// A step whose value is what the part is after.
    pub(crate) fn result(&mut self, key: Key, note: &str) -> Result<(), Error> {
        self.quantity(key, note, Line::Result)
    }

    fn quantity(&mut self, key: Key, note: &str, line: Line) -> Result<(), Error> {
        let Symbol { name, value, .. } = self.symbols[key].clone();
        let place = self.line(line, &name, |s| step(s, key), value, note)?;
        self.symbols[key].place = Some(place);
        Ok(())
    }

    /// One line with any equation. Returns the cell of its value.
    pub(crate) fn line(
        &mut self,
        line: Line,
        symbol: &str,
        equation: impl for<'a> Fn(&'a Symbols) -> Formula<'a>,
        value: f64,
        note: &str,
    ) -> Result<Place, Error> {
        let equation = equation(&self.symbols);
        let (names, numbers) = (equation.names(), equation.numbers(self.sheet.name()));
        let style = &self.style;
        let [symbol_style, formula_style, value_style, note_style]: [&Format; 4] = match line {
            Line::Step => [&style.symbol, &style.formula, &style.value, &style.note],
            Line::Result => [&style.result_symbol, &style.result_formula, &style.result_value, &style.result_note],
        };
        let row = self.row;
        let plugged_in = numbers.value.stored();
        self.sheet.text(row, 0, symbol, symbol_style)?;
        self.sheet.text(row, EQUATION, &names, formula_style)?;
        self.sheet.live(row, NUMBERS, numbers, formula_style)?;
        let place = self.sheet.equation(row, VALUE, &equation, value, value_style)?;
        self.sheet.text(row, MEANING, note, note_style)?;
        self.fit_height(&[(names.as_str(), WIDTHS[2]), (plugged_in.as_str(), WIDTHS[3]), (note, WIDTHS[4] - 2.0)])?;
        Ok(place)
    }

    /// One line with a gradient's equation in full, across all columns right of the value.
    pub(crate) fn line_in_full(&mut self, gradient: Key) -> Result<(), Error> {
        let equation = in_full(&self.symbols, gradient);
        let (text, Symbol { name, value, .. }) = (equation.names(), &self.symbols[gradient]);
        let row = self.row;
        self.sheet.text(row, 0, name, &self.style.symbol)?;
        self.sheet.equation(row, VALUE, &equation, *value, &self.style.value)?;
        self.sheet.worksheet.merge_range(row, EQUATION, row, MEANING, &text, &self.style.formula)?;
        self.fit_height(&[(text.as_str(), WIDTHS[2] + WIDTHS[3] + WIDTHS[4])])
    }

    /// Makes the present row high enough for its longest wrapped text, which not every program does, and ends it.
    pub(crate) fn fit_height(&mut self, texts: &[(&str, f64)]) -> Result<(), Error> {
        let lines = texts.iter().map(|(text, width)| (text.chars().count() as f64 / width).ceil());
        let lines = lines.fold(1.0, f64::max);
        self.sheet.worksheet.set_row_height(self.row, 3.0 + 16.0 * lines)?;
        self.row += 1;
        Ok(())
    }
}
