//! Where the numbers of a table lie: which cells belong to which quantity at which step.

use std::collections::HashMap;
use std::sync::Arc;

use crate::names::Role;
use crate::read::At;

/// Which way the steps of a table go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Direction {
    Down,
    Right,
}

impl Direction {
    /// The cell at that distance.
    pub(crate) fn at(self, from: At, distance: u32) -> At {
        let At { sheet, row, column } = from;
        match self {
            Direction::Down => At { sheet, row: row + distance, column },
            Direction::Right => At { sheet, row, column: column + distance },
        }
    }
}

/// One quantity of a table: all its steps, or one number for all of them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) role: Role,
    pub(crate) header: At,
    /// The cell in the first line of numbers.
    pub(crate) first: At,
    /// Which way the steps go, and how many lines each lies behind the first; `None` for one number.
    pub(crate) steps: Option<(Direction, Arc<[u32]>)>,
}

/// Quantities that belong together, and how many steps they have.
#[derive(Clone, Debug)]
pub(crate) struct SheetTable {
    pub(crate) sheet: usize,
    pub(crate) columns: Vec<Column>,
    pub(crate) steps: usize,
    /// Which column and step a cell is; single numbers count as step 0.
    pub(crate) cells: HashMap<At, (usize, usize)>,
}

impl Column {
    pub(crate) fn at(&self, step: usize) -> At {
        let Some((direction, lines)) = &self.steps else { return self.first };
        // A part that is longer than this one goes on line by line.
        let last = lines.len().saturating_sub(1);
        let line = lines.get(step).copied().unwrap_or_else(|| lines[last] + (step - last) as u32);
        direction.at(self.first, line)
    }

    /// Whether one number stands for all steps.
    pub(crate) fn is_single(&self) -> bool {
        self.steps.is_none()
    }
}

impl SheetTable {
    pub(crate) fn new(sheet: usize, columns: Vec<Column>, steps: usize) -> SheetTable {
        let mut cells = HashMap::new();
        for (index, column) in columns.iter().enumerate() {
            for step in 0..if column.is_single() { 1 } else { steps } {
                cells.entry(column.at(step)).or_insert((index, step));
            }
        }
        SheetTable { sheet, columns, steps, cells }
    }

    /// The same table, if each row holds the weights after its step: a step has those of the row before, and its own row
    /// has the next ones.
    pub(crate) fn with_earlier_weights(&self, is_constant: impl Fn(usize) -> bool) -> SheetTable {
        let shifted = |column: &Column, by: usize| {
            let Some((direction, lines)) = &column.steps else { return column.clone() };
            Column { steps: Some((*direction, lines[by..lines.len() - 1 + by].into())), ..column.clone() }
        };
        // What nobody trains is the same in all rows.
        let is_trained =
            |at: usize| matches!(self.columns[at].role.whole(), Role::Weight(_) | Role::Bias(_)) && !is_constant(at);
        let columns = self.columns.iter().enumerate();
        let mut columns: Vec<Column> =
            columns.map(|(at, column)| shifted(column, usize::from(!is_trained(at)))).collect();
        for at in (0..self.columns.len()).filter(|at| is_trained(*at) && !self.columns[*at].is_single()) {
            let column = &self.columns[at];
            let role = column.role.clone().next();
            if self.find(&role).is_none() {
                columns.push(Column { role, ..shifted(column, 1) });
            }
        }
        SheetTable::new(self.sheet, columns, self.steps - 1)
    }

    /// Whether it has gradients or updates.
    pub(crate) fn is_training(&self) -> bool {
        let is = |role: &Role| matches!(role, Role::Derivative(..) | Role::Next(_) | Role::Delta(_) | Role::Change(_));
        self.columns.iter().any(|column| is(column.role.whole()))
    }

    pub(crate) fn find(&self, role: &Role) -> Option<usize> {
        self.columns.iter().position(|column| column.role == *role)
    }
}
