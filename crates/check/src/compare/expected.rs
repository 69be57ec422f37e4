//! Which number a cell ought to hold given its neighbours, and how far rounding may have moved it.

use std::collections::HashMap;

use gradbook_lesson::Key;

use super::equation::Equation;
use super::sense::{RateSource, Sense};
use crate::limits::MAX_DERIVED_DEPTH;
use crate::tables::Leaf;

/// A number, and how far rounding may have moved it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rounded {
    pub(crate) value: f64,
    pub(crate) slack: f64,
}

impl Sense<'_> {
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
        if depth >= MAX_DERIVED_DEPTH || !is_derived || step >= self.reading.table.steps {
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
}
