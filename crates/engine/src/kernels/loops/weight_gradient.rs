//! The gradient of a convolution's weights, for any kernel, stride and number of channels.
//!
//! ```text
//! for each block of four rows, each tile of J weights under a block of output channels:
//!     acc[j] = 0
//!     for y, p: acc[j] = x[y s, p s, j] dz[y,p] + acc[j]
//!     dw[j] += acc[j]
//! ```

use super::*;

/// Rows whose products are summed in registers before they are added to the gradient.
const GRADIENT_ROWS: usize = 4;

#[inline(always)]
pub(in crate::kernels) fn weight_gradient<S: Set>(
    window: &Window,
    x: &[f32],
    grid: &Grid,
    dz: &[f32],
    dw: &mut [f32],
    Aside { ahead, .. }: Aside<'_>,
) {
    // For one ky, the values under all kx and c of a pixel lie next to each other.
    let taps = window.kernel * window.pixel;
    let mut y = 0;
    while y < grid.rows {
        let rows = GRADIENT_ROWS.min(grid.rows - y);
        fetch::<S>(ahead, y / GRADIENT_ROWS, grid.rows.div_ceil(GRADIENT_ROWS));
        let mut at = 0;
        while at < grid.lanes {
            let dz = &dz[grid.start + y * grid.row + at..];
            let narrow = at + S::Wide::LANES > grid.lanes;
            let x = &x[window.start + y * window.stride * window.row..];
            if (window.kernel, window.pixel, narrow) == (3, 1, false) {
                // Grey images: three weights per row would leave most registers empty.
                square::<S::Wide, 9, 3>(window, x, grid, rows, dz, &mut dw[at..]);
            } else if (window.kernel, window.pixel, narrow) == (3, 1, true) {
                square::<S::Narrow, 9, 3>(window, x, grid, rows, dz, &mut dw[at..]);
            } else {
                for ky in 0..window.kernel {
                    let x = &x[ky * window.row..];
                    let dw = &mut dw[ky * taps * grid.lanes + at..];
                    let mut j = 0;
                    while j < taps {
                        let (x, dw) = (&x[j..], &mut dw[j * grid.lanes..]);
                        let weights = next_step(taps - j, S::SUMS);
                        if narrow {
                            tiles!(S::SUMS, weights, |J| tile::<S::Narrow, J>(window, x, grid, rows, dz, dw));
                        } else {
                            tiles!(S::SUMS, weights, |J| tile::<S::Wide, J>(window, x, grid, rows, dz, dw));
                        }
                        j += weights;
                    }
                }
            }
            at += if narrow { S::Narrow::LANES } else { S::Wide::LANES };
        }
        y += rows;
    }
}

/// `J` neighbouring weights times one block of output channels, over some rows.
#[inline(always)]
fn tile<B: Block, const J: usize>(window: &Window, x: &[f32], grid: &Grid, rows: usize, dz: &[f32], dw: &mut [f32]) {
    let (step, row) = (window.stride * window.pixel, window.stride * window.row);
    assert!((rows - 1) * row + (grid.columns - 1) * step + J <= x.len());
    assert!((rows - 1) * grid.row + (grid.columns - 1) * grid.pixel + B::LANES <= dz.len());
    assert!((J - 1) * grid.lanes + B::LANES <= dw.len());
    let mut sums = [B::splat(0.0); J];
    // SAFETY: J values under each output pixel of these rows lie in x, a block of each in dz, J blocks in dw.
    unsafe {
        for y in 0..rows {
            for p in 0..grid.columns {
                let dz = B::load(dz, y * grid.row + p * grid.pixel);
                for j in 0..J {
                    let x = *x.get_unchecked(y * row + p * step + j);
                    sums[j] = B::splat(x).mul_add(dz, sums[j]);
                }
            }
        }
        for j in 0..J {
            B::load(dw, j * grid.lanes).add(sums[j]).store(dw, j * grid.lanes);
        }
    }
}

/// All `J = K K` weights of a kernel on one channel.
#[inline(always)]
fn square<B: Block, const J: usize, const K: usize>(
    window: &Window,
    x: &[f32],
    grid: &Grid,
    rows: usize,
    dz: &[f32],
    dw: &mut [f32],
) {
    let (step, row) = (window.stride, window.stride * window.row);
    assert!((rows - 1) * row + (K - 1) * window.row + (grid.columns - 1) * step + K <= x.len() && J == K * K);
    assert!((rows - 1) * grid.row + (grid.columns - 1) * grid.pixel + B::LANES <= dz.len());
    assert!((J - 1) * grid.lanes + B::LANES <= dw.len());
    let mut sums = [B::splat(0.0); J];
    // SAFETY: the square under each output pixel of these rows lies in x, a block of each in dz, J blocks in dw.
    unsafe {
        for y in 0..rows {
            for p in 0..grid.columns {
                let dz = B::load(dz, y * grid.row + p * grid.pixel);
                for j in 0..J {
                    let x = *x.get_unchecked(y * row + j / K * window.row + p * step + j % K);
                    sums[j] = B::splat(x).mul_add(dz, sums[j]);
                }
            }
        }
        for j in 0..J {
            B::load(dw, j * grid.lanes).add(sums[j]).store(dw, j * grid.lanes);
        }
    }
}
