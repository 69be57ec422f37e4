//! Weights that come from elsewhere.

use std::collections::BTreeMap;

use crate::support::{Case, all_layers};
use gradbook_engine::network::Network;
use gradbook_export::weights::{WeightsError, largest, read, write};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

/// Tensors as a file holds them, to be changed.
type Tensors = BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

fn tensors(case: &Case) -> Tensors {
    let bytes = write(&case.network, &case.model);
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensors = file.tensors().into_iter();
    tensors.map(|(name, view)| (name, (view.dtype(), view.shape().to_vec(), view.data().to_vec()))).collect()
}

fn file(tensors: &Tensors) -> Vec<u8> {
    let view = |(dtype, shape, data)| TensorView::new(dtype, shape, data).unwrap();
    let views = tensors.iter().map(|(name, (dtype, shape, data))| (name, view((*dtype, shape.clone(), data))));
    safetensors::serialize(views, None).unwrap()
}

/// All f32 tensors as another type.
fn converted(tensors: &Tensors, to: Dtype, convert: impl Fn(f32) -> Vec<u8>) -> Tensors {
    let mut tensors = tensors.clone();
    for (dtype, _, data) in tensors.values_mut().filter(|(dtype, ..)| *dtype == Dtype::F32) {
        *dtype = to;
        *data = data.chunks_exact(4).flat_map(|b| convert(f32::from_le_bytes([b[0], b[1], b[2], b[3]]))).collect();
    }
    tensors
}

fn renamed(tensors: &Tensors, name: impl Fn(&str) -> String) -> Tensors {
    tensors.iter().map(|(old, tensor)| (name(old), tensor.clone())).collect()
}

#[test]
fn a_model_is_read_as_it_was_written() {
    let mut case = all_layers();
    case.model.batches_tracked = 1234;
    let bytes = write(&case.network, &case.model);
    assert_eq!(read(&bytes, &case.network).unwrap(), case.model);
    assert!(bytes.len() as u64 <= largest(&case.network));
}

#[test]
fn other_types_are_rounded_to_f32() {
    let case = all_layers();
    let own = tensors(&case);
    let read = |tensors: &Tensors| read(&file(tensors), &case.network).unwrap();
    assert_eq!(read(&converted(&own, Dtype::F64, |x| f64::from(x).to_le_bytes().to_vec())), case.model);
    let upper = |x: f32| (x.to_bits() >> 16) as u16;
    let bf16 = read(&converted(&own, Dtype::BF16, |x| upper(x).to_le_bytes().to_vec()));
    for (read, written) in bf16.parameters.iter().zip(&case.model.parameters) {
        assert_eq!(read.to_bits(), u32::from(upper(*written)) << 16);
    }
    // 1.5, and the smallest number above 0.
    let f16 = read(&converted(&own, Dtype::F16, |x| if x < 0.0 { vec![0x00, 0x3e] } else { vec![0x01, 0x00] }));
    for (read, written) in f16.parameters.iter().zip(&case.model.parameters) {
        assert_eq!(*read, if *written < 0.0 { 1.5 } else { 2f32.powi(-24) });
    }
}

#[test]
fn one_prefix_is_taken_off_and_counters_may_be_missing() {
    let mut case = all_layers();
    case.model.batches_tracked = 5;
    let own = tensors(&case);
    for prefix in ["module.", "module.net.", "0.", "1.0."] {
        let wrapped = renamed(&own, |name| format!("{prefix}{name}"));
        assert_eq!(read(&file(&wrapped), &case.network).unwrap(), case.model, "{prefix}");
    }
    let mut without = own.clone();
    without.retain(|name, _| !name.ends_with("num_batches_tracked"));
    let model = read(&file(&without), &case.network).unwrap();
    assert_eq!((model.batches_tracked, model.statistics), (0, case.model.statistics.clone()));

    // Two models in one file, or a name that only ends alike, are not one prefix.
    let mut two = renamed(&own, |name| format!("a.{name}"));
    two.extend(renamed(&own, |name| format!("b.{name}")));
    let error = read(&file(&two), &case.network).unwrap_err();
    assert!(matches!(&error, WeightsError::Superfluous { name, .. } if name.starts_with("b.")), "{error}");
    let error = read(&file(&renamed(&own, |name| format!("1{name}"))), &case.network).unwrap_err();
    assert!(matches!(error, WeightsError::Missing { .. }), "{error}");
}

#[test]
fn what_does_not_fit_is_named_with_shapes_and_a_way_out() {
    let case = all_layers();
    let refused = |change: &dyn Fn(&mut Tensors), words: &[&str]| {
        let mut tensors = tensors(&case);
        change(&mut tensors);
        let error = read(&file(&tensors), &case.network).unwrap_err().to_string();
        words.iter().for_each(|word| assert!(error.contains(word), "`{word}` is not in: {error}"));
    };
    refused(
        &|tensors| drop(tensors.remove("4.weight")),
        &["tensor 4.weight [6, 5, 3, 3] is missing", "0.bias [5], 0.weight [5, 1, 5, 5], ", "and 16 more", "rename"],
    );
    refused(&|tensors| tensors.clear(), &["0.weight", "is missing; the file has no tensor"]);
    refused(
        &|tensors| drop(tensors.insert("4.bias".into(), (Dtype::F32, vec![1], vec![0; 4]))),
        &["no tensor 4.bias [1]", "take the tensor out"],
    );
    refused(
        &|tensors| tensors.get_mut("0.weight").unwrap().1 = vec![5, 5, 5, 1],
        &["0.weight has shape [5, 5, 5, 1], but the network needs [5, 1, 5, 5]"],
    );
    refused(
        &|tensors| drop(tensors.insert("0.bias".into(), (Dtype::I32, vec![5], vec![0; 20]))),
        &["0.bias is of type I32", "BF16"],
    );
    let damaged = |bytes: &[u8], network: &Network| read(bytes, network).unwrap_err().to_string();
    assert!(damaged(b"short", &case.network).contains("damaged"));
    let whole = write(&case.network, &case.model);
    assert!(damaged(&whole[..whole.len() - 1], &case.network).contains("damaged"));
}
