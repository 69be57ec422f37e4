//! A lesson's layers as people list them: dense layers in a chain, each with its activation. A description writes the
//! activations as layers of their own, and leaves a softmax out that the loss contains.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use gradbook_engine::spec::{InitSpec, LayerSpec, LessonSpec, LossSpec, Spec};
use toml::{Table, Value};

/// Wider layers than this are mistakes.
const MAX_WIDTH: usize = 1000;

/// More layers than this, with the inputs, are mistakes.
const MAX_WIDTHS: usize = 20;

/// Numbers of inputs, of units of the first layer, of the second, and so on.
#[derive(Clone, Debug)]
pub(crate) struct Widths(Vec<usize>);

/// What a description's `input` and `layers` say.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(crate) inputs: usize,
    /// At least one.
    pub(crate) layers: Vec<Dense>,
}

/// A linear layer and what follows it.
#[derive(Clone, Debug)]
pub(crate) struct Dense {
    pub(crate) outputs: usize,
    pub(crate) bias: bool,
    pub(crate) activation: Activation,
}

/// `Softmax` belongs to the last layer, and is the same whether or not the loss contains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Activation {
    Sigmoid,
    Tanh,
    Relu,
    Linear,
    Softmax,
}

impl Chain {
    /// `None` if the description is no such chain.
    pub(crate) fn of(spec: &Spec) -> Option<Chain> {
        let [inputs @ (1..)] = *spec.input else { return None };
        let mut layers: Vec<Dense> = Vec::new();
        for layer in &spec.layers {
            let activation = match *layer {
                LayerSpec::Linear { out_features, bias } if out_features > 0 => {
                    layers.push(Dense { outputs: out_features, bias, activation: Activation::Linear });
                    continue;
                }
                LayerSpec::Sigmoid {} => Activation::Sigmoid,
                LayerSpec::Tanh {} => Activation::Tanh,
                LayerSpec::Relu {} => Activation::Relu,
                LayerSpec::Softmax {} => Activation::Softmax,
                _ => return None,
            };
            let last = layers.last_mut().filter(|last| last.activation == Activation::Linear)?;
            last.activation = activation;
        }
        let last = layers.last_mut()?;
        match (&spec.loss, last.activation) {
            (LossSpec::CrossEntropy { .. }, Activation::Linear) => last.activation = Activation::Softmax,
            (LossSpec::CrossEntropy { .. }, _) => return None,
            _ => {}
        }
        Some(Chain { inputs, layers })
    }

    /// Overwrites the layers of `spec`; under cross-entropy the softmax stays in the loss.
    pub(crate) fn write(&self, spec: &mut Spec) {
        spec.layers.clear();
        for (index, &Dense { outputs, bias, activation }) in self.layers.iter().enumerate() {
            spec.layers.push(LayerSpec::Linear { out_features: outputs, bias });
            let is_last = index + 1 == self.layers.len();
            spec.layers.extend(match activation {
                Activation::Sigmoid => Some(LayerSpec::Sigmoid {}),
                Activation::Tanh => Some(LayerSpec::Tanh {}),
                Activation::Relu => Some(LayerSpec::Relu {}),
                Activation::Linear => None,
                Activation::Softmax if is_last && matches!(spec.loss, LossSpec::CrossEntropy { .. }) => None,
                Activation::Softmax => Some(LayerSpec::Softmax {}),
            });
        }
    }

    /// The layer whose outputs are the network's.
    pub(crate) fn last(&self) -> &Dense {
        &self.layers[self.layers.len() - 1]
    }

    /// The number of outputs.
    pub(crate) fn outputs(&self) -> usize {
        self.last().outputs
    }

    /// How many weights each layer has.
    pub(crate) fn weights(&self) -> Vec<usize> {
        let inputs = std::iter::once(self.inputs).chain(self.layers.iter().map(|layer| layer.outputs));
        inputs.zip(&self.layers).map(|(inputs, layer)| inputs.saturating_mul(layer.outputs)).collect()
    }

    /// How many biases each layer that has biases has.
    pub(crate) fn biases(&self) -> Vec<usize> {
        self.layers.iter().filter(|layer| layer.bias).map(|layer| layer.outputs).collect()
    }
}

impl Widths {
    /// Sigmoid layers with biases under half the squared error, without a sample; the rest as a TOML file has it by
    /// default.
    pub(crate) fn spec(&self) -> anyhow::Result<Spec> {
        let no_samples = ["x", "t"].map(|key| (key.to_owned(), Value::Array(Vec::new())));
        let lesson: LessonSpec = Value::Table(Table::from_iter(no_samples)).try_into()?;
        let layer = |&out_features| [LayerSpec::Linear { out_features, bias: true }, LayerSpec::Sigmoid {}];
        Ok(Spec {
            about: String::new(),
            input: vec![self.0[0]],
            layers: self.0[1..].iter().flat_map(layer).collect(),
            loss: LossSpec::SquaredError {},
            init: InitSpec::default(),
            train: None,
            lesson: Some(lesson),
            require: None,
        })
    }
}

impl FromStr for Widths {
    type Err = String;

    fn from_str(text: &str) -> Result<Widths, String> {
        let width = |part: &str| part.trim().parse().ok().filter(|width| (1..=MAX_WIDTH).contains(width));
        match text.split('-').map(width).collect::<Option<Vec<usize>>>() {
            Some(widths) if (2..=MAX_WIDTHS).contains(&widths.len()) => Ok(Widths(widths)),
            _ => Err(format!(
                "write the number of inputs and the units of each layer, such as 2-3-1: 2 to {MAX_WIDTHS} numbers, each \
                 from 1 to {MAX_WIDTH}"
            )),
        }
    }
}

impl fmt::Display for Widths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&widths.join("-"))
    }
}
