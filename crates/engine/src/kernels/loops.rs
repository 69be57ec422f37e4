//! The loops themselves, written so that the compiler turns `[f32; 8]` into registers.
//!
//! Everything is `#[inline(always)]`, so that it is compiled for the instruction set of the function that calls it.
//! A block is `V` groups of 8 lanes; a tile is a few pixels (or weights) times a block, small enough for 16
//! registers. How the tiles cut a loop changes nothing in the order in which one element is summed.

use super::{Fma, Grid, LANES, Window};

type Block<const V: usize> = [[f32; LANES]; V];

/// Runs `$body` for each block of lanes, with `$at` its offset and the constant `$V` its width: two groups, then one.
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

#[inline(always)]
fn load<const V: usize>(from: &[f32]) -> Block<V> {
    let from = &from[..V * LANES];
    let mut block = [[0.0; LANES]; V];
    for v in 0..V {
        block[v].copy_from_slice(&from[v * LANES..][..LANES]);
    }
    block
}

#[inline(always)]
fn store<const V: usize>(block: &Block<V>, to: &mut [f32]) {
    let to = &mut to[..V * LANES];
    for v in 0..V {
        to[v * LANES..][..LANES].copy_from_slice(&block[v]);
    }
}

/// `f` of each lane.
#[inline(always)]
fn map<const V: usize>(a: &Block<V>, f: impl Fn(f32) -> f32) -> Block<V> {
    let mut result = [[0.0; LANES]; V];
    for v in 0..V {
        for l in 0..LANES {
            result[v][l] = f(a[v][l]);
        }
    }
    result
}

/// `f` of each pair of lanes.
#[inline(always)]
fn zip<const V: usize>(a: &Block<V>, b: &Block<V>, f: impl Fn(f32, f32) -> f32) -> Block<V> {
    let mut result = [[0.0; LANES]; V];
    for v in 0..V {
        for l in 0..LANES {
            result[v][l] = f(a[v][l], b[v][l]);
        }
    }
    result
}

#[inline(always)]
fn add<const V: usize>(a: &Block<V>, b: &Block<V>) -> Block<V> {
    zip(a, b, |a, b| a + b)
}

/// `a b + c` in each lane.
#[inline(always)]
fn fma<F: Fma, const V: usize>(a: &Block<V>, b: &Block<V>, c: &Block<V>) -> Block<V> {
    let mut result = [[0.0; LANES]; V];
    for v in 0..V {
        for l in 0..LANES {
            result[v][l] = F::fma(a[v][l], b[v][l], c[v][l]);
        }
    }
    result
}

#[inline(always)]
pub(super) fn convolution<F: Fma>(window: &Window, x: &[f32], w: &[f32], bias: &[f32], grid: &Grid, z: &mut [f32]) {
    match window.kernel {
        1 => convolution_of::<F, 1>(window, x, w, bias, grid, z),
        3 => convolution_of::<F, 3>(window, x, w, bias, grid, z),
        5 => convolution_of::<F, 5>(window, x, w, bias, grid, z),
        _ => convolution_of::<F, 0>(window, x, w, bias, grid, z),
    }
}

