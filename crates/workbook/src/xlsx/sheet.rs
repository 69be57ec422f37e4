//! One sheet that is being written: every formula goes in together with its value.

use std::sync::Arc;

use rust_xlsxwriter::{ChartRange, DataValidation, Format, Note, Worksheet};

use super::cell::{Calculation, Cell, Live, Place};
use super::text;
use crate::error::Error;
use gradbook_lesson::Expr;

/// A sheet under construction.
pub(crate) struct Sheet {
    id: usize,
    names: Arc<Vec<String>>,
    pub(crate) worksheet: Worksheet,
}

/// Excel's limit on the length of a formula, in characters.
const MAX_FORMULA: usize = 8192;

impl Sheet {
    /// The sheet at position `id` among `names`.
    pub(crate) fn new(id: usize, names: &Arc<Vec<String>>) -> Result<Sheet, Error> {
        let mut worksheet = Worksheet::new();
        worksheet.set_name(&names[id])?;
        Ok(Sheet { id, names: Arc::clone(names), worksheet })
    }

    pub(crate) fn place(&self, row: u32, column: u16) -> Place {
        Place::new(self.id, row, column)
    }

    /// The name of a sheet of this workbook.
    pub(crate) fn name_of(&self, id: usize) -> &str {
        &self.names[id]
    }

    /// Fixed text.
    pub(crate) fn text(&mut self, row: u32, column: u16, text: &str, format: &Format) -> Result<(), Error> {
        self.worksheet.write_string_with_format(row, column, text, format)?;
        Ok(())
    }

    /// A number that nothing calculates: a count.
    pub(crate) fn number(&mut self, row: u32, column: u16, number: f64, format: &Format) -> Result<Cell, Error> {
        self.worksheet.write_number_with_format(row, column, number, format)?;
        Ok(Cell::new(self.place(row, column), number))
    }

    /// A cell that the reader may change: a note says what it is, a rule what it may hold.
    pub(crate) fn input(
        &mut self,
        at: (u32, u16),
        number: f64,
        note: &str,
        rule: &DataValidation,
        format: &Format,
    ) -> Result<Cell, Error> {
        let (row, column) = at;
        let cell = self.number(row, column, number, format)?.anchored();
        self.guard(row, column, note, rule)?;
        Ok(cell)
    }

    /// Adds a note and a rule to a cell.
    pub(crate) fn guard(&mut self, row: u32, column: u16, note: &str, rule: &DataValidation) -> Result<(), Error> {
        self.worksheet.add_data_validation(row, column, row, column, rule)?;
        self.worksheet.insert_note(
            row,
            column,
            &Note::new(note).add_author_prefix(false).set_width(260).set_height(70),
        )?;
        Ok(())
    }

    /// A formula with its value.
    pub(crate) fn live(&mut self, row: u32, column: u16, live: Live, format: &Format) -> Result<Place, Error> {
        if live.formula.len() > MAX_FORMULA {
            return Err(Error::TooLarge {
                what: "characters in a formula",
                size: live.formula.len(),
                limit: MAX_FORMULA,
                fix: "use fewer units or samples",
            });
        }
        let formula = rust_xlsxwriter::Formula::new(live.formula).set_result(live.value.stored());
        self.worksheet.write_formula_with_format(row, column, formula, format)?;
        Ok(self.place(row, column))
    }

    /// The cell of a quantity: its equation, with the cells of its symbols, and its value.
    pub(crate) fn quantity<R>(
        &mut self,
        row: u32,
        column: u16,
        equation: &Expr<R>,
        place: &impl Fn(&R) -> Place,
        value: f64,
        format: &Format,
    ) -> Result<Cell, Error> {
        let place = self.live(row, column, Live::number(self.formula(equation, place), value), format)?;
        Ok(Cell::new(place, value))
    }

    /// A number that is calculated from other cells.
    pub(crate) fn calculated(
        &mut self,
        row: u32,
        column: u16,
        calculation: &Calculation,
        format: &Format,
    ) -> Result<Cell, Error> {
        let value = calculation.value(&|cell| cell.value);
        self.quantity(row, column, calculation, &|cell| cell.place, value, format)
    }

    /// An expression as a formula of this sheet.
    pub(crate) fn formula<R>(&self, expr: &Expr<R>, place: &impl Fn(&R) -> Place) -> String {
        text::formula(expr, &|leaf, out| place(leaf).write(out, self.id, &self.names))
    }

    /// A calculation as a formula of this sheet.
    pub(crate) fn calculation(&self, calculation: &Calculation) -> String {
        self.formula(calculation, &|cell| cell.place)
    }

    /// A reference as this sheet writes it.
    pub(crate) fn reference(&self, place: Place) -> String {
        let mut reference = String::new();
        place.write(&mut reference, self.id, &self.names);
        reference
    }

    /// A range with dollar signs, as this sheet writes it.
    pub(crate) fn range(&self, first: Place, last: Place) -> String {
        let last = Place { sheet: self.id, ..last };
        format!("{}:{}", self.reference(first.anchored()), self.reference(last.anchored()))
    }

    /// The cells from one to another, for a chart.
    pub(crate) fn chart_range(&self, first: Place, last: Place) -> ChartRange {
        ChartRange::new_from_range(&self.names[first.sheet], first.row, first.column, last.row, last.column)
    }

    /// An expression with the current numbers in place of its symbols.
    pub(crate) fn with_numbers<R>(&self, expr: &Expr<R>, cell: &impl Fn(&R) -> Cell) -> Live {
        text::with_numbers(expr, &|leaf| {
            let Cell { place, value } = cell(leaf);
            (self.reference(place), value)
        })
    }

    pub(crate) fn finish(self) -> Worksheet {
        self.worksheet
    }
}
