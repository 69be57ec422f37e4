//! Exported files in the programs that they are for: ONNX's checker, onnxruntime, Python.
//!
//! They live in the virtual environment `target/onnxruntime`, which `cargo xtask test` makes.

#![expect(clippy::disallowed_methods, reason = "other programs are given files")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::available_parallelism;

use crate::support::{Case, all_layers, case};
use gradbook_engine::data::Dataset;
use gradbook_engine::kernels::{Isa, Precision};
use gradbook_engine::predict::with_predictor;
use gradbook_engine::spec::{NormalizeSpec, PerChannel, TrainSpec};
use gradbook_engine::train::{Control, Options, State, train};
use gradbook_export::onnx::onnx;
use gradbook_export::{About, Export};
use serde_json::Value;

/// The largest difference that rounding may make to outputs of a network with random weights, which are below 1.
const RANDOM: f32 = 1e-5;

/// The same for a trained network, whose outputs are about 10.
const TRAINED: f32 = 1e-4;

fn threads() -> usize {
    available_parallelism().map_or(1, usize::from)
}

fn python() -> PathBuf {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/onnxruntime/bin/python");
    let there = python.exists();
    assert!(there, "{} is missing; `cargo xtask test` installs onnxruntime there", python.display());
    python
}

/// The text of a shipped network.
fn shipped(name: &str) -> String {
    let path = format!("{}/../run/networks/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(path).unwrap()
}

/// `[images, outputs]`.
fn outputs(case: &Case, set: &Dataset) -> Vec<f32> {
    let mut outputs = vec![0.0; set.len() * case.network.output().len()];
    with_predictor(&case.network, case.normalize(), &case.model, set, threads(), Isa::best(), |predictor| {
        predictor.predict(0..set.len(), &mut outputs);
    })
    .unwrap();
    outputs
}

/// What the script says to the case's ONNX file, normalising as given, beside the outputs of gradbook.
fn check(case: &Case, normalize: &NormalizeSpec, set: &Dataset, bound: f32) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let about =
        About { name: "test".into(), sentence: "A \"test\".".into(), properties: vec![("a".into(), "b".into())] };
    let export = Export { network: &case.network, model: &case.model, normalize, about: &about };
    let outputs: Vec<u8> = outputs(case, set).iter().flat_map(|output| output.to_le_bytes()).collect();
    let files =
        [file("model.onnx", &onnx(&export).unwrap()), file("images", set.bytes().unwrap()), file("outputs", &outputs)];
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check_onnx.py");
    Command::new(python()).arg(script).args(files).arg(bound.to_string()).output().unwrap()
}

/// The script's findings on all test images; it must not complain.
fn agree(case: &Case, set: &Dataset, bound: f32) -> Value {
    let output = check(case, case.normalize(), set, bound);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn onnxruntime_gives_the_outputs_of_every_layer_and_of_every_recipe() {
    let test = gradbook_data::mnist_test().unwrap();
    agree(&all_layers(), &test, RANDOM);
    for recipe in ["baseline", "classic", "best", "small"] {
        agree(&case(&shipped(recipe), 3), &test, RANDOM);
    }
    let dense = "input = [784]\nlayers = [{ type = \"linear\", out_features = 20 }, { type = \"batch_norm\" }, \
                 { type = \"tanh\" }, { type = \"linear\", out_features = 10 }]\nloss = { type = \"cross_entropy\" }\n\
                 train = { epochs = 1, batch = 1, optimizer = { type = \"adam\", lr = 0.01 } }";
    agree(&case(dense, 3), &test, RANDOM);
}

#[test]
fn onnxruntime_gives_the_same_10_000_answers_with_a_trained_model_and_a_wrong_file_is_noticed() {
    let mnist = gradbook_data::mnist().unwrap();
    let (_, some) = mnist.train.split_last(4_000);
    let mut case = case(&shipped("swift"), 5);
    let spec = TrainSpec { epochs: 1, ..case.spec.train.clone().unwrap() };
    let options = Options { seed: 5, threads: threads(), isa: Isa::best(), precision: Precision::F32 };
    let images = (&some, &some.split_last(100).1);
    let mut state = State::new(&spec, case.model).unwrap();
    train(&case.network, &spec, &mut state, images, options, &mut |_| Control::Continue).unwrap();
    case.model = state.model;
    let found = agree(&case, &mnist.test, TRAINED);
    assert_eq!(found["same_answers"], 10_000, "{found}");
    assert!(found["largest_output"].as_f64().unwrap() > 1.0, "a trained network: {found}");

    // A mean that is wrong by 0.1 % of the pixels' range.
    let wrong =
        NormalizeSpec { mean: PerChannel::All(case.normalize().mean.of(0) + 0.001), ..case.normalize().clone() };
    let output = check(&case, &wrong, &mnist.test, TRAINED);
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("outputs differ by"));
}

#[test]
fn the_pytorch_module_is_python() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/all_layers.py");
    let compile = "import sys; compile(open(sys.argv[1]).read(), sys.argv[1], 'exec')";
    assert!(Command::new(python()).args(["-c", compile]).arg(golden).status().unwrap().success());
}
