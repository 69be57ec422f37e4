//! References to cells.

use crate::read::cells::{At, COLUMNS, ROWS};
use gradbook_lesson::Expr;

/// A cell in a formula, and which of its row and column stay when the formula is copied.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reference {
    pub(crate) at: At,
    pub(crate) row_fixed: bool,
    pub(crate) column_fixed: bool,
}

/// A formula over the cells that it refers to.
pub(crate) type Tree = Expr<Reference>;

/// `B7`, `$B$7`; columns up to XFD, rows up to 1,048,576.
pub(super) fn reference(sheet: usize, word: &str) -> Option<Reference> {
    let (column_fixed, word) = word.strip_prefix('$').map_or((false, word), |rest| (true, rest));
    let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (name, word) = word.split_at(letters);
    let (row_fixed, digits) = word.strip_prefix('$').map_or((false, word), |rest| (true, rest));
    if !(1..=3).contains(&letters) || digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let letter = |byte: u8| u32::from(byte.to_ascii_uppercase() - b'A') + 1;
    let column = name.bytes().fold(0, |column, byte| column * 26 + letter(byte));
    let row: u32 = digits.parse().ok()?;
    let fits = (1..=COLUMNS).contains(&column) && (1..=ROWS).contains(&row);
    fits.then(|| Reference { at: At { sheet, row: row - 1, column: column - 1 }, row_fixed, column_fixed })
}
