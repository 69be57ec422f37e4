//! What convolutions and weight gradients on tiles of bf16 share: both walk along one long row of pixels.
//!
//! A row of a map is stored with the `kernel - 1` further pixels that the last windows see, and the rows are laid end
//! to end: all pixels form one long row q. Results of windows that cross the end of a row are discarded; in the
//! gradient they meet a zero.

mod convolution;
mod weight_gradient;

pub(in crate::kernels) use convolution::tile_convolution;
pub(crate) use convolution::tile_convolution_scratch_len;
pub(crate) use weight_gradient::tile_gradient_scratch_len;
pub(in crate::kernels) use weight_gradient::tile_weight_gradient;

use std::ops::Range;
use std::slice::from_raw_parts_mut;

use super::*;
use crate::kernels::tiles::{Operands, SIDE, STEP, SUMS, TOGETHER, Unit};

const LINE_LEN: usize = size_of::<Line>() / size_of::<u16>();

/// A cache line; no row of a tile should cross its end.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line {
    _numbers: [u16; 32],
}

/// Room for some u16 and some f32 in scratch memory, both starting at a cache line, with arbitrary content.
#[inline(always)]
fn carve(scratch: &mut [f32], numbers: [usize; 2], floats: usize) -> ([&mut [u16]; 2], &mut [f32]) {
    // SAFETY: any bits are a `Line`, and those of a `Line` any 32 u16 or 16 f32, which need less alignment.
    unsafe {
        let (_, lines, _) = scratch.align_to_mut::<Line>();
        let (first, lines) = lines.split_at_mut(numbers[0].div_ceil(LINE_LEN));
        let (second, lines) = lines.split_at_mut(numbers[1].div_ceil(LINE_LEN));
        let numbers =
            [first, second].map(|lines| from_raw_parts_mut(lines.as_mut_ptr().cast(), lines.len() * LINE_LEN));
        assert!(floats * size_of::<f32>() <= size_of_val(lines), "too little scratch memory");
        (numbers, from_raw_parts_mut(lines.as_mut_ptr().cast(), floats))
    }
}

/// How many floats [`carve`] needs.
fn carved_len(numbers: [usize; 2], floats: usize) -> usize {
    let lines: usize = numbers.iter().map(|numbers| numbers.div_ceil(LINE_LEN)).sum();
    (lines + 1) * size_of::<Line>() / size_of::<f32>() + floats
}

/// Runs `$body` for each block of 16 lanes, with `$at` its offset and `$B` the type of a block that holds its lanes.
macro_rules! each_tile_of_lanes {
    ($U:ident, $lanes:expr, |$B:ident, $at:ident| $body:expr) => {
        for $at in (0..$lanes).step_by(SIDE) {
            if $at + SIDE <= $lanes {
                type $B<U> = <<U as Unit>::Set as Set>::Wide;
                $body;
            } else {
                type $B<U> = <<U as Unit>::Set as Set>::Narrow;
                $body;
            }
        }
    };
}
use each_tile_of_lanes;

/// Prefetches some of `count` equal parts of each of some tensors.
#[inline(always)]
fn fetch_part<S: Set>(ahead: [&[f32]; AHEAD], parts: Range<usize>, count: usize) {
    for floats in ahead {
        S::fetch(&floats[floats.len() * parts.start / count..floats.len() * parts.end / count]);
    }
}

#[inline(always)]
pub(in crate::kernels) fn tile_multiply_adds<U: Unit>(
    times: usize,
    a: [u16; 2],
    b: [u16; 2],
    x: &mut [f32],
    size: &mut [usize; 2],
) {
    U::start().multiply_adds(times, a, b, x, size);
}
