//! From a description's words to a lesson's shapes and numbers, or to what is wrong with them.

use super::{Activation, Parameters, State};
use crate::spec::{LayerSpec, LessonSpec, LossSpec, Spec};

/// More updates than this belong to the trainer: a state of the class network takes about a kilobyte.
pub const MAX_UPDATES: usize = 20_000;

/// The largest learning rate, and the largest size of every other number of a lesson.
const MAX_NUMBER: f64 = 1e6;

/// Below this z, `e^-z` of a sigmoid comes near the largest number of a spreadsheet, which shows #NUM! beyond it.
const MIN_SIGMOID_Z: f64 = -700.0;

/// Why a description cannot become a lesson.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TraceError {
    #[error(
        "this network has no [lesson] table; add one with x, t, weights, rate, rates and updates, \
         or start from the shipped network `class`"
    )]
    NoLesson,
    #[error("input = {input:?}: a lesson's sample is a plain list of numbers; write input = [{lesson}]")]
    Input { input: Vec<usize>, lesson: usize },
    #[error(
        "layer {layer} ({kind}): {problem}; a lesson is a chain of linear layers, each followed by sigmoid, tanh, relu \
         or nothing"
    )]
    Layer { layer: usize, kind: &'static str, problem: String },
    #[error("loss: a lesson explains the half squared error; write loss = {{ type = \"squared_error\" }}")]
    Loss,
    #[error("{field} has {got} entries, but {need} are needed: {why}")]
    Length { field: String, got: usize, need: usize, why: String },
    #[error("{field}: {value:?} is not usable; {fix}")]
    Value { field: String, value: f64, fix: &'static str },
    #[error("lesson.rates is empty; list the learning rates to compare, for example [0.1, 0.5, 1.0]")]
    NoRates,
    #[error("lesson.updates = {got}: choose a number from 1 to {MAX_UPDATES}; longer training is for `gradbook train`")]
    Updates { got: usize },
    #[error(
        "rate {rate:?}, update {update}: {quantity} is {value:?}, {problem}; use smaller weights or a smaller rate"
    )]
    TooLarge { rate: f64, update: usize, quantity: String, value: f64, problem: &'static str },
}

/// What a lesson's layers are, read from the description.
pub(super) struct Shape {
    pub(super) inputs: usize,
    pub(super) layers: Vec<LayerShape>,
}

pub(super) struct LayerShape {
    /// Its number in the description, from 0.
    pub(super) number: usize,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) bias: bool,
    pub(super) activation: Activation,
}

impl Shape {
    pub(super) fn of(spec: &Spec) -> Result<Shape, TraceError> {
        let &[inputs] = spec.input.as_slice() else {
            let lesson = spec.lesson.as_ref().map_or(0, |lesson| lesson.x.len());
            return Err(TraceError::Input { input: spec.input.clone(), lesson });
        };
        let mut layers: Vec<LayerShape> = Vec::new();
        let mut activated = true;
        for (number, layer) in spec.layers.iter().enumerate() {
            let error =
                |kind, problem: &str| Err(TraceError::Layer { layer: number, kind, problem: problem.to_owned() });
            let (kind, activation) = match layer {
                LayerSpec::Linear { out_features: 0, .. } => return error("linear", "out_features is 0"),
                LayerSpec::Linear { out_features, bias } => {
                    let inputs = layers.last().map_or(inputs, |before| before.outputs);
                    let (outputs, bias) = (*out_features, *bias);
                    layers.push(LayerShape { number, inputs, outputs, bias, activation: Activation::Identity });
                    activated = false;
                    continue;
                }
                LayerSpec::Sigmoid {} => ("sigmoid", Activation::Sigmoid),
                LayerSpec::Tanh {} => ("tanh", Activation::Tanh),
                LayerSpec::Relu {} => ("relu", Activation::Relu),
                LayerSpec::Conv2d { .. } => return error("conv2d", "lessons have no images"),
                LayerSpec::BatchNorm { .. } => return error("batch_norm", "lessons have a single sample"),
                LayerSpec::Softmax {} => return error("softmax", "lessons explain outputs one at a time"),
                LayerSpec::Dropout { .. } => return error("dropout", "lessons have nothing random"),
                LayerSpec::MaxPool { .. } => return error("max_pool", "lessons have no images"),
                LayerSpec::AvgPool { .. } => return error("avg_pool", "lessons have no images"),
                LayerSpec::GlobalAvgPool {} => return error("global_avg_pool", "lessons have no images"),
                LayerSpec::Flatten {} => return error("flatten", "lessons have no images"),
            };
            match layers.last_mut() {
                Some(linear) if !activated => linear.activation = activation,
                _ => return error(kind, "there is no linear layer directly before it"),
            }
            activated = true;
        }
        if layers.is_empty() {
            let problem = "the network has no linear layer".to_owned();
            return Err(TraceError::Layer { layer: 0, kind: "none", problem });
        }
        if spec.loss != (LossSpec::SquaredError {}) {
            return Err(TraceError::Loss);
        }
        Ok(Shape { inputs, layers })
    }

