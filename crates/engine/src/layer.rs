//! The closed list of layers, and what each means for shapes and parameters.
//!
//! Every `match` here is exhaustive: a new layer is one variant, one file under `layer/`, and the places that the
//! compiler then lists. The arithmetic of each layer stands in its own file, forward directly above backward.

pub mod activation;
pub mod batch_norm;
pub mod conv2d;
mod convolution;
pub mod dropout;
pub mod linear;
pub(crate) mod packed;
pub mod pool;

pub use batch_norm::BatchNorm;
pub use conv2d::Conv2d;
pub use dropout::Dropout;
pub use linear::Linear;
pub use pool::Pool;

use crate::function::Function;
use crate::shape::Shape;
use crate::spec::{LayerSpec, ParameterKind};

/// One layer with all its sizes known.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// `nn.Linear`.
    Linear(Linear),
    /// `nn.Conv2d`.
    Conv2d(Conv2d),
    /// `nn.BatchNorm2d` or `nn.BatchNorm1d`.
    BatchNorm(BatchNorm),
    /// A function of each element: ReLU, sigmoid and so on.
    Activation(Function),
    /// `nn.Softmax` over all outputs.
    Softmax,
    /// `nn.Dropout`.
    Dropout(Dropout),
    /// `nn.MaxPool2d`.
    MaxPool(Pool),
    /// `nn.AvgPool2d`.
    AvgPool(Pool),
    /// `nn.AdaptiveAvgPool2d(1)` and `nn.Flatten`.
    GlobalAvgPool(Pool),
    /// `nn.Flatten`.
    Flatten,
}

impl Layer {
    /// The layer for an input of this shape, and its output's shape; or what is wrong and how to mend it.
    pub fn new(spec: &LayerSpec, input: Shape) -> Result<(Layer, Shape), String> {
        match *spec {
            LayerSpec::Linear { out_features, bias } => {
                let linear = Linear::new(input, out_features, bias)?;
                Ok((Layer::Linear(linear), Shape::Vector(out_features)))
            }
            LayerSpec::Conv2d { out_channels, kernel_size, stride, padding, bias } => {
                let conv = Conv2d::new(input, out_channels, kernel_size, stride, padding, bias)?;
                let output = conv.output();
                Ok((Layer::Conv2d(conv), output))
            }
            LayerSpec::BatchNorm { eps, momentum } => {
                Ok((Layer::BatchNorm(BatchNorm::new(input, eps, momentum)?), input))
            }
            LayerSpec::Relu {}
            | LayerSpec::LeakyRelu { .. }
            | LayerSpec::Sigmoid {}
            | LayerSpec::Tanh {}
            | LayerSpec::Softplus {} => {
                let function = Function::of(spec).expect("these layers are functions");
                function.check()?;
                Ok((Layer::Activation(function), input))
            }
            LayerSpec::Softmax {} => match input {
                Shape::Vector(_) => Ok((Layer::Softmax, input)),
                Shape::Map { .. } => Err("softmax takes a vector; add flatten or global_avg_pool before it".into()),
            },
            LayerSpec::Dropout { p } => Ok((Layer::Dropout(Dropout::new(p)?), input)),
            LayerSpec::MaxPool { kernel_size, stride } => {
                let (pool, output) = Pool::new(input, kernel_size, stride.unwrap_or(kernel_size))?;
                Ok((Layer::MaxPool(pool), output))
            }
            LayerSpec::AvgPool { kernel_size, stride } => {
                let (pool, output) = Pool::new(input, kernel_size, stride.unwrap_or(kernel_size))?;
                Ok((Layer::AvgPool(pool), output))
            }
            LayerSpec::GlobalAvgPool {} => {
                let pool = Pool::global(input)?;
                Ok((Layer::GlobalAvgPool(pool), Shape::Vector(input.dimensions().0)))
            }
            LayerSpec::Flatten {} => Ok((Layer::Flatten, Shape::Vector(input.len()))),
        }
    }

    /// Name, shape and kind of each trained tensor: weight first, then bias.
    pub fn tensors(&self) -> Vec<(&'static str, Vec<usize>, ParameterKind)> {
        let with_bias = |shape: Vec<usize>, bias: bool| {
            let outputs = shape[0];
            let mut tensors = vec![("weight", shape, ParameterKind::Weight)];
            if bias {
                tensors.push(("bias", vec![outputs], ParameterKind::Bias));
            }
            tensors
        };
        match self {
            Layer::Linear(linear) => with_bias(vec![linear.outputs, linear.inputs], linear.bias),
            Layer::Conv2d(conv) => {
                with_bias(vec![conv.out_channels, conv.in_channels, conv.kernel, conv.kernel], conv.bias)
            }
            Layer::BatchNorm(norm) => vec![
                ("weight", vec![norm.channels], ParameterKind::BatchNorm),
                ("bias", vec![norm.channels], ParameterKind::BatchNorm),
            ],
            Layer::Activation(_)
            | Layer::Softmax
            | Layer::Dropout(_)
            | Layer::MaxPool(_)
            | Layer::AvgPool(_)
            | Layer::GlobalAvgPool(_)
            | Layer::Flatten => Vec::new(),
        }
    }

