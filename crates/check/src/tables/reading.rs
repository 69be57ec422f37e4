//! A table's cells as what they say: formulas over the table's own quantities, and the numbers that follow from them.
//!
//! Helper cells that are no part of the table (`1 - a`, a product that was set aside) are replaced by their own
//! formulas, so a column is judged by what it comes to, however it was written. Numbers are calculated here, because
//! those in the file may be missing or old.

use std::collections::HashMap;

use super::content::{Content, Leaf};
use super::resolver::Resolver;
use super::sheet_table::SheetTable;
use crate::limits::MAX_HELPER_DEPTH;
use crate::names::Role;
use crate::read::{At, Book};
use gradbook_lesson::{Piece, Reader};

pub(crate) struct Reading<'b> {
    pub(crate) book: &'b Book,
    pub(crate) table: &'b SheetTable,
    /// By column and step; of a single number step 0 alone.
    pub(crate) contents: Vec<Vec<Content>>,
    /// Likewise; NaN where there is no number.
    pub(crate) values: Vec<Vec<f64>>,
    /// How many stored results do not follow from their formulas.
    pub(crate) stale: usize,
}

impl<'b> Reading<'b> {
    pub(crate) fn new(book: &'b Book, table: &'b SheetTable) -> Reading<'b> {
        let mut resolver = Resolver::new(book, table);
        let steps = |column: usize| if table.columns[column].is_single() { 1 } else { table.steps };
        let mut contents: Vec<Vec<Content>> = (0..table.columns.len())
            .map(|column| (0..steps(column)).map(|step| resolver.content(table.columns[column].at(step))).collect())
            .collect();
        if table.steps == 1 {
            mark_plugged(table, &mut contents);
        }
        let mut reading = Reading { book, table, contents, values: Vec::new(), stale: 0 };
        reading.calculate();
        reading
    }

    /// What stands in a column at a step.
    pub(crate) fn content(&self, column: usize, step: usize) -> &Content {
        let steps = &self.contents[column];
        if self.table.columns[column].is_single() { &steps[0] } else { &steps[step] }
    }

    pub(crate) fn value(&self, column: usize, step: usize) -> f64 {
        let steps = &self.values[column];
        if self.table.columns[column].is_single() { steps[0] } else { steps.get(step).copied().unwrap_or(f64::NAN) }
    }

    /// Whether a column has one number at all steps.
    pub(crate) fn is_constant(&self, column: usize) -> bool {
        self.values[column].windows(2).all(|pair| pair[0] == pair[1])
    }

    /// Whether a formula rounds, or has a number in place of e. Trees leave that out, so its stored result is taken, and
    /// counts as rounded.
    pub(crate) fn is_rounded(&self, column: usize, step: usize) -> bool {
        let formula = self.book.formula(self.table.columns[column].at(step));
        formula.is_some_and(|text| text.to_uppercase().contains("ROUND") || text.contains("2.71"))
    }

    pub(crate) fn cell_value(&self, at: At) -> f64 {
        self.book.number(at).unwrap_or(0.0)
    }

    /// Step by step, so that what a cell needs is there already or stands in the same step.
    fn calculate(&mut self) {
        let mut values: Vec<Vec<Option<f64>>> = self.contents.iter().map(|steps| vec![None; steps.len()]).collect();
        for step in 0..self.table.steps {
            for column in 0..self.contents.len() {
                self.calculate_cell(&mut values, column, step, 0);
            }
        }
        self.values =
            values.into_iter().map(|steps| steps.into_iter().map(|x| x.unwrap_or(f64::NAN)).collect()).collect();
    }

    fn calculate_cell(&mut self, values: &mut Vec<Vec<Option<f64>>>, column: usize, step: usize, depth: usize) -> f64 {
        match values[column].get(step) {
            None => return f64::NAN,
            Some(Some(value)) => return *value,
            Some(None) => {}
        }
        let stored = self.book.number(self.table.columns[column].at(step)).unwrap_or(f64::NAN);
        // A circle of references ends at its stored value.
        values[column][step] = Some(stored);
        let is_rounded = self.is_rounded(column, step) && stored.is_finite();
        let value = match &self.contents[column][step] {
            Content::Formula(tree) | Content::Plugged(tree) if depth < MAX_HELPER_DEPTH && !is_rounded => {
                let tree = tree.clone();
                let mut of = HashMap::new();
                for leaf in tree.leaves() {
                    let value = match leaf {
                        Leaf::Column(column, step) => self.calculate_cell(values, column, step, depth + 1),
                        Leaf::Cell(at) => self.cell_value(at),
                    };
                    of.insert(leaf, value);
                }
                let value = tree.value(&|leaf| of[leaf]);
                if value.is_finite() { value } else { stored }
            }
            Content::Nothing => f64::NAN,
            Content::Typed(value) => *value,
            _ => stored,
        };
        let shows_error = value.is_finite() && self.book.error(self.table.columns[column].at(step)).is_some();
        if (value - stored).abs() > 1e-6 * value.abs().max(1e-9) || shows_error {
            self.stale += 1;
        }
        values[column][step] = Some(value);
        value
    }
}

/// Formulas that hold a given number of the table. Such numbers say which quantity is meant by their value alone.
fn mark_plugged(table: &SheetTable, contents: &mut [Vec<Content>]) {
    let is_given = |role: &Role| matches!(role, Role::Input(_) | Role::Target(_) | Role::Weight(_) | Role::Bias(_));
    let given = table.columns.iter().zip(contents.iter()).filter(|(column, _)| is_given(column.role.whole()));
    let given: Vec<f64> = given
        .filter_map(|(_, contents)| if let Some(Content::Typed(x)) = contents.first() { Some(*x) } else { None })
        .filter(|x| *x != 0.0 && *x != 1.0)
        .collect();
    for content in contents.iter_mut().flatten() {
        let Content::Formula(tree) = &content else { continue };
        let mut is_plugged = false;
        tree.pieces(Reader::Person, &mut |piece| {
            is_plugged |= matches!(piece, Piece::Number(x) if given.contains(&x));
        });
        if is_plugged {
            *content = Content::Plugged(tree.clone());
        }
    }
}
