//! Direct convolution, for any kernel, stride and number of channels.
//!
//! ```text
//! for each row, each block of output channels, each tile of P pixels:
//!     acc[p] = bias
//!     for ky, c, kx: acc[p] = x[p s + kx, c] w[ky,c,kx] + acc[p]
//!     z[p] = acc[p], or max(acc[p], 0)
//! ```
//!
//! One input value at a time is multiplied into a block of weights; the sums of a tile stay in registers. With the
//! kernel's side and the floats of an input pixel known to the compiler, all offsets in a tile are constants.
//!
//! On a small map, most products may involve zeros of the border: the input gradient of 2 x 2 outputs has 36 real
//! products for each pair of channels, and 108 with zeros. There, the zeros are left out, which changes no sum.

use std::ops::Range;

use super::*;
use crate::kernels::vector::Pair;

#[inline(always)]
pub(in crate::kernels) fn convolution<S: Set>(
    window: &Window,
    x: &[f32],
    w: &[f32],
    bias: &[f32],
    relu: bool,
    grid: &Grid,
    z: &mut [f32],
    Aside { ahead, .. }: Aside<'_>,
) {
    match (window.kernel, window.pixel, window.stride) {
        // The first layer of a network on grey images.
        (3, 1, 1) => rows::<S, 3, 1, 1>(window, x, w, bias, relu, grid, z, ahead),
        (5, 1, 2) => rows::<S, 5, 1, 2>(window, x, w, bias, relu, grid, z, ahead),
        (3, _, _) => rows::<S, 3, 0, 0>(window, x, w, bias, relu, grid, z, ahead),
        (1, _, _) => rows::<S, 1, 0, 0>(window, x, w, bias, relu, grid, z, ahead),
        _ => rows::<S, 0, 0, 0>(window, x, w, bias, relu, grid, z, ahead),
    }
}

/// `K` is the kernel's side, `C` the number of floats per input pixel, `T` the stride; 0 means known only at run time.
#[inline(always)]
fn rows<S: Set, const K: usize, const C: usize, const T: usize>(
    window: &Window,
    x: &[f32],
    w: &[f32],
    bias: &[f32],
    relu: bool,
    grid: &Grid,
    z: &mut [f32],
    mut ahead: [&[f32]; AHEAD],
) {
    let mut at = 0;
    while at < grid.lanes {
        let left = grid.lanes - at;
        // Rows with few pixels (one, in a linear layer) need more lanes to fill the registers.
        let wider = 2 * grid.columns <= S::SUMS.min(FEW * 2) && left >= 2 * S::Wide::LANES;
        for y in 0..grid.rows {
            fetch::<S>(ahead, y, grid.rows);
            if wider {
                row::<S, Pair<S::Wide>, K, C, T>(window, x, w, bias, relu, grid, z, y, at);
            } else if left >= S::Wide::LANES {
                row::<S, S::Wide, K, C, T>(window, x, w, bias, relu, grid, z, y, at);
            } else {
                row::<S, S::Narrow, K, C, T>(window, x, w, bias, relu, grid, z, y, at);
            }
        }
        ahead = [&[]; AHEAD];
        at += if wider { 2 * S::Wide::LANES } else { left.min(S::Wide::LANES) };
    }
}

/// How many pixels of a row are worth a loop of their own.
const FEW: usize = 4;

/// One block of output channels of row `y`.
#[inline(always)]
fn row<S: Set, B: Block, const K: usize, const C: usize, const T: usize>(
    window: &Window,
    x: &[f32],
    w: &[f32],
    bias: &[f32],
    relu: bool,
    grid: &Grid,
    z: &mut [f32],
    y: usize,
    at: usize,
) {
    let step = if C > 0 { T * C } else { window.stride * window.pixel };
    let x = &x[window.start + y * window.stride * window.row..];
    let z = &mut z[grid.start + y * grid.row + at..];
    let (w, bias) = (&w[at..], &bias[at..]);
    if K == 3 && C == 0 && window.stride == 1 {
        let values = window.zeros..grid.rows + K - 1 - window.zeros;
        let taps = values.start.saturating_sub(y)..(values.end - y).min(K);
        match (window.zeros, grid.columns) {
            (1, 2) => return tile::<B, 2, 3, 0, 1, 1>(window, taps, x, w, grid.lanes, bias, relu, grid.pixel, z),
            (2, 3) => return tile::<B, 3, 3, 0, 1, 2>(window, taps, x, w, grid.lanes, bias, relu, grid.pixel, z),
            (2, 4) => return tile::<B, 4, 3, 0, 1, 2>(window, taps, x, w, grid.lanes, bias, relu, grid.pixel, z),
            _ => {}
        }
    }
    let taps = 0..if K > 0 { K } else { window.kernel };
    let most = if B::LANES > S::Wide::LANES { FEW } else { most::<S>(C) };
    let mut p = 0;
    while p < grid.columns {
        let pixels = next_step(grid.columns - p, most);
        let (x, z) = (&x[p * step..], &mut z[p * grid.pixel..]);
        tiles!(most, pixels, |P| tile::<B, P, K, C, T, 0>(
            window,
            taps.clone(),
            x,
            w,
            grid.lanes,
            bias,
            relu,
            grid.pixel,
            z
        ));
        p += pixels;
    }
}

/// `P` pixels of a row times one block of output channels; `taps` are the rows of the kernel.
///
/// `Z` > 0: the P pixels are a whole row and see `Z` columns of stored zeros on each side. Products with these are
/// left out.
#[inline(always)]
fn tile<B: Block, const P: usize, const K: usize, const C: usize, const T: usize, const Z: usize>(
    window: &Window,
    taps: Range<usize>,
    x: &[f32],
    w: &[f32],
    lanes: usize,
    bias: &[f32],
    relu: bool,
    z_pixel: usize,
    z: &mut [f32],
) {
    let kernel = if K > 0 { K } else { window.kernel };
    let (tap, step) = if C > 0 { (C, T * C) } else { (window.pixel, window.stride * window.pixel) };
    let channels = if C > 0 { C } else { window.channels };
    assert!(channels == window.channels && taps.end <= kernel);
    assert!((kernel - 1) * (window.row + tap) + (P - 1) * step + channels <= x.len());
    assert!((kernel * channels * kernel - 1) * lanes + B::LANES <= w.len() && (P - 1) * z_pixel + B::LANES <= z.len());
    let mut sums = [super::lanes::<B>(bias, 0); P];
    // SAFETY: the squares of P pixels lie in x, all weights in w, P blocks in z.
    unsafe {
        for ky in taps {
            for c in 0..channels {
                for kx in 0..kernel {
                    let w = B::load(w, ((ky * channels + c) * kernel + kx) * lanes);
                    for p in 0..P {
                        if Z > 0 && (p + kx < Z || p + kx >= P + K - 1 - Z) {
                            continue;
                        }
                        let x = *x.get_unchecked(ky * window.row + c + p * step + kx * tap);
                        sums[p] = B::splat(x).mul_add(w, sums[p]);
                    }
                }
            }
        }
        for p in 0..P {
            let sum = if relu { sums[p].max(B::splat(0.0)) } else { sums[p] };
            sum.store(z, p * z_pixel);
        }
    }
}
