//! A table together with what its columns stand for: what a cell says at random points, and which number it ought to
//! hold given its neighbours.

use std::cell::RefCell;
use std::collections::HashMap;

use super::points::{Equation, Points};
use super::reading::{Content, Leaf, Reading};
use super::role::Role;
use super::rounding::Rounding;
use gradbook_lesson::{Expr, Key, Param, Theory};

/// Quantities that stand in no column are calculated from others, which may stand in none either.
const MAX_DEPTH: usize = 12;

/// Where the learning rate of the updates comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum RateSource {
    /// A cell of its own, or a column of the table.
    Leaf(Leaf),
    /// A number in the formulas, or the one that typed numbers follow.
    Number(f64),
    Unknown,
}

/// What each column of a table stands for: nothing, one quantity, or a bias that several units share.
pub(crate) type Keys = Vec<Vec<Key>>;

pub(crate) struct Sense<'a> {
    pub(crate) reading: &'a Reading<'a>,
    pub(crate) points: &'a Points<'a>,
    pub(crate) rounding: &'a Rounding,
    pub(crate) keys: &'a Keys,
    /// Of the layer whose columns are looked at.
    pub(crate) rate: RateSource,
    rates: &'a [RateSource],
    columns: HashMap<Key, usize>,
    /// What helper columns hold at a step of a random point: column, step, trial.
    helpers: RefCell<HashMap<(usize, usize, usize), f64>>,
}

/// A number, and how far rounding may have moved it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rounded {
    pub(crate) value: f64,
    pub(crate) slack: f64,
}

