//! A cell's formula as a tree over the cells that it refers to.
//!
//! The order of operations is that of spreadsheets, in which a sign binds more tightly than a power: `-x^2` is `(-x)^2`,
//! and powers are taken from left to right. Every part of a formula is an array, mostly of one element, so that
//! `SUMPRODUCT(A1:A3, B1:B3)`, `SUM((A1:B1-C1:D1)^2)` and `MMULT` become the sums and products that they stand for.

mod array;
mod functions;
mod parser;
mod reference;

use super::cells::{At, Scope};
use crate::limits::MAX_FORMULA_BYTES;
use array::Unknown;
use gradbook_lesson::Expr;
use parser::Parser;
pub(crate) use reference::{Reference, Tree};

/// What came of a formula's text.
pub(crate) struct Parsed {
    /// An error if it is none, is too long, or has functions that no sheet of this exercise needs.
    pub(crate) tree: Result<Tree, Unknown>,
    /// How many parts were made on the way.
    pub(crate) parts: usize,
    /// The function that is not understood.
    pub(crate) strange: Option<String>,
}

/// The formula of a cell on that sheet.
pub(crate) fn parse(scope: Scope, sheet: usize, text: &str) -> Parsed {
    let mut parser = Parser::new(scope, sheet, text);
    let tree = if text.len() > MAX_FORMULA_BYTES { Err(Unknown) } else { parser.whole() };
    Parsed { tree, parts: parser.parts, strange: parser.strange }
}

/// The first error that is written in a formula, mostly what is left of a reference to a deleted cell.
pub(crate) fn written_error(text: &str) -> Option<&'static str> {
    let text = text.to_uppercase();
    ["#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"].into_iter().find(|error| text.contains(error))
}

/// Sheet, row and column, and which of these two are fixed.
pub(crate) type Relative = Expr<(usize, [i64; 2], [bool; 2])>;

/// A formula as copying leaves it: rows and columns are counted from its own cell, unless they are fixed.
pub(crate) fn relative(tree: &Tree, own: At) -> Relative {
    let from = |own: u32, of: u32, fixed: bool| if fixed { i64::from(of) } else { i64::from(of) - i64::from(own) };
    tree.map(&|Reference { at, row_fixed, column_fixed }| {
        let place = [from(own.row, at.row, *row_fixed), from(own.column, at.column, *column_fixed)];
        (at.sheet, place, [*row_fixed, *column_fixed])
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::read::cells::Sheet;

    /// A1, B1, C1, A2, B2, C2 are 2, 3, 5, 7, 11, 13.
    fn value(text: &str) -> Option<f64> {
        let sheets = ["Here", "It's two"].map(|name| Sheet { name: name.to_owned(), cells: HashMap::new() });
        let names = HashMap::from([("eta".to_owned(), "'It''s two'!$A$1".to_owned())]);
        let numbers = [[2.0, 3.0, 5.0], [7.0, 11.0, 13.0]];
        let of =
            |cell: &Reference| numbers[cell.at.row as usize][cell.at.column as usize] + 100.0 * cell.at.sheet as f64;
        parse(Scope { sheets: &sheets, names: &names }, 0, text).tree.ok().map(|tree| tree.value(&of))
    }

    #[test]
    fn formulas_are_read_as_spreadsheets_read_them() {
        for (text, right) in [
            ("-A1^2", 4.0),
            ("0-A1^2", -4.0),
            ("2^A1^B1", 64.0),
            ("2^-A1*50%", 0.125),
            ("-A1--B1", 1.0),
            ("A1-B1-C1", -6.0),
            ("C1/A1/5", 0.5),
            ("1/2*(A1-$B$1)^2", 0.5),
            ("(((A1)))+ +B1", 5.0),
            ("SUM(A1:C1)*1e1+.5", 100.5),
            ("SUMPRODUCT(A1:C1,A2:C2)", 112.0),
            ("sumproduct(A1:C1*A2:C2)", 112.0),
            ("SUM((A1:B1-A2:B2)^2)", 89.0),
            ("MMULT(A1:C1,TRANSPOSE(A2:C2))", 112.0),
            ("POWER(A1;B1)", 8.0),
            ("IF(A1>=2, IF(A1<>2, 1, 6), 3)", 6.0),
            ("(A1>1)*4", 4.0),
            ("MIN(C1,B1)", 3.0),
            ("eta+Here!B1", 105.0),
            ("1/(1+EXP(A1*-0))", 0.5),
            ("ROUND(C1/A1,1)", 2.5),
        ] {
            assert_eq!(value(text), Some(right), "{text}");
        }
        let deep = format!("{}1{}", "(".repeat(200), ")".repeat(200));
        for text in
            ["", "A1+", "[1]Sheet1!A1", "INDEX(A1:C1,2)", "SUM(A1:XFD1048576)", "(A1", "nothing", "\"x\"", &deep]
        {
            assert_eq!(value(text), None, "{text}");
        }
    }
}