    /// Name, shape and kind of each tensor that is averaged rather than trained.
    pub fn statistics(&self) -> Vec<(&'static str, Vec<usize>, ParameterKind)> {
        match self {
            Layer::BatchNorm(norm) => vec![
                ("running_mean", vec![norm.channels], ParameterKind::BatchNorm),
                ("running_var", vec![norm.channels], ParameterKind::BatchNorm),
            ],
            Layer::Linear(_)
            | Layer::Conv2d(_)
            | Layer::Activation(_)
            | Layer::Softmax
            | Layer::Dropout(_)
            | Layer::MaxPool(_)
            | Layer::AvgPool(_)
            | Layer::GlobalAvgPool(_)
            | Layer::Flatten => Vec::new(),
        }
    }

    /// Multiplications with an addition, for one sample.
    pub fn multiply_adds(&self, output: Shape) -> usize {
        match self {
            Layer::Linear(linear) => linear.inputs * linear.outputs,
            Layer::Conv2d(conv) => output.len() * conv.in_channels * conv.kernel * conv.kernel,
            Layer::BatchNorm(_)
            | Layer::Activation(_)
            | Layer::Softmax
            | Layer::Dropout(_)
            | Layer::MaxPool(_)
            | Layer::AvgPool(_)
            | Layer::GlobalAvgPool(_)
            | Layer::Flatten => 0,
        }
    }

    /// Side and stride of the window of inputs behind one output, for receptive fields.
    pub fn window(&self, input: Shape) -> (usize, usize) {
        let (_, height, width) = input.dimensions();
        match self {
            Layer::Conv2d(conv) => (conv.kernel, conv.stride),
            Layer::MaxPool(pool) | Layer::AvgPool(pool) => (pool.height, pool.stride),
            Layer::GlobalAvgPool(_) | Layer::Flatten | Layer::Linear(_) => (height.max(width), 1),
            Layer::BatchNorm(_) | Layer::Activation(_) | Layer::Softmax | Layer::Dropout(_) => (1, 1),
        }
    }

    /// Whether the layer may write its output over its input, as far as it is itself concerned.
    pub fn works_in_place(&self) -> bool {
        match self {
            Layer::Activation(function) => !function.slope_reads_z(),
            Layer::Dropout(_) => true,
            Layer::Linear(_)
            | Layer::Conv2d(_)
            | Layer::BatchNorm(_)
            | Layer::Softmax
            | Layer::MaxPool(_)
            | Layer::AvgPool(_)
            | Layer::GlobalAvgPool(_)
            | Layer::Flatten => false,
        }
    }

    /// Whether `backward` reads the layer's input.
    pub fn backward_reads_input(&self) -> bool {
        match self {
            Layer::Activation(function) => function.slope_reads_z(),
            Layer::Linear(_) | Layer::Conv2d(_) | Layer::BatchNorm(_) | Layer::MaxPool(_) => true,
            Layer::Softmax | Layer::Dropout(_) | Layer::AvgPool(_) | Layer::GlobalAvgPool(_) | Layer::Flatten => false,
        }
    }

    /// Whether `backward` reads the layer's own output, which therefore must not be overwritten.
    pub fn backward_reads_output(&self) -> bool {
        match self {
            Layer::Activation(function) => !function.slope_reads_z(),
            Layer::Softmax => true,
            Layer::Linear(_)
            | Layer::Conv2d(_)
            | Layer::BatchNorm(_)
            | Layer::Dropout(_)
            | Layer::MaxPool(_)
            | Layer::AvgPool(_)
            | Layer::GlobalAvgPool(_)
            | Layer::Flatten => false,
        }
    }
}

impl LayerSpec {
    /// Every `type` that a description may use.
    pub const NAMES: [&'static str; 14] = [
        "linear",
        "conv2d",
        "batch_norm",
        "relu",
        "leaky_relu",
        "sigmoid",
        "tanh",
        "softplus",
        "softmax",
        "dropout",
        "max_pool",
        "avg_pool",
        "global_avg_pool",
        "flatten",
    ];

    /// The `type` that a description uses.
    pub fn name(&self) -> &'static str {
        match self {
            LayerSpec::Linear { .. } => "linear",
            LayerSpec::Conv2d { .. } => "conv2d",
            LayerSpec::BatchNorm { .. } => "batch_norm",
            LayerSpec::Relu {} => "relu",
            LayerSpec::LeakyRelu { .. } => "leaky_relu",
            LayerSpec::Sigmoid {} => "sigmoid",
            LayerSpec::Tanh {} => "tanh",
            LayerSpec::Softplus {} => "softplus",
            LayerSpec::Softmax {} => "softmax",
            LayerSpec::Dropout { .. } => "dropout",
            LayerSpec::MaxPool { .. } => "max_pool",
            LayerSpec::AvgPool { .. } => "avg_pool",
            LayerSpec::GlobalAvgPool {} => "global_avg_pool",
            LayerSpec::Flatten {} => "flatten",
        }
    }
}
