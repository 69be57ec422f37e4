//! BatchNorm's sums and elementwise steps, and the bias gradient, which is also such a sum.

use super::*;

/// Sums over all pixels: each row from zero, then the rows in order. `$body` adds the value of one more pixel to the
/// sum of a row. The grid must lie in the slice.
macro_rules! sum_rows {
    ($grid:ident, $x:ident, $at:ident, |$value:ident, $row:ident| $body:expr) => {{
        let mut sum = B::splat(0.0);
        for y in 0..$grid.rows {
            let mut $row = B::splat(0.0);
            for p in 0..$grid.columns {
                // SAFETY: the grid lies in its slice.
                let $value: B = unsafe { pixel($grid, $x, y, p, $at) };
                $row = $body;
            }
            sum = sum.add($row);
        }
        sum
    }};
}

#[inline(always)]
pub(in crate::kernels) fn channel_sums<B: Block>(at: usize, grid: &Grid, x: &[f32], sums: &mut [f32]) {
    grid.check(x.len());
    let sum = sum_rows!(grid, x, at, |value, row| row.add(value));
    set_lanes(lanes::<B>(sums, at).add(sum), sums, at);
}

#[inline(always)]
pub(in crate::kernels) fn moments<B: Block>(at: usize, grid: &Grid, x: &[f32], mean: &mut [f32], m2: &mut [f32]) {
    grid.check(x.len());
    let count = B::splat((grid.rows * grid.columns) as f32);
    let centre = sum_rows!(grid, x, at, |value, row| row.add(value)).div(count);
    let squares = sum_rows!(grid, x, at, |value, row| {
        let distance = value.sub(centre);
        distance.mul_add(distance, row)
    });
    set_lanes(centre, mean, at);
    set_lanes(squares, m2, at);
}

#[inline(always)]
pub(in crate::kernels) fn normalize<B: Block>(
    at: usize,
    gx: &Grid,
    x: &[f32],
    [mean, scale, shift]: [&[f32]; 3],
    relu: bool,
    gy: &Grid,
    y: &mut [f32],
) {
    gx.check(x.len());
    gy.check_like(gx, y.len());
    let (mean, scale, shift) = (lanes::<B>(mean, at), lanes(scale, at), lanes(shift, at));
    for row in 0..gx.rows {
        for p in 0..gx.columns {
            // SAFETY: both grids are alike and lie in their slices.
            unsafe {
                let value = pixel::<B>(gx, x, row, p, at).sub(mean).mul_add(scale, shift);
                let value = if relu { value.max(B::splat(0.0)) } else { value };
                set_pixel(value, gy, y, row, p, at);
            }
        }
    }
}

#[inline(always)]
pub(in crate::kernels) fn normalize_sums<B: Block>(
    at: usize,
    gx: &Grid,
    x: &[f32],
    [mean, scale, shift]: [&[f32]; 3],
    relu: bool,
    gy: &Grid,
    dy: &mut [f32],
    sum: &mut [f32],
    sum_x: &mut [f32],
) {
    gx.check(x.len());
    gy.check_like(gx, dy.len());
    let (mean, scale, shift) = (lanes::<B>(mean, at), lanes(scale, at), lanes(shift, at));
    let (mut total, mut total_x) = (B::splat(0.0), B::splat(0.0));
    for y in 0..gx.rows {
        let (mut row, mut row_x) = (B::splat(0.0), B::splat(0.0));
        for p in 0..gx.columns {
            // SAFETY: both grids are alike and lie in their slices.
            unsafe {
                let distance = pixel::<B>(gx, x, y, p, at).sub(mean);
                let mut value: B = pixel(gy, dy, y, p, at);
                if relu {
                    value = value.where_positive(distance.mul_add(scale, shift));
                    set_pixel(value, gy, dy, y, p, at);
                }
                row = row.add(value);
                row_x = value.mul_add(distance, row_x);
            }
        }
        total = total.add(row);
        total_x = total_x.add(row_x);
    }
    set_lanes(total, sum, at);
    set_lanes(total_x, sum_x, at);
}

#[inline(always)]
pub(in crate::kernels) fn normalize_gradient<B: Block>(
    at: usize,
    gx: &Grid,
    x: &[f32],
    [mean, scale, _]: [&[f32]; 3],
    [k, k_x]: [&[f32]; 2],
    gy: &Grid,
    dy: &[f32],
    gdx: &Grid,
    dx: &mut [f32],
) {
    gx.check(x.len());
    gy.check_like(gx, dy.len());
    gdx.check_like(gx, dx.len());
    let (mean, scale) = (lanes::<B>(mean, at), lanes::<B>(scale, at));
    let (k, k_x) = (lanes::<B>(k, at), lanes::<B>(k_x, at));
    for y in 0..gx.rows {
        for p in 0..gx.columns {
            // SAFETY: the grids are alike and lie in their slices.
            unsafe {
                let distance = mean.sub(pixel(gx, x, y, p, at));
                let centred = distance.mul_add(k_x, pixel::<B>(gy, dy, y, p, at).sub(k));
                set_pixel(scale.mul(centred), gdx, dx, y, p, at);
            }
        }
    }
}
