//! Tables in somebody's sheets: names with numbers below or beside them, wherever they stand.
//!
//! A row of names above columns of numbers is a table, and so is a column of names left of rows of numbers. What stands
//! alone, a name beside one number, belongs to the tables that lack it: inputs, targets, the first weights.

mod joined;
mod parts;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use joined::joined;
use parts::parts;
pub(crate) use parts::{Part, Run};

use super::blocks;
use super::book::{At, Book, Cell, Sheet, Value};
use super::role::Role;

/// Longer tables are judged up to here.
const MAX_STEPS: usize = 12_000;

/// Which way the steps of a table go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Direction {
    Down,
    Right,
}

impl Direction {
    /// The cell so many cells further.
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
    /// Of the first line of numbers.
    pub(crate) first: At,
    /// Which way the steps go, and how many lines each lies behind the first; `None` for one number.
    pub(crate) steps: Option<(Direction, Rc<[u32]>)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) sheet: usize,
    pub(crate) columns: Vec<Column>,
    pub(crate) steps: usize,
    /// Which column and step a cell is; single numbers count as step 0.
    pub(crate) cells: HashMap<At, (usize, usize)>,
}

/// A learning rate that is written down, with its name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RateLabel {
    pub(crate) sheet: usize,
    /// `None` if it is the sheet's name that says it.
    pub(crate) at: Option<At>,
    pub(crate) value: f64,
    /// Whether the name can mean nothing else; `n` can.
    pub(crate) is_sure: bool,
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

impl Table {
    pub(crate) fn new(sheet: usize, columns: Vec<Column>, steps: usize) -> Table {
        let mut cells = HashMap::new();
        for (index, column) in columns.iter().enumerate() {
            for step in 0..if column.is_single() { 1 } else { steps } {
                cells.entry(column.at(step)).or_insert((index, step));
            }
        }
        Table { sheet, columns, steps, cells }
    }

    /// The same table, if each row holds the weights after its step: a step has those of the row before, and its own row
    /// has the next ones.
    pub(crate) fn with_earlier_weights(&self, is_constant: impl Fn(usize) -> bool) -> Table {
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
            let role = Role::Next(Box::new(column.role.clone()));
            if self.find(&role).is_none() {
                columns.push(Column { role, ..shifted(column, 1) });
            }
        }
        Table::new(self.sheet, columns, self.steps - 1)
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

impl Role {
    /// Without the sample's number.
    pub(crate) fn whole(&self) -> &Role {
        match self {
            Role::Sample(_, role) => role,
            role => role,
        }
    }
}

/// All tables of a workbook that could be judged, and all learning rates written beside a name.
pub(crate) fn find(book: &Book) -> (Vec<Table>, Vec<RateLabel>) {
    let (mut tables, mut rates) = (Vec::new(), Vec::new());
    let parts: Vec<Vec<Part>> = (0..book.sheets.len()).map(|sheet| parts(book, sheet)).collect();
    for (sheet, found) in parts.iter().enumerate() {
        for part in found.iter().filter(|part| part.steps == 1) {
            let labels = part.columns.iter().filter(|column| column.role == Role::Rate);
            rates.extend(labels.filter_map(|label| {
                let is_sure = book.text(label.header).is_some_and(|name| name.trim().len() > 1);
                Some(RateLabel { sheet, at: Some(label.first), value: book.number(label.first)?, is_sure })
            }));
        }
        rates.extend(rates_in_texts(&book.sheets[sheet], sheet));
        tables.extend(joined(book, sheet, &parts));
    }
    // What is spread over several sheets is found from each of them.
    let mut seen: HashSet<Vec<At>> = HashSet::new();
    tables.retain(|table: &Table| {
        let columns = table.columns.iter().filter(|column| column.role != Role::Step);
        let mut headers: Vec<At> = columns.map(|column| column.header).collect();
        headers.sort_unstable();
        seen.insert(headers)
    });
    (blocks::chained(book, tables), rates)
}

/// `LR = 0.5` in one cell, or as the name of a sheet.
fn rates_in_texts(sheet: &Sheet, number: usize) -> Vec<RateLabel> {
    let in_cell = |(&(row, column), cell): (&(u32, u32), &Cell)| {
        let Value::Text(text) = &cell.value else { return None };
        let (value, is_sure) = rate_in_text(text)?;
        Some(RateLabel { sheet: number, at: Some(At { sheet: number, row, column }), value, is_sure })
    };
    let mut labels: Vec<RateLabel> = sheet.cells.iter().filter_map(in_cell).collect();
    labels.sort_by_key(|label| label.at);
    let name = rate_in_text(&sheet.name).filter(|(_, is_sure)| *is_sure);
    labels.extend(name.map(|(value, is_sure)| RateLabel { sheet: number, at: None, value, is_sure }));
    labels
}

fn rate_in_text(text: &str) -> Option<(f64, bool)> {
    let text = text.trim_end();
    let split = text.rfind(|letter: char| !letter.is_ascii_digit() && letter != '.' && letter != ',')?;
    let (name, value) = text.split_at(split + text[split..].chars().next()?.len_utf8());
    let value: f64 = value.replace(',', ".").parse().ok()?;
    let is_sure = name.trim_end_matches([' ', '=', ':']).trim().len() > 1;
    (Role::of(name) == Some(Role::Rate)).then_some((value, is_sure))
}
