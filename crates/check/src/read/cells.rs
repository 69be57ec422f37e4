//! Cells of a workbook as plain data: where they are, and what stands in them.

use std::collections::HashMap;

/// Rows and columns of a sheet, as the format has it.
pub(crate) const ROWS: u32 = 1_048_576;
pub(crate) const COLUMNS: u32 = 16_384;

/// A place in a workbook; all numbers from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct At {
    pub(crate) sheet: usize,
    pub(crate) row: u32,
    pub(crate) column: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Number(f64),
    Text(String),
    /// `#REF!`, `#DIV/0!`, ...
    Error(String),
    /// Nothing: a formula without a stored result.
    Nothing,
}

/// A cell as the file has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredCell {
    pub(crate) value: Value,
    /// Without the sign `=`.
    pub(crate) formula: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    pub(crate) name: String,
    /// By row and column.
    pub(crate) cells: HashMap<(u32, u32), StoredCell>,
}

/// What the names in a formula can stand for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'b> {
    pub(crate) sheets: &'b [Sheet],
    /// Names of cells, in lower case, and what they stand for.
    pub(crate) names: &'b HashMap<String, String>,
}

impl At {
    /// `$`-less: `B7`.
    pub(crate) fn name(self) -> String {
        format!("{}{}", column_name(self.column), self.row + 1)
    }
}

/// Column 0 is `A`, column 26 is `AA`.
pub(crate) fn column_name(column: u32) -> String {
    let mut name = String::new();
    let mut rest = column + 1;
    while rest > 0 {
        name.insert(0, char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    name
}
