//! BatchNorm's sums and elementwise steps, and the bias gradient, which is such a sum too.

use super::*;

/// Sums over all pixels: each row from zero, then the rows in order. `$body` is the sum of a row with one pixel more.
macro_rules! sum_rows {
    ($grid:expr, |$y:ident, $p:ident, $row:ident| $body:expr) => {{
        let mut sum = zero::<L, V>();
        for $y in 0..$grid.rows {
            let mut $row = zero::<L, V>();
            for $p in 0..$grid.columns {
                $row = $body;
            }
            sum = add(sum, &$row);
        }
        sum
    }};
}

#[inline(always)]
pub(in crate::kernels) fn channel_sums<L: Vector>(grid: &Grid, x: &[f32], sums: &mut [f32]) {
    lane_blocks!(grid.lanes, |at, V| {
        let sum = sum_rows!(grid, |y, p, row| add(row, &pixel(grid, x, y, p, at)));
        let sums = &mut sums[at..];
        store(&add(load::<L, V>(sums), &sum), sums);
    });
}

#[inline(always)]
pub(in crate::kernels) fn moments<L: Vector>(grid: &Grid, x: &[f32], mean: &mut [f32], m2: &mut [f32]) {
    let count = (grid.rows * grid.columns) as f32;
    lane_blocks!(grid.lanes, |at, V| {
        let sum = sum_rows!(grid, |y, p, row| add(row, &pixel(grid, x, y, p, at)));
        let centre = div(sum, count);
        let squares = sum_rows!(grid, |y, p, row| {
            let distance = sub(pixel(grid, x, y, p, at), &centre);
            mul_add(distance, &distance, &row)
        });
        store(&centre, &mut mean[at..]);
        store(&squares, &mut m2[at..]);
    });
}

#[inline(always)]
pub(in crate::kernels) fn normalize<L: Vector>(
    gx: &Grid,
    x: &[f32],
    mean: &[f32],
    scale: &[f32],
    shift: &[f32],
    gy: &Grid,
    y: &mut [f32],
) {
    lane_blocks!(gx.lanes, |at, V| {
        let (mean, scale, shift) = (load::<L, V>(&mean[at..]), load(&scale[at..]), load(&shift[at..]));
        for row in 0..gx.rows {
            for p in 0..gx.columns {
                let distance = sub(pixel(gx, x, row, p, at), &mean);
                store(&mul_add(distance, &scale, &shift), pixel_mut(gy, y, row, p, at));
            }
        }
    });
}

#[inline(always)]
pub(in crate::kernels) fn normalize_sums<L: Vector>(
    gy: &Grid,
    dy: &[f32],
    gx: &Grid,
    x: &[f32],
    mean: &[f32],
    sum: &mut [f32],
    sum_x: &mut [f32],
) {
    lane_blocks!(gx.lanes, |at, V| {
        let mean = load::<L, V>(&mean[at..]);
        let (mut total, mut total_x) = (zero(), zero());
        for y in 0..gx.rows {
            let (mut row, mut row_x) = (zero::<L, V>(), zero::<L, V>());
            for p in 0..gx.columns {
                let dy = pixel(gy, dy, y, p, at);
                row = add(row, &dy);
                row_x = mul_add(dy, &sub(pixel(gx, x, y, p, at), &mean), &row_x);
            }
            total = add(total, &row);
            total_x = add(total_x, &row_x);
        }
        store(&total, &mut sum[at..]);
        store(&total_x, &mut sum_x[at..]);
    });
}

#[inline(always)]
pub(in crate::kernels) fn normalize_gradient<L: Vector>(
    gy: &Grid,
    dy: &[f32],
    gx: &Grid,
    x: &[f32],
    mean: &[f32],
    scale: &[f32],
    k: &[f32],
    k_x: &[f32],
    gdx: &Grid,
    dx: &mut [f32],
) {
    lane_blocks!(gx.lanes, |at, V| {
        let (mean, scale) = (load::<L, V>(&mean[at..]), load(&scale[at..]));
        let (k, k_x) = (load(&k[at..]), load(&k_x[at..]));
        for y in 0..gx.rows {
            for p in 0..gx.columns {
                let distance = sub(mean, &pixel(gx, x, y, p, at));
                let centred = mul_add(distance, &k_x, &sub(pixel(gy, dy, y, p, at), &k));
                store(&mul(scale, &centred), pixel_mut(gdx, dx, y, p, at));
            }
        }
    });
}
