//! The formulas of a workbook as trees, and how much work a file may cost.
//!
//! Work is counted and not measured in time: what a file comes to is the same on every machine. Where it is used up, the
//! rest of the file is not judged, rather than judged by half of its formulas.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::book::{At, Book};
use super::formula::{self, Tree};

/// Of formulas that are read, and of those that helpers are put into, all together.
const MAX_PARTS: usize = 20_000_000;
/// Numbers looked up while formulas are calculated: one for each of its cells, each time.
const MAX_LOOK_UPS: usize = 100_000_000;
/// Of the trees that are kept to be used again; others are parsed again.
const MAX_KEPT: usize = 1_000_000;

#[derive(Debug)]
pub(crate) struct Formulas {
    trees: RefCell<HashMap<At, Option<Rc<Tree>>>>,
    kept: Cell<usize>,
    parts_left: Cell<usize>,
    look_ups_left: Cell<usize>,
}

impl Default for Formulas {
    fn default() -> Formulas {
        Formulas {
            trees: RefCell::default(),
            kept: Cell::new(0),
            parts_left: Cell::new(MAX_PARTS),
            look_ups_left: Cell::new(MAX_LOOK_UPS),
        }
    }
}

impl Book {
    /// The formula of a cell; `None` if it has none, or one that is not understood.
    pub(crate) fn tree(&self, at: At) -> Option<Rc<Tree>> {
        let text = self.formula(at)?;
        if let Some(tree) = self.formulas.trees.borrow().get(&at) {
            return tree.clone();
        }
        if self.is_used_up() {
            return None;
        }
        let parsed = formula::parse(self, at.sheet, text);
        let parts = parsed.parts;
        self.spend(parts + text.len() / 8);
        let tree = parsed.tree.ok().map(Rc::new);
        let kept = self.formulas.kept.get() + 1 + tree.as_ref().map_or(0, |tree| tree.parts());
        if kept <= MAX_KEPT {
            self.formulas.kept.set(kept);
            self.formulas.trees.borrow_mut().insert(at, tree.clone());
        }
        tree
    }

    /// Counts parts of formulas that are made.
    pub(crate) fn spend(&self, parts: usize) {
        count(&self.formulas.parts_left, parts);
    }

    /// Counts a number that a formula's calculation needs. `false` if there were too many.
    pub(crate) fn look_up(&self) -> bool {
        count(&self.formulas.look_ups_left, 1);
        self.formulas.look_ups_left.get() > 0
    }

    /// Whether the file took all the work that is done for one: what comes now is no longer right.
    pub(crate) fn is_used_up(&self) -> bool {
        self.formulas.parts_left.get() == 0 || self.formulas.look_ups_left.get() == 0
    }
}

fn count(left: &Cell<usize>, used: usize) {
    left.set(left.get().saturating_sub(used));
}
