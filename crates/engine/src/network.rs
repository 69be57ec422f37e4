//! A validated network: layers with their shapes, and one flat parameter buffer with named slices.
//!
//! [`Network::new`] is the one place where a description is checked; everything after it may rely on the shapes.

use std::ops::Range;

use thiserror::Error;

use crate::layer::Layer;
pub use crate::shape::Shape;
use crate::spec::{InitSpec, LayerSpec, LossSpec, ParameterKind, SettingError, Spec};

/// Most values of one tensor: far more than this program is for, and few enough that no product of sizes overflows.
const LARGEST: usize = 1 << 28;

/// A description that is not a valid network. The message says what is wrong, where, and how to fix it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[expect(missing_docs, reason = "the message of each variant says what it and its fields are")]
pub enum SpecError {
    #[error("input = {input:?}: {problem}")]
    Input { input: Vec<usize>, problem: String },
    #[error("layer {index} ({layer}), input {input}: {problem}")]
    Layer { index: usize, layer: &'static str, input: Shape, problem: String },
    #[error("layers = []: there is nothing to run; list at least one layer")]
    NoLayers,
    #[error("loss ({loss}): {problem}")]
    Loss { loss: &'static str, problem: String },
    #[error(transparent)]
    Setting(#[from] SettingError),
}

/// One layer in its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it calculates.
    pub layer: Layer,
    /// Of one sample.
    pub input: Shape,
    /// Of one sample.
    pub output: Shape,
    /// Its tensors in [`Network::tensors`].
    pub tensors: Range<usize>,
    /// Its running mean and variance in [`Network::statistics`]; empty except for BatchNorm.
    pub statistics: Range<usize>,
}

/// A named slice of the flat parameter (or statistics) buffer, in PyTorch's name, shape and element order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// As in the `state_dict` of an `nn.Sequential` of the same layers: `0.weight`.
    pub name: String,
    /// In PyTorch's order of dimensions.
    pub shape: Vec<usize>,
    /// Its place in the buffer.
    pub range: Range<usize>,
    /// What it is, for weight decay.
    pub kind: ParameterKind,
}

/// A network that can be run.
#[derive(Clone, Debug)]
pub struct Network {
    /// Of one sample.
    pub input: Shape,
    /// From the input to the output.
    pub nodes: Vec<Node>,
    /// Slices of the parameter buffer, without gaps.
    pub tensors: Vec<Tensor>,
    /// Slices of the buffer of BatchNorm's running means and variances, without gaps.
    pub statistics: Vec<Tensor>,
    /// What training makes small.
    pub loss: LossSpec,
}

impl Network {
    /// Checks the description and fixes every shape.
    pub fn new(spec: &Spec) -> Result<Network, SpecError> {
        let input = input_shape(&spec.input)?;
        let mut network =
            Network { input, nodes: Vec::new(), tensors: Vec::new(), statistics: Vec::new(), loss: spec.loss };
        let mut shape = input;
        for (index, layer_spec) in spec.layers.iter().enumerate() {
            let error = |problem| SpecError::Layer { index, layer: layer_spec.name(), input: shape, problem };
            let (layer, output) = Layer::new(layer_spec, shape).map_err(error)?;
            let largest = layer.tensors().iter().map(|(_, shape, _)| shape.iter().product()).max();
            for (what, size) in [("outputs a sample", output.len()), ("weights", largest.unwrap_or(0))] {
                if size > LARGEST {
                    return Err(error(format!("{size} {what} are more than the {LARGEST} that are supported")));
                }
            }
            network.push(index, layer, shape, output);
            shape = output;
        }
        network.check_end(shape)?;
        check_settings(spec)?;
        Ok(network)
    }

    fn push(&mut self, index: usize, layer: Layer, input: Shape, output: Shape) {
        fn append(list: &mut Vec<Tensor>, index: usize, new: Vec<(&str, Vec<usize>, ParameterKind)>) -> Range<usize> {
            let first = list.len();
            for (name, shape, kind) in new {
                let start = list.last().map_or(0, |tensor| tensor.range.end);
                let range = start..start + shape.iter().product::<usize>();
                list.push(Tensor { name: format!("{index}.{name}"), shape, range, kind });
            }
            first..list.len()
        }
        let tensors = append(&mut self.tensors, index, layer.tensors());
        let statistics = append(&mut self.statistics, index, layer.statistics());
        self.nodes.push(Node { layer, input, output, tensors, statistics });
    }

    /// The output must suit the loss.
    fn check_end(&self, output: Shape) -> Result<(), SpecError> {
        let error = |problem: String| SpecError::Loss { loss: self.loss.name(), problem };
        if self.nodes.is_empty() {
            return Err(SpecError::NoLayers);
        }
        if let Shape::Map { .. } = output {
            return Err(error(format!(
                "the last layer gives maps of {output}, not a vector; end with global_avg_pool or flatten, and linear"
            )));
        }
        let last = self.nodes.len() - 1;
        if let Some(at) = self.nodes[..last].iter().position(|node| matches!(node.layer, Layer::Softmax)) {
            return Err(SpecError::Layer {
                index: at,
                layer: "softmax",
                input: self.nodes[at].input,
                problem: "softmax must be the last layer; remove it or what follows".into(),
            });
        }
        self.loss.check(&self.nodes[last].layer).map_err(error)
    }

