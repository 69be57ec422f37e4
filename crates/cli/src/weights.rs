//! A model as a safetensors file, with the names and shapes that PyTorch's `nn.Sequential` of the same layers has.
//!
//! There is no metadata: the bytes depend on nothing but the numbers.

use std::path::Path;

use anyhow::{Context, bail};
use gradbook_engine::model::Model;
use gradbook_engine::network::{Network, Tensor};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::files;

/// The bytes of a file with all tensors of a model.
///
/// # Errors
/// None that a checked network can cause.
pub(crate) fn to_bytes(network: &Network, model: &Model) -> anyhow::Result<Vec<u8>> {
    let mut tensors: Vec<(String, Vec<usize>, Dtype, Vec<u8>)> = Vec::new();
    for (list, values) in [(&network.tensors, &model.parameters), (&network.statistics, &model.statistics)] {
        for Tensor { name, shape, range, .. } in list {
            let bytes = values[range.clone()].iter().flat_map(|value| value.to_le_bytes()).collect();
            tensors.push((name.clone(), shape.clone(), Dtype::F32, bytes));
        }
    }
    for name in counters(network) {
        tensors.push((name, Vec::new(), Dtype::I64, (model.batches_tracked as i64).to_le_bytes().to_vec()));
    }
    let mut views = Vec::new();
    for (name, shape, dtype, bytes) in &tensors {
        views.push((name, TensorView::new(*dtype, shape.clone(), bytes)?));
    }
    Ok(safetensors::serialize(views, None)?)
}

/// Reads a file whose tensors must be exactly those of `network`.
///
/// # Errors
/// If it cannot be read, is damaged, or a tensor is missing, superfluous, or of another shape or type.
pub(crate) fn read(path: &Path, network: &Network) -> anyhow::Result<Model> {
    let file = path.display();
    // Four bytes a value, and generous room for names.
    let expected = 4 * (network.parameters() + network.statistics_len()) as u64;
    let bytes = files::read(path, 2 * expected + (1 << 20))?;
    let tensors = SafeTensors::deserialize(&bytes)
        .with_context(|| format!("{file}: this is no safetensors file, or it is damaged; train again"))?;

    let counters: Vec<String> = counters(network).collect();
    let known = |name: &str| {
        let mut tensors = network.tensors.iter().chain(&network.statistics).map(|tensor| &tensor.name);
        tensors.any(|known| known == name) || counters.iter().any(|counter| counter == name)
    };
    let mut names = tensors.names();
    names.sort();
    if let Some(name) = names.iter().find(|name| !known(name)) {
        bail!("{file}: the network has no tensor {name}; file and description belong to different networks");
    }

    let view = |name: &str, shape: &[usize], dtype: Dtype| -> anyhow::Result<TensorView<'_>> {
        let Ok(view) = tensors.tensor(name) else {
            bail!("{file}: tensor {name} {shape:?} is missing; file and description belong to different networks");
        };
        if view.shape() != shape {
            bail!("{file}: tensor {name} has shape {:?}, but the network needs {shape:?}", view.shape());
        }
        if view.dtype() != dtype {
            bail!("{file}: tensor {name} is of type {:?}, but {dtype:?} is needed", view.dtype());
        }
        Ok(view)
    };
    let values = |list: &[Tensor]| -> anyhow::Result<Vec<f32>> {
        let mut values = Vec::new();
        for Tensor { name, shape, .. } in list {
            let view = view(name, shape, Dtype::F32)?;
            values.extend(view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])));
        }
        Ok(values)
    };
    let (parameters, statistics) = (values(&network.tensors)?, values(&network.statistics)?);
    let mut batches_tracked = 0;
    for name in &counters {
        let view = view(name, &[], Dtype::I64)?;
        batches_tracked = view.data().iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte));
    }
    Ok(Model { parameters, statistics, batches_tracked })
}

/// The names of PyTorch's batch counters, one for each BatchNorm.
fn counters(network: &Network) -> impl Iterator<Item = String> {
    let layers = network.statistics.iter().filter_map(|tensor| tensor.name.strip_suffix(".running_mean"));
    layers.map(|layer| format!("{layer}.num_batches_tracked"))
}
