//! The largest and the mean of each window.

use super::*;

/// Folds the values of the window behind output (y, p), row by row.
macro_rules! fold_window {
    ($fold:ident, $size:expr, $gx:expr, $x:expr, $y:expr, $p:expr, $at:expr) => {{
        let [height, width, stride] = $size;
        let mut result: [L; V] = pixel($gx, $x, $y * stride, $p * stride, $at);
        for row in 0..height {
            for column in usize::from(row == 0)..width {
                result = $fold(result, &pixel($gx, $x, $y * stride + row, $p * stride + column, $at));
            }
        }
        result
    }};
}

#[inline(always)]
pub(in crate::kernels) fn max_pool<L: Vector>(size: [usize; 3], gx: &Grid, x: &[f32], gy: &Grid, y: &mut [f32]) {
    lane_blocks!(gx.lanes, |at, V| for row in 0..gy.rows {
        for p in 0..gy.columns {
            let largest = fold_window!(max, size, gx, x, row, p, at);
            store(&largest, pixel_mut(gy, y, row, p, at));
        }
    });
}

#[inline(always)]
pub(in crate::kernels) fn max_pool_gradient<L: Vector>(
    size: [usize; 3],
    gx: &Grid,
    x: &[f32],
    gy: &Grid,
    dy: &[f32],
    gdx: &Grid,
    dx: &mut [f32],
) {
    let [height, width, stride] = size;
    // Windows that tile the map write every dx once; otherwise they add to it.
    let tiled = [height * gy.rows, width * gy.columns] == [gdx.rows, gdx.columns] && [height, width] == [stride; 2];
    lane_blocks!(gx.lanes, |at, V| {
        if !tiled {
            clear::<L, V>(gdx, dx, at);
        }
        for y in 0..gy.rows {
            for p in 0..gy.columns {
                let largest = fold_window!(max, size, gx, x, y, p, at);
                // What is left to hand out: dy until the first largest value has taken it, then 0.
                let mut left: [L; V] = pixel(gy, dy, y, p, at);
                for row in 0..height {
                    for column in 0..width {
                        let x: [L; V] = pixel(gx, x, y * stride + row, p * stride + column, at);
                        let dx = pixel_mut(gdx, dx, y * stride + row, p * stride + column, at);
                        let mut taken = left;
                        for v in 0..V {
                            taken[v] = left[v].where_equal(x[v], largest[v], L::splat(0.0));
                            left[v] = L::splat(0.0).where_equal(x[v], largest[v], left[v]);
                        }
                        store(&if tiled { taken } else { add(load(dx), &taken) }, dx);
                    }
                }
            }
        }
    });
}

#[inline(always)]
pub(in crate::kernels) fn avg_pool<L: Vector>(size: [usize; 3], gx: &Grid, x: &[f32], gy: &Grid, y: &mut [f32]) {
    let count = (size[0] * size[1]) as f32;
    lane_blocks!(gx.lanes, |at, V| for row in 0..gy.rows {
        for p in 0..gy.columns {
            let sum = fold_window!(add, size, gx, x, row, p, at);
            store(&div(sum, count), pixel_mut(gy, y, row, p, at));
        }
    });
}

#[inline(always)]
pub(in crate::kernels) fn avg_pool_gradient<L: Vector>(
    size: [usize; 3],
    gy: &Grid,
    dy: &[f32],
    gdx: &Grid,
    dx: &mut [f32],
) {
    let [height, width, stride] = size;
    let count = (height * width) as f32;
    lane_blocks!(gy.lanes, |at, V| {
        clear::<L, V>(gdx, dx, at);
        for y in 0..gy.rows {
            for p in 0..gy.columns {
                let share = div(pixel::<L, V>(gy, dy, y, p, at), count);
                for row in 0..height {
                    for column in 0..width {
                        let dx = pixel_mut(gdx, dx, y * stride + row, p * stride + column, at);
                        store(&add(load(dx), &share), dx);
                    }
                }
            }
        }
    });
}

/// Sets the pixels of a block to 0.
#[inline(always)]
fn clear<L: Vector, const V: usize>(grid: &Grid, x: &mut [f32], at: usize) {
    for y in 0..grid.rows {
        for p in 0..grid.columns {
            store(&zero::<L, V>(), pixel_mut(grid, x, y, p, at));
        }
    }
}
