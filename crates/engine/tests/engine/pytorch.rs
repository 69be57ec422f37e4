//! The f64 reference against PyTorch's numbers for every layer and loss, and initial weights against its bounds.
//! (Three whole training steps are in the engine's own tests; optimizers and schedules have files of their own.)

use std::collections::HashMap;

use gradbook_engine::init;
use gradbook_engine::model::Model;
use gradbook_engine::network::{Network, Tensor};
use gradbook_engine::reference::{Mode, Reference, batch_loss};
use gradbook_engine::spec::{InitSpec, LayerSpec, LossSpec, Spec};
use serde::Deserialize;

#[derive(Deserialize)]
struct File<C> {
    cases: Vec<C>,
}

#[derive(Deserialize)]
struct LayerCase {
    name: String,
    input: Vec<usize>,
    layers: Vec<LayerSpec>,
    batch: usize,
    parameters: HashMap<String, Vec<f64>>,
    x: Vec<f64>,
    /// The scalar is `Σ r y`.
    r: Vec<f64>,
    y: Vec<f64>,
    dx: Vec<f64>,
    gradients: HashMap<String, Vec<f64>>,
    #[serde(default)]
    running: HashMap<String, Vec<f64>>,
    y_eval: Option<Vec<f64>>,
}

#[derive(Deserialize)]
struct LossCase {
    name: String,
    spec: LossSpec,
    outputs: Vec<f64>,
    targets: Vec<f64>,
    classes: usize,
    loss: f64,
    gradient: Vec<f64>,
}

#[derive(Deserialize)]
struct InitCase {
    name: String,
    init: InitSpec,
    fan_in: usize,
    fan_out: usize,
    weight_bound: Option<f64>,
    weight_std: f64,
    bias_bound: Option<f64>,
}

fn cases<C: for<'d> Deserialize<'d>>(name: &str) -> Vec<C> {
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    #[expect(clippy::disallowed_methods, reason = "a test may read its golden files")]
    let text = std::fs::read_to_string(&path).expect("golden files are part of the repository");
    serde_json::from_str::<File<C>>(&text).expect("the script writes this structure").cases
}

/// The layers with a loss that accepts whatever comes out.
fn network(case: &LayerCase) -> Network {
    let mut layers = case.layers.clone();
    // A network ends in a vector; PyTorch's order of elements is kept.
    layers.push(LayerSpec::Flatten {});
    if matches!(case.layers.last(), Some(LayerSpec::Softmax {})) {
        layers.pop();
    }
    let spec = Spec {
        about: String::new(),
        input: case.input.clone(),
        layers,
        loss: LossSpec::SquaredError {},
        init: InitSpec::Default {},
        train: None,
        lesson: None,
        require: None,
    };
    Network::new(&spec).expect("the case is a network")
}

fn assert_close(what: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let bound = 1e-14 + 1e-12 * expected.abs();
        assert!((found - expected).abs() <= bound, "{what}[{index}]: {found} instead of {expected}");
    }
}

fn assert_tensors_close(what: &str, tensors: &[Tensor], found: &[f64], expected: &HashMap<String, Vec<f64>>) {
    for tensor in tensors {
        assert_close(&format!("{what} {}", tensor.name), &found[tensor.range.clone()], &expected[&tensor.name]);
    }
}

#[test]
fn the_reference_agrees_with_pytorch_for_every_layer() {
    let cases = cases::<LayerCase>("layers.json");
    for case in &cases {
        let network = network(case);
        let parameters = network.tensors.iter().flat_map(|tensor| case.parameters[&tensor.name].clone()).collect();
        let mut reference = Reference::new(&network, parameters);
        let tape = reference.forward(&case.x, case.batch, Mode::Train { seed: 0, step: 0 });
        assert_close(&format!("{} y", case.name), tape.values.last().unwrap(), &case.y);
        let gradients = reference.backward(&tape, &case.r);
        assert_close(&format!("{} dx", case.name), &gradients.input, &case.dx);
        assert_tensors_close(&case.name, &network.tensors, &gradients.parameters, &case.gradients);
        assert_tensors_close(&case.name, &network.statistics, &reference.statistics, &case.running);
        if let Some(expected) = &case.y_eval {
            let tape = reference.forward(&case.x, case.batch, Mode::Eval);
            assert_close(&format!("{} y in evaluation", case.name), tape.values.last().unwrap(), expected);
        }
    }
    assert_eq!(cases.len(), 23);
}

#[test]
fn losses_agree_with_pytorch() {
    let cases = cases::<LossCase>("losses.json");
    for case in &cases {
        let (loss, gradient) = batch_loss(case.spec, &case.outputs, &case.targets, case.classes);
        assert_close(&case.name, &[loss], &[case.loss]);
        assert_close(&case.name, &gradient, &case.gradient);
    }
    assert_eq!(cases.len(), 10);
}

#[test]
fn initial_weights_fill_pytorchs_ranges() {
    let draws = 40_000;
    for case in cases::<InitCase>("init.json") {
        let mut values = vec![0.0; draws];
        let mut generator = gradbook_engine::rng::Stream::Init { tensor: 0 }.generator(1);
        init::initial_weights(&case.init, case.fan_in, case.fan_out, &mut generator, &mut values);
        let squares: f64 = values.iter().map(|&w| f64::from(w) * f64::from(w)).sum();
        let std = (squares / draws as f64).sqrt();
        // The deviation of a deviation over 40,000 draws is below 0.4 %.
        assert!((std / case.weight_std - 1.0).abs() < 0.015, "{}: std {std}", case.name);
        if let Some(bound) = case.weight_bound {
            let largest = values.iter().fold(0.0, |largest: f32, w| largest.max(w.abs()));
            assert!(f64::from(largest) <= bound * 1.000_001 && f64::from(largest) > 0.999 * bound, "{}", case.name);
        }
        init::initial_biases(&case.init, case.fan_in, &mut generator, &mut values);
        let largest = values.iter().fold(0.0, |largest: f32, b| largest.max(b.abs()));
        let bound = case.bias_bound.unwrap_or(0.0);
        assert!(f64::from(largest) <= bound * 1.000_001 && f64::from(largest) >= 0.999 * bound, "{}", case.name);
    }
}

#[test]
fn a_fresh_model_starts_as_in_pytorch() {
    let layers = r#"[{"type": "conv2d", "out_channels": 8, "kernel_size": 3}, {"type": "batch_norm"},
                     {"type": "global_avg_pool"}, {"type": "linear", "out_features": 3}]"#;
    let json = format!(r#"{{"input": [2, 5, 5], "layers": {layers}, "loss": {{"type": "cross_entropy"}}}}"#);
    let network = Network::new(&serde_json::from_str(&json).unwrap()).unwrap();
    let model = Model::new(&network, &InitSpec::Default {}, 1);
    let bounds = [18f32.sqrt().recip(), 18f32.sqrt().recip(), 1.0, 0.0, 8f32.sqrt().recip(), 8f32.sqrt().recip()];
    for (tensor, bound) in network.tensors.iter().zip(bounds) {
        let values = &model.parameters[tensor.range.clone()];
        let largest = values.iter().fold(0.0, |largest: f32, value| largest.max(value.abs()));
        assert!(largest <= bound && largest >= 0.5 * bound, "{}: {largest}", tensor.name);
    }
    assert_eq!(model.parameters[network.tensors[2].range.clone()], [1.0; 8]);
    assert_eq!(model.statistics, [[0.0; 8], [1.0; 8]].concat());
}
