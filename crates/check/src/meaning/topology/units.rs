//! Units and their columns.

use std::collections::BTreeMap;

use crate::names::{Family, Role, Unit};
use crate::tables::Reading;

/// The columns of one unit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UnitColumns {
    pub(crate) unit: Unit,
    pub(crate) sum: Option<usize>,
    pub(crate) activation: Option<usize>,
}

/// The role, if it is one of the first sample or of all.
pub(super) fn first_sample(role: &Role) -> Option<&Role> {
    match role {
        Role::Sample(0, role) => Some(role),
        Role::Sample(..) => None,
        role => Some(role),
    }
}

/// All units with their columns; names that do not tell a sum's unit are matched in order.
pub(super) fn units(reading: &Reading) -> Vec<UnitColumns> {
    let mut units: BTreeMap<Unit, UnitColumns> = BTreeMap::new();
    for (at, column) in reading.table.columns.iter().enumerate() {
        let (unit, is_sum) = match first_sample(&column.role) {
            Some(Role::Sum(unit)) => (unit, true),
            Some(Role::Activation(unit)) => (unit, false),
            _ => continue,
        };
        let empty = || UnitColumns { unit: unit.clone(), sum: None, activation: None };
        let columns = units.entry(unit.clone()).or_insert_with(empty);
        *(if is_sum { &mut columns.sum } else { &mut columns.activation }) = Some(at);
    }
    let mut units: Vec<UnitColumns> = units.into_values().collect();
    // h1, a1, h2, a2, o1, a3, ...; and z1 beside y1.
    for is_sum in [false, true] {
        let half = |unit: &UnitColumns| if is_sum { unit.sum } else { unit.activation };
        let other_half = |unit: &UnitColumns| if is_sum { unit.activation } else { unit.sum };
        let is_nameless = |unit: &UnitColumns| unit.unit.family == Family::Any && other_half(unit).is_none();
        let waits = |unit: &UnitColumns| unit.unit.family != Family::Any && half(unit).is_none();
        let nameless: Vec<usize> = units.iter().filter(|unit| is_nameless(unit)).filter_map(half).collect();
        if nameless.is_empty() || nameless.len() != units.iter().filter(|unit| waits(unit)).count() {
            continue;
        }
        units.retain(|unit| !is_nameless(unit));
        for (unit, column) in units.iter_mut().filter(|unit| waits(unit)).zip(nameless) {
            *(if is_sum { &mut unit.sum } else { &mut unit.activation }) = Some(column);
        }
    }
    units
}
