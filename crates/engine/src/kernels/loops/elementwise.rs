//! What happens to each value alone: ReLU, dropout's factors, copies.

use super::*;

#[inline(always)]
pub(in crate::kernels) fn relu<L: Vector>(grid: &Grid, x: &mut [f32]) {
    lane_blocks!(grid.lanes, |at, V| for y in 0..grid.rows {
        for p in 0..grid.columns {
            let x = pixel_mut(grid, x, y, p, at);
            let value = load::<L, V>(x);
            store(&where_positive(value, &value), x);
        }
    });
}

#[inline(always)]
pub(in crate::kernels) fn relu_gradient<L: Vector>(gy: &Grid, y: &[f32], gdy: &Grid, dy: &mut [f32]) {
    lane_blocks!(gy.lanes, |at, V| for row in 0..gy.rows {
        for p in 0..gy.columns {
            let dy = pixel_mut(gdy, dy, row, p, at);
            store(&where_positive(load::<L, V>(dy), &pixel(gy, y, row, p, at)), dy);
        }
    });
}

#[inline(always)]
pub(in crate::kernels) fn multiply<L: Vector>(grid: &Grid, factors: &[f32], x: &mut [f32]) {
    lane_blocks!(grid.lanes, |at, V| for y in 0..grid.rows {
        for p in 0..grid.columns {
            let factor = load::<L, V>(&factors[(y * grid.columns + p) * grid.lanes + at..]);
            let x = pixel_mut(grid, x, y, p, at);
            store(&mul(load(x), &factor), x);
        }
    });
}

#[inline(always)]
pub(in crate::kernels) fn copy<L: Vector>(gx: &Grid, x: &[f32], gy: &Grid, y: &mut [f32]) {
    lane_blocks!(gx.lanes, |at, V| for row in 0..gx.rows {
        for p in 0..gx.columns {
            store(&pixel::<L, V>(gx, x, row, p, at), pixel_mut(gy, y, row, p, at));
        }
    });
}
