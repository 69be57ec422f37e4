//! Lessons against PyTorch: 30 updates in f64, forward, backward and optimizer (`golden/make_golden.py`).

use gradbook_engine::spec::Spec;
use gradbook_lesson::{Lesson, Param, Parameters};
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    spec: Spec,
    states: Vec<Golden>,
}

/// PyTorch's numbers after so many `updates`: for each linear layer its weights, for each one with biases its biases,
/// and the gradients of both, empty for biases that are not trained.
#[derive(Deserialize)]
struct Golden {
    updates: usize,
    loss: f64,
    w: Vec<Vec<f64>>,
    b: Vec<Vec<f64>>,
    dw: Vec<Vec<f64>>,
    db: Vec<Vec<f64>>,
}

/// The largest deviation is a tenth of the bound: a gradient of 0.0134 that differs by 2.4e-16 after 30 updates with
/// Adam, as the two sides round and sum in orders of their own.
fn assert_close(what: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let bound = 1e-15 + 1e-13 * found.abs().max(expected.abs());
        assert!((found - expected).abs() <= bound, "{what}[{index}]: {found} instead of {expected}");
    }
}

#[test]
fn lessons_train_as_in_pytorch() {
    let cases = serde_json::from_str::<File>(include_str!("../../engine/tests/golden/lessons.json")).unwrap().cases;
    for Case { name, spec, states } in &cases {
        let lesson = Lesson::from_spec("test", spec).unwrap();
        let layers = 0..=lesson.theory.network.last();
        let weights: Vec<Param> = layers.clone().flat_map(|l| lesson.theory.network.weights(l)).collect();
        let biases: Vec<Param> = layers.flat_map(|l| lesson.theory.network.biases(l)).collect();
        let of = |numbers: &Parameters, all: &[Param]| -> Vec<f64> { all.iter().map(|&p| numbers[p]).collect() };
        for golden in states {
            let state = &lesson.run.states[golden.updates];
            let what = |what: &str| format!("{name} after {} updates: {what}", golden.updates);
            assert_close(&what("loss"), &[state.loss], &[golden.loss]);
            assert_close(&what("w"), &of(&state.parameters, &weights), &golden.w.concat());
            assert_close(&what("b"), &of(&state.parameters, &biases), &golden.b.concat());
            assert_close(&what("dw"), &of(&state.gradient, &weights), &golden.dw.concat());
            let trained: &[Param] = if lesson.theory.train_biases { &biases } else { &[] };
            assert_close(&what("db"), &of(&state.gradient, trained), &golden.db.concat());
        }
        let recorded: Vec<usize> = states.iter().map(|golden| golden.updates).collect();
        assert_eq!(recorded, [0, 1, 2, 5, lesson.updates()], "{name}");
    }
    assert_eq!(cases.len(), 8);
}
