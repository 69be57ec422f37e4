//! Which network a table is about: its layers, which weight leads from where to where, which biases are shared.
//!
//! The forward columns tell. Where their formulas are readable, the products in them do; where there are only numbers,
//! the usual ways of numbering are tried on them.

mod biases;
mod layers;
mod numbering;
mod products;
mod shape;
mod units;

use std::collections::BTreeMap;

use crate::limits::MAX_UNITS;
use crate::names::Role;
use crate::read::At;
use crate::tables::{Direction, Reading};
use layers::layers;
use products::Products;
pub(crate) use shape::{Topology, Unclear};
pub(crate) use units::UnitColumns;
use units::{first_sample, units};

/// Rows that are looked at for names of units in front of them.
const ROWS_NAMED: usize = 8;

/// The topology of a table. If its weights can be numbered in several ways, `numbering` chooses one, counted from the
/// likeliest.
pub(crate) fn topology(reading: &Reading, layout: Option<&[usize]>, numbering: usize) -> Result<Topology, Unclear> {
    let columns = &reading.table.columns;
    let find = |is: &dyn Fn(&Role) -> Option<u32>| {
        let mut found: Vec<(u32, usize)> = columns
            .iter()
            .enumerate()
            .filter_map(|(at, column)| Some((is(first_sample(&column.role)?)?, at)))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, at)| at).collect::<Vec<usize>>()
    };
    let inputs = find(&|role| if let Role::Input(number) = role { Some(*number) } else { None });
    let units = units(reading);
    if inputs.is_empty() {
        return Err(Unclear("no inputs are named (i1, i2 or x1, x2 beside their numbers)".to_owned()));
    }
    if units.is_empty() {
        return Err(Unclear("no weighted sums or activations are named (h1, a_h1, o1, a_o1)".to_owned()));
    }
    if has_one_row_per_unit(reading) {
        return Err(Unclear("each row (or column) is another unit's, not another step's".to_owned()));
    }
    if units.len() > MAX_UNITS {
        return Err(Unclear(format!("{} units are more than a sheet made by hand has", units.len())));
    }
    let forward: Vec<Products> = units.iter().map(|unit| Products::of(reading, unit)).collect();
    let layers = layers(reading, &units, &forward, inputs.len(), layout)?;
    let samples = columns.iter().map(|column| if let Role::Sample(s, _) = column.role { s + 1 } else { 1 }).max();
    let mut topology = Topology {
        inputs,
        layers: layers.iter().map(|layer| layer.iter().map(|&unit| units[unit].clone()).collect()).collect(),
        parameters: BTreeMap::new(),
        samples: samples.unwrap_or(1),
        numberings: 1,
    };
    let forward: Vec<Vec<&Products>> =
        layers.iter().map(|layer| layer.iter().map(|&unit| &forward[unit]).collect()).collect();
    topology.number_weights(reading, &forward, numbering)?;
    topology.number_biases(reading, &forward)?;
    Ok(topology)
}

/// Whether the steps have names of units in front of them.
fn has_one_row_per_unit(reading: &Reading) -> bool {
    let Some(first) = reading.table.columns.iter().filter(|column| !column.is_single()).min_by_key(|c| c.header) else {
        return false;
    };
    let name = |step: usize| {
        let At { sheet, row, column } = first.at(step);
        let before = match first.steps.as_ref()?.0 {
            Direction::Down => At { sheet, row, column: column.checked_sub(1)? },
            Direction::Right => At { sheet, row: row.checked_sub(1)?, column },
        };
        Role::of(reading.book.text(before)?)
    };
    let names: Vec<Role> = (0..reading.table.steps.min(ROWS_NAMED)).filter_map(name).collect();
    names.iter().filter(|role| matches!(role, Role::Sum(_) | Role::Activation(_))).count() > 1
}
