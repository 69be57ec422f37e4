//! The f32 engine against the f64 reference, and PyTorch's three training steps.

use std::collections::HashMap;

use safetensors::SafeTensors;

use super::*;
use crate::data::Dataset;
use crate::kernels::Tiles;
use crate::optimizer::{Optimizer, Slice};
use crate::reference::{Mode, Reference, batch_loss};
use crate::rng::Stream;
use crate::spec::{InitSpec, LayerSpec, LossSpec, NormalizeSpec, OptimizerSpec, Spec};
use crate::team::with_team;

fn spec(input: &[usize], layers: &str, loss: &str) -> Spec {
    let json = format!(r#"{{"input": {input:?}, "layers": [{layers}], "loss": {{"type": "{loss}"}}}}"#);
    serde_json::from_str(&json).expect("the test's description is valid")
}

/// Odd sizes, partly filled lanes, strides that leave rows over, layers that work in place and layers that do not.
fn networks() -> Vec<Spec> {
    vec![
        spec(
            &[3],
            r#"{"type":"linear","out_features":17},{"type":"sigmoid"},{"type":"linear","out_features":41,"bias":false},
                      {"type":"tanh"},{"type":"linear","out_features":5}"#,
            "squared_error",
        ),
        spec(
            &[1, 9, 11],
            r#"{"type":"conv2d","out_channels":5,"kernel_size":3,"padding":1},{"type":"relu"},
                      {"type":"max_pool","kernel_size":2},{"type":"dropout","p":0.3},
                      {"type":"conv2d","out_channels":18,"kernel_size":2,"stride":3},{"type":"tanh"},
                      {"type":"flatten"},{"type":"linear","out_features":4},{"type":"softmax"}"#,
            "mean_squared_error",
        ),
        spec(
            &[2, 13, 12],
            r#"{"type":"conv2d","out_channels":9,"kernel_size":5,"stride":2,"padding":2,"bias":false},
                      {"type":"batch_norm"},{"type":"relu"},{"type":"dropout","p":0.2},
                      {"type":"conv2d","out_channels":24,"kernel_size":3,"stride":2,"padding":1},{"type":"batch_norm"},
                      {"type":"relu"},{"type":"avg_pool","kernel_size":2,"stride":1},{"type":"conv2d","out_channels":7,"kernel_size":1},
                      {"type":"sigmoid"},{"type":"global_avg_pool"},{"type":"linear","out_features":33},{"type":"batch_norm"},
                      {"type":"relu"},{"type":"linear","out_features":10}"#,
            "cross_entropy",
        ),
        spec(
            &[6, 8, 7],
            r#"{"type":"max_pool","kernel_size":3,"stride":2},{"type":"batch_norm"},{"type":"sigmoid"},
                      {"type":"dropout","p":0.5},{"type":"conv2d","out_channels":3,"kernel_size":3},
                      {"type":"flatten"},{"type":"linear","out_features":3}"#,
            "cross_entropy",
        ),
        // Pooling within a BatchNorm's operations, with and without ReLU, with rows left over and followed by dropout;
        // a first layer that is a convolution on many channels.
        spec(
            &[9, 13, 11],
            r#"{"type":"conv2d","out_channels":16,"kernel_size":3,"padding":1},{"type":"batch_norm"},{"type":"relu"},
                      {"type":"max_pool","kernel_size":2},{"type":"dropout","p":0.2},
                      {"type":"conv2d","out_channels":40,"kernel_size":3,"padding":2,"bias":false},{"type":"batch_norm"},
                      {"type":"max_pool","kernel_size":3},{"type":"conv2d","out_channels":8,"kernel_size":2},
                      {"type":"relu"},{"type":"batch_norm"},{"type":"dropout","p":0.1},{"type":"flatten"},
                      {"type":"linear","out_features":3}"#,
            "cross_entropy",
        ),
        // Functions behind a BatchNorm that are not fused with it, in place and not; one behind another.
        spec(
            &[3, 7, 9],
            r#"{"type":"conv2d","out_channels":11,"kernel_size":3,"padding":1},{"type":"batch_norm"},
                      {"type":"leaky_relu","negative_slope":0.2},{"type":"max_pool","kernel_size":2},
                      {"type":"conv2d","out_channels":9,"kernel_size":2},{"type":"leaky_relu"},
                      {"type":"softplus"},{"type":"conv2d","out_channels":6,"kernel_size":2,"padding":1},
                      {"type":"batch_norm"},{"type":"softplus"},{"type":"dropout","p":0.2},{"type":"flatten"},
                      {"type":"linear","out_features":4}"#,
            "cross_entropy",
        ),
        // The last function behind a layer in place, and behind one whose output is needed.
        spec(&[5], r#"{"type":"linear","out_features":3},{"type":"sigmoid"}"#, "binary_cross_entropy"),
        spec(&[5], r#"{"type":"linear","out_features":3},{"type":"tanh"},{"type":"sigmoid"}"#, "binary_cross_entropy"),
        spec(
            &[4, 6, 6],
            r#"{"type":"relu"},{"type":"conv2d","out_channels":8,"kernel_size":4,"padding":2},{"type":"relu"},
                      {"type":"dropout","p":0.1},{"type":"avg_pool","kernel_size":3},{"type":"flatten"},
                      {"type":"linear","out_features":2}"#,
            "cross_entropy",
        ),
    ]
}

fn random(seed: u64, len: usize) -> Vec<f32> {
    let mut generator = Stream::Shuffle { epoch: 77 }.generator(seed);
    (0..len).map(|_| generator.normal() as f32).collect()
}

fn widen(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

/// One training pass of `model` on values, with `threads` threads.
fn train_pass(
    network: &Network,
    model: &mut Model,
    (x, t): (&[f32], &[f32]),
    (isa, precision): (Isa, Precision),
    threads: usize,
) -> (Vec<f32>, Score) {
    let samples = x.len() / network.input.len();
    let executor = Executor::new(network, isa, precision, samples);
    executor.shared().batch = Batch::Values { x, t };
    executor.shared().seed = 3;
    executor.shared().step = 5;
    let mut gradient = vec![f32::NAN; network.parameters()];
    let score = with_team(threads, &|job, shard| executor.work(job, shard), |team| {
        executor.train_pass(team, model, &mut gradient)
    });
    (gradient, score)
}

/// Every difference is at most `bound` times the largest value of its tensor.
fn assert_close(network: &Network, what: &str, found: &[f32], expected: &[f64], bound: f64) {
    for tensor in &network.tensors {
        let (found, expected) = (&found[tensor.range.clone()], &expected[tensor.range.clone()]);
        let largest = expected.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        assert!(found.iter().all(|value| value.is_finite()), "{what}, {}", tensor.name);
        let difference =
            found.iter().zip(expected).fold(0.0, |worst: f64, (f, e)| worst.max((f64::from(*f) - e).abs()));
        assert!(difference <= bound * largest, "{what}, {}: {difference:e} of {largest:e}", tensor.name);
    }
}

#[test]
fn every_layer_agrees_with_the_reference_on_every_instruction_set() {
    for (number, spec) in networks().iter().enumerate() {
        let network = Network::new(spec).unwrap();
        // Two full shards and a short one.
        let samples = 19;
        let x = random(number as u64, samples * network.input.len());
        let outputs = network.output().len();
        let mut t = vec![0.0; samples * outputs];
        (0..samples).for_each(|sample| t[sample * outputs + sample % outputs] = 1.0);
        let start = Model::new(&network, &InitSpec::Default {}, 11);

        let mut reference = Reference::new(&network, widen(&start.parameters));
        let tape = reference.forward(&widen(&x), samples, Mode::Train { seed: 3, step: 5 });
        let (loss, da) = batch_loss(spec.loss, tape.values.last().unwrap(), &widen(&t), outputs);
        let expected = reference.backward(&tape, &da).parameters;
        let evaluated = reference.forward(&widen(&x), samples, Mode::Eval);

        let mut bits = Vec::new();
        for isa in Isa::available() {
            for threads in [1, 3] {
                let what = format!("network {number}, {} with {threads} threads", isa.name());
                let mut model = start.clone();
                let (gradient, score) = train_pass(&network, &mut model, (&x, &t), (isa, Precision::F32), threads);
                assert!((score.mean_loss() - loss).abs() <= 1e-6 * loss, "{what}: {} {loss}", score.mean_loss());
                // Sums in f32, some of which nearly cancel.
                assert_close(&network, &what, &gradient, &expected, 3e-5);
                for (found, expected) in model.statistics.iter().zip(&reference.statistics) {
                    assert!((f64::from(*found) - expected).abs() <= 1e-6 * expected.abs().max(0.1), "{what}");
                }

                let executor = Executor::new(&network, isa, Precision::F32, samples);
                executor.shared().batch = Batch::Values { x: &x, t: &t };
                executor.prepare_eval(&model);
                with_team(threads, &|job, shard| executor.work(job, shard), |team| executor.eval_pass(team));
                let found: Vec<f32> = (0..samples).flat_map(|sample| executor.output(sample)).collect();
                for (found, expected) in found.iter().zip(evaluated.values.last().unwrap()) {
                    assert!((f64::from(*found) - expected).abs() <= 3e-6 * expected.abs().max(1.0), "{what}");
                }
                bits.push((gradient, model, found));
            }
        }
        assert!(bits.windows(2).all(|pair| pair[0] == pair[1]), "network {number}: bits depend on threads or path");
    }
}

/// Rounding changes an operand of a convolution by at most 2⁻⁹ of its size. With two operands in each of three layers,
/// forward and backward, that adds up to 2 % of a gradient if nothing cancels; BatchNorm subtracts nearly equal
/// numbers, hence 5 %. A weight that is misplaced or left out changes a gradient by its own size. The functions are
/// smooth, so that no rounding decides which path a gradient takes.
#[test]
fn gradients_in_bf16_lie_near_those_in_f32_on_any_number_of_threads_and_evaluation_stays_f32() {
    let layers = r#"{"type":"conv2d","out_channels":19,"kernel_size":3,"padding":1},{"type":"batch_norm"},
        {"type":"tanh"},{"type":"conv2d","out_channels":40,"kernel_size":4,"padding":1,"bias":false},{"type":"sigmoid"},
        {"type":"conv2d","out_channels":8,"kernel_size":1},{"type":"batch_norm"},{"type":"tanh"},{"type":"flatten"},
        {"type":"linear","out_features":3}"#;
    let network = Network::new(&spec(&[9, 7, 11], layers, "cross_entropy")).unwrap();
    let samples = 19;
    let (x, t) = (random(1, samples * network.input.len()), [0.0, 1.0, 0.0].repeat(samples));
    let start = Model::new(&network, &InitSpec::Default {}, 4);
    let pass = |precision, threads| {
        let mut model = start.clone();
        let (gradient, _) = train_pass(&network, &mut model, (&x, &t), (Isa::best(), precision), threads);
        (gradient, model)
    };
    let norm = |values: &mut dyn Iterator<Item = f32>| values.map(|value| f64::from(value).powi(2)).sum::<f64>().sqrt();
    let (expected, _) = pass(Precision::F32, 1);
    for unit in Tiles::tested() {
        let (found, model) = pass(Precision::Bf16(unit), 1);
        for tensor in &network.tensors {
            let (found, expected) = (&found[tensor.range.clone()], &expected[tensor.range.clone()]);
            let difference = norm(&mut found.iter().zip(expected).map(|(found, expected)| found - expected));
            let relative = difference / norm(&mut expected.iter().copied());
            // The gradient of a bias before a BatchNorm is 0 in both.
            let cancels = expected.iter().all(|value| *value == 0.0) && tensor.name.ends_with("bias");
            assert!(cancels || (1e-6..0.05).contains(&relative), "{}: {relative:e}", tensor.name);
        }
        for threads in [2, 3] {
            assert!(pass(Precision::Bf16(unit), threads) == (found.clone(), model.clone()), "{threads} threads");
        }
        let evaluated = |precision| {
            let executor = Executor::new(&network, Isa::best(), precision, samples);
            executor.shared().batch = Batch::Values { x: &x, t: &t };
            with_team(1, &|job, shard| executor.work(job, shard), |team| {
                executor.train_pass(team, &mut model.clone(), &mut vec![0.0; network.parameters()]);
                executor.prepare_eval(&model);
                executor.eval_pass(team);
            });
            (0..samples).flat_map(|sample| executor.output(sample)).collect::<Vec<_>>()
        };
        assert_eq!(evaluated(Precision::Bf16(unit)), evaluated(Precision::F32));
    }
}

/// An evaluation folds BatchNorm into the weights; nothing of that may remain in the next training step.
#[test]
fn a_training_step_after_an_evaluation_is_as_without_it() {
    let layers =
        r#"{"type":"linear","out_features":9,"bias":false},{"type":"batch_norm"},{"type":"linear","out_features":3}"#;
    let network = Network::new(&spec(&[5], layers, "cross_entropy")).unwrap();
    let (x, t) = (random(1, 40), [1.0, 0.0, 0.0].repeat(8));
    let step = |evaluates: bool| {
        let mut model = Model::new(&network, &InitSpec::Default {}, 2);
        let executor = Executor::new(&network, Isa::best(), Precision::F32, 8);
        executor.shared().batch = Batch::Values { x: &x, t: &t };
        let mut gradient = vec![0.0; network.parameters()];
        with_team(1, &|job, shard| executor.work(job, shard), |team| {
            // The first step moves the running mean away from 0.
            executor.train_pass(team, &mut model, &mut gradient);
            if evaluates {
                executor.prepare_eval(&model);
                executor.eval_pass(team);
            }
            executor.train_pass(team, &mut model, &mut gradient);
        });
        (model, gradient)
    };
    assert_eq!(step(true), step(false));
}

/// A file of `tests/golden`.
fn golden() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/classic.safetensors");
    #[expect(clippy::disallowed_methods, reason = "a test may read its golden file")]
    std::fs::read(path).expect("the golden file is part of the repository")
}

/// PyTorch's three steps in f64, see `tests/golden/README.md`.
struct Classic {
    spec: Spec,
    tensors: HashMap<String, Vec<f64>>,
    images: Vec<Dataset>,
}

fn classic() -> Classic {
    let file = golden();
    let (_, metadata) = SafeTensors::read_metadata(&file).unwrap();
    let about = &metadata.metadata().as_ref().expect("the script writes metadata")["about"];
    let about: serde_json::Value = serde_json::from_str(about).unwrap();
    let layers: Vec<LayerSpec> = serde_json::from_value(about["layers"].clone()).unwrap();
    let loss = LossSpec::CrossEntropy { label_smoothing: 0.0 };
    let spec = Spec { layers, ..spec(&[1, 28, 28], "", loss.name()) };
    let file = SafeTensors::deserialize(&file).unwrap();
    let bytes = |name: &str| file.tensor(name).unwrap().data().to_vec();
    let as_f64 = |bytes: Vec<u8>| bytes.chunks(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect();
    let is_f64 = |name: &&&str| !["images", "labels"].contains(*name);
    let tensors = file
        .names()
        .iter()
        .filter(|name| is_f64(&&**name))
        .map(|name| (name.to_string(), as_f64(bytes(name))))
        .collect();
    let labels = bytes("labels");
    let images = bytes("images")
        .chunks(labels.len() / 3 * 784)
        .zip(labels.chunks(labels.len() / 3))
        .map(|(images, labels)| Dataset::grey(images.to_vec(), labels.to_vec(), [28, 28], 10))
        .collect();
    Classic { spec, tensors, images }
}

impl Classic {
    /// The tensors `prefix.name` as one flat buffer.
    fn flat(&self, tensors: &[crate::network::Tensor], prefix: &str) -> Vec<f64> {
        tensors.iter().flat_map(|tensor| self.tensors[&format!("{prefix}.{}", tensor.name)].clone()).collect()
    }

    /// Loss and gradient of the reference in step `number`.
    fn reference_step(&self, reference: &mut Reference<'_>, number: usize) -> (f64, Vec<f64>) {
        let set = &self.images[number];
        let x: Vec<f64> = (0..set.len()).flat_map(|sample| set.input(sample, &NormalizeSpec::default())).collect();
        let mut t = vec![0.0; set.len() * 10];
        set.labels.iter().enumerate().for_each(|(sample, &label)| t[sample * 10 + usize::from(label)] = 1.0);
        let tape = reference.forward(&x, set.len(), Mode::Train { seed: 0, step: 0 });
        let (loss, da) = batch_loss(self.spec.loss, tape.values.last().unwrap(), &t, 10);
        (loss, reference.backward(&tape, &da).parameters)
    }
}

fn slices(network: &Network) -> Vec<Slice> {
    network.tensors.iter().map(|tensor| Slice { range: tensor.range.clone(), kind: tensor.kind }).collect()
}

/// f32 gradient of one batch of images; moves the model's running statistics.
fn image_gradient(network: &Network, model: &mut Model, set: &Dataset) -> Vec<f32> {
    let executor = Executor::new(network, Isa::best(), Precision::F32, set.len());
    executor.shared().normalization = Normalization::new(&NormalizeSpec::default(), set).unwrap();
    executor.shared().batch = Batch::Samples { set, samples: (0..set.len() as u32).collect(), augment: None };
    let mut gradient = vec![0.0; network.parameters()];
    with_team(2, &|job, shard| executor.work(job, shard), |team| executor.train_pass(team, model, &mut gradient));
    gradient
}

fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

/// Compares three steps in f64 with PyTorch's, and the f32 gradient of each step, from the reference's weights, with
/// the reference's. Returns the reference's last parameters.
fn check_steps(classic: &Classic, network: &Network, name: &str, optimizer: &OptimizerSpec, lr: f64) -> Vec<f64> {
    let mut reference = Reference::new(network, classic.flat(&network.tensors, "initial"));
    let mut optimizer = Optimizer::<f64>::new(optimizer, network.parameters()).unwrap();
    for number in 0..3 {
        let mut model = Model::new(network, &InitSpec::Default {}, 0);
        model.parameters = narrow(&reference.parameters);
        let (loss, gradient) = classic.reference_step(&mut reference, number);
        let expected = classic.tensors[&format!("{name}.loss")][number];
        assert!((loss - expected).abs() <= 1e-12 * expected, "{name}, step {number}: loss {loss}, not {expected}");
        let found = image_gradient(network, &mut model, &classic.images[number]);
        assert_close(network, &format!("{name}, step {number}"), &found, &gradient, 1e-5);
        optimizer.step(lr, &slices(network), &mut reference.parameters, &gradient);
    }
    for (tensors, found) in [(&network.tensors, &reference.parameters), (&network.statistics, &reference.statistics)] {
        for (found, expected) in found.iter().zip(classic.flat(tensors, &format!("{name}.final"))) {
            let bound = (1e-10 * expected.abs()).max(1e-12);
            assert!((found - expected).abs() <= bound, "{name}: {found} instead of {expected}");
        }
    }
    reference.parameters
}

#[test]
fn three_adam_steps_of_the_classic_network_agree_with_pytorch() {
    let classic = classic();
    let network = Network::new(&classic.spec).unwrap();
    assert_eq!(network.parameters(), 19_512);
    let adam = serde_json::from_str(r#"{"type": "adam", "lr": 1e-2}"#).unwrap();
    check_steps(&classic, &network, "adam", &adam, 1e-2);
}

#[test]
fn three_sgd_steps_of_the_classic_network_agree_with_pytorch() {
    let classic = classic();
    let network = Network::new(&classic.spec).unwrap();
    let sgd = serde_json::from_str(r#"{"type": "sgd", "lr": 0.1, "momentum": 0.9}"#).unwrap();
    let expected = check_steps(&classic, &network, "sgd", &sgd, 0.1);

    // The same three steps, only in f32.
    let mut model = Model::new(&network, &InitSpec::Default {}, 0);
    model.parameters = narrow(&classic.flat(&network.tensors, "initial"));
    let mut optimizer = Optimizer::<f32>::new(&sgd, network.parameters()).unwrap();
    for set in &classic.images {
        let gradient = image_gradient(&network, &mut model, set);
        optimizer.step(0.1, &slices(&network), &mut model.parameters, &gradient);
    }
    assert_close(&network, "sgd in f32", &model.parameters, &expected, 1e-5);
}

/// A network that is sure of its answers has softmax outputs of 1e-40: without care, everything calculated from them
/// would be denormal and many times slower.
#[test]
fn a_saturated_network_has_no_denormal_number_in_any_buffer() {
    let layers = r#"{"type":"linear","out_features":16},{"type":"relu"},{"type":"linear","out_features":4}"#;
    let network = Network::new(&spec(&[4], layers, "cross_entropy")).unwrap();
    let mut model = Model::new(&network, &InitSpec::Default {}, 1);
    let adam = serde_json::from_str(r#"{"type": "adam", "lr": 0.5}"#).unwrap();
    let mut optimizer = Optimizer::<f32>::new(&adam, network.parameters()).unwrap();
    let x: Vec<f32> = (0..64).map(|at| f32::from(u8::from(at % 4 == at / 4 % 4))).collect();
    let executor = Executor::new(&network, Isa::best(), Precision::F32, 16);
    executor.shared().batch = Batch::Values { x: &x, t: &x };
    let mut gradient = vec![0.0; network.parameters()];
    let (mut sure, mut denormal) = (0, 0);
    let last = network.tensors[2].range.start;
    with_team(1, &|job, shard| executor.work(job, shard), |team| {
        for step in 0..150 {
            // Ever larger outputs, through the range in which softmax is denormal in f32.
            if step > 100 {
                model.parameters[last..].iter_mut().for_each(|w| *w *= 1.1);
            }
            executor.train_pass(team, &mut model, &mut gradient);
            let a = executor.output(0);
            sure += usize::from(a[1..].iter().any(|other| libm::expf(other - a[0]).is_subnormal()));
            optimizer.step(0.5, &slices(&network), &mut model.parameters, &gradient);
            let (m, v) = optimizer.moments();
            let beside = [&gradient[..], &model.parameters, m, v].into_iter().flatten().copied();
            denormal += executor.shard(0).all_floats().chain(beside).filter(|value| value.is_subnormal()).count();
        }
    });
    assert!(sure > 0, "no softmax output was denormal, so this test means nothing");
    assert_eq!(denormal, 0);
}
