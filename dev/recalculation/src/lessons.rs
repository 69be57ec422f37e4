//! Random lessons.

use gradbook_engine::function::Function;
use gradbook_engine::loss::{Loss, Targets};
use gradbook_engine::spec::{InitSpec, LayerSpec, LessonSpec, OptimizerSpec, Spec};
use proptest::collection::vec;
use proptest::prelude::*;

/// A network of up to four layers and four units each, with up to three samples, every loss and optimizer.
pub fn lesson() -> impl Strategy<Value = Spec> {
    let shape = (vec(1..=4_usize, 2..=5), 1..=3_usize, 0..Loss::ALL.len(), 0..3_usize, any::<bool>());
    shape.prop_flat_map(|(widths, samples, loss, optimizer, train_biases)| {
        let (inputs, outputs, layers) = (widths[0], widths[widths.len() - 1], widths.len() - 1);
        let numbers = vec(-150..=150_i32, samples * inputs);
        let targets = vec(-100..=100_i32, samples * outputs);
        let parts = (
            numbers,
            targets,
            vec(0..Function::ALL.len(), layers),
            any::<bool>(),
            vec(any::<bool>(), layers),
            any::<u64>(),
        );
        parts.prop_map(move |(x, t, activations, softmax, biases, seed)| {
            let hundredths = |x: &[i32]| -> Vec<f64> { x.iter().map(|&x| f64::from(x) / 100.0).collect() };
            let loss = Loss::ALL[loss];
            let targets = loss.entry().targets;
            let mut layers = Vec::new();
            for l in 0..activations.len() {
                layers.push(LayerSpec::Linear { out_features: widths[l + 1], bias: biases[l] });
                let last = l + 1 == activations.len();
                layers.extend(match Function::ALL[activations[l]] {
                    // It contains the softmax.
                    _ if last && targets == Targets::Shares => None,
                    _ if last && loss.needs().is_some() => loss.needs().and_then(Function::layer),
                    _ if last && softmax => Some(LayerSpec::Softmax {}),
                    function => function.layer(),
                });
            }
            let t = match targets {
                Targets::Numbers => hundredths(&t),
                Targets::Probabilities => hundredths(&t).into_iter().map(f64::abs).collect(),
                Targets::Shares => {
                    let class = |row: &[i32]| row[0].unsigned_abs() as usize % outputs;
                    let one = |row: &[i32], k: usize| if class(row) == k { 1.0 } else { 0.0 };
                    t.chunks(outputs).flat_map(|row| (0..outputs).map(move |k| one(row, k))).collect()
                }
            };
            let sgd = |momentum| OptimizerSpec::Sgd {
                lr: 0.3,
                momentum,
                nesterov: false,
                weight_decay: 0.0,
                exclude_from_weight_decay: Vec::new(),
            };
            let optimizer = match optimizer {
                0 => sgd(0.0),
                1 => sgd(0.9),
                _ => OptimizerSpec::Adam {
                    lr: 0.05,
                    betas: [0.9, 0.999],
                    eps: 1e-8,
                    weight_decay: 0.0,
                    exclude_from_weight_decay: Vec::new(),
                },
            };
            let (weights, biases) = (Vec::new(), Vec::new());
            let (rates, updates, x) = (vec![0.1, 1.0], 4, hundredths(&x));
            let lesson = LessonSpec { x, t, weights, biases, seed, train_biases, optimizer, rates, updates };
            let (about, init) = (String::new(), InitSpec::XavierUniform {});
            Spec { about, input: vec![inputs], layers, loss, init, train: None, lesson: Some(lesson), require: None }
        })
    })
}
