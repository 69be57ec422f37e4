//! The loops themselves, for any [`Vector`] of eight lanes.
//!
//! Everything is `#[inline(always)]`, so that it is compiled for the instruction set of the function that calls it.
//! A block is `V` vectors of neighbouring lanes; a tile is a few pixels (or weights) times a block, small enough for
//! 16 registers. How the tiles cut a loop changes nothing in the order in which one element is summed.

use super::vector::Vector;
use super::{Grid, LANES, Window};

/// Runs `$body` for each block of lanes, with `$at` its offset and the constant `$V` its width: two vectors, then one.
macro_rules! lane_blocks {
    ($lanes:expr, |$at:ident, $V:ident| $body:expr) => {{
        let mut $at = 0;
        while $at + 2 * LANES <= $lanes {
            const $V: usize = 2;
            $body;
            $at += 2 * LANES;
        }
        if $at < $lanes {
            const $V: usize = 1;
            $body;
        }
    }};
}

// Loops, not closures: a closure is compiled without the caller's instruction set, and its intrinsics become calls.

#[inline(always)]
fn zero<L: Vector, const V: usize>() -> [L; V] {
    [L::splat(0.0); V]
}

#[inline(always)]
fn load<L: Vector, const V: usize>(from: &[f32]) -> [L; V] {
    let from = &from[..V * LANES];
    let mut block = zero();
    for v in 0..V {
        block[v] = L::load(&from[v * LANES..]);
    }
    block
}

#[inline(always)]
fn store<L: Vector, const V: usize>(block: &[L; V], to: &mut [f32]) {
    let to = &mut to[..V * LANES];
    for v in 0..V {
        block[v].store(&mut to[v * LANES..]);
    }
}

#[inline(always)]
fn add<L: Vector, const V: usize>(mut a: [L; V], b: &[L; V]) -> [L; V] {
    for v in 0..V {
        a[v] = a[v].add(b[v]);
    }
    a
}

#[inline(always)]
fn sub<L: Vector, const V: usize>(mut a: [L; V], b: &[L; V]) -> [L; V] {
    for v in 0..V {
        a[v] = a[v].sub(b[v]);
    }
    a
}

#[inline(always)]
fn mul<L: Vector, const V: usize>(mut a: [L; V], b: &[L; V]) -> [L; V] {
    for v in 0..V {
        a[v] = a[v].mul(b[v]);
    }
    a
}

/// `a / b` with the same b in all lanes.
#[inline(always)]
fn div<L: Vector, const V: usize>(mut a: [L; V], b: f32) -> [L; V] {
    for v in 0..V {
        a[v] = a[v].div(L::splat(b));
    }
    a
}

/// `a b + c`, rounded once.
#[inline(always)]
fn mul_add<L: Vector, const V: usize>(mut a: [L; V], b: &[L; V], c: &[L; V]) -> [L; V] {
    for v in 0..V {
        a[v] = a[v].mul_add(b[v], c[v]);
    }
    a
}

/// The larger of two; `a` of equals.
#[inline(always)]
fn max<L: Vector, const V: usize>(mut a: [L; V], b: &[L; V]) -> [L; V] {
    for v in 0..V {
        a[v] = b[v].where_greater(b[v], a[v], a[v]);
    }
    a
}

/// `a` where `condition` is positive, else 0.
#[inline(always)]
fn where_positive<L: Vector, const V: usize>(mut a: [L; V], condition: &[L; V]) -> [L; V] {
    for v in 0..V {
        a[v] = a[v].where_greater(condition[v], L::splat(0.0), L::splat(0.0));
    }
    a
}

#[inline(always)]
pub(super) fn convolution<L: Vector>(window: &Window, x: &[f32], w: &[f32], bias: &[f32], grid: &Grid, z: &mut [f32]) {
    match window.kernel {
        1 => convolution_of::<L, 1>(window, x, w, bias, grid, z),
        3 => convolution_of::<L, 3>(window, x, w, bias, grid, z),
        5 => convolution_of::<L, 5>(window, x, w, bias, grid, z),
        _ => convolution_of::<L, 0>(window, x, w, bias, grid, z),
    }
}

