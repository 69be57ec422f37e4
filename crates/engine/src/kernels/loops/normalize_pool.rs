//! BatchNorm followed by max-pooling, in one pass over the BatchNorm's input: the map between them is never stored.
//!
//! The backward pass finds a window's largest value again. If several are equal, the first counts, as in PyTorch.

use super::*;

/// The largest normalised value in the window of output (y, p), and its distance from the mean.
///
/// Unsafe, as `pixel` is.
macro_rules! largest {
    ($gx:ident, $x:ident, $size:expr, $mean:ident, $scale:ident, $shift:ident, $y:expr, $p:expr, $at:ident) => {{
        let [height, width, stride] = $size;
        let mut distance = pixel::<B>($gx, $x, $y * stride, $p * stride, $at).sub($mean);
        let mut value = distance.mul_add($scale, $shift);
        for row in 0..height {
            for column in usize::from(row == 0)..width {
                let next = pixel::<B>($gx, $x, $y * stride + row, $p * stride + column, $at).sub($mean);
                let next_value = next.mul_add($scale, $shift);
                distance = next.where_greater(next_value, value, distance);
                value = next_value.max(value);
            }
        }
        (value, distance)
    }};
}

#[inline(always)]
pub(in crate::kernels) fn normalize_pool<B: Block>(
    at: usize,
    gx: &Grid,
    x: &[f32],
    [mean, scale, shift]: [&[f32]; 3],
    relu: bool,
    size: [usize; 3],
    gy: &Grid,
    y: &mut [f32],
) {
    gx.check_windows(size, gy, x.len());
    gy.check(y.len());
    let (mean, scale, shift) = (lanes::<B>(mean, at), lanes(scale, at), lanes(shift, at));
    for row in 0..gy.rows {
        for p in 0..gy.columns {
            // SAFETY: the grids lie in their slices, and the windows in their grid.
            unsafe {
                let (value, _) = largest!(gx, x, size, mean, scale, shift, row, p, at);
                let value = if relu { value.max(B::splat(0.0)) } else { value };
                set_pixel(value, gy, y, row, p, at);
            }
        }
    }
}

#[inline(always)]
pub(in crate::kernels) fn normalize_pool_sums<B: Block>(
    at: usize,
    gx: &Grid,
    x: &[f32],
    [mean, scale, shift]: [&[f32]; 3],
    relu: bool,
    size: [usize; 3],
    gy: &Grid,
    dy: &[f32],
    sum: &mut [f32],
    sum_x: &mut [f32],
) {
    gx.check_windows(size, gy, x.len());
    gy.check(dy.len());
    let (mean, scale, shift) = (lanes::<B>(mean, at), lanes(scale, at), lanes(shift, at));
    let (mut total, mut total_x) = (B::splat(0.0), B::splat(0.0));
    for y in 0..gy.rows {
        let (mut row, mut row_x) = (B::splat(0.0), B::splat(0.0));
        for p in 0..gy.columns {
            // SAFETY: the grids lie in their slices, and the windows in their grid.
            unsafe {
                let (value, distance) = largest!(gx, x, size, mean, scale, shift, y, p, at);
                let dy: B = pixel(gy, dy, y, p, at);
                let dy = if relu { dy.where_positive(value) } else { dy };
                row = row.add(dy);
                row_x = dy.mul_add(distance, row_x);
            }
        }
        total = total.add(row);
        total_x = total_x.add(row_x);
    }
    set_lanes(total, sum, at);
    set_lanes(total_x, sum_x, at);
}

#[inline(always)]
pub(in crate::kernels) fn normalize_pool_gradient<B: Block>(
    at: usize,
    gx: &Grid,
    x: &[f32],
    [mean, scale, shift]: [&[f32]; 3],
    [k, k_x]: [&[f32]; 2],
    relu: bool,
    size: [usize; 3],
    gy: &Grid,
    dy: &[f32],
    gdx: &Grid,
    dx: &mut [f32],
) {
    gx.check_windows(size, gy, x.len());
    gy.check(dy.len());
    gdx.check_like(gx, dx.len());
    let (mean, scale, shift) = (lanes::<B>(mean, at), lanes::<B>(scale, at), lanes::<B>(shift, at));
    let (k, k_x) = (lanes::<B>(k, at), lanes::<B>(k_x, at));
    let [height, width, stride] = size;
    // `dx` at one pixel whose dy is known.
    macro_rules! set {
        ($y:expr, $p:expr, $dy:expr) => {{
            let distance = mean.sub(pixel(gx, x, $y, $p, at));
            set_pixel(scale.mul(distance.mul_add(k_x, $dy.sub(k))), gdx, dx, $y, $p, at);
        }};
    }
    // SAFETY: the grids lie in their slices, and the windows in their grid.
    unsafe {
        for y in 0..gy.rows {
            for p in 0..gy.columns {
                let (largest, _) = largest!(gx, x, size, mean, scale, shift, y, p, at);
                let dy: B = pixel(gy, dy, y, p, at);
                // What is left to hand out: dy until the first largest value has taken it, then 0.
                let mut left = if relu { dy.where_positive(largest) } else { dy };
                for row in y * stride..y * stride + height {
                    for column in p * stride..p * stride + width {
                        let value = pixel::<B>(gx, x, row, column, at).sub(mean).mul_add(scale, shift);
                        let taken = left.where_equal(value, largest, B::splat(0.0));
                        left = B::splat(0.0).where_equal(value, largest, left);
                        set!(row, column, taken);
                    }
                }
            }
        }
        // Rows and columns that do not fill a window.
        let nothing = B::splat(0.0);
        for row in 0..gx.rows {
            let first = if row < gy.rows * stride { gy.columns * stride } else { 0 };
            for column in first..gx.columns {
                set!(row, column, nothing);
            }
        }
    }
}
