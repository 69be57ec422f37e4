//! From a description's words to a lesson's network and numbers, or to what is wrong with them.

use crate::{Network, Parameters, Sample, State, Theory};
use gradbook_engine::function::Function;
use gradbook_engine::init::{initial_biases, initial_weights};
use gradbook_engine::optimizer::learning_rate;
use gradbook_engine::rng::Stream;
use gradbook_engine::spec::{LessonSpec, OptimizerSpec, SettingError, Spec};

/// More updates than this belong to the trainer: a state of the class network takes about a kilobyte.
pub const MAX_UPDATES: usize = 20_000;

/// More curves than this cannot be told apart in one chart.
const MAX_RATES: usize = 16;

/// The largest learning rate, and the largest size of every other number of a lesson.
const MAX_NUMBER: f64 = 1e6;

/// More numbers than this in all states together, about 400 MB, fit into no workbook.
const MAX_SIZE: f64 = 5e7;

/// Why a description cannot become a lesson.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what it and its fields are")]
pub enum LessonError {
    #[error(
        "this network has no [lesson] table; add one with samples x and targets t, or start from the shipped network \
         `class`"
    )]
    NoLesson,
    #[error("input = {input:?}: a lesson's sample is a plain list of numbers; write input = [{fix}]")]
    Input { input: Vec<usize>, fix: usize },
    #[error(
        "layer {layer} ({kind}): {problem}; a lesson is a chain of linear layers, each followed by {} or nothing, the \
         last also by softmax",
        functions()
    )]
    Layer { layer: usize, kind: &'static str, problem: String },
    #[error("loss: {0}")]
    Loss(String),
    #[error("lesson.optimizer: {0}; a lesson explains sgd with or without momentum, and adam")]
    Optimizer(&'static str),
    /// The optimizer is the trainer's, which names its settings as in `[train]`.
    #[error("{}", .0.to_string().replacen("train.", "lesson.", 1))]
    Setting(#[from] SettingError),
    #[error("{field} has length {got}, but {need} is needed: {why}")]
    Length { field: String, got: usize, need: String, why: String },
    #[error("{field}: {value:?} is not usable; {fix}")]
    Value { field: String, value: f64, fix: &'static str },
    #[error("lesson.t: the targets of sample {sample} {problem}")]
    Targets { sample: usize, problem: String },
    #[error("lesson.rates is empty; list the learning rates to compare, for example [0.1, 0.5, 1.0]")]
    NoRates,
    #[error("lesson.rates lists {got} rates; compare at most {MAX_RATES}, because more curves cannot be told apart")]
    Rates { got: usize },
    #[error("lesson.updates = {got}: choose a number from 1 to {MAX_UPDATES}; longer training is for `gradbook train`")]
    Updates { got: usize },
    #[error(
        "the calculation would have about {numbers:.0e} numbers, the limit is {MAX_SIZE:.0e}; use fewer units, \
         samples, updates or rates"
    )]
    TooMany { numbers: f64 },
    #[error(
        "rate {rate:?}, update {update}: {quantity} is {value:?}, {problem}; use smaller weights or a smaller rate"
    )]
    TooLarge { rate: f64, update: usize, quantity: String, value: f64, problem: &'static str },
}

/// The layers that are functions: `sigmoid, tanh, ...`.
fn functions() -> String {
    let names = Function::ALL.into_iter().filter_map(Function::layer).map(|layer| layer.name());
    names.collect::<Vec<_>>().join(", ")
}

/// A checked lesson.
pub(crate) struct Description {
    pub(crate) theory: Theory,
    pub(crate) samples: Vec<Sample>,
    pub(crate) first: Parameters,
    pub(crate) rate: f64,
    pub(crate) rates: Vec<f64>,
    pub(crate) updates: usize,
}

impl Description {
    pub(crate) fn of(spec: &Spec) -> Result<Description, LessonError> {
        let lesson = spec.lesson.as_ref().ok_or(LessonError::NoLesson)?;
        let (network, positions) = Network::from_spec(spec)?;
        check_optimizer(&lesson.optimizer)?;
        check_numbers(lesson)?;
        let samples = samples(lesson, &network)?;
        check_size(lesson, &network, samples.len())?;
        let first = if lesson.weights.is_empty() && lesson.biases.is_empty() {
            drawn(spec, lesson.seed, &network)
        } else {
            parameters(lesson, &network, &positions)?
        };
        let (optimizer, train_biases) = (lesson.optimizer.clone(), lesson.train_biases);
        Ok(Description {
            theory: Theory { network, samples: samples.len(), optimizer, train_biases },
            samples,
            first,
            rate: learning_rate(&lesson.optimizer),
            rates: lesson.rates.clone(),
            updates: lesson.updates,
        })
    }
}

