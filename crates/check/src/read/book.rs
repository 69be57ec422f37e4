//! Somebody's workbook: every cell's value, and its formula as a tree.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::cells::{At, Scope, Sheet, StoredCell, Value};
use super::file;
use super::formula::{self, Tree};
use super::unreadable::Unreadable;
use super::work::Work;
use crate::limits::MAX_KEPT_PARTS;

#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) sheets: Vec<Sheet>,
    /// Names of cells, in lower case, and what they stand for.
    names: HashMap<String, String>,
    trees: Mutex<Kept>,
    work: Work,
}

/// Trees that were parsed already, and how many parts they have together.
#[derive(Debug, Default)]
struct Kept {
    trees: HashMap<At, Option<Arc<Tree>>>,
    parts: usize,
}

impl Book {
    /// Reads the bytes of an .xlsx or .xlsm file.
    ///
    /// # Errors
    /// If it is of another kind, damaged, or beyond the limits.
    pub(crate) fn read(bytes: &[u8]) -> Result<Book, Unreadable> {
        let (sheets, names) = file::read(bytes)?;
        Ok(Book { sheets, names, ..Book::default() })
    }

    /// The same workbook with other numbers in some cells, in place of whatever stands there.
    pub(crate) fn with_numbers(&self, numbers: impl IntoIterator<Item = (At, f64)>) -> Book {
        let mut sheets = self.sheets.clone();
        for (at, number) in numbers {
            let cell = StoredCell { value: Value::Number(number), formula: None };
            sheets[at.sheet].cells.insert((at.row, at.column), cell);
        }
        Book { sheets, names: self.names.clone(), ..Book::default() }
    }

    pub(crate) fn cell(&self, at: At) -> Option<&StoredCell> {
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

    /// The formula of a cell as a tree; `None` if it has none, or one that is not understood.
    pub(crate) fn tree(&self, at: At) -> Option<Arc<Tree>> {
        let text = self.formula(at)?;
        if let Some(tree) = self.kept().trees.get(&at) {
            return tree.clone();
        }
        if self.is_used_up() {
            return None;
        }
        let parsed = formula::parse(self.scope(), at.sheet, text);
        self.spend(parsed.parts + text.len() / 8);
        let tree = parsed.tree.ok().map(Arc::new);
        let mut kept = self.kept();
        let parts = kept.parts + 1 + tree.as_ref().map_or(0, |tree| tree.parts());
        if parts <= MAX_KEPT_PARTS {
            kept.parts = parts;
            kept.trees.insert(at, tree.clone());
        }
        tree
    }

    /// The function in a cell's formula that is not understood.
    pub(crate) fn strange_function(&self, at: At) -> Option<String> {
        formula::parse(self.scope(), at.sheet, self.formula(at)?).strange
    }

    /// Counts parts of formulas that are made.
    pub(crate) fn spend(&self, parts: usize) {
        self.work.spend(parts);
    }

    /// Counts a number that a formula's calculation needs. `false` if there were too many.
    pub(crate) fn look_up(&self) -> bool {
        self.work.look_up()
    }

    /// Whether the file took all the work that is done for one: what comes now is no longer right.
    pub(crate) fn is_used_up(&self) -> bool {
        self.work.is_used_up()
    }

    fn scope(&self) -> Scope<'_> {
        Scope { sheets: &self.sheets, names: &self.names }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        // What is kept is whole after every step.
        self.trees.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
