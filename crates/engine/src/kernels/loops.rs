//! The loops themselves, for any instruction set.
//!
//! Everything is `#[inline(always)]`, so that it is compiled for the instruction set of the function that calls it.
//! Most loops run over one [`Block`] of neighbouring lanes of all pixels, where `at` is its offset in a pixel;
//! `kernels` calls them for each block. Where nearly all the time goes, a tile of pixels (or weights) times a block is
//! small enough for the registers of a [`Set`]. How a loop is cut into tiles does not change the order in which one
//! element is summed.

/// Runs `$body` with the constant `$P` equal to `$count`, which is at most `$most`.
macro_rules! tiles {
    ($most:expr, $count:expr, |$P:ident| $body:expr) => {
        tiles!($most, $count, |$P| $body; 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
    };
    ($most:expr, $count:expr, |$P:ident| $body:expr; $($known:literal)*) => {
        match $count {
            $($known if $known <= $most => {
                const $P: usize = $known;
                $body
            })*
            _ => unreachable!("a tile has at most as many sums as fit the registers"),
        }
    };
}

/// Runs `$body` with `$C` equal to the lanes of a pixel, if recipes use that number, so that all offsets are constants;
/// otherwise with 0.
macro_rules! with_lanes {
    ($lanes:expr, |$C:ident| $body:expr) => {
        with_lanes!($lanes, |$C| $body; 8 16 32 40)
    };
    ($lanes:expr, |$C:ident| $body:expr; $($known:literal)*) => {
        match $lanes {
            $($known => {
                const $C: usize = $known;
                $body
            })*
            _ => {
                const $C: usize = 0;
                $body
            }
        }
    };
}

/// Runs `$body` for each block of lanes, with `$B` its type and `$at` its offset.
macro_rules! each_block {
    ($S:ident, $lanes:expr, |$B:ident, $at:ident| $body:expr) => {{
        let mut $at = 0;
        while $at + S::Wide::LANES <= $lanes {
            type $B<S> = <S as Set>::Wide;
            $body;
            $at += S::Wide::LANES;
        }
        if $at < $lanes {
            type $B<S> = <S as Set>::Narrow;
            $body;
        }
    }};
}

mod convolution;
mod elementwise;
mod multiply_adds;
mod normalize;
mod normalize_pool;
mod pool;
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "no other processor has tiles"))]
mod tiles;
mod weight_gradient;
mod winograd_products;
mod winograd_transforms;

pub(super) use convolution::convolution;
pub(super) use elementwise::{copy, multiply, relu, relu_gradient};
pub(super) use multiply_adds::{PEAK_FLOATS, multiply_adds};
pub(super) use normalize::{channel_sums, moments, normalize, normalize_gradient, normalize_sums};
pub(super) use normalize_pool::{normalize_pool, normalize_pool_gradient, normalize_pool_sums};
pub(super) use pool::{avg_pool, avg_pool_gradient, max_pool, max_pool_gradient};
#[cfg_attr(not(target_arch = "x86_64"), allow(unused_imports, reason = "as above"))]
pub(super) use tiles::{tile_convolution, tile_multiply_adds, tile_weight_gradient};
pub(crate) use tiles::{tile_convolution_scratch_len, tile_gradient_scratch_len};
pub(super) use weight_gradient::weight_gradient;
pub(super) use winograd_products::{winograd_products, winograd_products_gradient};
pub(super) use winograd_transforms::{
    winograd_input, winograd_output, winograd_output_gradient, winograd_weights, winograd_weights_gradient,
};

use super::vector::{Block, Set};
use super::{AHEAD, Aside, Grid, Window};

// Each kernel first checks that its grids lie in its slices; the loops then visit only pixels of the grid.
//
// These are loops, not closures: a closure is compiled without the caller's instruction set, and its intrinsics become
// calls.

/// The block at pixel (y, p) of `x`.
///
/// # Safety
/// The pixel and the block must lie in the grid, and the grid in `x`: only debug builds check.
#[inline(always)]
unsafe fn pixel<B: Block>(grid: &Grid, x: &[f32], y: usize, p: usize, at: usize) -> B {
    debug_assert!(y < grid.rows && p < grid.columns && at + B::LANES <= grid.lanes);
    // SAFETY: the caller's promise.
    unsafe { B::load(x, grid.start + y * grid.row + p * grid.pixel + at) }
}

/// Overwrites the block at pixel (y, p) of `x`.
///
/// # Safety
/// As for [`pixel`].
#[inline(always)]
unsafe fn set_pixel<B: Block>(block: B, grid: &Grid, x: &mut [f32], y: usize, p: usize, at: usize) {
    debug_assert!(y < grid.rows && p < grid.columns && at + B::LANES <= grid.lanes);
    // SAFETY: the caller's promise.
    unsafe { block.store(x, grid.start + y * grid.row + p * grid.pixel + at) }
}

/// A block of numbers, one per channel.
#[inline(always)]
fn lanes<B: Block>(x: &[f32], at: usize) -> B {
    assert!(at + B::LANES <= x.len());
    // SAFETY: just checked.
    unsafe { B::load(x, at) }
}

/// Overwrites a block of numbers, one per channel.
#[inline(always)]
fn set_lanes<B: Block>(block: B, x: &mut [f32], at: usize) {
    assert!(at + B::LANES <= x.len());
    // SAFETY: just checked.
    unsafe { block.store(x, at) }
}

/// Prefetches one of `count` equal parts of each of some tensors.
#[inline(always)]
fn fetch<S: Set>(ahead: [&[f32]; AHEAD], index: usize, count: usize) {
    for floats in ahead {
        S::fetch(&floats[floats.len() * index / count..floats.len() * (index + 1) / count]);
    }
}

/// Sums of a tile: as many as fit into the registers or, where the compiler does not know the number `C` of floats per
/// pixel, as many as there are registers for their addresses.
#[inline(always)]
const fn most<S: Set>(c: usize) -> usize {
    if c > 0 || S::SUMS < 6 { S::SUMS } else { 6 }
}

/// The next step when `left` is cut into as few equal steps as possible, each of at most `most`.
#[inline(always)]
fn next_step(left: usize, most: usize) -> usize {
    left.div_ceil(left.div_ceil(most))
}
