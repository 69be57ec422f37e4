//! Cells and their contents.

use std::fmt::Write;

use gradbook_lesson::Expr;

/// A cell, for references to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Position of its sheet in the workbook.
    pub(crate) sheet: usize,
    pub(crate) row: u32,
    pub(crate) column: u16,
    /// Whether even its own sheet refers to it with dollar signs.
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

/// A formula over cells.
pub(crate) type Calculation = Expr<Cell>;

impl Place {
    pub(crate) fn new(sheet: usize, row: u32, column: u16) -> Place {
        Place { sheet, row, column, anchored: false }
    }

    /// The same cell, referred to with dollar signs even on its own sheet.
    pub(crate) fn anchored(self) -> Place {
        Place { anchored: true, ..self }
    }

    /// Appends the reference as a formula on the sheet `here` writes it.
    pub(crate) fn write(self, out: &mut String, here: usize, names: &[String]) {
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
