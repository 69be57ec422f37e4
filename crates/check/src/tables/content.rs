//! What a cell of a table says.

use crate::read::At;
use gradbook_lesson::Expr;

/// What a formula refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Leaf {
    /// A column of the table at a step; at step 0 if it is a single number.
    Column(usize, usize),
    /// Any other cell without a formula, often the learning rate; an empty cell counts as 0.
    Cell(At),
}

/// What stands in a cell of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Nothing,
    Typed(f64),
    Formula(Expr<Leaf>),
    /// A formula of a single step into which given numbers are typed, where others refer to their cells.
    Plugged(Expr<Leaf>),
    /// A formula with functions that are not understood, and its stored value.
    Unknown(Option<f64>),
    /// A formula of which nothing is left but an error, or an error that was typed. What only follows from another cell's
    /// error is a formula.
    Error(String),
    /// A text where a number was meant.
    Text(String),
}