/// `K` is the kernel's side, or 0 for a side known only at run time.
#[inline(always)]
fn convolution_of<L: Vector, const K: usize>(
    window: &Window,
    x: &[f32],
    w: &[f32],
    bias: &[f32],
    grid: &Grid,
    z: &mut [f32],
) {
    macro_rules! tile {
        ($P:literal, $V:literal, $y:expr, $p:expr, $at:expr) => {{
            let x = &x[window.start + ($y * window.row + $p * window.pixel) * window.stride..];
            let z = &mut z[grid.start + $y * grid.row + $p * grid.pixel + $at..];
            convolution_tile::<L, $P, $V, K>(window, x, &w[$at..], grid.lanes, &bias[$at..], grid.pixel, z)
        }};
    }
    for y in 0..grid.rows {
        let mut at = 0;
        // A single pixel (a linear layer) needs more lanes to fill the registers.
        while grid.columns == 1 && at + 4 * LANES <= grid.lanes {
            tile!(1, 4, y, 0, at);
            at += 4 * LANES;
        }
        while at + 2 * LANES <= grid.lanes {
            let mut p = 0;
            while p < grid.columns {
                // Tiles of 4 and 5 pixels keep both multiply-add units busy; others only where the row ends.
                let (left, step) = (grid.columns - p, tile_pixels(grid.columns - p));
                debug_assert!(step <= left);
                match step {
                    5 => tile!(5, 2, y, p, at),
                    4 => tile!(4, 2, y, p, at),
                    3 => tile!(3, 2, y, p, at),
                    2 => tile!(2, 2, y, p, at),
                    _ => tile!(1, 2, y, p, at),
                }
                p += step;
            }
            at += 2 * LANES;
        }
        if at < grid.lanes {
            let mut p = 0;
            while p < grid.columns {
                let left = grid.columns - p;
                p += match left {
                    1 => (tile!(1, 1, y, p, at), 1).1,
                    2 | 3 => (tile!(2, 1, y, p, at), 2).1,
                    4..8 => (tile!(4, 1, y, p, at), 4).1,
                    _ => (tile!(8, 1, y, p, at), 8).1,
                };
            }
        }
    }
}

/// Cuts a row into tiles of 4 and 5 pixels as far as possible: 14 = 5 + 5 + 4, 7 = 4 + 3.
#[inline(always)]
fn tile_pixels(left: usize) -> usize {
    match left {
        0..=5 => left,
        6 => 3,
        _ if left % 4 == 1 || left % 4 == 2 => 5,
        _ => 4,
    }
}

/// `P` pixels of a row times `V` groups of output channels.
///
/// ```text
/// acc[p] = bias
/// for ky, c, kx: acc[p] = x[p s + kx, c] w[ky,c,kx] + acc[p]
/// ```
#[inline(always)]
fn convolution_tile<L: Vector, const P: usize, const V: usize, const K: usize>(
    window: &Window,
    x: &[f32],
    w: &[f32],
    lanes: usize,
    bias: &[f32],
    z_pixel: usize,
    z: &mut [f32],
) {
    let kernel = if K > 0 { K } else { window.kernel };
    let (step, tap) = (window.stride * window.pixel, window.pixel);
    let mut sums = [load::<L, V>(bias); P];
    for ky in 0..kernel {
        for c in 0..window.channels {
            let x = &x[ky * window.row + c..][..(P - 1) * step + (kernel - 1) * tap + 1];
            let w = &w[(ky * window.channels + c) * kernel * lanes..][..(kernel - 1) * lanes + V * LANES];
            for kx in 0..kernel {
                let w = load::<L, V>(&w[kx * lanes..]);
                for p in 0..P {
                    let x = L::splat(x[p * step + kx * tap]);
                    for v in 0..V {
                        sums[p][v] = x.mul_add(w[v], sums[p][v]);
                    }
                }
            }
        }
    }
    for p in 0..P {
        store(&sums[p], &mut z[p * z_pixel..]);
    }
}

/// Rows whose products are summed in registers before they are added to the gradient.
const GRADIENT_ROWS: usize = 4;

