//! What the formula of a unit multiplies and adds.

use super::units::UnitColumns;
use crate::names::Role;
use crate::tables::{Leaf, Reading, typical};
use gradbook_lesson::Expr;

/// What a unit's formula multiplies and adds.
#[derive(Clone, Debug, Default)]
pub(super) struct Products {
    /// Columns of a weight and of what it multiplies.
    pub(super) pairs: Vec<(usize, usize)>,
    pub(super) biases: Vec<usize>,
    pub(super) is_known: bool,
}

impl Products {
    pub(super) fn of(reading: &Reading, unit: &UnitColumns) -> Products {
        let mut products = Products::default();
        for column in [unit.sum, unit.activation].into_iter().flatten() {
            if let Some((tree, _)) = typical(reading, column) {
                // An activation of the sum beside it tells nothing of the sum.
                let is_own = |leaf: &Leaf| matches!(leaf, Leaf::Column(column, _) if unit.sum == Some(*column));
                products.is_known |= !tree.leaves().iter().all(is_own);
                products.walk(reading, &tree);
            }
            if !products.pairs.is_empty() {
                break;
            }
        }
        products
    }

    fn walk(&mut self, reading: &Reading, tree: &Expr<Leaf>) {
        let role = |leaf: &Leaf| match leaf {
            Leaf::Column(column, _) => Some((*column, reading.table.columns[*column].role.whole())),
            Leaf::Cell(_) => None,
        };
        match tree {
            Expr::Of(leaf) => {
                if let Some((column, Role::Bias(_))) = role(leaf)
                    && !self.biases.contains(&column)
                {
                    self.biases.push(column);
                }
            }
            Expr::Product(factors) => {
                let roles: Vec<_> = factors
                    .iter()
                    .filter_map(|factor| if let Expr::Of(leaf) = factor { role(leaf) } else { None })
                    .collect();
                let weight = roles.iter().find(|(_, role)| matches!(role, Role::Weight(_)));
                let source =
                    roles.iter().find(|(_, role)| matches!(role, Role::Input(_) | Role::Sum(_) | Role::Activation(_)));
                if let (Some((weight, _)), Some((source, _))) = (weight, source) {
                    self.pairs.push((*weight, *source));
                }
                factors.iter().for_each(|factor| self.walk(reading, factor));
            }
            Expr::Sum(list) | Expr::Call(_, list) => list.iter().for_each(|part| self.walk(reading, part)),
            Expr::Neg(x) => self.walk(reading, x),
            Expr::Quotient(x, y) | Expr::Power(x, y) => {
                self.walk(reading, x);
                self.walk(reading, y);
            }
            Expr::If { left, right, then, otherwise, .. } => {
                for part in [left, right, then, otherwise] {
                    self.walk(reading, part);
                }
            }
            Expr::Number(_) => {}
        }
    }
}