impl<'a> Sense<'a> {
    pub(crate) fn new(
        reading: &'a Reading<'a>,
        points: &'a Points<'a>,
        rounding: &'a Rounding,
        keys: &'a Keys,
        rates: &'a [RateSource],
    ) -> Sense<'a> {
        let mut columns = HashMap::new();
        for (column, keys) in keys.iter().enumerate() {
            for key in keys {
                columns.entry(*key).or_insert(column);
            }
        }
        let rate = rates.first().copied().unwrap_or(RateSource::Unknown);
        Sense { reading, points, rounding, keys, rate, rates, columns, helpers: RefCell::default() }
    }

    /// The same for the layer of a quantity, which may have a learning rate of its own.
    pub(crate) fn in_layer_of(&self, key: Key) -> Sense<'a> {
        let rate = match key {
            Key::P(p) | Key::Next(p) | Key::M(p) => match p {
                Param::W(l, ..) | Param::B(l, _) => self.rates.get(l).copied(),
            },
            _ => None,
        };
        let Sense { reading, points, rounding, keys, rates, .. } = *self;
        let columns = self.columns.clone();
        let rate = rate.unwrap_or(self.rate);
        Sense { reading, points, rounding, keys, rate, rates, columns, helpers: RefCell::default() }
    }

    pub(crate) fn theory(&self) -> &'a Theory {
        self.points.theory
    }

    pub(crate) fn column(&self, key: Key) -> Option<usize> {
        self.columns.get(&key).copied()
    }

    /// What a formula of that step comes to at the random points; `None` where it cannot be said.
    pub(crate) fn formula_values(&self, tree: &Expr<Leaf>, step: usize) -> Option<Vec<f64>> {
        let values: Vec<f64> =
            (0..self.points.trials()).map(|trial| tree.value(&|leaf| self.at_point(leaf, trial, step, 0))).collect();
        values.iter().all(|value| value.is_finite()).then_some(values)
    }

    /// What a formula of that step comes to at the first random point, with another number in place of one quantity.
    pub(crate) fn value_with(&self, tree: &Expr<Leaf>, step: usize, key: Key, number: f64) -> f64 {
        tree.value(&|leaf| match leaf {
            Leaf::Column(column, _) if self.keys[*column].first() == Some(&key) => number,
            leaf => self.at_point(leaf, 0, step, 0),
        })
    }

    /// What a leaf of that step's formula holds at a random point.
    pub(crate) fn at_point(&self, leaf: &Leaf, trial: usize, step: usize, depth: usize) -> f64 {
        if !self.reading.book.look_up() {
            return f64::NAN;
        }
        if self.rate == RateSource::Leaf(*leaf) {
            return self.points.rate(trial);
        }
        let (column, at) = match *leaf {
            Leaf::Cell(at) => return self.reading.cell_value(at),
            Leaf::Column(column, at) => {
                (column, if self.reading.table.columns[column].is_single() { step } else { at })
            }
        };
        // A rate may change from row to row.
        if matches!(self.rate, RateSource::Leaf(Leaf::Column(rate, _)) if rate == column) {
            return self.points.rate(trial);
        }
        match (self.keys[column].first(), self.reading.content(column, at)) {
            (Some(key), _) => self.points.value(*key, trial, at as isize),
            // What stands for nothing known is a helper.
            (None, Content::Formula(tree)) if depth < MAX_DEPTH => {
                let place = (column, at, trial);
                if let Some(known) = self.helpers.borrow().get(&place) {
                    return *known;
                }
                // A circle of references ends at its number.
                self.helpers.borrow_mut().insert(place, self.reading.value(column, at));
                let value = tree.value(&|leaf| self.at_point(leaf, trial, at, depth + 1));
                self.helpers.borrow_mut().insert(place, value);
                value
            }
            _ => self.reading.value(column, at),
        }
    }

    /// The number that an equation gives from the numbers of the table.
    pub(crate) fn expected(&self, equation: &Equation, step: usize) -> Rounded {
        let mut leaves = equation.leaves();
        let mut distinct = Vec::new();
        leaves.retain(|leaf| {
            let is_new = !distinct.contains(leaf);
            distinct.push(*leaf);
            is_new
        });
        let numbers: HashMap<_, Rounded> = leaves
            .iter()
            .map(|leaf| {
                let at = step.checked_add_signed(-leaf.back);
                (*leaf, at.map_or(Rounded { value: f64::NAN, slack: 0.0 }, |at| self.number(leaf.key, at, 0)))
            })
            .collect();
        let value = equation.value(&|leaf| numbers[leaf].value);
        // To first order, each leaf's share.
        let share = |moved: &_| {
            let moved_value = equation.value(&|leaf| {
                let Rounded { value, slack } = numbers[leaf];
                if leaf == moved { value + slack } else { value }
            });
            (moved_value - value).abs()
        };
        Rounded { value, slack: leaves.iter().map(share).sum() }
    }

    /// NaN if it is not known.
    pub(crate) fn rate_of(&self, source: RateSource, step: usize) -> f64 {
        match source {
            RateSource::Leaf(Leaf::Cell(at)) => self.reading.cell_value(at),
            RateSource::Leaf(Leaf::Column(column, _)) => self.reading.value(column, step),
            RateSource::Number(rate) => rate,
            RateSource::Unknown => f64::NAN,
        }
    }

    /// A quantity's number at a step: the column's, or from its own equation.
    pub(crate) fn number(&self, key: Key, step: usize, depth: usize) -> Rounded {
        if !self.reading.book.look_up() {
            return Rounded { value: f64::NAN, slack: 0.0 };
        }
        if key == Key::Rate {
            return Rounded { value: self.rate_of(self.rate, step), slack: 0.0 };
        }
        if let (Key::T(_, k), Some(targets)) = (key, &self.points.targets) {
            return Rounded { value: targets[k], slack: 0.0 };
        }
        if let Some(column) = self.column(key)
            && step < self.reading.table.steps
            && self.reading.value(column, step).is_finite()
        {
            return Rounded { value: self.reading.value(column, step), slack: self.rounding.of(column, step) };
        }
        let is_derived = !matches!(key, Key::X(..) | Key::T(..) | Key::P(_) | Key::Next(_) | Key::M(_));
        if depth >= MAX_DEPTH || !is_derived || step >= self.reading.table.steps {
            return Rounded { value: f64::NAN, slack: 0.0 };
        }
        let equation = self.step(key);
        let mut slack = 0.0;
        let numbers: HashMap<Key, Rounded> =
            equation.leaves().iter().map(|leaf| (*leaf, self.number(*leaf, step, depth + 1))).collect();
        let value = equation.value(&|leaf| numbers[leaf].value);
        for moved in numbers.keys() {
            let moved_value = equation.value(&|leaf| {
                let Rounded { value, slack } = numbers[leaf];
                if leaf == moved { value + slack } else { value }
            });
            slack += (moved_value - value).abs();
        }
        Rounded { value, slack }
    }

    /// A quantity from those directly before it, as this sheet scales them.
    pub(crate) fn step(&self, key: Key) -> Expr<Key> {
        let equation = self.theory().step(key);
        let scales = self.points.scales;
        let before = equation.leaves().into_iter().map(|leaf| scales.of(leaf)).find(|scale| *scale != 1.0);
        let factor = scales.of(key) / before.unwrap_or(1.0);
        if factor == 1.0 { equation } else { Expr::Number(factor) * equation }
    }

    /// Columns with their roles and keys.
    pub(crate) fn known_columns(&self) -> impl Iterator<Item = (usize, &'a Role, Key)> + '_ {
        let columns = self.reading.table.columns.iter().enumerate();
        columns.filter_map(|(at, column)| Some((at, &column.role, *self.keys[at].first()?)))
    }
}
