//! Optimizers against PyTorch: 50 steps along given gradients (`golden/make_golden.py`).

use gradbook_engine::optimizer::{Optimizer, Real, Slice, learning_rate};
use gradbook_engine::spec::{OptimizerSpec, ParameterKind};
use serde_json::{Value, json};

/// The numbers of a JSON list.
fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn spec(json: &Value) -> OptimizerSpec {
    serde_json::from_value(json.clone()).unwrap()
}

/// Repeats every recorded case and returns the largest deviation of a parameter after any step, relative to the largest
/// magnitude that the parameter has had: close to zero, it keeps the rounding errors of its former size.
fn largest_deviation<R: Real + Into<f64>>() -> f64 {
    let golden: Value = serde_json::from_str(include_str!("../golden/optimizers.json")).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() >= 10);
    let mut largest: f64 = 0.0;
    for case in cases {
        let spec = spec(&case["spec"]);
        // A slice for each parameter, because decayed and other parameters alternate. The cases exclude biases and
        // BatchNorm.
        let slices: Vec<Slice> = case["decayed"]
            .as_array()
            .unwrap()
            .iter()
            .enumerate()
            .map(|(i, decayed)| Slice {
                range: i..i + 1,
                kind: if decayed.as_bool().unwrap() { ParameterKind::Weight } else { ParameterKind::Bias },
            })
            .collect();
        let mut params: Vec<R> = numbers(&case["initial"]).into_iter().map(R::from_f64).collect();
        let mut scales: Vec<f64> = params.iter().map(|&p| p.into().abs()).collect();
        let mut optimizer = Optimizer::<R>::new(&spec, params.len()).unwrap();
        for (gradients, expected) in
            case["gradients"].as_array().unwrap().iter().zip(case["parameters"].as_array().unwrap())
        {
            let gradients: Vec<R> = numbers(gradients).into_iter().map(R::from_f64).collect();
            optimizer.step(learning_rate(&spec), &slices, &mut params, &gradients);
            for ((&p, expected), scale) in params.iter().zip(numbers(expected)).zip(&mut scales) {
                *scale = scale.max(expected.abs());
                largest = largest.max((p.into() - expected).abs() / *scale);
            }
        }
    }
    largest
}

#[test]
fn optimizers_follow_pytorch() {
    let deviation = largest_deviation::<f64>();
    assert!(deviation <= 1e-14, "f64 deviates by {deviation:e}");
    let deviation = largest_deviation::<f32>();
    assert!(deviation <= 3e-6, "f32 deviates by {deviation:e}");
}

#[test]
fn the_grouping_of_parameters_does_not_change_a_bit() {
    let all = |slices: &[Slice]| {
        let spec = spec(&json!({"type": "adamw", "lr": 0.01, "weight_decay": 0.1}));
        let mut optimizer = Optimizer::<f32>::new(&spec, 37).unwrap();
        let mut params: Vec<f32> = (0..37).map(|i| (i as f32 * 0.7).sin()).collect();
        for step in 0..20 {
            let gradients: Vec<f32> = (0..37).map(|i| ((i * 5 + step * 3) as f32).cos()).collect();
            optimizer.step(0.01, slices, &mut params, &gradients);
        }
        params.iter().map(|p| p.to_bits()).collect::<Vec<_>>()
    };
    let slice = |range| Slice { range, kind: ParameterKind::Weight };
    // The whole buffer goes through vector instructions, single elements do not.
    assert_eq!(all(&[slice(0..37)]), all(&(0..37).map(|i| slice(i..i + 1)).collect::<Vec<_>>()));
}

#[test]
fn moments_without_gradients_reach_zero_before_they_become_denormal() {
    for json in [json!({"type": "sgd", "lr": 0.1, "momentum": 0.9}), json!({"type": "adam", "lr": 0.001})] {
        let mut optimizer = Optimizer::<f32>::new(&spec(&json), 4).unwrap();
        let slices = [Slice { range: 0..4, kind: ParameterKind::Weight }];
        let mut params = [1.0f32; 4];
        optimizer.step(0.1, &slices, &mut params, &[1e-3, -1.0, 1e-12, 1e-20]);
        for _ in 0..100_000 {
            optimizer.step(0.1, &slices, &mut params, &[0.0; 4]);
            let (m, v) = optimizer.moments();
            assert!(m.iter().chain(v).all(|x| *x == 0.0 || x.abs() >= 1e-30));
        }
        let (m, v) = optimizer.moments();
        assert!(m.iter().chain(v).all(|&x| x == 0.0));
        assert!(params.iter().all(|p| p.is_finite()));
    }
}

#[test]
fn impossible_numbers_are_refused_with_their_key() {
    let refused = |json: Value| Optimizer::<f32>::new(&spec(&json), 1).unwrap_err();
    let error = refused(json!({"type": "sgd", "lr": 0.1, "nesterov": true}));
    assert_eq!(
        error.to_string(),
        "train.optimizer.nesterov = true: \
         Nesterov's method looks ahead along the momentum: set momentum above 0, or nesterov = false"
    );
    assert_eq!(refused(json!({"type": "sgd", "lr": -0.1})).key, "train.optimizer.lr");
    assert_eq!(refused(json!({"type": "adam", "lr": 0.1, "betas": [0.9, 1.0]})).key, "train.optimizer.betas");
    assert_eq!(refused(json!({"type": "adamw", "lr": 0.1, "eps": 0.0})).key, "train.optimizer.eps");
}
