//! Which unit each bias belongs to.

use std::collections::BTreeMap;

use gradbook_lesson::Param;

use super::products::Products;
use super::shape::{Topology, Unclear};
use crate::names::{Label, Role};
use crate::tables::Reading;

/// Layer and unit.
type UnitPlace = (usize, usize);

impl Topology {
    /// Says which column is the bias of which unit.
    pub(super) fn number_biases(&mut self, reading: &Reading, forward: &[Vec<&Products>]) -> Result<(), Unclear> {
        let mut biases: Vec<(&[Label], usize)> = Vec::new();
        for (at, column) in reading.table.columns.iter().enumerate() {
            if let Role::Bias(index) = &column.role {
                biases.push((index, at));
            }
        }
        biases.sort_unstable();
        let biases: Vec<usize> = biases.into_iter().map(|(_, at)| at).collect();
        let mut written = self.written_biases(&biases, forward)?;
        self.complete_layers(&biases, &mut written);
        for ((l, j), bias) in written {
            self.parameters.entry(bias).or_default().push(Param::B(l, j));
        }
        let complete = |l: usize| {
            let count = self.parameters.values().flatten().filter(|p| matches!(p, Param::B(of, _) if *of == l)).count();
            count == 0 || count == self.layers[l].len()
        };
        if (0..self.layers.len()).all(complete) {
            Ok(())
        } else {
            Err(Unclear("some units of a layer have a bias and others have none".to_owned()))
        }
    }

    /// The bias that each unit's formula adds, or that it has by the order of the names.
    fn written_biases(
        &self,
        biases: &[usize],
        forward: &[Vec<&Products>],
    ) -> Result<BTreeMap<UnitPlace, usize>, Unclear> {
        let places: Vec<UnitPlace> =
            self.layers.iter().enumerate().flat_map(|(l, layer)| (0..layer.len()).map(move |j| (l, j))).collect();
        let mut written = BTreeMap::new();
        for &(l, j) in &places {
            if let [bias] = forward[l][j].biases.as_slice() {
                written.insert((l, j), *bias);
            }
        }
        // One per unit, or one per layer; units that read another one are mistaken, if they are the few.
        let usual: Option<Vec<usize>> = match biases.len() {
            n if n == places.len() => Some(biases.to_vec()),
            n if n == self.layers.len() => Some(places.iter().map(|&(l, _)| biases[l]).collect()),
            _ => None,
        };
        let differ = |usual: &Vec<usize>| {
            let read_another =
                |(place, bias): &(&UnitPlace, &usize)| written.get(place).is_some_and(|read| read != *bias);
            places.iter().zip(usual).filter(read_another).count()
        };
        let none_known = || forward.iter().flatten().all(|products| !products.is_known);
        match usual.filter(|usual| 3 * differ(usual) < written.len().max(1)) {
            Some(usual) if !written.is_empty() || none_known() => {
                written.extend(places.iter().copied().zip(usual));
            }
            None if written.is_empty() && !biases.is_empty() && none_known() => {
                return Err(Unclear("it is not clear which unit each bias belongs to".to_owned()));
            }
            _ => {}
        }
        Ok(written)
    }

    /// A layer in which one unit's bias was forgotten still has biases; which one is missing, the others tell.
    fn complete_layers(&self, biases: &[usize], written: &mut BTreeMap<UnitPlace, usize>) {
        for (l, layer) in self.layers.iter().enumerate() {
            let of_layer: Vec<usize> = (0..layer.len()).filter_map(|j| written.get(&(l, j)).copied()).collect();
            let free: Vec<usize> =
                biases.iter().copied().filter(|at| !written.values().any(|used| used == at)).collect();
            if of_layer.is_empty() || of_layer.len() == layer.len() {
                continue;
            }
            for j in 0..layer.len() {
                let is_one = of_layer.windows(2).all(|pair| pair[0] == pair[1]);
                let shared = is_one && (of_layer.len() > 1 || free.is_empty());
                let other = if shared { Some(of_layer[0]) } else { free.first().copied() };
                if let (None, Some(bias)) = (written.get(&(l, j)), other) {
                    written.insert((l, j), bias);
                }
            }
        }
    }
}
