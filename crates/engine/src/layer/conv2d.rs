//! Conv2d: cross-correlation with square kernels, zero padding on all four sides.
//!
//!     z[y,p,o] = b[o] + Σ_ky,c,kx x[y s + ky - pad, p s + kx - pad, c] w[o,c,ky,kx]

use super::packed::{Packed, Weights, columns};
use crate::kernels::{self, Aside, Grid, Isa, LANES, Precision, Tiles, Window, tiles};
use crate::layout::{Layout, View, ViewMut};
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

    /// `z = Σ x w + b`, and no less than 0 with `relu`. Overwrites `z`.
    pub(crate) fn forward(
        &self,
        isa: Isa,
        packed: &Packed,
        (xl, x): View<'_>,
        relu: bool,
        (zl, z): ViewMut<'_>,
        aside: Aside<'_>,
    ) {
        let window = self.input_window(xl);
        convolve(isa, &window, x, packed.weight(), &packed.bias, relu, &zl.grid(), z, aside);
    }

    /// `dx = Σ dz w`: a convolution of dz with the flipped weights. Overwrites `dx`.
    pub(crate) fn input_gradient(
        &self,
        isa: Isa,
        packed: &Packed,
        (dzl, dz): View<'_>,
        (dxl, dx): ViewMut<'_>,
        aside: Aside<'_>,
    ) {
        let outside = dzl.border - (self.kernel - 1 - self.padding);
        let window = Window {
            kernel: self.kernel,
            stride: 1,
            channels: self.out_channels,
            start: outside * (dzl.row() + dzl.lanes),
            row: dzl.row(),
            pixel: dzl.lanes,
            // Between and after the values of a strided convolution's gradient there are more.
            zeros: if self.stride == 1 { self.kernel - 1 - self.padding } else { 0 },
        };
        convolve(isa, &window, dz, packed.flipped(), &packed.zeros, false, &dxl.grid(), dx, aside);
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

    /// `dw += Σ x dz` as `[kernel, kernel, x lanes, z lanes]`, followed by `db += Σ dz` as `[z lanes]`.
    ///
    /// Winograd's algorithm adds to `products` instead of `dw`; once they are summed,
    /// [`Conv2d::finish_gradient`] turns them into `dw`. `bias_cancels`: the bias is left out, because its
    /// gradient is exactly 0.
    pub(crate) fn parameter_gradient(
        &self,
        isa: Isa,
        algorithm: Algorithm,
        (xl, x): View<'_>,
        (dzl, dz): View<'_>,
        bias_cancels: bool,
        gradient: &mut [f32],
        products: &mut [f32],
        aside: Aside<'_>,
    ) {
        let (dw, db) = gradient.split_at_mut(self.kernel * self.kernel * xl.lanes * dzl.lanes);
        let (window, grid) = (self.input_window(xl), dzl.grid());
        match algorithm {
            Algorithm::Direct => kernels::weight_gradient(isa, &window, x, &grid, dz, dw, aside),
            Algorithm::Winograd => kernels::winograd_weight_gradient(isa, &window, x, &grid, dz, products, aside),
            Algorithm::Tiles(unit) => tiles::weight_gradient(unit, &window, x, &grid, dz, dw, aside),
        }
        if self.bias && !bias_cancels {
            kernels::channel_sums(isa, &dzl.grid(), dz, db);
        }
    }

    /// Winograd's last transform; does nothing if there are no products. Overwrites dw.
    pub(crate) fn finish_gradient(&self, isa: Isa, x_lanes: usize, products: &[f32], gradient: &mut [f32]) {
        if !products.is_empty() {
            let (_, out_lanes) = self.lanes();
            let dw = &mut gradient[..self.kernel * self.kernel * x_lanes * out_lanes];
            kernels::winograd_weights_gradient(isa, &columns(x_lanes, out_lanes), products, dw);
        }
    }

    /// Floats that the methods above need as [`Aside::scratch`].
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

    fn input_window(&self, xl: &Layout) -> Window {
        let outside = xl.border - self.padding;
        Window {
            kernel: self.kernel,
            stride: self.stride,
            channels: self.in_channels,
            start: outside * (xl.row() + xl.lanes),
            row: xl.row(),
            pixel: xl.lanes,
            zeros: if self.stride == 1 { self.padding } else { 0 },
        }
    }

    /// Lanes of an input and of an output pixel.
    pub(super) fn lanes(&self) -> (usize, usize) {
        (self.in_channels.next_multiple_of(LANES), self.out_channels.next_multiple_of(LANES))
    }
}

fn convolve(
    isa: Isa,
    window: &Window,
    x: &[f32],
    w: Weights<'_>,
    bias: &[f32],
    relu: bool,
    grid: &Grid,
    z: &mut [f32],
    aside: Aside<'_>,
) {
    match w {
        Weights::Direct(w) => kernels::convolution(isa, window, x, w, bias, relu, grid, z, aside),
        Weights::Winograd(u) => kernels::winograd_convolution(isa, window, x, u, bias, relu, grid, z, aside),
        Weights::Tiles(unit, w) => tiles::convolution(unit, window, x, w, bias, relu, grid, z, aside),
    }
}

/// Checks that a layer has outputs, and not absurdly many.
pub(super) fn check_outputs(key: &str, outputs: usize) -> Result<(), String> {
    match outputs {
        1..=65_536 => Ok(()),
        _ => Err(format!("{key} = {outputs} must be between 1 and 65536")),
    }
}