#[inline(always)]
pub(super) fn weight_gradient<L: Vector>(window: &Window, x: &[f32], grid: &Grid, dz: &[f32], dw: &mut [f32]) {
    // For one ky, the values under all kx and c of a pixel lie next to each other.
    let taps = window.kernel * window.pixel;
    let mut y = 0;
    while y < grid.rows {
        let rows = GRADIENT_ROWS.min(grid.rows - y);
        for ky in 0..window.kernel {
            let x = &x[window.start + (y * window.stride + ky) * window.row..];
            let dw = &mut dw[ky * taps * grid.lanes..][..taps * grid.lanes];
            lane_blocks!(grid.lanes, |at, V| {
                let dz = &dz[grid.start + y * grid.row + at..];
                let mut j = 0;
                while j < taps {
                    macro_rules! tile {
                        ($J:literal) => {{
                            let dw = &mut dw[j * grid.lanes + at..];
                            weight_gradient_tile::<L, $J, V>(window, &x[j..], grid, rows, dz, dw);
                            j += $J;
                        }};
                    }
                    match taps - j {
                        1 => tile!(1),
                        2 => tile!(2),
                        3 => tile!(3),
                        4 => tile!(4),
                        5 => tile!(5),
                        _ => tile!(6),
                    }
                }
            });
        }
        y += rows;
    }
}

/// `J` weights times `V` groups of output channels, over some rows.
///
/// ```text
/// acc[j] = 0
/// for y, p: acc[j] = x[y s, p s, j] dz[y,p] + acc[j]
/// dw[j] += acc[j]
/// ```
#[inline(always)]
fn weight_gradient_tile<L: Vector, const J: usize, const V: usize>(
    window: &Window,
    x: &[f32],
    grid: &Grid,
    rows: usize,
    dz: &[f32],
    dw: &mut [f32],
) {
    let step = window.stride * window.pixel;
    let mut sums = [zero::<L, V>(); J];
    for y in 0..rows {
        let x = &x[y * window.stride * window.row..][..(grid.columns - 1) * step + J];
        let dz = &dz[y * grid.row..][..(grid.columns - 1) * grid.pixel + V * LANES];
        for p in 0..grid.columns {
            let x: &[f32; J] = x[p * step..].first_chunk().expect("the weights of this tile");
            let dz = load::<L, V>(&dz[p * grid.pixel..]);
            for j in 0..J {
                let x = L::splat(x[j]);
                for v in 0..V {
                    sums[j][v] = x.mul_add(dz[v], sums[j][v]);
                }
            }
        }
    }
    for j in 0..J {
        let dw = &mut dw[j * grid.lanes..];
        store(&add(load::<L, V>(dw), &sums[j]), dw);
    }
}

/// The block at pixel (y, p).
#[inline(always)]
fn pixel<L: Vector, const V: usize>(grid: &Grid, x: &[f32], y: usize, p: usize, at: usize) -> [L; V] {
    load(&x[grid.start + y * grid.row + p * grid.pixel + at..])
}

/// The place of the block at pixel (y, p), to be written.
#[inline(always)]
fn pixel_mut<'x>(grid: &Grid, x: &'x mut [f32], y: usize, p: usize, at: usize) -> &'x mut [f32] {
    &mut x[grid.start + y * grid.row + p * grid.pixel + at..]
}

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
pub(super) fn channel_sums<L: Vector>(grid: &Grid, x: &[f32], sums: &mut [f32]) {
    lane_blocks!(grid.lanes, |at, V| {
        let sum = sum_rows!(grid, |y, p, row| add(row, &pixel(grid, x, y, p, at)));
        let sums = &mut sums[at..];
        store(&add(load::<L, V>(sums), &sum), sums);
    });
}

#[inline(always)]
pub(super) fn moments<L: Vector>(grid: &Grid, x: &[f32], mean: &mut [f32], m2: &mut [f32]) {
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
pub(super) fn normalize<L: Vector>(
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
pub(super) fn normalize_sums<L: Vector>(
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
        let total = sum_rows!(gx, |y, p, row| add(row, &pixel(gy, dy, y, p, at)));
        let total_x =
            sum_rows!(gx, |y, p, row| { mul_add(pixel(gy, dy, y, p, at), &sub(pixel(gx, x, y, p, at), &mean), &row) });
        store(&total, &mut sum[at..]);
        store(&total_x, &mut sum_x[at..]);
    });
}

