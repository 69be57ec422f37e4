//! A table together with what its columns stand for: what a cell says at random points, and which number it ought to
//! hold given its neighbours.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gradbook_lesson::{Expr, Key, Param, Theory};

use super::points::Points;
use crate::limits::MAX_DERIVED_DEPTH;
use crate::names::Role;
use crate::tables::{Content, Leaf, Reading, Rounding};

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

/// Column, step, trial.
type HelperPlace = (usize, usize, usize);

pub(crate) struct Sense<'a> {
    pub(crate) reading: &'a Reading<'a>,
    pub(crate) points: &'a Points<'a>,
    pub(crate) rounding: &'a Rounding,
    pub(crate) keys: &'a Keys,
    /// The rate of the layer whose columns are looked at.
    pub(crate) rate: RateSource,
    rates: &'a [RateSource],
    columns: HashMap<Key, usize>,
    /// What helper columns hold at a random point.
    helpers: Mutex<HashMap<HelperPlace, f64>>,
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
        Sense { reading, points, rounding, keys, rate, rates, columns, helpers: Mutex::default() }
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
        Sense { reading, points, rounding, keys, rate, rates, columns, helpers: Mutex::default() }
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
            (None, Content::Formula(tree)) if depth < MAX_DERIVED_DEPTH => {
                let place = (column, at, trial);
                if let Some(known) = self.helper(place) {
                    return known;
                }
                // A circle of references ends at its number.
                self.keep_helper(place, self.reading.value(column, at));
                let value = tree.value(&|leaf| self.at_point(leaf, trial, at, depth + 1));
                self.keep_helper(place, value);
                value
            }
            _ => self.reading.value(column, at),
        }
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

    fn helper(&self, place: HelperPlace) -> Option<f64> {
        self.helpers.lock().unwrap_or_else(PoisonError::into_inner).get(&place).copied()
    }

    fn keep_helper(&self, place: HelperPlace, value: f64) {
        self.helpers.lock().unwrap_or_else(PoisonError::into_inner).insert(place, value);
    }
}
