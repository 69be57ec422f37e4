//! Somebody's workbook: every cell's value and formula, read within limits.
//!
//! A file is refused before it can cost much: by its size, by what its parts unpack to, and by its number of cells.
//! Nothing in it is executed, and no other file is opened: links to other workbooks count as cells without a value.

use std::collections::HashMap;
use std::io::{Cursor, Read};

use calamine::{DataRef, Reader, Xlsx};
use zip::ZipArchive;

/// Of the file.
pub const MAX_BYTES: usize = 64 << 20;
/// Of all that is packed in it.
const MAX_UNPACKED: u64 = 256 << 20;
const MAX_PARTS: usize = 10_000;
/// With a value or a formula, in all sheets together.
const MAX_CELLS: usize = 1_000_000;

/// Why a file cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("this is no .xlsx or .xlsm workbook ({0}); open it in a spreadsheet program and save it as .xlsx")]
    NoWorkbook(&'static str),
    #[error("damaged: {0}; open it in a spreadsheet program and save it again")]
    Damaged(String),
    #[error("{what}, more than the {limit} that are read; remove from it what is not part of the exercise")]
    TooLarge { what: String, limit: String },
    #[error(
        "this was an exercise of gradbook, but its record (the hidden sheet `gradbook`) was removed or changed: no marks \
         can be given; ask for the file as it was filled in"
    )]
    NoRecord,
}

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
    /// Of a formula without a stored result, or one with an error.
    Nothing,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cell {
    pub(crate) value: Value,
    /// Without the sign `=`.
    pub(crate) formula: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) sheets: Vec<Sheet>,
    /// Names of cells, in lower case, and what they stand for.
    pub(crate) names: HashMap<String, String>,
}

#[derive(Debug)]
pub(crate) struct Sheet {
    pub(crate) name: String,
    /// By row and column.
    pub(crate) cells: HashMap<(u32, u32), Cell>,
}

impl Book {
    /// Reads the bytes of an .xlsx or .xlsm file.
    ///
    /// # Errors
    /// If it is of another kind, damaged, or beyond the limits.
    pub(crate) fn read(bytes: &[u8]) -> Result<Book, Unreadable> {
        refuse_others(bytes)?;
        refuse_bombs(bytes)?;
        let damaged = |error: calamine::XlsxError| Unreadable::Damaged(error.to_string());
        let mut file = Xlsx::new(Cursor::new(bytes)).map_err(damaged)?;
        let names = file.defined_names().iter().map(|(name, place)| (name.to_lowercase(), place.clone())).collect();
        let (mut sheets, mut count) = (Vec::new(), 0);
        for name in file.sheet_names() {
            let mut cells = HashMap::new();
            // A chart on a sheet of its own has no cells.
            let mut reader = match file.worksheet_cells_reader(&name) {
                Err(calamine::XlsxError::NotAWorksheet(_)) => continue,
                reader => reader.map_err(damaged)?,
            };
            while let Some(cell) = reader.next_cell_with_formula().map_err(damaged)? {
                let value = match cell.value {
                    DataRef::Int(number) => Value::Number(number as f64),
                    DataRef::Float(number) => Value::Number(number),
                    DataRef::Bool(truth) => Value::Number(f64::from(u8::from(truth))),
                    DataRef::String(text) => Value::Text(text),
                    DataRef::SharedString(text) => Value::Text(text.to_owned()),
                    _ => Value::Nothing,
                };
                let formula = cell.formula.filter(|formula| !formula.is_empty());
                if value == Value::Nothing && formula.is_none() {
                    continue;
                }
                count += 1;
                if count > MAX_CELLS {
                    let what = format!("more than {MAX_CELLS} cells are filled");
                    return Err(Unreadable::TooLarge { what, limit: format!("{MAX_CELLS} cells") });
                }
                cells.insert(cell.pos, Cell { value, formula });
            }
            sheets.push(Sheet { name, cells });
        }
        Ok(Book { sheets, names })
    }

