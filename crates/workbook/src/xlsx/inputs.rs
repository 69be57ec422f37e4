//! The cells that a reader may change, and the rules for what they may hold.

use std::collections::HashMap;

use rust_xlsxwriter::{DataValidation, DataValidationRule, XlsxError};

use super::cell::{Cell, Place};
use gradbook_lesson::Key;

/// The cells of samples, first parameters, rate and settings.
#[derive(Clone, Default)]
pub(crate) struct Inputs {
    cells: HashMap<Key, Cell>,
}

impl Inputs {
    pub(crate) fn set(&mut self, key: Key, cell: Cell) {
        self.cells.insert(key, cell.anchored());
    }

    /// # Panics
    /// If the quantity is not an input.
    pub(crate) fn cell(&self, key: Key) -> Cell {
        *self.cells.get(&key).unwrap_or_else(|| panic!("{key:?} is no input"))
    }

    pub(crate) fn place(&self, key: Key) -> Place {
        self.cell(key).place
    }
}

/// Any number that the engine also accepts.
pub(crate) fn any_number() -> Result<DataValidation, XlsxError> {
    between(-1e6, 1e6, "Write a number from -1000000 to 1000000.")
}

/// A learning rate.
pub(crate) fn rate() -> Result<DataValidation, XlsxError> {
    between(1e-12, 1e6, "A learning rate is a number above 0 and at most 1000000.")
}

pub(crate) fn between(low: f64, high: f64, message: &str) -> Result<DataValidation, XlsxError> {
    let rule = DataValidation::new().allow_decimal_number(DataValidationRule::Between(low, high));
    rule.set_error_title("Not possible here")?.set_error_message(message)
}

pub(crate) fn whole_between(low: i32, high: i32, message: &str) -> Result<DataValidation, XlsxError> {
    let rule = DataValidation::new().allow_whole_number(DataValidationRule::Between(low, high));
    rule.set_error_title("Not possible here")?.set_error_message(message)
}
