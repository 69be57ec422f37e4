//! A cell's formula as a tree over the cells that it refers to.
//!
//! The order of operations is that of spreadsheets, in which a sign binds more tightly than a power: `-x^2` is `(-x)^2`,
//! and powers are taken from left to right. Every part of a formula is an array, mostly of one element, so that
//! `SUMPRODUCT(A1:A3, B1:B3)`, `SUM((A1:B1-C1:D1)^2)` and `MMULT` become the sums and products that they stand for.

mod functions;

use functions::power;

use super::book::{At, Book};
use gradbook_lesson::Expr;

const ZERO: Tree = Expr::Number(0.0);
const ONE: Tree = Expr::Number(1.0);

/// Deeper formulas are nobody's exercise, and would take the stack.
const MAX_DEPTH: usize = 60;
/// Of a spreadsheet's formulas the longest.
const MAX_LENGTH: usize = 8_192;
/// Divisions, powers and percents make a tree deep, one within the other.
const MAX_DIVISIONS: usize = 200;
/// Of a tree, with all helpers: parts within each other. Whatever walks through trees does so on the stack.
pub(crate) const MAX_NESTED: usize = 100;
/// Of one formula, its names written out and its arrays element by element; also of what is left out of the result.
const MAX_PARTS: usize = 50_000;

/// What a name in a formula costs, in parts.
const NAME: usize = 16;

/// A cell in a formula, and which of its row and column stay when the formula is copied.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reference {
    pub(crate) at: At,
    pub(crate) row_fixed: bool,
    pub(crate) column_fixed: bool,
}

/// What this program cannot calculate.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unknown;

pub(crate) type Tree = Expr<Reference>;

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
pub(crate) fn parse(book: &Book, sheet: usize, text: &str) -> Parsed {
    let mut parser = Parser { book, sheet, rest: text.trim_start(), depth: 0, nested: 0, parts: 0, strange: None };
    let tree = if text.len() > MAX_LENGTH { Err(Unknown) } else { parser.whole() };
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
pub(crate) fn relative(book: &Book, own: At) -> Option<Relative> {
    let tree = book.tree(own)?;
    let from = |own: u32, of: u32, fixed: bool| if fixed { i64::from(of) } else { i64::from(of) - i64::from(own) };
    Some(tree.map(&|Reference { at, row_fixed, column_fixed }| {
        let place = [from(own.row, at.row, *row_fixed), from(own.column, at.column, *column_fixed)];
        (at.sheet, place, [*row_fixed, *column_fixed])
    }))
}

/// Row by row.
pub(super) struct Array {
    pub(super) columns: usize,
    pub(super) items: Vec<Tree>,
}

impl From<Tree> for Array {
    fn from(item: Tree) -> Array {
        Array { columns: 1, items: vec![item] }
    }
}

impl Array {
    pub(super) fn rows(&self) -> usize {
        self.items.len() / self.columns
    }

    pub(super) fn map(self, f: impl Fn(Tree) -> Tree) -> Array {
        Array { columns: self.columns, items: self.items.into_iter().map(f).collect() }
    }

    /// How many parts its elements have.
    pub(super) fn parts(&self) -> usize {
        self.items.iter().map(Expr::parts).sum()
    }

    /// Element by element; one element, or one row or column, is repeated.
    pub(super) fn zip(self, other: Array, f: impl Fn(Tree, Tree) -> Tree) -> Result<Array, Unknown> {
        if self.items.len() == 1 && other.items.len() == 1 {
            let (mut left, mut right) = (self.items, other.items);
            return Ok(f(left.remove(0), right.remove(0)).into());
        }
        let (rows, columns) = (self.rows().max(other.rows()), self.columns.max(other.columns));
        let fits = |array: &Array| [1, rows].contains(&array.rows()) && [1, columns].contains(&array.columns);
        if !fits(&self) || !fits(&other) {
            return Err(Unknown);
        }
        let of = |array: &Array, r: usize, c: usize| {
            array.items[r.min(array.rows() - 1) * array.columns + c.min(array.columns - 1)].clone()
        };
        let items = (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c)));
        Ok(Array { columns, items: items.map(|(r, c)| f(of(&self, r, c), of(&other, r, c))).collect() })
    }
}

