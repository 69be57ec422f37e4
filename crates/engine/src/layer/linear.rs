//! Linear: `z = x wᵀ + b`, computed as a 1 x 1 convolution of a map of one pixel.

use super::conv2d::Conv2d;
use crate::shape::Shape;

/// `nn.Linear`: weight `[outputs, inputs]`, bias `[outputs]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Features of the input.
    pub inputs: usize,
    /// Features of the output.
    pub outputs: usize,
    /// Whether a bias is added.
    pub bias: bool,
}

impl Linear {
    pub(super) fn new(input: Shape, outputs: usize, bias: bool) -> Result<Linear, String> {
        super::conv2d::check_outputs("out_features", outputs)?;
        match input {
            Shape::Vector(inputs) => Ok(Linear { inputs, outputs, bias }),
            Shape::Map { .. } => Err("linear takes a vector; add flatten or global_avg_pool before it".into()),
        }
    }

    /// The same arithmetic, seen as a convolution of one pixel.
    pub(crate) fn as_convolution(&self) -> Conv2d {
        Conv2d {
            in_channels: self.inputs,
            out_channels: self.outputs,
            height: 1,
            width: 1,
            kernel: 1,
            stride: 1,
            padding: 0,
            bias: self.bias,
        }
    }
}
