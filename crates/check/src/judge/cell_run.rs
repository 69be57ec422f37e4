//! Wrong cells, and how many were looked at.

use gradbook_lesson::SlipKind;
use std::ops::Range;

use super::cause::Cause;
use crate::compare::{Equation, Rounded};
use crate::read::{At, Relative};

/// A run of cells in one column that are wrong in the same way.
#[derive(Clone, Debug)]
pub(crate) struct CellRun {
    pub(crate) column: usize,
    pub(crate) steps: Range<usize>,
    pub(crate) kind: SlipKind,
    pub(crate) right: Equation,
    pub(crate) cause: Cause,
    /// The first step at which the wrong number is another than the right one; by chance they may agree before.
    pub(crate) shown: usize,
    /// The first cell's formula, as copying leaves it.
    pub(crate) form: Option<Relative>,
    /// Helper cells that the mistake is made in, one a step, if not in the cells themselves.
    pub(crate) helpers: Vec<At>,
    /// The number there, and what it ought to be.
    pub(crate) stored: f64,
    pub(crate) correct: Rounded,
}

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) right: usize,
    pub(crate) wrong: usize,
    /// Rounded so coarsely that a tenth of it may be rounding.
    pub(crate) undecided: usize,
}

impl Counts {
    pub(super) fn add(&mut self, other: Counts) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.undecided += other.undecided;
    }
}
