//! Convolution and the gradient of its weights: where nearly all the time goes.

use super::*;

#[inline(always)]
pub(in crate::kernels) fn convolution<L: Vector>(
    window: &Window,
    x: &[f32],
    w: &[f32],
    bias: &[f32],
    grid: &Grid,
    z: &mut [f32],
) {
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
pub(in crate::kernels) fn weight_gradient<L: Vector>(
    window: &Window,
    x: &[f32],
    grid: &Grid,
    dz: &[f32],
    dw: &mut [f32],
) {
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
