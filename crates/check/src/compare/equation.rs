//! Equations over the quantities of a table, at its steps.

use gradbook_lesson::{Expr, HasKey, Key};

/// A quantity some steps before the present one (after it, if `back` is negative).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Timed {
    pub(crate) key: Key,
    pub(crate) back: isize,
}

pub(crate) type Equation = Expr<Timed>;

/// An equation about the present step.
pub(crate) fn now(equation: &Expr<Key>) -> Equation {
    equation.map(&|key| Timed { key: *key, back: 0 })
}

impl HasKey for Timed {
    fn key(&self) -> Key {
        self.key
    }

    fn with_key(&self, key: Key) -> Timed {
        Timed { key, ..*self }
    }
}
