//! Recalculation by IronCalc.

use ::ironcalc::base::Model;
use ::ironcalc::base::cell::CellValue;
use ::ironcalc::import::load_from_xlsx_bytes;

use super::support::{Cells, Shown};

pub(crate) fn recalculated(xlsx: &[u8]) -> Cells {
    let mut cells = Cells::read(xlsx);
    let loaded = load_from_xlsx_bytes(xlsx, "lesson", "en", "UTC").expect("IronCalc reads the workbook");
    let mut model = Model::from_workbook(loaded, "en").expect("a model");
    model.evaluate();
    let sheets = model.workbook.get_worksheet_names();
    for ((sheet, row, column), shown) in &mut cells.shown {
        let index = sheets.iter().position(|name| name == sheet).expect("the sheet") as u32;
        let value = model.get_cell_value_by_index(index, *row as i32 + 1, *column as i32 + 1).expect("a cell");
        *shown = match value {
            CellValue::None => Shown::Nothing,
            CellValue::Number(number) => Shown::Number(number),
            CellValue::String(text) => Shown::Text(text),
            CellValue::Boolean(truth) => Shown::Text(truth.to_string()),
        };
    }
    cells
}
