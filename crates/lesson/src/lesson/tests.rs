use super::*;
use gradbook_engine::function::Function;
use gradbook_engine::network::Network;
use gradbook_engine::reference::{Mode, Reference, batch_loss};
use gradbook_engine::spec::{InitSpec, LayerSpec, LessonSpec, LossSpec, OptimizerSpec};

const SGD: OptimizerSpec = OptimizerSpec::Sgd {
    lr: 0.1,
    momentum: 0.0,
    nesterov: false,
    weight_decay: 0.0,
    exclude_from_weight_decay: Vec::new(),
};

fn lesson() -> LessonSpec {
    LessonSpec {
        x: vec![1.0, 2.0],
        t: vec![0.5],
        weights: vec![vec![0.1, 0.2, 0.3, 0.4], vec![0.5, 0.6]],
        biases: vec![vec![0.7]],
        seed: 0,
        train_biases: true,
        optimizer: SGD,
        rates: vec![0.1, 1.0],
        updates: 3,
    }
}

fn two_linear_layers(lesson: LessonSpec) -> Spec {
    let layers = vec![
        LayerSpec::Linear { out_features: 2, bias: false },
        LayerSpec::Sigmoid {},
        LayerSpec::Linear { out_features: 1, bias: true },
    ];
    spec(2, layers, LossSpec::SquaredError {}, lesson)
}

fn spec(inputs: usize, layers: Vec<LayerSpec>, loss: LossSpec, lesson: LessonSpec) -> Spec {
    let (about, init) = (String::new(), InitSpec::XavierUniform {});
    Spec { about, input: vec![inputs], layers, loss, init, train: None, lesson: Some(lesson), require: None }
}

/// Every activation and loss, deep and shallow, with drawn weights and several samples.
fn all_kinds() -> Vec<Spec> {
    let linear = |out_features, bias| LayerSpec::Linear { out_features, bias };
    let lesson = |t: Vec<f64>| LessonSpec {
        x: vec![0.3, -0.8, 1.2, 0.7, 0.4, -0.5],
        t,
        weights: Vec::new(),
        biases: Vec::new(),
        ..lesson()
    };
    let probabilities = || lesson(vec![1.0, 0.0, 0.0, 0.0, 0.25, 0.75]);
    let numbers = || lesson(vec![0.3, -0.2, 0.9, 0.6, 0.1, -0.7]);
    let twice = |function: Function| {
        let layers = [Some(linear(4, true)), function.layer(), Some(linear(3, true)), function.layer()];
        spec(3, layers.into_iter().flatten().collect(), LossSpec::SquaredError {}, numbers())
    };
    let mut specs = vec![
        spec(3, vec![linear(4, true), LayerSpec::Tanh {}, linear(3, true)], LossSpec::MeanSquaredError {}, numbers()),
        spec(
            3,
            vec![linear(4, true), LayerSpec::Relu {}, linear(2, false), LayerSpec::Sigmoid {}, linear(3, true)],
            LossSpec::CrossEntropy { label_smoothing: 0.0 },
            probabilities(),
        ),
        spec(3, vec![linear(3, false), LayerSpec::Softmax {}], LossSpec::SquaredError {}, numbers()),
        spec(
            3,
            vec![linear(2, true), linear(3, true), LayerSpec::Softmax {}],
            LossSpec::MeanSquaredError {},
            numbers(),
        ),
    ];
    specs.extend(Function::ALL.map(twice));
    let sigmoid_last = vec![linear(4, true), LayerSpec::Tanh {}, linear(2, true), LayerSpec::Sigmoid {}];
    specs.push(spec(3, sigmoid_last, LossSpec::BinaryCrossEntropy {}, lesson(vec![0.3, 0.0, 1.0, 0.6])));
    specs
}

#[test]
fn every_gradient_agrees_with_its_central_difference() {
    for spec in all_kinds().into_iter().chain([two_linear_layers(lesson())]) {
        let lesson = Lesson::from_spec("test", &spec).unwrap();
        let gradient = &lesson.run.states[0].gradient;
        assert_eq!(lesson.theory.trained().len(), lesson.checks.len());
        for (p, check) in lesson.theory.trained().into_iter().zip(&lesson.checks) {
            let error = (gradient[p] - check.quotient).abs();
            assert!(error <= 1e-10 + 1e-8 * gradient[p].abs(), "{p:?}: {} and {}", gradient[p], check.quotient);
        }
    }
}

