//! Arrays of formulas, element by element.

use super::reference::Tree;
use gradbook_lesson::Expr;

/// What this program cannot calculate.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unknown;

/// Items row by row.
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
