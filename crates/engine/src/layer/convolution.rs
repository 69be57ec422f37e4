//! Conv2d: cross-correlation with square kernels, zero padding on all four sides.
//!
//! ```text
//! z[y,p,o] = b[o] + Σ_ky,c,kx x[y s + ky - pad, p s + kx - pad, c] w[o,c,ky,kx]
//! ```

use super::conv2d::{Algorithm, Conv2d};
use super::packed::{Packed, Weights, columns};
use crate::kernels::{self, Aside, Grid, Isa, Window, tiles};
use crate::layout::{Layout, View, ViewMut};

impl Conv2d {
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
            // Between the values of a strided convolution's gradient, and behind them, are more.
            zeros: if self.stride == 1 { self.kernel - 1 - self.padding } else { 0 },
        };
        convolve(isa, &window, dz, packed.flipped(), &packed.zeros, false, &dxl.grid(), dx, aside);
    }

    /// `dw += Σ x dz` as `[kernel, kernel, x lanes, z lanes]`, behind it `db += Σ dz` as `[z lanes]`.
    ///
    /// With Winograd's algorithm, `products` grow instead of `dw`, of which
    /// [`Conv2d::finish_gradient`] makes `dw` once they are summed. `bias_cancels`: the bias is left out, as its
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

    /// Winograd's last transform; nothing if there are no products. Overwrites dw.
    pub(crate) fn finish_gradient(&self, isa: Isa, x_lanes: usize, products: &[f32], gradient: &mut [f32]) {
        if !products.is_empty() {
            let (_, out_lanes) = self.lanes();
            let dw = &mut gradient[..self.kernel * self.kernel * x_lanes * out_lanes];
            kernels::winograd_weights_gradient(isa, &columns(x_lanes, out_lanes), products, dw);
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
