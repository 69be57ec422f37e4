//! A table's cells as what they say: formulas over the table's own quantities, and the numbers that follow from them.
//!
//! Helper cells that are no part of the table (`1 - a`, a product that was set aside) are replaced by their own
//! formulas, so a column is judged by what it comes to, however it was written. Numbers are calculated here, because
//! those in the file may be missing or old.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::book::{At, Book};
use super::formula::{self, MAX_NESTED};
use super::role::Role;
use super::table::Table;
use gradbook_lesson::{Expr, Piece, Reader};

/// Helper cells that refer to helper cells that refer ...
const MAX_DEPTH: usize = 24;
/// Of a formula with all its helpers.
const MAX_PARTS: usize = 20_000;
/// Of all formulas of a table, together, because they are in memory together.
const MAX_PARTS_OF_TABLE: usize = 6_000_000;

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

pub(crate) struct Reading<'b> {
    pub(crate) book: &'b Book,
    pub(crate) table: &'b Table,
    /// By column and step; of a single number step 0 alone.
    pub(crate) contents: Vec<Vec<Content>>,
    /// Likewise; NaN where there is no number.
    pub(crate) values: Vec<Vec<f64>>,
    /// How many stored results do not follow from their formulas.
    pub(crate) stale: usize,
}

impl<'b> Reading<'b> {
    pub(crate) fn new(book: &'b Book, table: &'b Table) -> Reading<'b> {
        let resolver = Resolver { book, table, helpers: RefCell::default(), parts: Cell::new(0) };
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
            Content::Formula(tree) | Content::Plugged(tree) if depth < MAX_DEPTH && !is_rounded => {
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
fn mark_plugged(table: &Table, contents: &mut [Vec<Content>]) {
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

struct Resolver<'b> {
    book: &'b Book,
    table: &'b Table,
    /// Of cells outside the table.
    helpers: RefCell<HashMap<At, Option<Expr<Leaf>>>>,
    parts: Cell<usize>,
}

impl Resolver<'_> {
    fn content(&self, at: At) -> Content {
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
            None => match formula::written_error(text).or(book.error(at)) {
                Some(shown) => error(shown),
                None => Content::Unknown(book.number(at)),
            },
        }
    }

    /// The formula of a cell over the table's quantities; `None` if it is not understood.
    ///
    /// Helpers are understood before they are put in, so that the stack holds one formula's parts at a time.
    fn tree(&self, at: At, depth: usize) -> Option<Expr<Leaf>> {
        let tree = self.book.tree(at)?;
        let (mut leaves, mut parts) = (Vec::new(), tree.parts());
        for reference in tree.leaves() {
            let leaf = self.leaf(reference.at, depth)?;
            parts += leaf.parts();
            leaves.push(leaf);
            if parts > MAX_PARTS {
                self.spend(parts);
                return None;
            }
        }
        self.spend(parts);
        let mut leaves = leaves.into_iter();
        let bound = tree.bind(&mut |_| leaves.next().ok_or(())).ok()?;
        (bound.depth() <= MAX_NESTED).then_some(bound)
    }

    fn spend(&self, parts: usize) {
        self.parts.set(self.parts.get() + parts);
        // A table too large for the memory ends the work for the whole file.
        self.book.spend(if self.parts.get() > MAX_PARTS_OF_TABLE { usize::MAX } else { parts });
    }

    fn leaf(&self, at: At, depth: usize) -> Option<Expr<Leaf>> {
        if let Some(&(column, step)) = self.table.cells.get(&at) {
            return Some(Expr::Of(Leaf::Column(column, step)));
        }
        if self.book.formula(at).is_none() {
            // What is calculated from an error is an error.
            return self.book.error(at).is_none().then_some(Expr::Of(Leaf::Cell(at)));
        }
        if let Some(known) = self.helpers.borrow().get(&at) {
            return known.clone();
        }
        if depth == MAX_DEPTH {
            return None;
        }
        // Until it is known; a circle ends here.
        self.helpers.borrow_mut().insert(at, None);
        let tree = self.tree(at, depth + 1);
        self.helpers.borrow_mut().insert(at, tree.clone());
        tree
    }
}

/// The number in a cell: typed, or what its formula comes to; the stored result where that is not understood. `None` if
/// there is neither.
pub(crate) fn evaluated(book: &Book, at: At) -> Option<f64> {
    evaluate(book, at, &mut HashMap::new(), 0)
}

fn evaluate(book: &Book, at: At, known: &mut HashMap<At, Option<f64>>, depth: usize) -> Option<f64> {
    let stored = book.number(at);
    if book.formula(at).is_none() {
        return stored;
    }
    if let Some(known) = known.get(&at) {
        return *known;
    }
    // A circle of references ends at its stored value.
    known.insert(at, stored);
    let value = book.tree(at).filter(|_| depth < MAX_DEPTH).and_then(|tree| {
        let leaves = tree.leaves();
        let numbers: HashMap<At, f64> =
            leaves.iter().map(|leaf| (leaf.at, evaluate(book, leaf.at, known, depth + 1).unwrap_or(0.0))).collect();
        let value = tree.value(&|leaf| numbers[&leaf.at]);
        value.is_finite().then_some(value)
    });
    known.insert(at, value.or(stored));
    value.or(stored)
}

/// The one cell that a formula refers to and does nothing with.
pub(crate) fn referred(book: &Book, at: At) -> Option<At> {
    match *book.tree(at)? {
        Expr::Of(reference) => Some(reference.at),
        _ => None,
    }
}
