//! One sheet that is being written: every formula goes in together with its value.

use std::fmt::Write;
use std::sync::Arc;

use rust_xlsxwriter::{ChartRange, DataValidation, Format, Note, Worksheet};

use crate::Error;
use crate::lesson::{Expr, Piece, Reader};

/// A cell, for references to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Position of its sheet in the workbook.
    pub(crate) sheet: usize,
    pub(crate) row: u32,
    pub(crate) column: u16,
    /// Whether its own sheet refers to it with dollar signs too.
    pub(crate) anchored: bool,
}

/// A cell and the number in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) place: Place,
    pub(crate) value: f64,
}

/// What a cell shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Number(f64),
    Text(String),
}

/// A formula and its value: neither can be written without the other.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    /// Without the leading `=`.
    pub(crate) formula: String,
    pub(crate) value: Value,
}

/// A sheet under construction.
pub(crate) struct Sheet {
    id: usize,
    names: Arc<Vec<String>>,
    pub(crate) worksheet: Worksheet,
}

/// A formula over cells.
pub(crate) type Calculation = Expr<Cell>;

/// Excel's limit on the length of a formula, in characters.
const MAX_FORMULA: usize = 8192;

impl Place {
    pub(crate) fn new(sheet: usize, row: u32, column: u16) -> Place {
        Place { sheet, row, column, anchored: false }
    }

    /// The same cell, referred to with dollar signs even on its own sheet.
    pub(crate) fn anchored(self) -> Place {
        Place { anchored: true, ..self }
    }

    /// Appends the reference as a formula on the sheet `here` writes it.
    fn write(self, out: &mut String, here: usize, names: &[String]) {
        let dollar = if self.sheet != here || self.anchored { "$" } else { "" };
        if self.sheet != here {
            let _ = write!(out, "'{}'!", names[self.sheet]);
        }
        out.push_str(dollar);
        push_column(out, self.column);
        let _ = write!(out, "{dollar}{}", self.row + 1);
    }
}

/// `A` for 0, `AA` for 26.
fn push_column(out: &mut String, column: u16) {
    if column >= 26 {
        push_column(out, column / 26 - 1);
    }
    out.push(char::from(b'A' + (column % 26) as u8));
}

impl Cell {
    pub(crate) fn new(place: Place, value: f64) -> Cell {
        Cell { place, value }
    }

    pub(crate) fn anchored(self) -> Cell {
        Cell { place: self.place.anchored(), ..self }
    }

    pub(crate) fn of(self) -> Calculation {
        Expr::Of(self)
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

    /// A cell that the reader may change, with what it is in a note, and what it may be as a rule.
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
        let mut formula = String::new();
        expr.pieces(Reader::Program, &mut |piece| match piece {
            Piece::Text(text) => formula.push_str(text),
            Piece::Number(number) => formula.push_str(&constant(number)),
            Piece::Of { leaf, .. } => place(leaf).write(&mut formula, self.id, &self.names),
        });
        formula
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

    /// An expression with the present numbers in place of its symbols, itself a live text.
    ///
    /// It starts with an equals sign, without which a lone number would be stored as a number. Numbers have six
    /// decimals, small ones nine; negative ones stand in brackets where their sign would meet an operator.
    pub(crate) fn with_numbers<R>(&self, expr: &Expr<R>, cell: &impl Fn(&R) -> Cell) -> Live {
        let mut pieces = vec!["\"= \"".to_owned()];
        let mut text = "= ".to_owned();
        let mut words = String::new();
        expr.pieces(Reader::Person, &mut |piece| match piece {
            Piece::Text(part) => words.push_str(&readable(part, "×")),
            Piece::Number(number) => words.push_str(&constant(number)),
            Piece::Of { leaf, bracketed } => {
                flush(&mut words, &mut pieces, &mut text);
                let Cell { place, value } = cell(leaf);
                let c = self.reference(place);
                let decimals = format!("IF(ABS(ABS({c})-0.0005)<0.0005,9,6)");
                let positive = format!("FIXED(MAX({c},0),{decimals},TRUE)");
                let negative = match bracketed {
                    true => format!("\"(\"&FIXED({c},{decimals},TRUE)&\")\""),
                    false => format!("FIXED({c},{decimals},TRUE)"),
                };
                pieces.push(format!("IF({c}<-0.0000000005,{negative},{positive})"));
                text.push_str(&fixed(value, bracketed));
            }
        });
        flush(&mut words, &mut pieces, &mut text);
        Live::text(pieces.join("&"), text)
    }

    pub(crate) fn finish(self) -> Worksheet {
        self.worksheet
    }
}

/// Moves words that have been gathered into the formula and its text.
fn flush(words: &mut String, pieces: &mut Vec<String>, text: &mut String) {
    if !words.is_empty() {
        let shown = words.replace("^2", "²");
        pieces.push(format!("\"{shown}\""));
        text.push_str(&shown);
        words.clear();
    }
}

/// A number as the formulas of [`Sheet::with_numbers`] write it. Programs round a 5 at the end in different ways.
fn fixed(x: f64, bracketed: bool) -> String {
    let decimals = if (x.abs() - 0.0005).abs() < 0.0005 { 9 } else { 6 };
    match (x < -0.000_000_000_5, bracketed) {
        (true, true) => format!("({x:.decimals$})"),
        (true, false) => format!("{x:.decimals$}"),
        (false, _) => format!("{:.decimals$}", x.max(0.0) + 0.0),
    }
}

/// An expression in the names of its symbols.
pub(crate) fn in_names<R>(expr: &Expr<R>, name: &impl Fn(&R) -> String) -> String {
    let mut text = String::new();
    expr.pieces(Reader::Person, &mut |piece| match piece {
        Piece::Text(part) => text.push_str(&readable(part, "·")),
        Piece::Number(number) => text.push_str(&constant(number)),
        Piece::Of { leaf, .. } => text.push_str(&name(leaf)),
    });
    text.replace("^2", "²")
}

/// Spreadsheet operators as a reader writes them.
fn readable(text: &str, times: &str) -> String {
    text.replace('*', &format!(" {times} "))
}

/// A constant in a formula.
fn constant(number: f64) -> String {
    if number.abs() < 1e15 && (number == 0.0 || number.abs() >= 1e-5) {
        return number.to_string();
    }
    let text = format!("{number:E}");
    if text.contains("E-") { text } else { text.replace('E', "E+") }
}
