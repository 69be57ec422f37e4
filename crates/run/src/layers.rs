//! The layers of a network as rows of a table.

use gradbook_engine::network::{Network, Shape};
use gradbook_engine::spec::{LayerSpec, Spec};
use serde::Serialize;

/// A row of the layer table.
#[derive(Serialize)]
pub struct Row<'r> {
    /// Counted from 0.
    pub index: usize,
    /// The layer as described.
    pub layer: &'r LayerSpec,
    /// Its shape: `8 x 24 x 24` or a number of features.
    pub output: String,
    /// How many numbers of this layer are trained.
    pub parameters: usize,
    /// Multiply-adds of the forward pass of one image.
    pub multiply_adds: usize,
    /// Side of the square of input pixels that one output sees; `None` without images.
    pub receptive_field: Option<usize>,
}

/// One row for each layer, in order; `network` is the network of `spec`.
pub fn rows<'s>(network: &Network, spec: &'s Spec) -> Vec<Row<'s>> {
    let nodes = network.nodes.iter().zip(&spec.layers).zip(network.receptive_fields());
    let rows = nodes.enumerate().map(|(index, ((node, layer), field))| Row {
        index,
        layer,
        output: node.output.to_string(),
        parameters: network.tensors[node.tensors.clone()].iter().map(|tensor| tensor.range.len()).sum(),
        multiply_adds: node.layer.multiply_adds(node.output),
        receptive_field: matches!(network.input, Shape::Map { .. }).then_some(field),
    });
    rows.collect()
}
