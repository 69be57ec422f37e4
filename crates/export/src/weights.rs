//! A model as a safetensors file, with the names and shapes that PyTorch's `nn.Sequential` of the same layers has.
//!
//! Written files have no metadata: the bytes depend only on the numbers. Files that are read may come from elsewhere:
//! other floating-point types are rounded to f32, a prefix shared by all names, as of a module in a module, is removed,
//! and PyTorch's batch counters may be missing.

use gradbook_engine::model::Model;
use gradbook_engine::network::{Network, Tensor};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use thiserror::Error;

/// The end of the names of PyTorch's batch counters, one for each BatchNorm. Nothing is calculated from them.
const COUNTER: &str = ".num_batches_tracked";

/// Counters stop here: no training has more batches, and 64 bits leave room to add more.
pub const LARGEST_COUNT: u64 = 1 << 62;

/// How many names an error lists.
const LISTED: usize = 4;

/// Why a file is not the model of a network.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum WeightsError {
    #[error(
        "this is no safetensors file, or it is damaged ({reason}); train again, or save it anew, in PyTorch with \
         safetensors.torch.save_file(network.state_dict(), FILE)"
    )]
    Damaged { reason: String },
    #[error(
        "tensor {name} {shape:?} is missing; the file has {found}. Give the description that the weights belong to, or \
         rename them as in an nn.Sequential of its layers, the layer's number first"
    )]
    Missing { name: String, shape: Vec<usize>, found: String },
    #[error(
        "the network has no tensor {name} {shape:?}; give the description that the weights belong to, or take the tensor \
         out of the file"
    )]
    Superfluous { name: String, shape: Vec<usize> },
    #[error(
        "tensor {name} has shape {found:?}, but the network needs {needed:?}; give the description that the weights \
         belong to"
    )]
    Shape { name: String, found: Vec<usize>, needed: Vec<usize> },
    #[error("tensor {name} is of type {found}; F32, F64, F16 or BF16 is needed")]
    Type { name: String, found: String },
}

/// The bytes of a file with all tensors of a model of `network`, and a counter for each BatchNorm.
pub fn write(network: &Network, model: &Model) -> Vec<u8> {
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
    let views = tensors.iter().map(|(name, shape, dtype, bytes)| {
        (name, TensorView::new(*dtype, shape.clone(), bytes).expect("bytes of the shape"))
    });
    safetensors::serialize(views, None).expect("tensors of a network")
}

/// The largest size, in bytes, of a file with a model of `network`: f64 values, and generous room for names.
pub fn largest(network: &Network) -> u64 {
    8 * (network.parameters() + network.statistics_len()) as u64 + (1 << 20)
}

/// Reads the bytes of a file whose tensors must be exactly those of `network`, apart from a common prefix and batch
/// counters.
///
/// # Errors
/// If the file is damaged, or a tensor is missing, superfluous, of the wrong shape, or not of a floating-point type.
pub fn read(bytes: &[u8], network: &Network) -> Result<Model, WeightsError> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| WeightsError::Damaged { reason: error.to_string() })?;
    let prefix = prefix(&file, network);
    let parameters = values(&file, prefix, &network.tensors)?;
    let statistics = values(&file, prefix, &network.statistics)?;

    let mut names = file.names();
    names.sort_unstable();
    let known = |name: &str| {
        let own = name.strip_prefix(prefix);
        network.tensors.iter().chain(&network.statistics).any(|tensor| own == Some(&tensor.name))
    };
    if let Some(&name) = names.iter().find(|name| !known(name) && !name.ends_with(COUNTER)) {
        let shape = file.tensor(name).map_or(Vec::new(), |view| view.shape().to_vec());
        return Err(WeightsError::Superfluous { name: name.into(), shape });
    }
    // All BatchNorms of a network have seen the same number of batches, except that frozen ones have seen fewer.
    let tracked = |name: String| match file.tensor(&format!("{prefix}{name}")) {
        Ok(view) if view.dtype() == Dtype::I64 => Some(i64::from_le_bytes(view.data().try_into().ok()?)),
        _ => None,
    };
    let batches_tracked = counters(network).filter_map(tracked).filter_map(|count| u64::try_from(count).ok()).max();
    Ok(Model { parameters, statistics, batches_tracked: batches_tracked.unwrap_or(0).min(LARGEST_COUNT) })
}

