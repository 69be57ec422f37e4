//! Recalculation by IronCalc.
use ::ironcalc::base::Model;
use ::ironcalc::base::cell::CellValue;
use ::ironcalc::import::load_from_xlsx_bytes;

use super::{Cells, Shown};

pub fn recalculated(xlsx: &[u8]) -> Cells {
    recalculated_with(xlsx, &[])
}

/// The cells after somebody has written into some of them: sheet, row and column counted from 0, and the new content.
pub fn recalculated_with(xlsx: &[u8], changes: &[(&str, u32, u32, &str)]) -> Cells {
    let mut cells = Cells::read(xlsx);
    let loaded = load_from_xlsx_bytes(xlsx, "lesson", "en", "UTC").expect("IronCalc reads the workbook");
    let mut model = Model::from_workbook(loaded, "en").expect("a model");
    let sheets = model.workbook.get_worksheet_names();
    let index = |sheet: &str| sheets.iter().position(|name| name == sheet).expect("the sheet") as u32;
    for (sheet, row, column, text) in changes {
        let (row, column) = (*row as i32 + 1, *column as i32 + 1);
        model.set_user_input(index(sheet), row, column, (*text).to_owned()).expect("a change");
    }
    model.evaluate();
    for ((sheet, row, column), shown) in &mut cells.shown {
        let value = model.get_cell_value_by_index(index(sheet), *row as i32 + 1, *column as i32 + 1).expect("a cell");
        *shown = match value {
            CellValue::None => Shown::Nothing,
            CellValue::Number(number) => Shown::Number(number),
            CellValue::String(text) => Shown::Text(text),
            CellValue::Boolean(truth) => Shown::Text(truth.to_string()),
        };
    }
    cells
}
