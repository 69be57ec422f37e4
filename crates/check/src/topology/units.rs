//! Units and their layers.

use std::collections::BTreeMap;

use super::Unclear;
use super::products::Products;
use crate::reading::Reading;
use crate::role::{Family, Role, Unit};

/// More hidden units are not shared out among layers.
const MAX_HIDDEN: usize = 12;

/// The columns of one unit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UnitColumns {
    pub(crate) unit: Unit,
    pub(crate) sum: Option<usize>,
    pub(crate) activation: Option<usize>,
}

/// Hidden units, counted through all layers, as widths of layers: the only ones that need so many weights. `None` if one
/// layer does, or if the number of weights leaves it open.
fn hidden_widths(inputs: usize, hidden: usize, outputs: usize, weights: usize) -> Option<Vec<usize>> {
    if !(2..=MAX_HIDDEN).contains(&hidden) || hidden * (inputs + outputs) == weights {
        return None;
    }
    // Every bit of the number is a border between two units.
    let widths = |borders: u32| {
        let mut widths = vec![1];
        for unit in 0..hidden - 1 {
            if borders >> unit & 1 == 1 { widths.push(1) } else { *widths.last_mut().expect("a layer") += 1 }
        }
        widths
    };
    let count = |widths: &[usize]| {
        let all = [&[inputs], widths, &[outputs]].concat();
        all.windows(2).map(|pair| pair[0] * pair[1]).sum::<usize>()
    };
    let mut fitting = (0..1 << (hidden - 1)).map(widths).filter(|widths| count(widths) == weights);
    fitting.next().filter(|_| fitting.next().is_none())
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

/// Units by layer, from the inputs on: as the formulas lead, otherwise as the names say.
pub(super) fn layers(
    reading: &Reading,
    units: &[UnitColumns],
    forward: &[Products],
    inputs: usize,
    layout: Option<&[usize]>,
) -> Result<Vec<Vec<usize>>, Unclear> {
    if let Some(layout) = layout {
        let total: usize = layout[1..].iter().sum();
        if layout[0] != inputs || total != units.len() {
            return Err(Unclear(format!(
                "--net: the sheet names {inputs} inputs and {} units, which is another network",
                units.len()
            )));
        }
        let mut rest = 0..units.len();
        return Ok(layout[1..].iter().map(|&width| rest.by_ref().take(width).collect()).collect());
    }
    let unit_of =
        |column: usize| units.iter().position(|unit| unit.sum == Some(column) || unit.activation == Some(column));
    let by_formula = forward.iter().all(|products| !products.pairs.is_empty());
    let mut depths: Vec<Option<usize>> = vec![None; units.len()];
    if by_formula {
        // A unit lies one behind the deepest of those that it reads.
        for _ in 0..units.len() {
            for (unit, products) in forward.iter().enumerate() {
                let sources = products.pairs.iter().filter_map(|(_, source)| unit_of(*source));
                let behind: Option<Vec<usize>> = sources.map(|source| depths[source].map(|depth| depth + 1)).collect();
                depths[unit] = behind.map(|behind| behind.into_iter().max().unwrap_or(0));
            }
        }
    }
    let outputs: Vec<bool> = units.iter().map(|unit| unit.unit.family == Family::Output).collect();
    let last = depths.iter().flatten().max().copied();
    let consistent = depths.iter().all(Option::is_some)
        && (!outputs.contains(&true) || (0..units.len()).all(|unit| outputs[unit] == (depths[unit] == last)));
    if !consistent {
        // One layer of outputs behind the hidden ones, which have their layer in front of their number if there are several.
        let targets =
            reading.table.columns.iter().filter(|c| matches!(first_sample(&c.role), Some(Role::Target(_)))).count();
        for (at, unit) in units.iter().enumerate() {
            let is_output = match unit.unit.family {
                Family::Output => true,
                Family::Hidden => false,
                Family::Any => !outputs.contains(&true) && at + targets.max(1) >= units.len(),
            };
            depths[at] = Some(match unit.unit.index.as_slice() {
                _ if is_output => usize::MAX,
                [layer, _] => *layer as usize,
                _ => 0,
            });
        }
        let weights = reading.table.columns.iter().filter(|c| matches!(c.role, Role::Weight(_))).count();
        let hidden: Vec<usize> = (0..units.len()).filter(|unit| depths[*unit] == Some(0)).collect();
        let rest = units.len() - hidden.len();
        if let Some(widths) = hidden_widths(inputs, hidden.len(), rest, weights) {
            let of_layer = widths.into_iter().enumerate().flat_map(|(layer, width)| vec![layer; width]);
            hidden.into_iter().zip(of_layer).for_each(|(unit, layer)| depths[unit] = Some(layer));
        }
    }
    let mut layers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (unit, depth) in depths.iter().enumerate() {
        layers.entry(depth.unwrap_or(usize::MAX)).or_default().push(unit);
    }
    Ok(layers.into_values().collect())
}
