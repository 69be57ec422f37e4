//! From a formula's text to its tree, by recursive descent.

use super::array::{Array, Unknown, parts_of_zip};
use super::functions::{self, power};
use super::reference::{Reference, Tree, reference};
use crate::limits::{MAX_BRACKETS, MAX_DIVISIONS, MAX_FORMULA_PARTS, MAX_TREE_DEPTH};
use crate::read::cells::{At, Scope};
use gradbook_lesson::Expr;

const ZERO: Tree = Expr::Number(0.0);
const ONE: Tree = Expr::Number(1.0);

/// What a name in a formula costs, in parts.
const NAME: usize = 16;

/// A formula that is being read, from its beginning on.
pub(super) struct Parser<'b> {
    scope: Scope<'b>,
    sheet: usize,
    rest: &'b str,
    depth: usize,
    nested: usize,
    /// How many parts were made on the way.
    pub(super) parts: usize,
    /// The first function that is not understood.
    pub(super) strange: Option<String>,
}

impl<'b> Parser<'b> {
    pub(super) fn new(scope: Scope<'b>, sheet: usize, text: &'b str) -> Parser<'b> {
        Parser { scope, sheet, rest: text.trim_start(), depth: 0, nested: 0, parts: 0, strange: None }
    }

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

    /// Counts parts before they are made.
    fn spend(&mut self, parts: usize) -> Result<(), Unknown> {
        if parts > MAX_FORMULA_PARTS - self.parts {
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

    /// All of it.
    ///
    /// # Errors
    /// If it is no formula, is too long, or has functions that no sheet of this exercise needs.
    pub(super) fn whole(&mut self) -> Result<Tree, Unknown> {
        let array = self.comparison()?;
        self.space();
        // A formula of an array shows its first element.
        let first = array.items.into_iter().next().filter(|_| self.rest.is_empty()).ok_or(Unknown)?;
        if first.depth() > MAX_TREE_DEPTH { Err(Unknown) } else { Ok(first) }
    }

    fn comparison(&mut self) -> Result<Array, Unknown> {
        self.depth += 1;
        if self.depth > MAX_BRACKETS {
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
        self.scope.sheets.iter().position(|sheet| sheet.name.to_lowercase() == name).ok_or(Unknown)
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
        let place = self.scope.names.get(&word.to_lowercase()).ok_or(Unknown)?;
        self.depth += 1;
        if self.depth > MAX_BRACKETS {
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