/// `K` is the kernel's side, or 0 for a side known only at run time.
#[inline(always)]
fn convolution_of<F: Fma, const K: usize>(
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
            convolution_tile::<F, $P, $V, K>(window, x, &w[$at..], grid.lanes, &bias[$at..], grid.pixel, z)
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
fn convolution_tile<F: Fma, const P: usize, const V: usize, const K: usize>(
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
    let mut sums = [load::<V>(bias); P];
    for ky in 0..kernel {
        for c in 0..window.channels {
            let x = &x[ky * window.row + c..][..(P - 1) * step + (kernel - 1) * tap + 1];
            let w = &w[(ky * window.channels + c) * kernel * lanes..][..(kernel - 1) * lanes + V * LANES];
            for kx in 0..kernel {
                let w = load::<V>(&w[kx * lanes..]);
                for p in 0..P {
                    let x = x[p * step + kx * tap];
                    for v in 0..V {
                        for l in 0..LANES {
                            sums[p][v][l] = F::fma(x, w[v][l], sums[p][v][l]);
                        }
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
pub(super) fn weight_gradient<F: Fma>(window: &Window, x: &[f32], grid: &Grid, dz: &[f32], dw: &mut [f32]) {
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
                            weight_gradient_tile::<F, $J, V>(window, &x[j..], grid, rows, dz, dw);
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
fn weight_gradient_tile<F: Fma, const J: usize, const V: usize>(
    window: &Window,
    x: &[f32],
    grid: &Grid,
    rows: usize,
    dz: &[f32],
    dw: &mut [f32],
) {
    let step = window.stride * window.pixel;
    let mut sums = [[[0.0; LANES]; V]; J];
    for y in 0..rows {
        let x = &x[y * window.stride * window.row..][..(grid.columns - 1) * step + J];
        let dz = &dz[y * grid.row..][..(grid.columns - 1) * grid.pixel + V * LANES];
        for p in 0..grid.columns {
            let x = &x[p * step..][..J];
            let dz = load::<V>(&dz[p * grid.pixel..]);
            for j in 0..J {
                for v in 0..V {
                    for l in 0..LANES {
                        sums[j][v][l] = F::fma(x[j], dz[v][l], sums[j][v][l]);
                    }
                }
            }
        }
    }
    for j in 0..J {
        let dw = &mut dw[j * grid.lanes..];
        store(&add(&load::<V>(dw), &sums[j]), dw);
    }
}

/// Sums a value over all pixels: each row from zero, then the rows in order.
#[inline(always)]
fn sum_rows<const V: usize>(grid: &Grid, value: impl Fn(usize, usize, Block<V>) -> Block<V>) -> Block<V> {
    let mut sum = [[0.0; LANES]; V];
    for y in 0..grid.rows {
        let mut row = [[0.0; LANES]; V];
        for p in 0..grid.columns {
            row = value(y, p, row);
        }
        sum = add(&sum, &row);
    }
    sum
}

/// The block at pixel (y, p).
#[inline(always)]
fn pixel<const V: usize>(grid: &Grid, x: &[f32], y: usize, p: usize, at: usize) -> Block<V> {
    load(&x[grid.start + y * grid.row + p * grid.pixel + at..])
}

/// The mutable place of the block at pixel (y, p).
#[inline(always)]
fn pixel_mut<'x>(grid: &Grid, x: &'x mut [f32], y: usize, p: usize, at: usize) -> &'x mut [f32] {
    &mut x[grid.start + y * grid.row + p * grid.pixel + at..]
}

#[inline(always)]
pub(super) fn channel_sums<F: Fma>(grid: &Grid, x: &[f32], sums: &mut [f32]) {
    lane_blocks!(grid.lanes, |at, V| {
        let sum = sum_rows::<V>(grid, |y, p, row| add(&row, &pixel(grid, x, y, p, at)));
        let sums = &mut sums[at..];
        store(&add(&load::<V>(sums), &sum), sums);
    });
}

#[inline(always)]
pub(super) fn moments<F: Fma>(grid: &Grid, x: &[f32], mean: &mut [f32], m2: &mut [f32]) {
    let count = (grid.rows * grid.columns) as f32;
    lane_blocks!(grid.lanes, |at, V| {
        let sum = sum_rows::<V>(grid, |y, p, row| add(&row, &pixel(grid, x, y, p, at)));
        let centre = map(&sum, |sum| sum / count);
        let squares = sum_rows::<V>(grid, |y, p, row| {
            let distance = zip(&pixel(grid, x, y, p, at), &centre, |x, mean| x - mean);
            fma::<F, V>(&distance, &distance, &row)
        });
        store(&centre, &mut mean[at..]);
        store(&squares, &mut m2[at..]);
    });
}

#[inline(always)]
pub(super) fn normalize<F: Fma>(
    gx: &Grid,
    x: &[f32],
    mean: &[f32],
    scale: &[f32],
    shift: &[f32],
    gy: &Grid,
    y: &mut [f32],
) {
    lane_blocks!(gx.lanes, |at, V| {
        let (mean, scale, shift) = (load::<V>(&mean[at..]), load::<V>(&scale[at..]), load::<V>(&shift[at..]));
        for row in 0..gx.rows {
            for p in 0..gx.columns {
                let distance = zip(&pixel(gx, x, row, p, at), &mean, |x, mean| x - mean);
                store(&fma::<F, V>(&distance, &scale, &shift), pixel_mut(gy, y, row, p, at));
            }
        }
    });
}

#[inline(always)]
pub(super) fn normalize_sums<F: Fma>(
    gy: &Grid,
    dy: &[f32],
    gx: &Grid,
    x: &[f32],
    mean: &[f32],
    sum: &mut [f32],
    sum_x: &mut [f32],
) {
    lane_blocks!(gx.lanes, |at, V| {
        let mean = load::<V>(&mean[at..]);
        // Both sums in one walk, each row from zero.
        let (mut total, mut total_x) = ([[0.0; LANES]; V], [[0.0; LANES]; V]);
        for y in 0..gx.rows {
            let (mut row, mut row_x) = ([[0.0; LANES]; V], [[0.0; LANES]; V]);
            for p in 0..gx.columns {
                let dy = pixel(gy, dy, y, p, at);
                let distance = zip(&pixel(gx, x, y, p, at), &mean, |x, mean| x - mean);
                row = add(&row, &dy);
                row_x = fma::<F, V>(&dy, &distance, &row_x);
            }
            total = add(&total, &row);
            total_x = add(&total_x, &row_x);
        }
        store(&total, &mut sum[at..]);
        store(&total_x, &mut sum_x[at..]);
    });
}

#[inline(always)]
pub(super) fn normalize_gradient<F: Fma>(
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
        let (mean, scale) = (load::<V>(&mean[at..]), load::<V>(&scale[at..]));
        let (k, k_x) = (load::<V>(&k[at..]), load::<V>(&k_x[at..]));
        for y in 0..gx.rows {
            for p in 0..gx.columns {
                let dy = zip(&pixel(gy, dy, y, p, at), &k, |dy, k| dy - k);
                let distance = zip(&mean, &pixel(gx, x, y, p, at), |mean, x| mean - x);
                let gradient = zip(&scale, &fma::<F, V>(&distance, &k_x, &dy), |scale, d| scale * d);
                store(&gradient, pixel_mut(gdx, dx, y, p, at));
            }
        }
    });
}

#[inline(always)]
pub(super) fn relu<F: Fma>(grid: &Grid, x: &mut [f32]) {
    lane_blocks!(grid.lanes, |at, V| for y in 0..grid.rows {
        for p in 0..grid.columns {
            let x = pixel_mut(grid, x, y, p, at);
            store(&map(&load::<V>(x), |x| if x > 0.0 { x } else { 0.0 }), x);
        }
    });
}

#[inline(always)]
pub(super) fn relu_gradient<F: Fma>(gy: &Grid, y: &[f32], gdy: &Grid, dy: &mut [f32]) {
    lane_blocks!(gy.lanes, |at, V| for row in 0..gy.rows {
        for p in 0..gy.columns {
            let dy = pixel_mut(gdy, dy, row, p, at);
            let gradient = zip(&pixel(gy, y, row, p, at), &load::<V>(dy), |y, dy| if y > 0.0 { dy } else { 0.0 });
            store(&gradient, dy);
        }
    });
}

#[inline(always)]
pub(super) fn multiply<F: Fma>(grid: &Grid, factors: &[f32], x: &mut [f32]) {
    lane_blocks!(grid.lanes, |at, V| for y in 0..grid.rows {
        for p in 0..grid.columns {
            let factor = load::<V>(&factors[(y * grid.columns + p) * grid.lanes + at..]);
            let x = pixel_mut(grid, x, y, p, at);
            store(&zip(&load::<V>(x), &factor, |x, factor| x * factor), x);
        }
    });
}

#[inline(always)]
pub(super) fn copy<F: Fma>(gx: &Grid, x: &[f32], gy: &Grid, y: &mut [f32]) {
    lane_blocks!(gx.lanes, |at, V| for row in 0..gx.rows {
        for p in 0..gx.columns {
            store(&pixel::<V>(gx, x, row, p, at), pixel_mut(gy, y, row, p, at));
        }
    });
}

/// Folds `f` over the values of the window behind output (y, p), row by row.
#[inline(always)]
fn fold_window<const V: usize>(
    [height, width, stride]: [usize; 3],
    gx: &Grid,
    x: &[f32],
    [y, p, at]: [usize; 3],
    f: impl Fn(f32, f32) -> f32,
) -> Block<V> {
    let mut result = pixel(gx, x, y * stride, p * stride, at);
    for row in 0..height {
        for column in usize::from(row == 0)..width {
            result = zip(&result, &pixel(gx, x, y * stride + row, p * stride + column, at), &f);
        }
    }
    result
}

#[inline(always)]
pub(super) fn max_pool<F: Fma>(size: [usize; 3], gx: &Grid, x: &[f32], gy: &Grid, y: &mut [f32]) {
    lane_blocks!(gx.lanes, |at, V| for row in 0..gy.rows {
        for p in 0..gy.columns {
            let largest = fold_window::<V>(size, gx, x, [row, p, at], |a, b| if b > a { b } else { a });
            store(&largest, pixel_mut(gy, y, row, p, at));
        }
    });
}

#[inline(always)]
pub(super) fn avg_pool<F: Fma>(size: [usize; 3], gx: &Grid, x: &[f32], gy: &Grid, y: &mut [f32]) {
    let count = (size[0] * size[1]) as f32;
    lane_blocks!(gx.lanes, |at, V| for row in 0..gy.rows {
        for p in 0..gy.columns {
            let sum = fold_window::<V>(size, gx, x, [row, p, at], |a, b| a + b);
            store(&map(&sum, |sum| sum / count), pixel_mut(gy, y, row, p, at));
        }
    });
}

#[inline(always)]
fn clear<const V: usize>(grid: &Grid, x: &mut [f32], at: usize) {
    for y in 0..grid.rows {
        for p in 0..grid.columns {
            store(&[[0.0; LANES]; V], pixel_mut(grid, x, y, p, at));
        }
    }
}

#[inline(always)]
pub(super) fn max_pool_gradient<F: Fma>(
    size: [usize; 3],
    gx: &Grid,
    x: &[f32],
    gy: &Grid,
    dy: &[f32],
    gdx: &Grid,
    dx: &mut [f32],
) {
    let [height, width, stride] = size;
    lane_blocks!(gx.lanes, |at, V| {
        clear::<V>(gdx, dx, at);
        for y in 0..gy.rows {
            for p in 0..gy.columns {
                let largest = fold_window::<V>(size, gx, x, [y, p, at], |a, b| if b > a { b } else { a });
                // What is left to hand out: dy until the first largest value has taken it, then 0.
                let mut left = pixel::<V>(gy, dy, y, p, at);
                for row in 0..height {
                    for column in 0..width {
                        let x = pixel::<V>(gx, x, y * stride + row, p * stride + column, at);
                        let dx = pixel_mut(gdx, dx, y * stride + row, p * stride + column, at);
                        let is_largest = zip(&x, &largest, |x, largest| if x == largest { 1.0 } else { 0.0 });
                        let taken = zip(&is_largest, &left, |is, left| if is > 0.0 { left } else { 0.0 });
                        left = zip(&is_largest, &left, |is, left| if is > 0.0 { 0.0 } else { left });
                        store(&add(&load::<V>(dx), &taken), dx);
                    }
                }
            }
        }
    });
}

#[inline(always)]
pub(super) fn avg_pool_gradient<F: Fma>(size: [usize; 3], gy: &Grid, dy: &[f32], gdx: &Grid, dx: &mut [f32]) {
    let [height, width, stride] = size;
    let count = (height * width) as f32;
    lane_blocks!(gy.lanes, |at, V| {
        clear::<V>(gdx, dx, at);
        for y in 0..gy.rows {
            for p in 0..gy.columns {
                let share = map(&pixel::<V>(gy, dy, y, p, at), |dy| dy / count);
                for row in 0..height {
                    for column in 0..width {
                        let dx = pixel_mut(gdx, dx, y * stride + row, p * stride + column, at);
                        store(&add(&load::<V>(dx), &share), dx);
                    }
                }
            }
        }
    });
}
