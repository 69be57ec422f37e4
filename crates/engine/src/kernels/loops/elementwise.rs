//! Operations on each value by itself: ReLU, dropout's factors, copies.

use super::*;

#[inline(always)]
pub(in crate::kernels) fn relu<B: Block>(at: usize, grid: &Grid, x: &mut [f32]) {
    grid.check(x.len());
    for y in 0..grid.rows {
        for p in 0..grid.columns {
            // SAFETY: the grid lies in its slice.
            unsafe {
                let value = pixel::<B>(grid, x, y, p, at).max(B::splat(0.0));
                set_pixel(value, grid, x, y, p, at);
            }
        }
    }
}

#[inline(always)]
pub(in crate::kernels) fn relu_gradient<B: Block>(at: usize, gdy: &Grid, dy: &mut [f32], gy: &Grid, y: &[f32]) {
    gdy.check_like(gy, dy.len());
    gy.check(y.len());
    for row in 0..gy.rows {
        for p in 0..gy.columns {
            // SAFETY: both grids are alike and lie in their slices.
            unsafe {
                let value = pixel::<B>(gdy, dy, row, p, at).where_positive(pixel(gy, y, row, p, at));
                set_pixel(value, gdy, dy, row, p, at);
            }
        }
    }
}

#[inline(always)]
pub(in crate::kernels) fn multiply<B: Block>(at: usize, grid: &Grid, x: &mut [f32], factors: &[f32]) {
    grid.check(x.len());
    let factor = Grid { start: 0, row: grid.columns * grid.lanes, pixel: grid.lanes, ..*grid };
    factor.check(factors.len());
    for y in 0..grid.rows {
        for p in 0..grid.columns {
            // SAFETY: both grids are alike and lie in their slices.
            unsafe {
                let value = pixel::<B>(grid, x, y, p, at).mul(pixel(&factor, factors, y, p, at));
                set_pixel(value, grid, x, y, p, at);
            }
        }
    }
}

#[inline(always)]
pub(in crate::kernels) fn copy<B: Block>(at: usize, gx: &Grid, x: &[f32], gy: &Grid, y: &mut [f32]) {
    gx.check(x.len());
    gy.check_like(gx, y.len());
    for row in 0..gx.rows {
        for p in 0..gx.columns {
            // SAFETY: both grids are alike and lie in their slices.
            unsafe { set_pixel(pixel::<B>(gx, x, row, p, at), gy, y, row, p, at) };
        }
    }
}
