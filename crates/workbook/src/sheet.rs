//! One sheet that is being written: every formula goes in together with the engine's value.

use std::collections::HashMap;

use rust_xlsxwriter::{ChartRange, Format, Worksheet, utility};

use crate::Error;
use crate::formula::{Formula, Symbol};

/// A cell, for references to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    sheet: String,
    row: u32,
    column: u16,
    /// Whether its own sheet refers to it with dollar signs too.
    anchored: bool,
}

/// What a cell shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Number(f64),
    Text(String),
}

/// A formula and the engine's value of it: neither can be written without the other.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    /// Without the leading `=`.
    pub(crate) formula: String,
    pub(crate) value: Value,
}

/// A sheet under construction. It remembers the values of its cells, because charts repeat them.
pub(crate) struct Sheet {
    name: String,
    pub(crate) worksheet: Worksheet,
    values: HashMap<(u32, u16), Value>,
}

/// The values of all cells of a workbook, by sheet.
pub(crate) type Values = HashMap<String, HashMap<(u32, u16), Value>>;

impl Place {
    /// The same cell, referred to with dollar signs even on its own sheet.
    pub(crate) fn anchored(self) -> Place {
        Place { anchored: true, ..self }
    }

    /// The cell, for a chart.
    pub(crate) fn range(&self) -> ChartRange {
        self.range_to(self)
    }

    /// The cells from this one to `last` on the same sheet, for a chart.
    pub(crate) fn range_to(&self, last: &Place) -> ChartRange {
        ChartRange::new_from_range(&self.sheet, self.row, self.column, last.row, last.column)
    }

    /// The reference as a formula on the sheet `here` writes it.
    pub(crate) fn seen_from(&self, here: &str) -> String {
        let absolute = utility::row_col_to_cell_absolute(self.row, self.column);
        match (self.sheet == here, self.anchored) {
            (true, false) => utility::row_col_to_cell(self.row, self.column),
            (true, true) => absolute,
            (false, _) => format!("'{}'!{absolute}", self.sheet),
        }
    }
}

impl Value {
    /// As the file stores it: numbers in the shortest form that reads back to the same value. A spreadsheet has no
    /// infinity, NaN or -0; a formula that overflows shows the error #NUM!.
    pub(crate) fn stored(&self) -> String {
        match self {
            Value::Number(number) if number.is_finite() => (number + 0.0).to_string(),
            Value::Number(_) => "#NUM!".to_owned(),
            Value::Text(text) => text.clone(),
        }
    }
}

impl Live {
    pub(crate) fn number(formula: impl Into<String>, value: f64) -> Live {
        Live { formula: formula.into(), value: Value::Number(value) }
    }

    pub(crate) fn text(formula: impl Into<String>, value: impl Into<String>) -> Live {
        Live { formula: formula.into(), value: Value::Text(value.into()) }
    }
}

impl Sheet {
    pub(crate) fn new(name: &str) -> Result<Sheet, Error> {
        let mut worksheet = Worksheet::new();
        worksheet.set_name(name)?;
        Ok(Sheet { name: name.to_owned(), worksheet, values: HashMap::new() })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn place(&self, row: u32, column: u16) -> Place {
        Place { sheet: self.name.clone(), row, column, anchored: false }
    }

    /// Fixed text.
    pub(crate) fn text(&mut self, row: u32, column: u16, text: &str, format: &Format) -> Result<(), Error> {
        self.worksheet.write_string_with_format(row, column, text, format)?;
        self.values.insert((row, column), Value::Text(text.to_owned()));
        Ok(())
    }

    /// A number that nothing calculates: an input, or a count.
    pub(crate) fn number(&mut self, row: u32, column: u16, number: f64, format: &Format) -> Result<Place, Error> {
        self.worksheet.write_number_with_format(row, column, number, format)?;
        self.values.insert((row, column), Value::Number(number));
        Ok(self.place(row, column))
    }

    /// A formula with the engine's value.
    pub(crate) fn live(&mut self, row: u32, column: u16, live: Live, format: &Format) -> Result<Place, Error> {
        if live.formula.len() > MAX_FORMULA {
            return Err(Error::TooLarge {
                what: "characters in a formula",
                size: live.formula.len(),
                limit: MAX_FORMULA,
                fix: "use fewer units",
            });
        }
        let formula = rust_xlsxwriter::Formula::new(live.formula).set_result(live.value.stored());
        self.worksheet.write_formula_with_format(row, column, formula, format)?;
        self.values.insert((row, column), live.value);
        Ok(self.place(row, column))
    }

    /// The cell of a quantity: its equation with the engine's value of it.
    pub(crate) fn equation(
        &mut self,
        row: u32,
        column: u16,
        equation: &Formula,
        value: f64,
        format: &Format,
    ) -> Result<Place, Error> {
        let formula = equation.cells(&self.name);
        self.live(row, column, Live::number(formula, value), format)
    }

    /// A cell that repeats a quantity from elsewhere.
    pub(crate) fn copy(&mut self, row: u32, column: u16, symbol: &Symbol, format: &Format) -> Result<Place, Error> {
        self.equation(row, column, &Formula::from(symbol), symbol.value, format)
    }

    /// The finished sheet and what its cells show.
    pub(crate) fn finish(self) -> (Worksheet, String, HashMap<(u32, u16), Value>) {
        (self.worksheet, self.name, self.values)
    }
}

/// Excel's limit on the length of a formula, in characters.
const MAX_FORMULA: usize = 8192;
