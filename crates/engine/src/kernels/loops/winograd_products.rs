//! The sums of products of Winograd's algorithm: one matrix product per point. See `kernels/winograd.rs`.

use super::*;
use crate::kernels::winograd::{Band, POINTS, tile_floats};

#[inline(always)]
pub(in crate::kernels) fn winograd_products<S: Set>(
    window: &Window,
    v: &[f32],
    u: &[f32],
    band: &Band,
    lanes: usize,
    m: &mut [f32],
    ahead: [&[f32]; AHEAD],
) {
    with_lanes!(window.pixel, |C| products::<S, C>(window, v, u, band.tiles(), lanes, m, ahead));
}

#[inline(always)]
fn products<S: Set, const C: usize>(
    window: &Window,
    v: &[f32],
    u: &[f32],
    tiles: usize,
    lanes: usize,
    m: &mut [f32],
    mut ahead: [&[f32]; AHEAD],
) {
    let pixel = if C > 0 { C } else { window.pixel };
    each_block!(S, lanes, |B, at| {
        let mut tile = 0;
        while tile < tiles {
            let step = next_step(tiles - tile, most::<S>(C));
            let (v, m) = (&v[tile * tile_floats(pixel)..], &mut m[tile * tile_floats(lanes) + at..]);
            let u = &u[POINTS * window.channels * at..];
            tiles!(most::<S>(C), step, |P| product_tiles::<S, B<S>, P, C>(window, v, u, lanes, m, ahead));
            ahead = [&[]; AHEAD];
            tile += step;
        }
    });
}

/// `P` tiles times one block of output channels, summed in the order of the input channels.
#[inline(always)]
fn product_tiles<S: Set, B: Block, const P: usize, const C: usize>(
    window: &Window,
    v: &[f32],
    u: &[f32],
    lanes: usize,
    m: &mut [f32],
    ahead: [&[f32]; AHEAD],
) {
    let (channels, pixel) = (window.channels, if C > 0 { C } else { window.pixel });
    assert!(channels <= pixel && P * tile_floats(pixel) <= v.len());
    assert!(POINTS * channels * B::LANES <= u.len());
    assert!((P - 1) * tile_floats(lanes) + (POINTS - 1) * lanes + B::LANES <= m.len());
    for point in 0..POINTS {
        fetch::<S>(ahead, point, POINTS);
        let mut sums = [B::splat(0.0); P];
        // SAFETY: P tiles lie in v, all weights in u, a block of each product in m.
        unsafe {
            for c in 0..channels {
                let u = B::load(u, (point * channels + c) * B::LANES);
                for p in 0..P {
                    let v = *v.get_unchecked(p * tile_floats(pixel) + point * pixel + c);
                    sums[p] = B::splat(v).mul_add(u, sums[p]);
                }
            }
            for p in 0..P {
                sums[p].store(m, p * tile_floats(lanes) + point * lanes);
            }
        }
    }
}

#[inline(always)]
pub(in crate::kernels) fn winograd_products_gradient<S: Set>(
    pixel: usize,
    v: &[f32],
    dm: &[f32],
    band: &Band,
    lanes: usize,
    du: &mut [f32],
    mut ahead: [&[f32]; AHEAD],
) {
    each_block!(S, lanes, |B, at| {
        let mut c = 0;
        while c < pixel {
            let step = next_step(pixel - c, S::SUMS);
            let (v, dm) = (&v[c..], &dm[at..]);
            let du = &mut du[POINTS * pixel * at + c * B::<S>::LANES..];
            tiles!(S::SUMS, step, |J| gradient_tiles::<S, B<S>, J>(pixel, v, dm, band.tiles(), lanes, du, ahead));
            ahead = [&[]; AHEAD];
            c += step;
        }
    });
}

/// `du[j] += Σ v[tile, j] dm[tile]` of each point, for `J` input channels and one block of output channels.
#[inline(always)]
fn gradient_tiles<S: Set, B: Block, const J: usize>(
    pixel: usize,
    v: &[f32],
    dm: &[f32],
    tiles: usize,
    lanes: usize,
    du: &mut [f32],
    ahead: [&[f32]; AHEAD],
) {
    assert!((tiles - 1) * tile_floats(pixel) + (POINTS - 1) * pixel + J <= v.len());
    assert!((tiles - 1) * tile_floats(lanes) + (POINTS - 1) * lanes + B::LANES <= dm.len());
    assert!(((POINTS - 1) * pixel + J) * B::LANES <= du.len());
    for point in 0..POINTS {
        fetch::<S>(ahead, point, POINTS);
        let mut sums = [B::splat(0.0); J];
        // SAFETY: J channels of all tiles lie in v, a block of all tiles in dm, J blocks of all points in du.
        unsafe {
            for tile in 0..tiles {
                let dm = B::load(dm, tile * tile_floats(lanes) + point * lanes);
                for j in 0..J {
                    let v = *v.get_unchecked(tile * tile_floats(pixel) + point * pixel + j);
                    sums[j] = B::splat(v).mul_add(dm, sums[j]);
                }
            }
            for j in 0..J {
                let at = (point * pixel + j) * B::LANES;
                B::load(du, at).add(sums[j]).store(du, at);
            }
        }
    }
}
