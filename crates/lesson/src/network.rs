//! What a small network calculates, apart from its parameters: dense layers in a chain, each with its activation, and a
//! loss. A description writes activations as layers of their own and leaves out a softmax that the loss contains.

use std::fmt;
use std::str::FromStr;

use gradbook_engine::function::Function;
pub use gradbook_engine::loss::Loss;
use gradbook_engine::spec::{LayerSpec, Spec};

use crate::LessonError;

/// A network of a lesson, without parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// The number of inputs.
    pub inputs: usize,
    /// From the first hidden layer to the outputs; at least one.
    pub layers: Vec<Layer>,
    /// The error of one sample; training makes the mean over the samples small. After a softmax, cross-entropy is that of
    /// probabilities.
    pub loss: Loss,
}

/// One layer of units: weighted sums `z` and what follows them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layer {
    /// How the sums follow from the layer's inputs.
    pub kind: LayerKind,
    /// The number of units.
    pub units: usize,
    /// Whether each sum has a bias.
    pub bias: bool,
    /// What follows the sums.
    pub activation: Activation,
}

/// How a layer's weighted sums follow from its inputs. The equations of each kind are in a file of their own under
/// `equations/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerKind {
    /// Every unit reads every input: `z = W x + b`.
    Dense,
}

/// What follows the weighted sums of a layer. Written as options and files spell it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// `a = f(z)`, unit by unit.
    Function(Function),
    /// `a_k = e^z_k / Σ_m e^z_m`, as `e^(z_k - max z)`; the last layer only.
    Softmax,
}

/// A name that no activation has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no activation has this name; it is one of {}", Activation::names())]
pub struct UnknownActivation;

/// A weight or bias. Layers and units are counted from 0, layers from the input on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Param {
    /// Weight `(layer, unit, input)`.
    W(usize, usize, usize),
    /// Bias `(layer, unit)`.
    B(usize, usize),
}

impl Param {
    /// The layer that it belongs to.
    pub fn layer(self) -> usize {
        match self {
            Param::W(l, ..) | Param::B(l, _) => l,
        }
    }

    /// The unit that it leads into.
    pub fn unit(self) -> usize {
        match self {
            Param::W(_, j, _) | Param::B(_, j) => j,
        }
    }
}

impl Activation {
    /// `a = z`.
    pub const NONE: Activation = Activation::Function(Function::Identity);

    /// All, parameters being the defaults.
    pub fn all() -> impl Iterator<Item = Activation> {
        Function::ALL.into_iter().map(Activation::Function).chain([Activation::Softmax])
    }

    /// Their names: `sigmoid, tanh, ...`.
    pub fn names() -> String {
        Activation::all().map(|activation| activation.to_string()).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Activation::Function(function) => function.fmt(f),
            Activation::Softmax => f.write_str("softmax"),
        }
    }
}

impl FromStr for Activation {
    type Err = UnknownActivation;

    fn from_str(text: &str) -> Result<Activation, UnknownActivation> {
        match text {
            "softmax" => Ok(Activation::Softmax),
            name => name.parse().map(Activation::Function).map_err(|_| UnknownActivation),
        }
    }
}

impl Layer {
    /// A layer whose units read every input.
    pub fn dense(units: usize, bias: bool, activation: Activation) -> Layer {
        Layer { kind: LayerKind::Dense, units, bias, activation }
    }
}

impl Network {
    /// The network of a description, and for each of its layers the position in the description's list.
    ///
    /// # Errors
    /// If the description has layers or a loss that a lesson cannot explain.
    pub fn from_spec(spec: &Spec) -> Result<(Network, Vec<usize>), LessonError> {
        let inputs = match *spec.input.as_slice() {
            [inputs] if inputs > 0 => inputs,
            _ => {
                let fix = spec.input.iter().fold(1_usize, |product, &n| product.saturating_mul(n.max(1)));
                return Err(LessonError::Input { input: spec.input.clone(), fix });
            }
        };
        let (mut layers, positions) = chain(&spec.layers)?;
        let loss = spec.loss;
        let Some(last) = layers.last_mut() else {
            let problem = "the network has no linear layer".to_owned();
            return Err(LessonError::Layer { layer: 0, kind: "none", problem });
        };
        if let Loss::CrossEntropy { label_smoothing } = loss {
            if label_smoothing != 0.0 {
                let problem = "label_smoothing: a lesson has its targets as written; remove it";
                return Err(LessonError::Loss(problem.to_owned()));
            }
            if last.activation != Activation::NONE {
                let problem = "cross_entropy contains the softmax; end with a linear layer and no activation after it";
                return Err(LessonError::Loss(problem.to_owned()));
            }
            last.activation = Activation::Softmax;
        }
        if let Some(function) = loss.needs()
            && last.activation != Activation::Function(function)
        {
            return Err(LessonError::Loss(format!("{} needs {function} as the last layer", loss.name())));
        }
        Ok((Network { inputs, layers, loss }, positions))
    }