fn check_optimizer(spec: &OptimizerSpec) -> Result<(), LessonError> {
    match spec {
        OptimizerSpec::Sgd { nesterov: true, .. } => Err(LessonError::Optimizer("nesterov = true: remove it")),
        OptimizerSpec::Sgd { weight_decay: 0.0, .. } | OptimizerSpec::Adam { weight_decay: 0.0, .. } => Ok(()),
        OptimizerSpec::Sgd { .. } | OptimizerSpec::Adam { .. } => {
            Err(LessonError::Optimizer("weight_decay: remove it"))
        }
        OptimizerSpec::Adamw { .. } => Err(LessonError::Optimizer("adamw: write adam")),
    }
}

/// The flat lists of inputs and targets, cut into samples.
fn samples(lesson: &LessonSpec, network: &Network) -> Result<Vec<Sample>, LessonError> {
    let (inputs, outputs) = (network.inputs, network.outputs());
    let count = lesson.x.len() / inputs;
    if count == 0 || !lesson.x.len().is_multiple_of(inputs) {
        let need = if inputs == 1 { "1 or more".to_owned() } else { format!("{inputs} or a multiple of it") };
        let why = format!("{inputs} for each sample, one for each input of the network");
        return Err(LessonError::Length { field: "lesson.x".to_owned(), got: lesson.x.len(), need, why });
    }
    let why = format!("{outputs} for each of {count} samples, one for each output of the last layer");
    expect_length("lesson.t", lesson.t.len(), count * outputs, &why)?;
    let sample = |(x, t): (&[f64], &[f64])| Sample { x: x.to_vec(), t: t.to_vec() };
    let samples: Vec<Sample> = lesson.x.chunks(inputs).zip(lesson.t.chunks(outputs)).map(sample).collect();
    for (sample, Sample { t, .. }) in (1..).zip(&samples) {
        let targets = network.loss.entry().targets.check(t);
        targets.map_err(|problem| LessonError::Targets { sample, problem })?;
    }
    Ok(samples)
}

/// The lesson's flat lists, cut into rows. `positions` are those of the layers in the description.
fn parameters(lesson: &LessonSpec, network: &Network, positions: &[usize]) -> Result<Parameters, LessonError> {
    let layers = positions.len();
    let with_bias = network.layers.iter().filter(|layer| layer.bias).count();
    let lists = |n: usize| format!("one list for each of the {n} linear layers");
    expect_length("lesson.weights", lesson.weights.len(), layers, &lists(layers))?;
    let why = format!("{} that have a bias", lists(with_bias));
    expect_length("lesson.biases", lesson.biases.len(), with_bias, &why)?;

    let mut biases = lesson.biases.iter();
    let (mut w, mut b) = (Vec::new(), Vec::new());
    for (l, weights) in lesson.weights.iter().enumerate() {
        let (inputs, outputs) = (network.inputs(l), network.units(l));
        let named = |field: &str| format!("{field} of layer {}", positions[l]);
        let why = format!("{outputs} outputs x {inputs} inputs, row by row");
        expect_length(&named("lesson.weights"), weights.len(), outputs * inputs, &why)?;
        w.push(weights.chunks(inputs).map(<[f64]>::to_vec).collect());
        match if network.layers[l].bias { biases.next() } else { None } {
            Some(list) => {
                expect_length(&named("lesson.biases"), list.len(), outputs, "one for each output")?;
                b.push(list.clone());
            }
            None => b.push(Vec::new()),
        }
    }
    Ok(Parameters { w, b })
}

/// Parameters as the trainer draws them, rounded to two decimals because people read them.
fn drawn(spec: &Spec, seed: u64, network: &Network) -> Parameters {
    let (mut w, mut b) = (Vec::new(), Vec::new());
    let rounded =
        |drawn: &[f32]| -> Vec<f64> { drawn.iter().map(|&x| (f64::from(x) * 100.0).round() / 100.0 + 0.0).collect() };
    let mut tensor = 0;
    let mut generator = || {
        tensor += 1;
        Stream::Init { tensor: tensor - 1 }.generator(seed)
    };
    for l in 0..network.layers.len() {
        let (inputs, outputs) = (network.inputs(l), network.units(l));
        let mut weights = vec![0.0; inputs * outputs];
        initial_weights(&spec.init, inputs, outputs, &mut generator(), &mut weights);
        w.push(rounded(&weights).chunks(inputs).map(<[f64]>::to_vec).collect());
        let mut biases = vec![0.0; if network.layers[l].bias { outputs } else { 0 }];
        if network.layers[l].bias {
            initial_biases(&spec.init, inputs, &mut generator(), &mut biases);
        }
        b.push(rounded(&biases));
    }
    Parameters { w, b }
}

