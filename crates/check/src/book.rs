//! Somebody's workbook: every cell's value and formula, read within limits.
//!
//! A file is refused before it can cost much: by its size, by what its parts unpack to, and by its number of cells.
//! Nothing in it is executed, and no other file is opened: links to other workbooks count as cells without a value.

use std::collections::HashMap;
use std::io::{Cursor, Read};

use calamine::{DataRef, Reader, Xlsx};
use zip::ZipArchive;

use super::parsed::Formulas;

/// Of the file.
pub const MAX_BYTES: usize = 64 << 20;
/// Of all that is packed in it.
const MAX_UNPACKED: u64 = 256 << 20;
const MAX_PARTS: usize = 10_000;
/// With a value or a formula, in all sheets together.
const MAX_CELLS: usize = 1_000_000;
/// Of all their texts and formulas, written out where cells share them.
const MAX_CHARACTERS: usize = 128 << 20;
const MAX_SHEETS: usize = 250;
/// Of a sheet, as the format has it.
const ROWS: u32 = 1_048_576;
const COLUMNS: u32 = 16_384;
/// In the XML of sheets alone.
const SHEET: &[u8] = b"sheetData";

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
    /// `#REF!`, `#DIV/0!`, ...
    Error(String),
    /// Of a formula without a stored result.
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
    pub(crate) formulas: Formulas,
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
        let (mut sheets, mut count, mut characters) = (Vec::new(), 0, 0);
        let sheet_names = file.sheet_names();
        if sheet_names.len() > MAX_SHEETS {
            return Err(too_large(format!("it has {} sheets", sheet_names.len()), format!("{MAX_SHEETS} sheets")));
        }
        for name in sheet_names {
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
                    DataRef::Error(error) => Value::Error(error.to_string()),
                    _ => Value::Nothing,
                };
                let formula = cell.formula.filter(|formula| !formula.is_empty());
                if value == Value::Nothing && formula.is_none() {
                    continue;
                }
                if cell.pos.0 >= ROWS || cell.pos.1 >= COLUMNS {
                    return Err(beyond_the_sheet());
                }
                count += 1;
                characters += if let Value::Text(text) = &value { text.len() } else { 0 };
                characters += formula.as_ref().map_or(0, String::len);
                if count > MAX_CELLS {
                    return Err(too_large("very many cells are filled".to_owned(), format!("{MAX_CELLS} cells")));
                }
                if characters > MAX_CHARACTERS {
                    let limit = format!("{} MB", MAX_CHARACTERS >> 20);
                    return Err(too_large("its texts and formulas are very long".to_owned(), limit));
                }
                cells.insert(cell.pos, Cell { value, formula });
            }
            sheets.push(Sheet { name, cells });
        }
        Ok(Book { sheets, names, formulas: Formulas::default() })
    }

    pub(crate) fn cell(&self, at: At) -> Option<&Cell> {
        self.sheets[at.sheet].cells.get(&(at.row, at.column))
    }

    /// The number that stands in a cell, also one that was typed as text.
    pub(crate) fn number(&self, at: At) -> Option<f64> {
        match &self.cell(at)?.value {
            Value::Number(number) => Some(*number),
            Value::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            Value::Error(_) | Value::Nothing => None,
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

    /// The error that a cell shows.
    pub(crate) fn error(&self, at: At) -> Option<&str> {
        if let Value::Error(error) = &self.cell(at)?.value { Some(error) } else { None }
    }

    /// A text that was meant as a number: `0,25` where a point is usual.
    pub(crate) fn text_for_number(&self, at: At) -> Option<&str> {
        let text = self.text(at)?;
        let number = text.trim().replacen(',', ".", 1).parse::<f64>();
        number.is_ok_and(f64::is_finite).then_some(text).filter(|text| text.contains(','))
    }

    /// Whether a number stands in a cell, what was meant as one, or a formula that may give one.
    pub(crate) fn is_numeric(&self, at: At) -> bool {
        match self.cell(at).map(|cell| &cell.value) {
            Some(Value::Error(_) | Value::Nothing) => true,
            Some(Value::Number(_) | Value::Text(_)) => {
                self.number(at).or(self.text_for_number(at).map(|_| 0.0)).is_some()
            }
            None => false,
        }
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
        [b'P', b'K', ..] if bytes.len() > MAX_BYTES => {
            Err(too_large(format!("the file has {} MB", bytes.len() >> 20), format!("{} MB", MAX_BYTES >> 20)))
        }
        [b'P', b'K', ..] => Ok(()),
        _ => Err(Unreadable::NoWorkbook("its first bytes are those of another kind of file")),
    }
}

/// Unpacks everything once and keeps nothing, because what a file says of its sizes need not be true.
fn refuse_bombs(bytes: &[u8]) -> Result<(), Unreadable> {
    let damaged = |error: zip::result::ZipError| Unreadable::Damaged(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if archive.len() > MAX_PARTS {
        return Err(too_large(format!("it consists of {} parts", archive.len()), format!("{MAX_PARTS} parts")));
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
            return Err(too_large("unpacked it would be very large".to_owned(), limit));
        }
        if attributes(&content, b"si").any(|number| longest(number, u8::is_ascii_digit) > 6) {
            return Err(Unreadable::Damaged("a formula that cells share has an impossible number".to_owned()));
        }
        let is_sheet = content.windows(SHEET.len()).any(|window| window == SHEET);
        let is_far =
            |place: &[u8]| longest(place, u8::is_ascii_digit) > 7 || longest(place, u8::is_ascii_alphabetic) > 3;
        if is_sheet && (attributes(&content, b"r").any(is_far) || attributes(&content, b"ref").any(is_far)) {
            return Err(beyond_the_sheet());
        }
        left -= read;
    }
    Ok(())
}

/// The values of an attribute. The reader makes room for the numbers in some, and counts on from others.
fn attributes<'x>(xml: &'x [u8], name: &'x [u8]) -> impl Iterator<Item = &'x [u8]> {
    let signs = xml.iter().enumerate().filter(|(_, byte)| **byte == b'=').map(|(at, _)| at);
    signs.filter_map(move |at| {
        let before = xml[..at].trim_ascii_end().strip_suffix(name)?;
        let quoted = xml[at + 1..].trim_ascii_start();
        let (quote, value) = quoted.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
        let is_whole = before.last().is_some_and(u8::is_ascii_whitespace);
        is_whole.then(|| value.split(|byte| byte == quote).next().unwrap_or_default())
    })
}

/// How many such bytes follow each other; zeros before a number do not count.
fn longest(value: &[u8], is: fn(&u8) -> bool) -> usize {
    let runs = value.split(|byte| !is(byte));
    runs.map(|run| run.iter().skip_while(|byte| **byte == b'0').count()).max().unwrap_or(0)
}

fn too_large(what: String, limit: String) -> Unreadable {
    Unreadable::TooLarge { what, limit }
}

fn beyond_the_sheet() -> Unreadable {
    Unreadable::Damaged(format!("a cell lies beyond row {ROWS} or column XFD, where no sheet has one"))
}
