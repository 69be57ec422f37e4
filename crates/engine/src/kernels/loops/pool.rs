//! The largest and the mean of each window.

use super::*;

/// Folds the values of the window of output (y, p), row by row: `value.$fold(result)`. Unsafe, as `pixel` is.
macro_rules! fold_window {
    ($fold:ident, $size:expr, $gx:expr, $x:expr, $y:expr, $p:expr, $at:expr) => {{
        let [height, width, stride] = $size;
        let mut result: B = pixel($gx, $x, $y * stride, $p * stride, $at);
        for row in 0..height {
            for column in usize::from(row == 0)..width {
                result = pixel::<B>($gx, $x, $y * stride + row, $p * stride + column, $at).$fold(result);
            }
        }
        result
    }};
}

#[inline(always)]
pub(in crate::kernels) fn max_pool<B: Block>(
    at: usize,
    gx: &Grid,
    x: &[f32],
    size: [usize; 3],
    gy: &Grid,
    y: &mut [f32],
) {
    gx.check_windows(size, gy, x.len());
    gy.check(y.len());
    for row in 0..gy.rows {
        for p in 0..gy.columns {
            // SAFETY: the grids lie in their slices, and the windows in their grid.
            unsafe { set_pixel(fold_window!(max, size, gx, x, row, p, at), gy, y, row, p, at) };
        }
    }
}

#[inline(always)]
pub(in crate::kernels) fn max_pool_gradient<B: Block>(
    at: usize,
    gx: &Grid,
    x: &[f32],
    size: [usize; 3],
    gy: &Grid,
    dy: &[f32],
    gdx: &Grid,
    dx: &mut [f32],
) {
    gx.check_windows(size, gy, x.len());
    gdx.check_like(gx, dx.len());
    gy.check(dy.len());
    let [height, width, stride] = size;
    // Windows that tile the map write every dx once; otherwise they add to it.
    let tiled = [height * gy.rows, width * gy.columns] == [gdx.rows, gdx.columns] && [height, width] == [stride; 2];
    if !tiled {
        clear::<B>(gdx, dx, at);
    }
    for y in 0..gy.rows {
        for p in 0..gy.columns {
            // SAFETY: the grids lie in their slices, and the windows in their grid.
            unsafe {
                let largest: B = fold_window!(max, size, gx, x, y, p, at);
                // What is left to hand out: dy until the first largest value has taken it, then 0.
                let mut left: B = pixel(gy, dy, y, p, at);
                for row in 0..height {
                    for column in 0..width {
                        let (row, column) = (y * stride + row, p * stride + column);
                        let x: B = pixel(gx, x, row, column, at);
                        let taken = left.where_equal(x, largest, B::splat(0.0));
                        left = B::splat(0.0).where_equal(x, largest, left);
                        let sum = if tiled { taken } else { pixel::<B>(gdx, dx, row, column, at).add(taken) };
                        set_pixel(sum, gdx, dx, row, column, at);
                    }
                }
            }
        }
    }
}

#[inline(always)]
pub(in crate::kernels) fn avg_pool<B: Block>(
    at: usize,
    gx: &Grid,
    x: &[f32],
    size: [usize; 3],
    gy: &Grid,
    y: &mut [f32],
) {
    gx.check_windows(size, gy, x.len());
    gy.check(y.len());
    let count = B::splat((size[0] * size[1]) as f32);
    for row in 0..gy.rows {
        for p in 0..gy.columns {
            // SAFETY: the grids lie in their slices, and the windows in their grid.
            unsafe { set_pixel(fold_window!(add, size, gx, x, row, p, at).div(count), gy, y, row, p, at) };
        }
    }
}

#[inline(always)]
pub(in crate::kernels) fn avg_pool_gradient<B: Block>(
    at: usize,
    gy: &Grid,
    dy: &[f32],
    size: [usize; 3],
    gdx: &Grid,
    dx: &mut [f32],
) {
    gdx.check_windows(size, gy, dx.len());
    gy.check(dy.len());
    let [height, width, stride] = size;
    let count = B::splat((height * width) as f32);
    clear::<B>(gdx, dx, at);
    for y in 0..gy.rows {
        for p in 0..gy.columns {
            // SAFETY: the grids lie in their slices, and the windows in their grid.
            unsafe {
                let share = pixel::<B>(gy, dy, y, p, at).div(count);
                for row in 0..height {
                    for column in 0..width {
                        let (row, column) = (y * stride + row, p * stride + column);
                        let sum = pixel::<B>(gdx, dx, row, column, at).add(share);
                        set_pixel(sum, gdx, dx, row, column, at);
                    }
                }
            }
        }
    }
}

/// Sets the pixels of a block to 0.
#[inline(always)]
fn clear<B: Block>(grid: &Grid, x: &mut [f32], at: usize) {
    grid.check(x.len());
    for y in 0..grid.rows {
        for p in 0..grid.columns {
            // SAFETY: the grid lies in its slice.
            unsafe { set_pixel(B::splat(0.0), grid, x, y, p, at) };
        }
    }
}
