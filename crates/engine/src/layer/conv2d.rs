//! Conv2d: its sizes, which algorithm calculates it, and how that wants the memory. The arithmetic stands in
//! `convolution.rs`.

use crate::kernels::{self, LANES, Precision, Tiles, tiles};
use crate::layout::Layout;
use crate::shape::Shape;

/// `nn.Conv2d`: weight `[out_channels, in_channels, kernel, kernel]`, bias `[out_channels]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv2d {
    /// Maps of the input.
    pub in_channels: usize,
    /// Maps of the output.
    pub out_channels: usize,
    /// Size of the input map.
    pub height: usize,
    /// Size of the input map.
    pub width: usize,
    /// Side of the square kernel.
    pub kernel: usize,
    /// From one output to the next, in input pixels.
    pub stride: usize,
    /// Zeros on all four sides, in pixels.
    pub padding: usize,
    /// Whether a bias is added.
    pub bias: bool,
}

/// How a convolution and its gradients are calculated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Direct,
    Winograd,
    /// With operands in bf16.
    Tiles(Tiles),
}

impl Conv2d {
    pub(super) fn new(
        input: Shape,
        out_channels: usize,
        kernel: usize,
        stride: usize,
        padding: usize,
        bias: bool,
    ) -> Result<Conv2d, String> {
        check_outputs("out_channels", out_channels)?;
        let Shape::Map { channels, height, width } = input else {
            return Err("conv2d takes maps, but its input is a vector; write input = [channels, height, width], or \
                        move it before flatten or global_avg_pool"
                .into());
        };
        if !(1..=255).contains(&kernel) || !(1..=255).contains(&stride) {
            return Err(format!("kernel_size = {kernel} and stride = {stride} must both be 1 to 255"));
        }
        if padding >= kernel {
            return Err(format!("padding = {padding} must be smaller than kernel_size = {kernel}"));
        }
        let smallest = height.min(width) + 2 * padding;
        if kernel > smallest {
            return Err(format!(
                "kernel_size = {kernel} is larger than the {height} x {width} map with padding = {padding}; use a \
                 smaller kernel or more padding"
            ));
        }
        Ok(Conv2d { in_channels: channels, out_channels, height, width, kernel, stride, padding, bias })
    }

    /// `(size + 2 pad - kernel) / s + 1` in each direction.
    pub fn output(&self) -> Shape {
        let size = |input: usize| (input + 2 * self.padding - self.kernel) / self.stride + 1;
        Shape::Map { channels: self.out_channels, height: size(self.height), width: size(self.width) }
    }

    /// Evaluation calculates in f32, whatever the precision of the training.
    pub(crate) fn algorithm(&self, precision: Precision) -> Algorithm {
        match precision {
            // A map of one pixel belongs to a linear layer.
            Precision::Bf16(tiles) if self.stride == 1 && self.in_channels >= LANES && self.height * self.width > 1 => {
                Algorithm::Tiles(tiles)
            }
            _ if self.is_winograd() => Algorithm::Winograd,
            _ => Algorithm::Direct,
        }
    }

    /// Whether the kernels use Winograd's algorithm in f32: usually everywhere except in the first layer of grey images
    /// and on very small maps.
    pub(crate) fn is_winograd(&self) -> bool {
        let (_, height, width) = self.output().dimensions();
        self.kernel == 3 && self.stride == 1 && self.in_channels >= LANES && height.min(width) >= 3
    }

    /// Rows and columns of zeros that the kernels need after the input map: the padding, and more where Winograd's
    /// tiles exceed the outputs.
    pub(crate) fn far_border(&self) -> usize {
        let (_, height, width) = self.output().dimensions();
        self.padding + self.beyond(height, width)
    }

    /// How the output's gradient is stored so that the input gradient is a plain convolution of it: spread by the
    /// stride, with `kernel - 1 - padding` zeros around it, one more for every input row that no output reached, and
    /// more where Winograd's tiles exceed the outputs or the inputs.
    pub(crate) fn output_gradient_layout(&self) -> Layout {
        let border = self.kernel - 1 - self.padding;
        let unreached = |input: usize| (input + 2 * self.padding - self.kernel) % self.stride;
        let (_, height, width) = self.output().dimensions();
        let reached = border + unreached(self.height).max(unreached(self.width));
        let far_border = (reached + self.beyond(self.height, self.width)).max(self.beyond(height, width));
        Layout { border, far_border, dilation: self.stride, ..Layout::dense(self.output()) }
    }

    /// How many zeros Winograd's tiles of a map need after it.
    fn beyond(&self, height: usize, width: usize) -> usize {
        if self.is_winograd() { kernels::winograd::beyond(height).max(kernels::winograd::beyond(width)) } else { 0 }
    }

    /// Floats of the gradient of [`Conv2d::parameter_gradient`]: dw, then db.
    pub(crate) fn gradient_len(&self, x_lanes: usize) -> usize {
        let (_, out_lanes) = self.lanes();
        (self.kernel * self.kernel * x_lanes + usize::from(self.bias)) * out_lanes
    }

    /// Floats of Winograd's products of [`Conv2d::parameter_gradient`].
    pub(crate) fn products_len(&self, algorithm: Algorithm, x_lanes: usize) -> usize {
        let (_, out_lanes) = self.lanes();
        if algorithm == Algorithm::Winograd { self.products(algorithm) * x_lanes * out_lanes } else { 0 }
    }

    /// Floats that the passes need as [`kernels::Aside::scratch`].
    pub(crate) fn scratch_len(&self, algorithm: Algorithm) -> usize {
        let (in_lanes, out_lanes) = self.lanes();
        match algorithm {
            Algorithm::Direct => 0,
            // The map of the input gradient may be larger than the output's.
            Algorithm::Winograd => kernels::winograd::scratch_len(self.height + 2, self.width + 2, in_lanes, out_lanes),
            Algorithm::Tiles(_) => {
                let (k, (_, rows, columns)) = (self.kernel, self.output().dimensions());
                let forward = tiles::convolution_scratch_len(k, rows, columns, in_lanes);
                let input_gradient = tiles::convolution_scratch_len(k, self.height, self.width, out_lanes);
                let weight_gradient = tiles::weight_gradient_scratch_len(k, rows, columns, in_lanes, out_lanes);
                forward.max(input_gradient).max(weight_gradient)
            }
        }
    }

    /// How many products each pair of an input and an output channel has.
    pub(super) fn products(&self, algorithm: Algorithm) -> usize {
        match algorithm {
            Algorithm::Winograd => kernels::winograd::POINTS,
            Algorithm::Direct | Algorithm::Tiles(_) => self.kernel * self.kernel,
        }
    }

    /// Lanes of an input and of an output pixel.
    pub(super) fn lanes(&self) -> (usize, usize) {
        (self.in_channels.next_multiple_of(LANES), self.out_channels.next_multiple_of(LANES))
    }
}

/// A layer must have outputs, and not absurdly many.
pub(super) fn check_outputs(key: &str, outputs: usize) -> Result<(), String> {
    match outputs {
        1..=65_536 => Ok(()),
        _ => Err(format!("{key} = {outputs} must be between 1 and 65536")),
    }
}