fn expect_length(field: &str, got: usize, need: usize, why: &str) -> Result<(), LessonError> {
    if got == need {
        return Ok(());
    }
    Err(LessonError::Length { field: field.to_owned(), got, need: need.to_string(), why: why.to_owned() })
}

fn check_numbers(lesson: &LessonSpec) -> Result<(), LessonError> {
    let lists = [("lesson.x", &lesson.x), ("lesson.t", &lesson.t)];
    let weights = lesson.weights.iter().map(|list| ("lesson.weights", list));
    let biases = lesson.biases.iter().map(|list| ("lesson.biases", list));
    for (field, list) in lists.into_iter().chain(weights).chain(biases) {
        if let Some(&value) = list.iter().find(|value| !(-MAX_NUMBER..=MAX_NUMBER).contains(*value)) {
            let fix = "write a number from -1000000 to 1000000";
            return Err(LessonError::Value { field: field.to_owned(), value, fix });
        }
    }
    let rates = lesson.rates.iter().map(|&rate| ("lesson.rates", rate));
    for (field, value) in rates.chain([("lesson.optimizer.lr", learning_rate(&lesson.optimizer))]) {
        if !(value > 0.0 && value <= MAX_NUMBER) {
            let fix = "a learning rate is a number above 0 and at most 1000000";
            return Err(LessonError::Value { field: field.to_owned(), value, fix });
        }
    }
    if lesson.rates.is_empty() {
        return Err(LessonError::NoRates);
    }
    if lesson.rates.len() > MAX_RATES {
        return Err(LessonError::Rates { got: lesson.rates.len() });
    }
    for (n, &value) in lesson.rates.iter().enumerate() {
        if lesson.rates[..n].contains(&value) {
            let fix = "this rate is listed twice; list each once";
            return Err(LessonError::Value { field: "lesson.rates".to_owned(), value, fix });
        }
    }
    if !(1..=MAX_UPDATES).contains(&lesson.updates) {
        return Err(LessonError::Updates { got: lesson.updates });
    }
    Ok(())
}

/// Refuses a lesson whose states would fill the memory: one for each update at each rate, two for each parameter's check.
fn check_size(lesson: &LessonSpec, network: &Network, samples: usize) -> Result<(), LessonError> {
    let layers = 0..network.layers.len();
    let sizes = layers.map(|l| (network.inputs(l) as f64 + 1.0) * network.units(l) as f64);
    let parameters: f64 = sizes.sum();
    let units: f64 = network.layers.iter().map(|layer| layer.units as f64).sum();
    // Parameters, gradients and two moments; z, a and their gradients of each sample.
    let state = 4.0 * parameters + 4.0 * units * samples as f64;
    let states = (lesson.updates as f64 + 1.0) * (lesson.rates.len() as f64 + 1.0) + 2.0 * parameters;
    let numbers = state * states;
    if numbers > MAX_SIZE { Err(LessonError::TooMany { numbers }) } else { Ok(()) }
}

/// Refuses a state that a spreadsheet could not calculate.
pub(crate) fn check_state(network: &Network, state: &State, rate: f64, update: usize) -> Result<(), LessonError> {
    let error = |quantity: String, value: f64, problem: &'static str| {
        Err(LessonError::TooLarge { rate, update, quantity, value, problem })
    };
    let overflow = "beyond the numbers of a computer";
    for pass in &state.passes {
        for (l, z) in pass.z.iter().enumerate() {
            for (j, &z) in z.iter().enumerate() {
                let quantity = || format!("z of unit {} of linear layer {}", j + 1, l + 1);
                if !z.is_finite() {
                    return error(quantity(), z, overflow);
                }
            }
        }
    }
    if !state.loss.is_finite() {
        return error("the loss".to_owned(), state.loss, overflow);
    }
    for l in 0..network.layers.len() {
        let gradients = network.parameters(l).map(|p| state.gradient[p]);
        let slopes = state.passes.iter().flat_map(|pass| pass.da[l].iter().copied());
        let moments = state.m.iter().chain(&state.v).copied();
        if let Some(value) = gradients.chain(slopes).chain(moments).find(|value| !value.is_finite()) {
            return error(format!("a gradient of linear layer {}", l + 1), value, overflow);
        }
    }
    Ok(())
}