/// How many parts it takes to put these together element by element, where what is small is repeated.
pub(super) fn parts_of_zip(arrays: &[Array]) -> usize {
    let rows = arrays.iter().map(Array::rows).max().unwrap_or(1);
    let columns = arrays.iter().map(|array| array.columns).max().unwrap_or(1);
    let elements = rows * columns;
    if elements == 1 {
        1
    } else {
        elements + arrays.iter().map(|array| elements / array.items.len() * array.parts()).sum::<usize>()
    }
}

struct Parser<'b> {
    book: &'b Book,
    sheet: usize,
    rest: &'b str,
    depth: usize,
    nested: usize,
    parts: usize,
    strange: Option<String>,
}

impl<'b> Parser<'b> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\n', '\r', '\t', '\u{a0}']);
    }

    fn take(&mut self, text: &str) -> bool {
        self.space();
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, text: &str) -> Result<(), Unknown> {
        if self.take(text) { Ok(()) } else { Err(Unknown) }
    }

    fn nest(&mut self) -> Result<(), Unknown> {
        self.nested += 1;
        if self.nested > MAX_DIVISIONS { Err(Unknown) } else { Ok(()) }
    }

    /// Before so many parts are made.
    fn spend(&mut self, parts: usize) -> Result<(), Unknown> {
        if parts > MAX_PARTS - self.parts {
            return Err(Unknown);
        }
        self.parts += parts;
        Ok(())
    }

    fn zip(&mut self, left: Array, right: Array, f: fn(Tree, Tree) -> Tree) -> Result<Array, Unknown> {
        let arrays = [left, right];
        self.spend(parts_of_zip(&arrays))?;
        let [left, right] = arrays;
        left.zip(right, f)
    }

    fn whole(&mut self) -> Result<Tree, Unknown> {
        let array = self.comparison()?;
        self.space();
        // A formula of an array shows its first element.
        let first = array.items.into_iter().next().filter(|_| self.rest.is_empty()).ok_or(Unknown)?;
        if first.depth() > MAX_NESTED { Err(Unknown) } else { Ok(first) }
    }

    fn comparison(&mut self) -> Result<Array, Unknown> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Unknown);
        }
        let mut left = self.sum()?;
        loop {
            self.nest()?;
            let relation: fn(Tree, Tree) -> Tree = match () {
                () if self.take("<>") => |x, y| Expr::if_equal(x, y, ZERO, ONE),
                () if self.take("<=") => |x, y| Expr::if_above(x, y, ZERO, ONE),
                () if self.take(">=") => |x, y| Expr::if_above(y, x, ZERO, ONE),
                () if self.take("<") => |x, y| Expr::if_above(y, x, ONE, ZERO),
                () if self.take(">") => |x, y| Expr::if_above(x, y, ONE, ZERO),
                () if self.take("=") => |x, y| Expr::if_equal(x, y, ONE, ZERO),
                () => {
                    (self.depth, self.nested) = (self.depth - 1, self.nested - 1);
                    return Ok(left);
                }
            };
            let right = self.sum()?;
            left = self.zip(left, right, relation)?;
        }
    }

    fn sum(&mut self) -> Result<Array, Unknown> {
        let mut left = self.product()?;
        loop {
            let operation: fn(Tree, Tree) -> Tree = match () {
                () if self.take("+") => |x, y| x + y,
                () if self.take("-") => |x, y| x - y,
                () => return Ok(left),
            };
            let right = self.product()?;
            left = self.zip(left, right, operation)?;
        }
    }

    fn product(&mut self) -> Result<Array, Unknown> {
        let mut left = self.power()?;
        loop {
            let operation: fn(Tree, Tree) -> Tree = match () {
                () if self.take("*") => |x, y| x * y,
                () if self.take("/") => {
                    self.nest()?;
                    |x, y| x / y
                }
                () => return Ok(left),
            };
            let right = self.power()?;
            left = self.zip(left, right, operation)?;
        }
    }

    fn power(&mut self) -> Result<Array, Unknown> {
        let mut left = self.signed()?;
        while self.take("^") {
            self.nest()?;
            let right = self.signed()?;
            left = self.zip(left, right, power)?;
        }
        Ok(left)
    }

    fn signed(&mut self) -> Result<Array, Unknown> {
        let mut negative = false;
        loop {
            match () {
                () if self.take("-") => negative = !negative,
                () if self.take("+") || self.take("@") => {}
                () => break,
            }
        }
        let mut array = self.atom()?;
        while self.take("%") {
            self.nest()?;
            self.spend(2 * array.items.len())?;
            array = array.map(|x| x / Expr::Number(100.0));
        }
        self.spend(array.items.len())?;
        Ok(if negative { array.map(|x| -x) } else { array })
    }

    fn atom(&mut self) -> Result<Array, Unknown> {
        self.space();
        self.spend(1)?;
        if self.take("(") {
            let inside = self.comparison()?;
            self.expect(")")?;
            return Ok(inside);
        }
        match self.rest.chars().next() {
            Some('0'..='9' | '.') => self.number(),
            Some('\'') => self.quoted_sheet(),
            Some(letter) if letter.is_alphabetic() || "_$\\".contains(letter) => self.word(),
            _ => Err(Unknown),
        }
    }

    fn number(&mut self) -> Result<Array, Unknown> {
        let bytes = self.rest.as_bytes();
        let digits = |from: usize| from + bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut end = digits(0);
        if bytes.get(end) == Some(&b'.') {
            end = digits(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let exponent = digits(end + 1 + sign);
            if exponent > end + 1 + sign {
                end = exponent;
            }
        }
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        number.parse().map(|number: f64| Expr::Number(number).into()).map_err(|_| Unknown)
    }

    fn quoted_sheet(&mut self) -> Result<Array, Unknown> {
        let (mut name, mut chars) = (String::new(), self.rest.char_indices().skip(1).peekable());
        while let Some((at, letter)) = chars.next() {
            match letter {
                '\'' if chars.next_if(|(_, next)| *next == '\'').is_some() => name.push('\''),
                '\'' => {
                    self.rest = &self.rest[at + 1..];
                    self.expect("!")?;
                    let sheet = self.sheet_named(&name)?;
                    return self.range(sheet);
                }
                letter => name.push(letter),
            }
        }
        Err(Unknown)
    }

    fn sheet_named(&self, name: &str) -> Result<usize, Unknown> {
        let name = name.to_lowercase();
        self.book.sheets.iter().position(|sheet| sheet.name.to_lowercase() == name).ok_or(Unknown)
    }

    /// A function, a cell, or a name.
    fn word(&mut self) -> Result<Array, Unknown> {
        let is_part = |letter: char| letter.is_alphanumeric() || "_.$\\?".contains(letter);
        let end = self.rest.find(|letter| !is_part(letter)).unwrap_or(self.rest.len());
        let word = &self.rest[..end];
        let after = &self.rest[end..];
        if let Some(cell) = after.strip_prefix('!') {
            let sheet = self.sheet_named(word)?;
            self.rest = cell;
            return self.range(sheet);
        }
        if after.trim_start().starts_with('(') {
            self.rest = after;
            return self.function(word);
        }
        if reference(self.sheet, word).is_some() {
            return self.range(self.sheet);
        }
        self.rest = after;
        match word.to_uppercase().as_str() {
            "TRUE" => Ok(Expr::Number(1.0).into()),
            "FALSE" => Ok(Expr::Number(0.0).into()),
            _ => self.named(word),
        }
    }

    fn named(&mut self, word: &str) -> Result<Array, Unknown> {
        // Names are looked up, and read from their beginning each time.
        self.spend(NAME)?;
        let place = self.book.names.get(&word.to_lowercase()).ok_or(Unknown)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Unknown);
        }
        let outer = std::mem::replace(&mut self.rest, place.trim_start_matches('='));
        let array = self.comparison()?;
        self.space();
        let whole = self.rest.is_empty();
        (self.rest, self.depth) = (outer, self.depth - 1);
        if whole { Ok(array) } else { Err(Unknown) }
    }

    /// One cell, or cells from one corner to another.
    fn range(&mut self, sheet: usize) -> Result<Array, Unknown> {
        let first = self.corner(sheet)?;
        if !self.take(":") {
            return Ok(Expr::Of(first).into());
        }
        self.space();
        let last = self.corner(sheet)?;
        let [rows, columns] =
            [(first.at.row, last.at.row), (first.at.column, last.at.column)].map(|(a, b)| a.min(b)..a.max(b) + 1);
        self.spend(rows.len().saturating_mul(columns.len()))?;
        let (row_fixed, column_fixed) = (first.row_fixed && last.row_fixed, first.column_fixed && last.column_fixed);
        let width = columns.len();
        let cells = rows.flat_map(|row| columns.clone().map(move |column| At { sheet, row, column }));
        let items = cells.map(|at| Expr::Of(Reference { at, row_fixed, column_fixed })).collect();
        Ok(Array { columns: width, items })
    }

    fn corner(&mut self, sheet: usize) -> Result<Reference, Unknown> {
        let end = self.rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '$');
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        reference(sheet, word).ok_or(Unknown)
    }

    fn function(&mut self, name: &str) -> Result<Array, Unknown> {
        let name = name.to_uppercase();
        let name = name.strip_prefix("_XLFN.").unwrap_or(&name);
        let result = self.arguments().and_then(|arguments| {
            self.spend(functions::parts(name, &arguments))?;
            functions::call(name, arguments)
        });
        if result.is_err() && self.strange.is_none() && !functions::is_known(name) {
            self.strange = Some(name.to_owned());
        }
        result
    }

    fn arguments(&mut self) -> Result<Vec<Array>, Unknown> {
        self.expect("(")?;
        let mut arguments = Vec::new();
        if self.take(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.comparison()?);
            if self.take(")") {
                return Ok(arguments);
            }
            if !self.take(",") {
                self.expect(";")?;
            }
        }
    }
}

/// `B7`, `$B$7`; columns up to XFD, rows up to 1,048,576.
fn reference(sheet: usize, word: &str) -> Option<Reference> {
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
    let fits = (1..=16_384).contains(&column) && (1..=1_048_576).contains(&row);
    fits.then(|| Reference { at: At { sheet, row: row - 1, column: column - 1 }, row_fixed, column_fixed })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::book::Sheet;
    use crate::parsed::Formulas;

    /// A1, B1, C1, A2, B2, C2 are 2, 3, 5, 7, 11, 13.
    fn value(text: &str) -> Option<f64> {
        let sheets = ["Here", "It's two"].map(|name| Sheet { name: name.to_owned(), cells: HashMap::new() });
        let names = HashMap::from([("eta".to_owned(), "'It''s two'!$A$1".to_owned())]);
        let book = Book { sheets: sheets.into(), names, formulas: Formulas::default() };
        let numbers = [[2.0, 3.0, 5.0], [7.0, 11.0, 13.0]];
        let of =
            |cell: &Reference| numbers[cell.at.row as usize][cell.at.column as usize] + 100.0 * cell.at.sheet as f64;
        parse(&book, 0, text).tree.ok().map(|tree| tree.value(&of))
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
