//! The bytes of a workbook as sheets of cells, read within limits.
//!
//! Nothing in a file is executed, and no other file is opened: links to other workbooks count as cells without a value.

use std::collections::HashMap;
use std::io::Cursor;

use calamine::{DataRef, Reader, Xlsx, XlsxError};

use super::archive::accept;
use super::cells::{COLUMNS, ROWS, Sheet, StoredCell, Value};
use super::unreadable::Unreadable;
use crate::limits::{MAX_CELLS, MAX_SHEETS, MAX_TEXT_BYTES};

/// Sheets, and names of cells in lower case with what they stand for.
pub(super) type Contents = (Vec<Sheet>, HashMap<String, String>);

/// What is used of the limits.
#[derive(Default)]
struct Used {
    cells: usize,
    text_bytes: usize,
}

/// Reads the bytes of an .xlsx or .xlsm file.
///
/// # Errors
/// If it is of another kind, damaged, or beyond the limits.
pub(super) fn read(bytes: &[u8]) -> Result<Contents, Unreadable> {
    accept(bytes)?;
    let mut file = Xlsx::new(Cursor::new(bytes)).map_err(damaged)?;
    let names = file.defined_names().iter().map(|(name, place)| (name.to_lowercase(), place.clone())).collect();
    let sheet_names = file.sheet_names();
    if sheet_names.len() > MAX_SHEETS {
        let (what, limit) = (format!("it has {} sheets", sheet_names.len()), format!("{MAX_SHEETS} sheets"));
        return Err(Unreadable::too_large(what, limit));
    }
    let (mut sheets, mut used) = (Vec::new(), Used::default());
    for name in sheet_names {
        sheets.extend(sheet(&mut file, name, &mut used)?);
    }
    Ok((sheets, names))
}

/// `None` for a chart on a sheet of its own, which has no cells.
fn sheet(file: &mut Xlsx<Cursor<&[u8]>>, name: String, used: &mut Used) -> Result<Option<Sheet>, Unreadable> {
    let mut cells = HashMap::new();
    let mut reader = match file.worksheet_cells_reader(&name) {
        Err(XlsxError::NotAWorksheet(_)) => return Ok(None),
        reader => reader.map_err(damaged)?,
    };
    while let Some(cell) = reader.next_cell_with_formula().map_err(damaged)? {
        let value = value(cell.value);
        let formula = cell.formula.filter(|formula| !formula.is_empty());
        if value == Value::Nothing && formula.is_none() {
            continue;
        }
        if cell.pos.0 >= ROWS || cell.pos.1 >= COLUMNS {
            return Err(Unreadable::beyond_the_sheet());
        }
        used.cells += 1;
        used.text_bytes += if let Value::Text(text) = &value { text.len() } else { 0 };
        used.text_bytes += formula.as_ref().map_or(0, String::len);
        if used.cells > MAX_CELLS {
            let what = "very many cells are filled".to_owned();
            return Err(Unreadable::too_large(what, format!("{MAX_CELLS} cells")));
        }
        if used.text_bytes > MAX_TEXT_BYTES {
            let what = "its texts and formulas are very long".to_owned();
            return Err(Unreadable::too_large(what, format!("{} MB", MAX_TEXT_BYTES >> 20)));
        }
        cells.insert(cell.pos, StoredCell { value, formula });
    }
    Ok(Some(Sheet { name, cells }))
}

fn value(value: DataRef<'_>) -> Value {
    match value {
        DataRef::Int(number) => Value::Number(number as f64),
        DataRef::Float(number) => Value::Number(number),
        DataRef::Bool(truth) => Value::Number(f64::from(u8::from(truth))),
        DataRef::String(text) => Value::Text(text),
        DataRef::SharedString(text) => Value::Text(text.to_owned()),
        DataRef::Error(error) => Value::Error(error.to_string()),
        _ => Value::Nothing,
    }
}

#[allow(clippy::needless_pass_by_value, reason = "handed to map_err")]
fn damaged(error: XlsxError) -> Unreadable {
    Unreadable::Damaged(error.to_string())
}