    /// Overwrites `input`, `layers` and `loss` of a description; under cross-entropy the softmax stays in the loss.
    pub fn write(&self, spec: &mut Spec) {
        spec.input = vec![self.inputs];
        spec.loss = self.loss;
        spec.layers.clear();
        for (l, &Layer { kind: LayerKind::Dense, units, bias, activation }) in self.layers.iter().enumerate() {
            spec.layers.push(LayerSpec::Linear { out_features: units, bias });
            let contains_softmax = l == self.last() && matches!(self.loss, Loss::CrossEntropy { .. });
            spec.layers.extend(match activation {
                Activation::Function(function) => function.layer(),
                Activation::Softmax if contains_softmax => None,
                Activation::Softmax => Some(LayerSpec::Softmax {}),
            });
        }
    }

    /// The index of the last layer.
    pub fn last(&self) -> usize {
        self.layers.len() - 1
    }

    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        self.units(self.last())
    }

    /// The number of inputs of a layer.
    pub fn inputs(&self, l: usize) -> usize {
        if l == 0 { self.inputs } else { self.layers[l - 1].units }
    }

    /// The number of units of a layer.
    pub fn units(&self, l: usize) -> usize {
        self.layers[l].units
    }

    /// What follows the sums of a layer.
    pub fn activation(&self, l: usize) -> Activation {
        self.layers[l].activation
    }

    /// Whether the slope of a layer's units jumps, where their sum is 0.
    pub fn has_kink(&self, l: usize) -> bool {
        matches!(self.activation(l), Activation::Function(function) if function.has_kink())
    }

    /// Whether the outputs depend on each other.
    pub fn softmax(&self) -> bool {
        self.activation(self.last()) == Activation::Softmax
    }

    /// Whether the loss can grow without limit. Then a state whose loss exceeds [`crate::DIVERGED`] is not updated
    /// further.
    pub fn can_diverge(&self) -> bool {
        match self.activation(self.last()) {
            Activation::Function(function) => !function.is_bounded(),
            Activation::Softmax => false,
        }
    }

    /// The weights of a layer, row by row.
    pub fn weights(&self, l: usize) -> impl Iterator<Item = Param> + use<> {
        let (units, inputs) = (self.units(l), self.inputs(l));
        (0..units).flat_map(move |j| (0..inputs).map(move |i| Param::W(l, j, i)))
    }

    /// The biases of a layer, if it has any.
    pub fn biases(&self, l: usize) -> impl Iterator<Item = Param> + use<> {
        let units = if self.layers[l].bias { self.units(l) } else { 0 };
        (0..units).map(move |j| Param::B(l, j))
    }

    /// The weights, then the biases of a layer.
    pub fn parameters(&self, l: usize) -> impl Iterator<Item = Param> + use<> {
        self.weights(l).chain(self.biases(l))
    }

    /// The numbers of inputs, of units of the first layer, of the second, ...
    pub fn widths(&self) -> Vec<usize> {
        std::iter::once(self.inputs).chain(self.layers.iter().map(|layer| layer.units)).collect()
    }

    /// The same as a text: `2-2-2`.
    pub fn layout(&self) -> String {
        self.widths().iter().map(usize::to_string).collect::<Vec<_>>().join("-")
    }
}

/// The layers of a description as a chain, and the position of each in the description's list.
fn chain(specs: &[LayerSpec]) -> Result<(Vec<Layer>, Vec<usize>), LessonError> {
    let (mut layers, mut positions): (Vec<Layer>, Vec<usize>) = (Vec::new(), Vec::new());
    let mut activated = true;
    for (position, spec) in specs.iter().enumerate() {
        let error =
            |problem: &str| Err(LessonError::Layer { layer: position, kind: spec.name(), problem: problem.to_owned() });
        let activation = match spec {
            LayerSpec::Linear { out_features: 0, .. } => return error("out_features is 0"),
            LayerSpec::Linear { out_features, bias } => {
                layers.push(Layer::dense(*out_features, *bias, Activation::NONE));
                positions.push(position);
                activated = false;
                continue;
            }
            LayerSpec::Softmax {} if position + 1 < specs.len() => return error("it can only be the last layer"),
            LayerSpec::Softmax {} => Activation::Softmax,
            LayerSpec::BatchNorm { .. } => return error("lessons explain each sample by itself"),
            LayerSpec::Dropout { .. } => return error("lessons have nothing random"),
            other => match Function::of(other) {
                Some(function) => {
                    if let Err(problem) = function.check() {
                        return error(&problem);
                    }
                    Activation::Function(function)
                }
                None => return error("lessons have no images"),
            },
        };
        match layers.last_mut() {
            Some(last) if !activated => last.activation = activation,
            _ => return error("there is no linear layer directly before it"),
        }
        activated = true;
    }
    Ok((layers, positions))
}