#[inline(always)]
pub(super) fn normalize_gradient<L: Vector>(
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

#[inline(always)]
pub(super) fn relu<L: Vector>(grid: &Grid, x: &mut [f32]) {
    lane_blocks!(grid.lanes, |at, V| for y in 0..grid.rows {
        for p in 0..grid.columns {
            let x = pixel_mut(grid, x, y, p, at);
            let value = load::<L, V>(x);
            store(&where_positive(value, &value), x);
        }
    });
}

#[inline(always)]
pub(super) fn relu_gradient<L: Vector>(gy: &Grid, y: &[f32], gdy: &Grid, dy: &mut [f32]) {
    lane_blocks!(gy.lanes, |at, V| for row in 0..gy.rows {
        for p in 0..gy.columns {
            let dy = pixel_mut(gdy, dy, row, p, at);
            store(&where_positive(load::<L, V>(dy), &pixel(gy, y, row, p, at)), dy);
        }
    });
}

#[inline(always)]
pub(super) fn multiply<L: Vector>(grid: &Grid, factors: &[f32], x: &mut [f32]) {
    lane_blocks!(grid.lanes, |at, V| for y in 0..grid.rows {
        for p in 0..grid.columns {
            let factor = load::<L, V>(&factors[(y * grid.columns + p) * grid.lanes + at..]);
            let x = pixel_mut(grid, x, y, p, at);
            store(&mul(load(x), &factor), x);
        }
    });
}

#[inline(always)]
pub(super) fn copy<L: Vector>(gx: &Grid, x: &[f32], gy: &Grid, y: &mut [f32]) {
    lane_blocks!(gx.lanes, |at, V| for row in 0..gx.rows {
        for p in 0..gx.columns {
            store(&pixel::<L, V>(gx, x, row, p, at), pixel_mut(gy, y, row, p, at));
        }
    });
}

#[inline(always)]
pub(super) fn max_pool<L: Vector>(size: [usize; 3], gx: &Grid, x: &[f32], gy: &Grid, y: &mut [f32]) {
    lane_blocks!(gx.lanes, |at, V| for row in 0..gy.rows {
        for p in 0..gy.columns {
            let largest = fold_window!(max, size, gx, x, row, p, at);
            store(&largest, pixel_mut(gy, y, row, p, at));
        }
    });
}

#[inline(always)]
pub(super) fn max_pool_gradient<L: Vector>(
    size: [usize; 3],
    gx: &Grid,
    x: &[f32],
    gy: &Grid,
    dy: &[f32],
    gdx: &Grid,
    dx: &mut [f32],
) {
    let [height, width, stride] = size;
    let zero = L::splat(0.0);
    lane_blocks!(gx.lanes, |at, V| {
        clear::<L, V>(gdx, dx, at);
        for y in 0..gy.rows {
            for p in 0..gy.columns {
                let largest = fold_window!(max, size, gx, x, y, p, at);
                // What is left to hand out: dy until the first largest value has taken it, then 0.
                let mut left: [L; V] = pixel(gy, dy, y, p, at);
                for row in 0..height {
                    for column in 0..width {
                        let x: [L; V] = pixel(gx, x, y * stride + row, p * stride + column, at);
                        let dx = pixel_mut(gdx, dx, y * stride + row, p * stride + column, at);
                        let mut sum: [L; V] = load(dx);
                        for v in 0..V {
                            sum[v] = sum[v].add(left[v].where_equal(x[v], largest[v], zero));
                            left[v] = zero.where_equal(x[v], largest[v], left[v]);
                        }
                        store(&sum, dx);
                    }
                }
            }
        }
    });
}

#[inline(always)]
pub(super) fn avg_pool<L: Vector>(size: [usize; 3], gx: &Grid, x: &[f32], gy: &Grid, y: &mut [f32]) {
    let count = (size[0] * size[1]) as f32;
    lane_blocks!(gx.lanes, |at, V| for row in 0..gy.rows {
        for p in 0..gy.columns {
            let sum = fold_window!(add, size, gx, x, row, p, at);
            store(&div(sum, count), pixel_mut(gy, y, row, p, at));
        }
    });
}

#[inline(always)]
pub(super) fn avg_pool_gradient<L: Vector>(size: [usize; 3], gy: &Grid, dy: &[f32], gdx: &Grid, dx: &mut [f32]) {
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