/// The lesson's own calculation and the oracle of all layers are written apart; they must be one.
#[test]
fn the_first_state_is_the_references() {
    for spec in all_kinds().into_iter().chain([two_linear_layers(lesson())]) {
        let lesson = Lesson::from_spec("test", &spec).unwrap();
        let (network, state) = (Network::new(&spec).unwrap(), &lesson.run.states[0]);
        let flat = |of: &Parameters| -> Vec<f64> {
            let layers = 0..lesson.theory.network.layers.len();
            layers.flat_map(|l| lesson.theory.network.parameters(l)).map(|p| of[p]).collect()
        };
        let x: Vec<f64> = lesson.samples.iter().flat_map(|sample| sample.x.clone()).collect();
        let t: Vec<f64> = lesson.samples.iter().flat_map(|sample| sample.t.clone()).collect();
        let mut reference = Reference::new(&network, flat(&state.parameters));
        let tape = reference.forward(&x, lesson.samples.len(), Mode::Train { seed: 0, step: 0 });
        let (loss, da) = batch_loss(spec.loss, tape.values.last().unwrap(), &t, lesson.theory.network.outputs());
        let gradients = reference.backward(&tape, &da).parameters;
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-15 + 1e-13 * a.abs().max(b.abs());
        assert!(close(loss, state.loss), "{loss} {}", state.loss);
        let ours = flat(&state.gradient);
        assert_eq!(gradients.len(), ours.len());
        assert!(gradients.iter().zip(&ours).all(|(a, b)| close(*a, *b)), "{gradients:?} {ours:?}");
    }
}

/// A rate far too large for a linear output shows as numbers, not as an overflow.
#[test]
fn a_diverging_run_stops_where_its_numbers_still_fit() {
    let mut lesson = lesson();
    (lesson.rates, lesson.updates) = (vec![1e3], 100);
    let lesson = Lesson::from_spec("test", &two_linear_layers(lesson)).unwrap();
    let states = &lesson.rates[0].states;
    let stopped = states.iter().position(|state| state.loss > DIVERGED).expect("divergence");
    assert!(states[..stopped].iter().all(|state| state.rate == 1e3));
    assert!(states[stopped..].iter().all(|state| state.rate == 0.0 && state.loss == states[stopped].loss));
}

#[test]
fn an_error_names_the_place_both_sizes_and_the_fix() {
    let refusal = |spec: &Spec| Lesson::from_spec("test", spec).unwrap_err().to_string();
    let mut wrong = lesson();
    wrong.weights[1].pop();
    let expected = "lesson.weights of layer 2 has length 1, but 2 is needed: 1 outputs x 2 inputs, row by row";
    assert_eq!(refusal(&two_linear_layers(wrong)), expected);

    let mut wrong = two_linear_layers(lesson());
    wrong.layers[1] = LayerSpec::Dropout { p: 0.1 };
    let error = refusal(&wrong);
    assert!(error.starts_with("layer 1 (dropout): lessons have nothing random"), "{error}");

    let mut wrong = lesson();
    wrong.rates = vec![0.1, f64::NAN];
    let error = refusal(&two_linear_layers(wrong));
    assert_eq!(error, "lesson.rates: NaN is not usable; a learning rate is a number above 0 and at most 1000000");

    let mut wrong = all_kinds().remove(1);
    wrong.lesson.as_mut().unwrap().t[5] = 0.5;
    let error = refusal(&wrong);
    assert!(error.starts_with("lesson.t: the targets of sample 2 add up to 0.75"), "{error}");
}

#[test]
fn numbers_that_a_spreadsheet_cannot_calculate_are_refused_with_place_and_fix() {
    let refusal = |spec: Spec| Lesson::from_spec("test", &spec).unwrap_err().to_string();
    let mut wrong = lesson();
    wrong.t = vec![1e200];
    let error = refusal(two_linear_layers(wrong));
    assert_eq!(error, "lesson.t: 1e200 is not usable; write a number from -1000000 to 1000000");

    let wide = LayerSpec::Linear { out_features: 1, bias: false };
    let lesson = LessonSpec { x: vec![1.0], weights: vec![vec![1e6]; 60], biases: Vec::new(), ..lesson() };
    let error = refusal(spec(1, vec![wide; 60], LossSpec::SquaredError {}, lesson));
    let expected = "rate 0.1, update 0: z of unit 1 of linear layer 52 is inf, beyond the numbers of a computer; use \
                    smaller weights or a smaller rate";
    assert_eq!(error, expected);
}

/// Weights that would overflow e^z in a spreadsheet saturate the unit instead.
#[test]
fn extreme_sums_saturate() {
    let lesson = LessonSpec { weights: vec![vec![-20_000.0, 0.2, 0.3, 0.4], vec![0.5, 0.6]], ..lesson() };
    let lesson = Lesson::from_spec("test", &two_linear_layers(lesson)).unwrap();
    assert!(lesson.run.states[0].passes[0].a[0][0] < 1e-299);
}
