//! The loops themselves, for any [`Vector`] of eight lanes.
//!
//! Everything is `#[inline(always)]`, so that it is compiled for the instruction set of the function that calls it.
//! A block is `V` vectors of neighbouring lanes; a tile is a few pixels (or weights) times a block, small enough for
//! 16 registers. How the tiles cut a loop changes nothing in the order in which one element is summed.

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

mod convolution;
mod elementwise;
mod normalize;
mod pool;

pub(super) use convolution::{convolution, weight_gradient};
pub(super) use elementwise::{copy, multiply, relu, relu_gradient};
pub(super) use normalize::{channel_sums, moments, normalize, normalize_gradient, normalize_sums};
pub(super) use pool::{avg_pool, avg_pool_gradient, max_pool, max_pool_gradient};

use super::vector::Vector;
use super::{Grid, LANES, Window};

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
