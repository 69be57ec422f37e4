//! What a topology is.

use std::collections::BTreeMap;

use gradbook_lesson::Param;

use super::units::UnitColumns;

/// What could not be understood, in words for the author of the sheet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unclear(pub(crate) String);

/// Layers, and which column is which weight or bias.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Topology {
    /// Columns of the inputs of the first sample.
    pub(crate) inputs: Vec<usize>,
    /// Units layer by layer, as the first sample has them.
    pub(crate) layers: Vec<Vec<UnitColumns>>,
    /// What each column of a weight or bias is; a bias may be shared.
    pub(crate) parameters: BTreeMap<usize, Vec<Param>>,
    pub(crate) samples: usize,
    /// How many ways of numbering the weights come near to what the sums multiply.
    pub(crate) numberings: usize,
}

impl Topology {
    pub(crate) fn widths(&self) -> Vec<usize> {
        [self.inputs.len()].into_iter().chain(self.layers.iter().map(Vec::len)).collect()
    }

    /// Which layers have biases.
    pub(crate) fn biases(&self) -> Vec<bool> {
        let has = |layer: usize| self.parameters.values().flatten().any(|p| matches!(p, Param::B(l, _) if *l == layer));
        (0..self.layers.len()).map(has).collect()
    }
}