    /// The lesson's flat lists, cut into rows.
    pub(super) fn parameters(&self, lesson: &LessonSpec) -> Result<Parameters, TraceError> {
        let with_bias = self.layers.iter().filter(|layer| layer.bias).count();
        let lists = |n: usize| format!("one list for each of the {n} linear layers");
        expect_length("lesson.weights", lesson.weights.len(), self.layers.len(), &lists(self.layers.len()))?;
        let why = format!("{} that have a bias", lists(with_bias));
        expect_length("lesson.biases", lesson.biases.len(), with_bias, &why)?;

        let mut biases = lesson.biases.iter();
        let (mut w, mut b) = (Vec::new(), Vec::new());
        for (layer, weights) in self.layers.iter().zip(&lesson.weights) {
            let (inputs, outputs) = (layer.inputs, layer.outputs);
            let named = |field: &str| format!("{field} of layer {}", layer.number);
            let why = format!("{outputs} outputs x {inputs} inputs, row by row");
            expect_length(&named("lesson.weights"), weights.len(), outputs * inputs, &why)?;
            w.push(weights.chunks(inputs).map(<[f64]>::to_vec).collect());
            match if layer.bias { biases.next() } else { None } {
                Some(list) => {
                    expect_length(&named("lesson.biases"), list.len(), outputs, "one for each output")?;
                    b.push(list.clone());
                }
                None => b.push(Vec::new()),
            }
        }
        Ok(Parameters { w, b })
    }
}

pub(super) fn expect_length(field: &str, got: usize, need: usize, why: &str) -> Result<(), TraceError> {
    if got == need {
        return Ok(());
    }
    Err(TraceError::Length { field: field.to_owned(), got, need, why: why.to_owned() })
}

pub(super) fn check_numbers(lesson: &LessonSpec) -> Result<(), TraceError> {
    let lists = [("lesson.x", &lesson.x), ("lesson.t", &lesson.t)];
    let weights = lesson.weights.iter().map(|list| ("lesson.weights", list));
    let biases = lesson.biases.iter().map(|list| ("lesson.biases", list));
    for (field, list) in lists.into_iter().chain(weights).chain(biases) {
        if let Some(&value) = list.iter().find(|value| !(-MAX_NUMBER..=MAX_NUMBER).contains(*value)) {
            let fix = "write a number from -1000000 to 1000000";
            return Err(TraceError::Value { field: field.to_owned(), value, fix });
        }
    }
    let rates = lesson.rates.iter().map(|&rate| ("lesson.rates", rate));
    for (field, value) in rates.chain([("lesson.rate", lesson.rate)]) {
        if !(value > 0.0 && value <= MAX_NUMBER) {
            let fix = "a learning rate is a number above 0 and at most 1000000";
            return Err(TraceError::Value { field: field.to_owned(), value, fix });
        }
    }
    if lesson.rates.is_empty() {
        return Err(TraceError::NoRates);
    }
    for (n, &value) in lesson.rates.iter().enumerate() {
        if lesson.rates[..n].contains(&value) {
            let fix = "this rate is listed twice; list each once";
            return Err(TraceError::Value { field: "lesson.rates".to_owned(), value, fix });
        }
    }
    if !(1..=MAX_UPDATES).contains(&lesson.updates) {
        return Err(TraceError::Updates { got: lesson.updates });
    }
    Ok(())
}

/// Refuses a state that a spreadsheet could not calculate.
pub(super) fn check_state(shape: &Shape, state: &State, rate: f64, update: usize) -> Result<(), TraceError> {
    let error = |quantity: String, value: f64, problem: &'static str| {
        Err(TraceError::TooLarge { rate, update, quantity, value, problem })
    };
    let overflow = "beyond the numbers of a computer";
    for (layer, values) in shape.layers.iter().zip(&state.layers) {
        for (j, &z) in values.z.iter().enumerate() {
            let quantity = || format!("z of unit {} of the linear layer {}", j + 1, layer.number);
            if !z.is_finite() {
                return error(quantity(), z, overflow);
            }
            if layer.activation == Activation::Sigmoid && z < MIN_SIGMOID_Z {
                return error(quantity(), z, "below -700, where spreadsheets cannot calculate the sigmoid's EXP(-z)");
            }
        }
    }
    if !state.e_total.is_finite() {
        return error("the loss".to_owned(), state.e_total, overflow);
    }
    for (layer, values) in shape.layers.iter().zip(&state.layers) {
        let gradients = values.dw.iter().flatten().chain(&values.dz);
        if let Some(&value) = gradients.into_iter().find(|value| !value.is_finite()) {
            return error(format!("a gradient of the linear layer {}", layer.number), value, overflow);
        }
    }
    Ok(())
}
