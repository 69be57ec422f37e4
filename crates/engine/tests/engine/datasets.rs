//! Data sets other than grey images: colours and features, against PyTorch's trainings in f64, and what is refused.

use std::collections::HashMap;

use gradbook_engine::data::{Dataset, Values};
use gradbook_engine::kernels::{Isa, Precision};
use gradbook_engine::model::Model;
use gradbook_engine::network::{Network, Shape};
use gradbook_engine::predict::with_predictor;
use gradbook_engine::spec::{AugmentSpec, NormalizeSpec, PerChannel, Spec};
use gradbook_engine::train::{Control, Options, State, TrainError, evaluate, train};
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    spec: Spec,
    /// Of one sample.
    shape: Vec<usize>,
    values: Vec<f32>,
    labels: Vec<u8>,
    initial: HashMap<String, Vec<f64>>,
    /// Before each update.
    losses: Vec<f64>,
    r#final: HashMap<String, Vec<f64>>,
    /// In evaluation mode, after the last update.
    outputs: Vec<f64>,
}

impl Case {
    fn set(&self) -> Dataset {
        let (values, shape) = match self.shape[..] {
            [channels, height, width] => {
                let bytes = self.values.iter().map(|&value| value as u8).collect();
                (Values::Bytes(bytes), Shape::Map { channels, height, width })
            }
            [features] => (Values::Floats(self.values.clone()), Shape::Vector(features)),
            _ => unreachable!("the script writes images and vectors"),
        };
        let classes = usize::from(*self.labels.iter().max().unwrap()) + 1;
        Dataset { values, labels: self.labels.clone(), shape, classes }
    }
}

/// An error of a thousandth part of a per cent: what f32 loses in a few updates.
fn assert_close(what: &str, found: &[f32], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(0.0, |scale: f64, x| scale.max(x.abs()));
    for (index, (&found, expected)) in found.iter().zip(expected).enumerate() {
        let bound = 1e-5 * scale.max(0.1);
        assert!((f64::from(found) - expected).abs() <= bound, "{what}[{index}]: {found} instead of {expected}");
    }
}

fn options(threads: usize) -> Options {
    Options { seed: 1, threads, isa: Isa::best(), precision: Precision::F32 }
}

#[test]
fn trainings_on_colours_and_on_features_agree_with_pytorch() {
    let file: File = serde_json::from_str(include_str!("../golden/datasets.json")).unwrap();
    for case in &file.cases {
        let (network, set) = (Network::new(&case.spec).unwrap(), case.set());
        let spec = case.spec.train.as_ref().unwrap();
        let mut model = Model::new(&network, &case.spec.init, 1);
        for tensor in &network.tensors {
            for (value, start) in model.parameters[tensor.range.clone()].iter_mut().zip(&case.initial[&tensor.name]) {
                *value = *start as f32;
            }
        }
        let mut state = State::new(spec, model).unwrap();
        train(&network, spec, &mut state, (&set, &set), options(2), &mut |_| Control::Continue).unwrap();
        let losses: Vec<f32> = state.history.epochs.iter().map(|epoch| epoch.train.mean_loss() as f32).collect();
        assert_close(&format!("{}: losses", case.name), &losses, &case.losses);
        for tensor in &network.tensors {
            let found = &state.model.parameters[tensor.range.clone()];
            assert_close(&format!("{}: {}", case.name, tensor.name), found, &case.r#final[&tensor.name]);
        }
        let mut outputs = vec![0.0; case.outputs.len()];
        with_predictor(&network, &spec.normalize, &state.model, &set, 2, Isa::best(), |predictor| {
            predictor.predict(0..set.len(), &mut outputs);
        })
        .unwrap();
        assert_close(&format!("{}: outputs", case.name), &outputs, &case.outputs);
    }
    assert_eq!(file.cases.len(), 3);
}

#[test]
fn colour_images_that_are_changed_at_random_give_the_same_bits_on_any_number_of_threads() {
    let file: File = serde_json::from_str(include_str!("../golden/datasets.json")).unwrap();
    let case = &file.cases[0];
    let (network, set) = (Network::new(&case.spec).unwrap(), case.set());
    let mut spec = case.spec.train.clone().unwrap();
    spec.batch = 7;
    let run = |augment: AugmentSpec, threads| {
        let spec = gradbook_engine::spec::TrainSpec { augment, ..spec.clone() };
        let mut state = State::new(&spec, Model::new(&network, &case.spec.init, 1)).unwrap();
        train(&network, &spec, &mut state, (&set, &set), options(threads), &mut |_| Control::Continue).unwrap();
        state.model
    };
    let changes = AugmentSpec { rotation_degrees: 20.0, brightness: 0.3, contrast: 0.3, ..AugmentSpec::default() };
    let model = run(changes.clone(), 1);
    assert_ne!(model, run(AugmentSpec::default(), 1));
    assert_eq!(model, run(changes, 3));
}

#[test]
fn what_does_not_fit_is_refused_with_both_sides_and_a_way_out() {
    let file: File = serde_json::from_str(include_str!("../golden/datasets.json")).unwrap();
    let (colours, vectors, features) = (&file.cases[0], &file.cases[1], &file.cases[2]);
    let refused = |case: &Case, set: &Dataset, normalize: &NormalizeSpec| {
        let network = Network::new(&case.spec).unwrap();
        let model = Model::new(&network, &case.spec.init, 1);
        evaluate(&network, normalize, &model, set, 1, Isa::best()).unwrap_err().to_string()
    };
    let normalize = NormalizeSpec::default();
    let grey = Dataset::grey(vec![0; 72], vec![0], [9, 8], 4);
    assert_eq!(
        refused(colours, &grey, &normalize),
        "the network takes 3 x 9 x 8, the images are 9 x 8; write input = [1, 9, 8] (or [72]) in the description"
    );
    assert_eq!(
        refused(features, &colours.set(), &normalize),
        "the network takes 5, the images are 3 x 9 x 8; write input = [3, 9, 8] (or [216]) in the description"
    );
    assert_eq!(
        refused(vectors, &features.set(), &normalize),
        "the network takes 216, the samples have 5 features; write input = [5] in the description"
    );
    let of_five = features.spec.train.as_ref().unwrap().normalize.clone();
    let message = refused(vectors, &vectors.set(), &of_five);
    assert!(message.contains("train.normalize.mean = [1.0, -2.0, 0.0, 0.5, 10.0]"), "{message}");
    assert!(message.contains("write one number, or a list of 3: one per channel"), "{message}");

    let mut spec = colours.spec.clone();
    spec.train.as_mut().unwrap().normalize.std = PerChannel::Each(vec![0.5; 2]);
    let message = Network::new(&spec).unwrap_err().to_string();
    assert!(message.contains("train.normalize.std = [0.5, 0.5]"), "{message}");

    let network = Network::new(&features.spec).unwrap();
    let mut spec = features.spec.train.clone().unwrap();
    spec.augment.rotation_degrees = 10.0;
    let mut state = State::new(&spec, Model::new(&network, &features.spec.init, 1)).unwrap();
    let set = features.set();
    let error = train(&network, &spec, &mut state, (&set, &set), options(1), &mut |_| Control::Continue).unwrap_err();
    assert!(matches!(error, TrainError::Setting(_)) && error.to_string().contains("images of bytes"), "{error}");
}
