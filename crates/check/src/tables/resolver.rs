//! From cells to contents: helper cells that are no part of the table are replaced by their own formulas.

use std::collections::HashMap;

use super::content::{Content, Leaf};
use super::sheet_table::SheetTable;
use crate::limits::{MAX_HELPER_DEPTH, MAX_PARTS_WITH_HELPERS, MAX_TABLE_PARTS, MAX_TREE_DEPTH};
use crate::read::{At, Book, written_error};
use gradbook_lesson::Expr;

pub(super) struct Resolver<'b> {
    book: &'b Book,
    table: &'b SheetTable,
    /// The formulas of cells outside the table.
    helpers: HashMap<At, Option<Expr<Leaf>>>,
    parts: usize,
}

impl<'b> Resolver<'b> {
    pub(super) fn new(book: &'b Book, table: &'b SheetTable) -> Resolver<'b> {
        Resolver { book, table, helpers: HashMap::new(), parts: 0 }
    }

    /// What stands in a cell of the table.
    pub(super) fn content(&mut self, at: At) -> Content {
        let (book, error) = (self.book, |error: &str| Content::Error(error.to_owned()));
        let Some(text) = book.formula(at) else {
            return match (book.number(at), book.error(at), book.text_for_number(at)) {
                (Some(number), ..) => Content::Typed(number),
                (_, Some(shown), _) => error(shown),
                (.., Some(text)) => Content::Text(text.to_owned()),
                _ => Content::Nothing,
            };
        };
        match self.tree(at, 0) {
            // `=0.15` is a number that was typed, and `=0.15*0.05` one that was calculated by hand.
            Some(tree) if tree.leaves().is_empty() => Content::Typed(tree.value(&|_| f64::NAN)),
            Some(tree) => Content::Formula(tree),
            None => match written_error(text).or(book.error(at)) {
                Some(shown) => error(shown),
                None => Content::Unknown(book.number(at)),
            },
        }
    }

    /// The formula of a cell over the table's quantities; `None` if it is not understood.
    ///
    /// Helpers are understood before they are put in, so that the stack holds one formula's parts at a time.
    fn tree(&mut self, at: At, depth: usize) -> Option<Expr<Leaf>> {
        let tree = self.book.tree(at)?;
        let (mut leaves, mut parts) = (Vec::new(), tree.parts());
        for reference in tree.leaves() {
            let leaf = self.leaf(reference.at, depth)?;
            parts += leaf.parts();
            leaves.push(leaf);
            if parts > MAX_PARTS_WITH_HELPERS {
                self.spend(parts);
                return None;
            }
        }
        self.spend(parts);
        let mut leaves = leaves.into_iter();
        let bound = tree.bind(&mut |_| leaves.next().ok_or(())).ok()?;
        (bound.depth() <= MAX_TREE_DEPTH).then_some(bound)
    }

    fn spend(&mut self, parts: usize) {
        self.parts += parts;
        // A table too large for the memory ends the work for the whole file.
        self.book.spend(if self.parts > MAX_TABLE_PARTS { usize::MAX } else { parts });
    }

    fn leaf(&mut self, at: At, depth: usize) -> Option<Expr<Leaf>> {
        if let Some(&(column, step)) = self.table.cells.get(&at) {
            return Some(Expr::Of(Leaf::Column(column, step)));
        }
        if self.book.formula(at).is_none() {
            // What is calculated from an error is an error.
            return self.book.error(at).is_none().then_some(Expr::Of(Leaf::Cell(at)));
        }
        if let Some(known) = self.helpers.get(&at) {
            return known.clone();
        }
        if depth == MAX_HELPER_DEPTH {
            return None;
        }
        // Until it is known; a circle ends here.
        self.helpers.insert(at, None);
        let tree = self.tree(at, depth + 1);
        self.helpers.insert(at, tree.clone());
        tree
    }
}