    /// The shape of the last layer's output.
    pub fn output(&self) -> Shape {
        self.nodes[self.nodes.len() - 1].output
    }

    /// Number of trained values.
    pub fn parameters(&self) -> usize {
        self.tensors.last().map_or(0, |tensor| tensor.range.end)
    }

    /// Number of running means and variances.
    pub fn statistics_len(&self) -> usize {
        self.statistics.last().map_or(0, |tensor| tensor.range.end)
    }

    /// A node's slices of a parameter (or gradient) buffer; empty where it has none.
    pub fn weight_and_bias<'p, T>(&self, node: &Node, parameters: &'p [T]) -> (&'p [T], &'p [T]) {
        let (range, weights) = self.parameter_range(node);
        parameters[range].split_at(weights)
    }

    /// As [`Network::weight_and_bias`], but mutable.
    pub fn weight_and_bias_mut<'p, T>(&self, node: &Node, parameters: &'p mut [T]) -> (&'p mut [T], &'p mut [T]) {
        let (range, weights) = self.parameter_range(node);
        parameters[range].split_at_mut(weights)
    }

    /// A node's place in the parameter buffer, and how much of it is the weight.
    fn parameter_range(&self, node: &Node) -> (Range<usize>, usize) {
        match &self.tensors[node.tensors.clone()] {
            [] => (0..0, 0),
            [first, .., last] => (first.range.start..last.range.end, first.range.len()),
            [only] => (only.range.clone(), only.range.len()),
        }
    }

    /// A BatchNorm's place in the statistics buffer: its means, then its variances.
    pub fn statistics_range(&self, node: &Node) -> Range<usize> {
        match &self.statistics[node.statistics.clone()] {
            [mean, variance] => mean.range.start..variance.range.end,
            _ => 0..0,
        }
    }

    /// Whether a BatchNorm directly follows this layer and cancels its bias, whose gradient is then exactly 0.
    pub fn bias_cancels(&self, node: usize) -> bool {
        self.nodes.get(node + 1).is_some_and(|next| matches!(next.layer, Layer::BatchNorm(_)))
    }

    /// Multiplications (each with an addition) of linear and convolutional layers for one sample.
    pub fn multiply_adds(&self) -> usize {
        self.nodes.iter().map(|node| node.layer.multiply_adds(node.output)).sum()
    }

    /// For each layer, the side of the square of input pixels that one output value sees.
    ///
    /// `r += (k - 1) j; j *= s`, where `j` is the distance in input pixels between neighbouring values.
    pub fn receptive_fields(&self) -> Vec<usize> {
        let (mut field, mut jump) = (1, 1);
        let grow = |node: &Node| {
            let (kernel, stride) = node.layer.window(node.input);
            field += (kernel - 1) * jump;
            jump *= stride;
            field
        };
        self.nodes.iter().map(grow).collect()
    }
}

/// Checks the numbers and names outside the list of layers. Optimizer, schedule and augmentation check their own.
fn check_settings(spec: &Spec) -> Result<(), SettingError> {
    if let InitSpec::Constant { value } = spec.init {
        SettingError::unless(value.is_finite(), "init.value", value, "write a finite number")?;
    }
    if let Some(train) = &spec.train {
        SettingError::unless(train.epochs > 0, "train.epochs", train.epochs, "use 1 or more")?;
        SettingError::unless(train.batch > 0, "train.batch", train.batch, "use 1 or more")?;
        train.normalize.check()?;
        if let [channels, _, _] = spec.input[..] {
            train.normalize.check_channels(channels)?;
        }
    }
    if let Some(require) = &spec.require {
        if let Some(accuracy) = require.accuracy {
            let fits = (0.0..=1.0).contains(&accuracy);
            SettingError::unless(fits, "require.accuracy", accuracy, "write a fraction, as in 0.994")?;
        }
        for layer in &require.layers {
            let known = LayerSpec::NAMES.contains(&layer.as_str());
            let fix = format!("write one of {}", LayerSpec::NAMES.join(", "));
            SettingError::unless(known, "require.layers", layer, fix)?;
        }
    }
    Ok(())
}

fn input_shape(input: &[usize]) -> Result<Shape, SpecError> {
    let error = |problem: &str| SpecError::Input { input: input.to_vec(), problem: problem.into() };
    if input.contains(&0) {
        return Err(error("a size of 0 holds nothing; use 1 or more"));
    }
    if input.iter().any(|&size| size > 4096) {
        return Err(error("sizes above 4096 are not supported"));
    }
    match *input {
        [features] => Ok(Shape::Vector(features)),
        [channels, height, width] => Ok(Shape::Map { channels, height, width }),
        _ => Err(error("write [features] or [channels, height, width]")),
    }
}
