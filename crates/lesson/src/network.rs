//! What a small network calculates, apart from its parameters: dense layers in a chain, each with its activation, and a
//! loss. A description writes activations as layers of their own and leaves out a softmax that the loss contains.

use gradbook_engine::spec::{LayerSpec, LossSpec, Spec};

use crate::LessonError;

/// A network of a lesson, without parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// The number of inputs.
    pub inputs: usize,
    /// From the first hidden layer to the outputs; at least one.
    pub layers: Vec<Layer>,
    /// What training makes small.
    pub loss: Loss,
}

/// One layer of units: weighted sums `z` and what follows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// What follows the weighted sums of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `a = 1 / (1 + e^-z)`.
    Sigmoid,
    /// `a = tanh z`.
    Tanh,
    /// `a = max(0, z)`.
    Relu,
    /// `a = z`.
    Identity,
    /// `a_k = e^z_k / Σ_m e^z_m`, as `e^(z_k - max z)`; the last layer only.
    Softmax,
}

/// The error of one sample, a sum over its outputs; the loss is the mean over the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// `½ (t - a)²`.
    HalfSquared,
    /// `(t - a)² / K` with K outputs.
    MeanSquared,
    /// `-t ln a`, after a softmax.
    CrossEntropy,
}

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
        let loss = loss(&spec.loss)?;
        let Some(last) = layers.last_mut() else {
            let problem = "the network has no linear layer".to_owned();
            return Err(LessonError::Layer { layer: 0, kind: "none", problem });
        };
        match (loss, last.activation) {
            (Loss::CrossEntropy, Activation::Identity) => last.activation = Activation::Softmax,
            (Loss::CrossEntropy, _) => {
                return Err(LessonError::Loss(
                    "cross_entropy contains the softmax; end with a linear layer and no activation after it",
                ));
            }
            _ => {}
        }
        Ok((Network { inputs, layers, loss }, positions))
    }

    /// Overwrites `input`, `layers` and `loss` of a description; under cross-entropy the softmax stays in the loss.
    pub fn write(&self, spec: &mut Spec) {
        spec.input = vec![self.inputs];
        spec.loss = match self.loss {
            Loss::HalfSquared => LossSpec::SquaredError {},
            Loss::MeanSquared => LossSpec::MeanSquaredError {},
            Loss::CrossEntropy => LossSpec::CrossEntropy { label_smoothing: 0.0 },
        };
        spec.layers.clear();
        for (l, &Layer { kind: LayerKind::Dense, units, bias, activation }) in self.layers.iter().enumerate() {
            spec.layers.push(LayerSpec::Linear { out_features: units, bias });
            spec.layers.extend(match activation {
                Activation::Sigmoid => Some(LayerSpec::Sigmoid {}),
                Activation::Tanh => Some(LayerSpec::Tanh {}),
                Activation::Relu => Some(LayerSpec::Relu {}),
                Activation::Identity => None,
                Activation::Softmax if l == self.last() && self.loss == Loss::CrossEntropy => None,
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

    /// Whether the outputs depend on each other.
    pub fn softmax(&self) -> bool {
        self.activation(self.last()) == Activation::Softmax
    }

    /// Whether the loss can grow without limit. Then a state whose loss exceeds [`crate::DIVERGED`] is not updated
    /// further.
    pub fn can_diverge(&self) -> bool {
        matches!(self.activation(self.last()), Activation::Relu | Activation::Identity)
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
            |kind, problem: &str| Err(LessonError::Layer { layer: position, kind, problem: problem.to_owned() });
        let (kind, activation) = match spec {
            LayerSpec::Linear { out_features: 0, .. } => return error("linear", "out_features is 0"),
            LayerSpec::Linear { out_features, bias } => {
                layers.push(Layer::dense(*out_features, *bias, Activation::Identity));
                positions.push(position);
                activated = false;
                continue;
            }
            LayerSpec::Sigmoid {} => ("sigmoid", Activation::Sigmoid),
            LayerSpec::Tanh {} => ("tanh", Activation::Tanh),
            LayerSpec::Relu {} => ("relu", Activation::Relu),
            LayerSpec::Softmax {} if position + 1 < specs.len() => {
                return error("softmax", "it can only be the last layer");
            }
            LayerSpec::Softmax {} => ("softmax", Activation::Softmax),
            LayerSpec::Conv2d { .. } => return error("conv2d", "lessons have no images"),
            LayerSpec::BatchNorm { .. } => return error("batch_norm", "lessons explain each sample by itself"),
            LayerSpec::Dropout { .. } => return error("dropout", "lessons have nothing random"),
            LayerSpec::MaxPool { .. } => return error("max_pool", "lessons have no images"),
            LayerSpec::AvgPool { .. } => return error("avg_pool", "lessons have no images"),
            LayerSpec::GlobalAvgPool {} => return error("global_avg_pool", "lessons have no images"),
            LayerSpec::Flatten {} => return error("flatten", "lessons have no images"),
        };
        match layers.last_mut() {
            Some(last) if !activated => last.activation = activation,
            _ => return error(kind, "there is no linear layer directly before it"),
        }
        activated = true;
    }
    Ok((layers, positions))
}

fn loss(spec: &LossSpec) -> Result<Loss, LessonError> {
    match spec {
        LossSpec::SquaredError {} => Ok(Loss::HalfSquared),
        LossSpec::MeanSquaredError {} => Ok(Loss::MeanSquared),
        LossSpec::CrossEntropy { label_smoothing: 0.0 } => Ok(Loss::CrossEntropy),
        LossSpec::CrossEntropy { .. } => {
            Err(LessonError::Loss("label_smoothing: a lesson has its targets as written; remove it"))
        }
    }
}