    pub(crate) fn cell(&self, at: At) -> Option<&Cell> {
        self.sheets[at.sheet].cells.get(&(at.row, at.column))
    }

    /// The number that stands in a cell, also one that was typed as text.
    pub(crate) fn number(&self, at: At) -> Option<f64> {
        match &self.cell(at)?.value {
            Value::Number(number) => Some(*number),
            Value::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            Value::Nothing => None,
        }
    }

    pub(crate) fn text(&self, at: At) -> Option<&str> {
        match &self.cell(at)?.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn formula(&self, at: At) -> Option<&str> {
        self.cell(at)?.formula.as_deref()
    }

    /// Whether a number stands in a cell, or a formula that may give one.
    pub(crate) fn is_numeric(&self, at: At) -> bool {
        self.number(at).is_some() || self.cell(at).is_some_and(|cell| cell.value == Value::Nothing)
    }
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

/// Files that people mistake for such a workbook, each with its own answer.
fn refuse_others(bytes: &[u8]) -> Result<(), Unreadable> {
    match bytes {
        [] => Err(Unreadable::NoWorkbook("the file is empty")),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => {
            Err(Unreadable::NoWorkbook("it is of Excel's old kind .xls, or locked with a password"))
        }
        [b'P', b'K', ..] if bytes.len() > MAX_BYTES => Err(Unreadable::TooLarge {
            what: format!("the file has {} MB", bytes.len() >> 20),
            limit: format!("{} MB", MAX_BYTES >> 20),
        }),
        [b'P', b'K', ..] => Ok(()),
        _ => Err(Unreadable::NoWorkbook("its first bytes are those of another kind of file")),
    }
}

/// Unpacks everything once and keeps nothing, because what a file says of its sizes need not be true.
fn refuse_bombs(bytes: &[u8]) -> Result<(), Unreadable> {
    let damaged = |error: zip::result::ZipError| Unreadable::Damaged(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if archive.len() > MAX_PARTS {
        let what = format!("it consists of {} parts", archive.len());
        return Err(Unreadable::TooLarge { what, limit: format!("{MAX_PARTS} parts") });
    }
    if archive.index_for_name("mimetype").is_some() {
        return Err(Unreadable::NoWorkbook("it is an OpenDocument file"));
    }
    if archive.index_for_name("xl/workbook.xml").is_none() && archive.index_for_name("[Content_Types].xml").is_none() {
        return Err(Unreadable::NoWorkbook("it is a zip archive without a workbook"));
    }
    let mut left = MAX_UNPACKED;
    for part in 0..archive.len() {
        let file = archive.by_index(part).map_err(damaged)?;
        let mut content = Vec::new();
        let read = file.take(left + 1).read_to_end(&mut content);
        let read = read.map_err(|error| Unreadable::Damaged(error.to_string()))? as u64;
        if read > left {
            let limit = format!("{} MB", MAX_UNPACKED >> 20);
            return Err(Unreadable::TooLarge { what: "unpacked it would be very large".to_owned(), limit });
        }
        if has_large_number(&content) {
            return Err(Unreadable::Damaged("a formula that cells share has an impossible number".to_owned()));
        }
        left -= read;
    }
    Ok(())
}

/// Whether a shared formula has a number of more than six digits, for which the reader would make room.
fn has_large_number(xml: &[u8]) -> bool {
    const ATTRIBUTE: &[u8] = b"si=";
    let starts = xml.windows(ATTRIBUTE.len()).enumerate().filter(|(_, window)| *window == ATTRIBUTE);
    starts.into_iter().any(|(at, _)| {
        let value = xml[at + ATTRIBUTE.len()..].iter().skip_while(|byte| matches!(byte, b'"' | b'\'' | b' ' | b'0'));
        value.take_while(|byte| byte.is_ascii_digit()).count() > 6
    })
}
