//! Pooling: the largest or the mean value of each window; global average pooling has one window per channel.

use crate::kernels::{self, Grid, Isa};
use crate::shape::Shape;

/// `nn.MaxPool2d`, `nn.AvgPool2d` without padding, and `nn.AdaptiveAvgPool2d(1)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Size of a window.
    pub height: usize,
    /// Size of the window.
    pub width: usize,
    /// From one window to the next, in both directions.
    pub stride: usize,
    /// Size of the input map.
    pub in_height: usize,
    /// Size of the input map.
    pub in_width: usize,
    /// Size of the output map.
    pub out_height: usize,
    /// Size of the output map.
    pub out_width: usize,
}

impl Pool {
    /// Square windows; rows and columns that do not fill a window are left out, as in PyTorch.
    pub(super) fn new(input: Shape, kernel: usize, stride: usize) -> Result<(Pool, Shape), String> {
        let Shape::Map { channels, height, width } = input else {
            return Err("pooling takes maps, but its input is a vector; remove it or move it before flatten".into());
        };
        if !(1..=255).contains(&kernel) || !(1..=255).contains(&stride) {
            return Err(format!("kernel_size = {kernel} and stride = {stride} must both be 1 to 255"));
        }
        if kernel > height.min(width) {
            return Err(format!(
                "kernel_size = {kernel} is larger than the {height} x {width} map; use at most {}",
                height.min(width)
            ));
        }
        let (out_height, out_width) = ((height - kernel) / stride + 1, (width - kernel) / stride + 1);
        let pool =
            Pool { height: kernel, width: kernel, stride, in_height: height, in_width: width, out_height, out_width };
        Ok((pool, Shape::Map { channels, height: out_height, width: out_width }))
    }

    /// One window as large as the map.
    pub(super) fn global(input: Shape) -> Result<Pool, String> {
        match input {
            Shape::Map { height, width, .. } => {
                Ok(Pool { height, width, stride: 1, in_height: height, in_width: width, out_height: 1, out_width: 1 })
            }
            Shape::Vector(_) => {
                Err("global_avg_pool takes maps, but its input is a vector; remove it or move it before flatten".into())
            }
        }
    }

    /// Height, width, stride.
    pub(crate) fn size(&self) -> [usize; 3] {
        [self.height, self.width, self.stride]
    }

    /// `y = max x` of each window.
    pub(crate) fn max_forward(&self, isa: Isa, gx: &Grid, x: &[f32], gy: &Grid, y: &mut [f32]) {
        kernels::max_pool(isa, gx, x, self.size(), gy, y);
    }

    /// `dx += dy` at the first largest value of each window, 0 elsewhere.
    pub(crate) fn max_backward(
        &self,
        isa: Isa,
        (gx, x): (&Grid, &[f32]),
        (gy, dy): (&Grid, &[f32]),
        (gdx, dx): (&Grid, &mut [f32]),
    ) {
        kernels::max_pool_gradient(isa, gx, x, self.size(), gy, dy, gdx, dx);
    }

    /// `y = Σ x / n` over the n values of each window.
    pub(crate) fn avg_forward(&self, isa: Isa, gx: &Grid, x: &[f32], gy: &Grid, y: &mut [f32]) {
        kernels::avg_pool(isa, gx, x, self.size(), gy, y);
    }

    /// `dx += dy / n` for each value of each window.
    pub(crate) fn avg_backward(&self, isa: Isa, (gy, dy): (&Grid, &[f32]), (gdx, dx): (&Grid, &mut [f32])) {
        kernels::avg_pool_gradient(isa, gy, dy, self.size(), gdx, dx);
    }
}
