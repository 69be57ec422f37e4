//! Conv2d: cross-correlation with square kernels, zero padding on all four sides.
//!
//!     z[y,p,o] = b[o] + Σ_ky,c,kx x[y s + ky - pad, p s + kx - pad, c] w[o,c,ky,kx]

use crate::kernels::{self, Isa, LANES, Window};
use crate::layout::Layout;
use crate::shape::Shape;

/// `nn.Conv2d`: weight `[out_channels, in_channels, kernel, kernel]`, bias `[out_channels]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv2d {
    pub in_channels: usize,
    pub out_channels: usize,
    /// Size of the input map.
    pub height: usize,
    pub width: usize,
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
    pub bias: bool,
}

/// One layer's weights in the order in which the kernels read them.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    /// `[kernel, in_channels, kernel, out lanes]`.
    weight: Vec<f32>,
    /// `[kernel, out_channels, kernel, in lanes]`, rows and columns of the kernel reversed: the input gradient is a
    /// convolution with these.
    flipped: Vec<f32>,
    /// `[out lanes]`.
    bias: Vec<f32>,
    /// `[in lanes]` zeros: the bias of the input gradient.
    zeros: Vec<f32>,
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

    /// How the output's gradient is stored so that the input gradient is a plain convolution of it: spread by the
    /// stride, with `kernel - 1 - padding` zeros around and one more for every input row that no output reached.
    pub(crate) fn output_gradient_layout(&self) -> Layout {
        let border = self.kernel - 1 - self.padding;
        let unreached = |input: usize| (input + 2 * self.padding - self.kernel) % self.stride;
        let far_border = border + unreached(self.height).max(unreached(self.width));
        Layout { border, far_border, dilation: self.stride, ..Layout::dense(self.output()) }
    }

    /// Room for [`Conv2d::pack`].
    pub(crate) fn packed(&self) -> Packed {
        let area = self.kernel * self.kernel;
        let (in_lanes, out_lanes) = self.lanes();
        Packed {
            weight: vec![0.0; area * self.in_channels * out_lanes],
            flipped: vec![0.0; area * self.out_channels * in_lanes],
            bias: vec![0.0; out_lanes],
            zeros: vec![0.0; in_lanes],
        }
    }

    /// Copies weight and bias (empty if there is none) into the kernels' order.
    pub(crate) fn pack(&self, w: &[f32], b: &[f32], packed: &mut Packed) {
        let (k, (in_lanes, out_lanes)) = (self.kernel, self.lanes());
        for o in 0..self.out_channels {
            for i in 0..self.in_channels {
                for ky in 0..k {
                    for kx in 0..k {
                        let w = w[((o * self.in_channels + i) * k + ky) * k + kx];
                        packed.weight[((ky * self.in_channels + i) * k + kx) * out_lanes + o] = w;
                        let (ky, kx) = (k - 1 - ky, k - 1 - kx);
                        packed.flipped[((ky * self.out_channels + o) * k + kx) * in_lanes + i] = w;
                    }
                }
            }
        }
        packed.bias[..b.len()].copy_from_slice(b);
    }

    /// `z = Σ x w + b`. Overwrites `z`.
    pub(crate) fn forward(&self, isa: Isa, packed: &Packed, xl: &Layout, x: &[f32], zl: &Layout, z: &mut [f32]) {
        kernels::convolution(isa, &self.input_window(xl), x, &packed.weight, &packed.bias, &zl.grid(), z);
    }

    /// `dx = Σ dz w`: a convolution of dz with the flipped weights. Overwrites `dx`.
    pub(crate) fn input_gradient(
        &self,
        isa: Isa,
        packed: &Packed,
        (dzl, dz): (&Layout, &[f32]),
        (dxl, dx): (&Layout, &mut [f32]),
    ) {
        let outside = dzl.border - (self.kernel - 1 - self.padding);
        let window = Window {
            kernel: self.kernel,
            stride: 1,
            channels: self.out_channels,
            start: outside * (dzl.row() + dzl.lanes),
            row: dzl.row(),
            pixel: dzl.lanes,
        };
        kernels::convolution(isa, &window, dz, &packed.flipped, &packed.zeros, &dxl.grid(), dx);
    }

    /// Floats of the gradient buffer of [`Conv2d::parameter_gradient`]: dw, then db.
    pub(crate) fn gradient_len(&self, xl: &Layout, zl: &Layout) -> usize {
        (self.kernel * self.kernel * xl.lanes + usize::from(self.bias)) * zl.lanes
    }

    /// `dw += Σ x dz` as `[kernel, kernel, x lanes, z lanes]`, behind it `db += Σ dz` as `[z lanes]`.
    ///
    /// `bias_cancels`: the bias is left out, as its gradient is exactly 0.
    pub(crate) fn parameter_gradient(
        &self,
        isa: Isa,
        (xl, x): (&Layout, &[f32]),
        (dzl, dz): (&Layout, &[f32]),
        bias_cancels: bool,
        gradient: &mut [f32],
    ) {
        let (dw, db) = gradient.split_at_mut(self.kernel * self.kernel * xl.lanes * dzl.lanes);
        kernels::weight_gradient(isa, &self.input_window(xl), x, &dzl.grid(), dz, dw);
        if self.bias && !bias_cancels {
            kernels::channel_sums(isa, &dzl.grid(), dz, db);
        }
    }

    /// Copies a gradient from the kernels' order into PyTorch's; `db` is empty if there is no bias.
    pub(crate) fn unpack_gradient(&self, x_lanes: usize, gradient: &[f32], dw: &mut [f32], db: &mut [f32]) {
        let (k, (_, out_lanes)) = (self.kernel, self.lanes());
        for o in 0..self.out_channels {
            for i in 0..self.in_channels {
                for ky in 0..k {
                    for kx in 0..k {
                        dw[((o * self.in_channels + i) * k + ky) * k + kx] =
                            gradient[((ky * k + kx) * x_lanes + i) * out_lanes + o];
                    }
                }
            }
        }
        let bias_gradient = &gradient[k * k * x_lanes * out_lanes..];
        db.copy_from_slice(&bias_gradient[..db.len()]);
    }

    fn input_window(&self, xl: &Layout) -> Window {
        let outside = xl.border - self.padding;
        Window {
            kernel: self.kernel,
            stride: self.stride,
            channels: self.in_channels,
            start: outside * (xl.row() + xl.lanes),
            row: xl.row(),
            pixel: xl.lanes,
        }
    }

    fn lanes(&self) -> (usize, usize) {
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
