//! Units by layer.

use std::collections::BTreeMap;

use super::products::Products;
use super::shape::Unclear;
use super::units::{UnitColumns, first_sample};
use crate::limits::MAX_SHARED_UNITS;
use crate::names::{Family, Role};
use crate::tables::Reading;

/// Units by layer, from the inputs on: as the formulas lead, otherwise as the names say.
pub(super) fn layers(
    reading: &Reading,
    units: &[UnitColumns],
    forward: &[Products],
    inputs: usize,
    layout: Option<&[usize]>,
) -> Result<Vec<Vec<usize>>, Unclear> {
    if let Some(layout) = layout {
        return by_layout(layout, units.len(), inputs);
    }
    let outputs: Vec<bool> = units.iter().map(|unit| unit.unit.family == Family::Output).collect();
    let depths = by_formulas(units, forward);
    let last = depths.iter().flatten().max().copied();
    let consistent = depths.iter().all(Option::is_some)
        && (!outputs.contains(&true) || (0..units.len()).all(|unit| outputs[unit] == (depths[unit] == last)));
    let depths = if consistent { depths } else { by_names(reading, units, inputs) };
    let mut layers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (unit, depth) in depths.iter().enumerate() {
        layers.entry(depth.unwrap_or(usize::MAX)).or_default().push(unit);
    }
    Ok(layers.into_values().collect())
}

/// As the author says.
fn by_layout(layout: &[usize], units: usize, inputs: usize) -> Result<Vec<Vec<usize>>, Unclear> {
    let total: usize = layout[1..].iter().sum();
    if layout[0] != inputs || total != units {
        return Err(Unclear(format!(
            "--net: the sheet names {inputs} inputs and {units} units, which is another network"
        )));
    }
    let mut rest = 0..units;
    Ok(layout[1..].iter().map(|&width| rest.by_ref().take(width).collect()).collect())
}

/// How many units lie before each; unknown where formulas do not tell.
fn by_formulas(units: &[UnitColumns], forward: &[Products]) -> Vec<Option<usize>> {
    let mut depths: Vec<Option<usize>> = vec![None; units.len()];
    if forward.iter().any(|products| products.pairs.is_empty()) {
        return depths;
    }
    let unit_of =
        |column: usize| units.iter().position(|unit| unit.sum == Some(column) || unit.activation == Some(column));
    // A unit lies one behind the deepest of those that it reads.
    for _ in 0..units.len() {
        for (unit, products) in forward.iter().enumerate() {
            let sources = products.pairs.iter().filter_map(|(_, source)| unit_of(*source));
            let behind: Option<Vec<usize>> = sources.map(|source| depths[source].map(|depth| depth + 1)).collect();
            depths[unit] = behind.map(|behind| behind.into_iter().max().unwrap_or(0));
        }
    }
    depths
}

/// One layer of outputs behind the hidden ones, which have their layer in front of their number if there are several.
fn by_names(reading: &Reading, units: &[UnitColumns], inputs: usize) -> Vec<Option<usize>> {
    let count = |is: &dyn Fn(&Role) -> bool| reading.table.columns.iter().filter(|column| is(&column.role)).count();
    let targets = count(&|role| matches!(first_sample(role), Some(Role::Target(_))));
    let has_outputs = units.iter().any(|unit| unit.unit.family == Family::Output);
    let depth = |(at, unit): (usize, &UnitColumns)| {
        let is_output = match unit.unit.family {
            Family::Output => true,
            Family::Hidden => false,
            Family::Any => !has_outputs && at + targets.max(1) >= units.len(),
        };
        Some(match unit.unit.index.as_slice() {
            _ if is_output => usize::MAX,
            [layer, _] => *layer as usize,
            _ => 0,
        })
    };
    let mut depths: Vec<Option<usize>> = units.iter().enumerate().map(depth).collect();
    let weights = count(&|role| matches!(role, Role::Weight(_)));
    let hidden: Vec<usize> = (0..units.len()).filter(|unit| depths[*unit] == Some(0)).collect();
    let rest = units.len() - hidden.len();
    if let Some(widths) = hidden_widths(inputs, hidden.len(), rest, weights) {
        let of_layer = widths.into_iter().enumerate().flat_map(|(layer, width)| vec![layer; width]);
        hidden.into_iter().zip(of_layer).for_each(|(unit, layer)| depths[unit] = Some(layer));
    }
    depths
}

/// Hidden units, counted through all layers, as widths of layers: the only ones that need this number of weights. `None` if one
/// layer does, or if the number of weights leaves it open.
fn hidden_widths(inputs: usize, hidden: usize, outputs: usize, weights: usize) -> Option<Vec<usize>> {
    if !(2..=MAX_SHARED_UNITS).contains(&hidden) || hidden * (inputs + outputs) == weights {
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