/// The prefix of all names in the file, such as `module.`: the one with which most of the network's tensors are found.
/// Usually empty.
fn prefix<'n>(file: &'n SafeTensors<'_>, network: &Network) -> &'n str {
    let Some(Tensor { name: first, .. }) = network.tensors.first() else { return "" };
    let mut prefixes = vec![""];
    prefixes.extend(file.names().into_iter().filter_map(|name| name.strip_suffix(first.as_str())));
    prefixes.retain(|prefix| prefix.is_empty() || prefix.ends_with('.'));
    // On a tie the shorter one, then by name, because the file lists its names in no particular order.
    prefixes.sort_unstable_by_key(|prefix| (prefix.len(), *prefix));
    let found = |prefix: &str| {
        let tensors = network.tensors.iter().chain(&network.statistics);
        tensors.filter(|tensor| file.tensor(&format!("{prefix}{}", tensor.name)).is_ok()).count()
    };
    let mut best = ("", found(""));
    for prefix in prefixes {
        let count = found(prefix);
        if count > best.1 {
            best = (prefix, count);
        }
    }
    best.0
}

/// The values of the listed tensors, end to end.
fn values(file: &SafeTensors<'_>, prefix: &str, list: &[Tensor]) -> Result<Vec<f32>, WeightsError> {
    let mut values = Vec::new();
    for Tensor { name, shape, .. } in list {
        let name = format!("{prefix}{name}");
        let Ok(view) = file.tensor(&name) else {
            return Err(WeightsError::Missing { name, shape: shape.clone(), found: listed(file) });
        };
        if view.shape() != shape {
            return Err(WeightsError::Shape { name, found: view.shape().to_vec(), needed: shape.clone() });
        }
        let data = view.data();
        match view.dtype() {
            Dtype::F32 => values.extend(each(data).map(f32::from_le_bytes)),
            Dtype::F64 => values.extend(each(data).map(|bytes| f64::from_le_bytes(bytes) as f32)),
            Dtype::F16 => values.extend(each(data).map(|bytes| from_f16(u16::from_le_bytes(bytes)))),
            // The upper half of an f32.
            Dtype::BF16 => {
                values.extend(each(data).map(|bytes| f32::from_bits(u32::from(u16::from_le_bytes(bytes)) << 16)));
            }
            other => return Err(WeightsError::Type { name, found: format!("{other:?}") }),
        }
    }
    Ok(values)
}

/// The elements of a tensor of N bytes each.
fn each<const N: usize>(data: &[u8]) -> impl Iterator<Item = [u8; N]> {
    data.as_chunks().0.iter().copied()
}

/// IEEE 754's binary16: a sign, 5 bits of exponent, 10 of fraction. Exact.
fn from_f16(bits: u16) -> f32 {
    let (sign, magnitude) = (u32::from(bits & 0x8000) << 16, u32::from(bits & 0x7fff));
    // Infinity and NaN have the largest exponent. All others need f32's bias, 127, instead of 15.
    let value = match magnitude {
        0x7c00.. => f32::from_bits(0x7f80_0000 | magnitude << 13),
        _ => f32::from_bits(magnitude << 13) * f32::from_bits((127 + 112) << 23),
    };
    f32::from_bits(value.to_bits() | sign)
}

/// A few of a file's names and shapes.
fn listed(file: &SafeTensors<'_>) -> String {
    let mut names = file.names();
    if names.is_empty() {
        return "no tensor".into();
    }
    names.sort_unstable();
    let shown = names.iter().take(LISTED).map(|name| {
        let shape = file.tensor(name).map_or(Vec::new(), |view| view.shape().to_vec());
        format!("{name} {shape:?}")
    });
    let more = names.len().saturating_sub(LISTED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    shown.collect::<Vec<_>>().join(", ") + &more
}

/// The names of PyTorch's batch counters.
fn counters(network: &Network) -> impl Iterator<Item = String> {
    let layers = network.statistics.iter().filter_map(|tensor| tensor.name.strip_suffix(".running_mean"));
    layers.map(|layer| format!("{layer}{COUNTER}"))
}

#[cfg(test)]
mod tests {
    use super::from_f16;

    #[test]
    fn every_f16_has_the_value_that_its_bits_say() {
        for bits in 0..=u16::MAX {
            let (sign, exponent, fraction) = (bits >> 15, i32::from(bits >> 10 & 31), f64::from(bits & 1023) / 1024.0);
            let magnitude = match exponent {
                0 => fraction * 2f64.powi(-14),
                31 if fraction == 0.0 => f64::INFINITY,
                31 => f64::NAN,
                _ => (1.0 + fraction) * 2f64.powi(exponent - 15),
            };
            let (value, needed) = (from_f16(bits), if sign == 1 { -magnitude } else { magnitude });
            assert!(f64::from(value) == needed || value.is_nan() && needed.is_nan(), "{bits:#06x}: {value} {needed}");
            assert_eq!(value.is_sign_negative(), sign == 1, "{bits:#06x}");
        }
    }
}
