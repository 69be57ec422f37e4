//! Convolutions with a stride of 1 and the gradient of their weights, as products of tiles of bf16.
//!
//! ```text
//! convolution:      image = x, rounded, rows one behind the other
//!                   c[q,o] = Σ_ky Σ_i image[(q + ky width) pixel + i] w[ky,i,o]    i = kx pixel + c
//!                   z[y,p] = c[y width + p] + bias
//! weight gradient:  xt[c,q] = x[q,c], d[q,o] = dz[q,o], rounded, for a band of rows one behind the other
//!                   dw[ky,kx,c,o] += Σ_q xt[c, q + ky width + kx] d[q,o]
//! ```
//!
//! A row of the image has the `kernel - 1` pixels that the last outputs see, so all pixels count as one long row q:
//! what comes out where a window goes over a row's end is thrown away, and in the gradient meets a `d` of zero.

use std::ops::Range;
use std::slice::from_raw_parts_mut;

use super::*;
use crate::kernels::tiles::{Operands, SIDE, STEP, SUMS, TOGETHER, Unit};

/// Pixels whose products are summed in registers before they are added to the gradient, if rows are not longer:
/// `xt` and `d` lie in the nearest cache.
const BAND: usize = 448;

const LINE_LEN: usize = size_of::<Line>() / size_of::<u16>();

/// A line of the cache, which no tile's row should cross.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line {
    _numbers: [u16; 32],
}

/// Room for some u16 and some f32 in scratch memory, both from the beginning of a line on; what stands there is anything.
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

/// Floats from which [`carve`] can take so much.
fn carved_len(numbers: [usize; 2], floats: usize) -> usize {
    let lines: usize = numbers.iter().map(|numbers| numbers.div_ceil(LINE_LEN)).sum();
    (lines + 1) * size_of::<Line>() / size_of::<f32>() + floats
}

/// Runs `$body` for each block of 16 lanes, `$at` being its offset and `$B` the type of a block that holds its lanes.
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

/// The long row of a convolution.
struct Image {
    /// Pixels of a row.
    width: usize,
    rows: usize,
    /// Outputs from the first to the last, those at the rows' ends included.
    outputs: usize,
    /// All numbers that tiles may see.
    len: usize,
}

impl Image {
    fn new(kernel: usize, rows: usize, columns: usize, pixel: usize) -> Image {
        let width = columns + kernel - 1;
        let outputs = (rows - 1) * width + columns;
        let last = outputs.next_multiple_of(SIDE) - 1 + (kernel - 1) * width;
        let len = last * pixel + (kernel * pixel).next_multiple_of(STEP);
        Image { width, rows: rows + kernel - 1, outputs, len }
    }
}

/// Floats that [`tile_convolution`] needs beside a map of so many outputs.
pub(crate) fn tile_convolution_scratch_len(kernel: usize, rows: usize, columns: usize, pixel: usize) -> usize {
    carved_len([Image::new(kernel, rows, columns, pixel).len, 0], SUMS)
}

#[inline(always)]
pub(in crate::kernels) fn tile_convolution<U: Unit>(
    window: &Window,
    x: &[f32],
    w: &[u16],
    bias: &[f32],
    relu: bool,
    grid: &Grid,
    z: &mut [f32],
    Aside { scratch, mut ahead }: Aside<'_>,
) {
    let &Window { kernel, pixel, .. } = window;
    let geometry = Image::new(kernel, grid.rows, grid.columns, pixel);
    let ([image, _], sums) = carve(scratch, [geometry.len, 0], SUMS);
    round_image::<U>(window, x, &geometry, image);
    grid.check(z.len());
    let unit = U::start();
    let weights = w.len() / grid.lanes.div_ceil(SIDE);
    let tiles = geometry.outputs.div_ceil(SIDE);
    each_tile_of_lanes!(U, grid.lanes, |B, at| {
        let bias: B<U> = lanes(bias, at);
        let mut tile = 0;
        while tile < tiles {
            let count = next_step(tiles - tile, TOGETHER);
            fetch_part::<U::Set>(ahead, tile..tile + count, tiles);
            let operands = Operands {
                a: image,
                starts: std::array::from_fn(|t| (tile + t) * SIDE * pixel),
                row: pixel,
                groups: kernel,
                group: geometry.width * pixel,
                pairs: (kernel * pixel).div_ceil(2),
                b: &w[at / SIDE * weights..][..weights],
            };
            tiles!(TOGETHER, count, |N| unit.products::<N>(&operands, sums));
            let outputs = tile * SIDE..((tile + count) * SIDE).min(geometry.outputs);
            copy_sums(bias, sums, outputs, geometry.width, relu, grid, z, at);
            tile += count;
        }
        ahead = [&[]; AHEAD];
    });
}

/// Asks for some of `count` equal parts of each of some tensors.
#[inline(always)]
fn fetch_part<S: Set>(ahead: [&[f32]; AHEAD], parts: Range<usize>, count: usize) {
    for floats in ahead {
        S::fetch(&floats[floats.len() * parts.start / count..floats.len() * parts.end / count]);
    }
}

/// What the windows see, rounded; zeros behind it.
#[inline(always)]
fn round_image<U: Unit>(window: &Window, x: &[f32], geometry: &Image, image: &mut [u16]) {
    let row = geometry.width * window.pixel;
    let x = &x[window.start..];
    for y in 0..geometry.rows {
        U::round(&x[y * window.row..][..row], &mut image[y * row..][..row]);
    }
    image[geometry.rows * row..].fill(0);
}

/// `z = sums + bias` for outputs that lie in the grid.
#[inline(always)]
fn copy_sums<B: Block>(
    bias: B,
    sums: &[f32],
    outputs: Range<usize>,
    width: usize,
    relu: bool,
    grid: &Grid,
    z: &mut [f32],
    at: usize,
) {
    assert!(outputs.len() * SIDE <= sums.len() && outputs.end <= (grid.rows - 1) * width + grid.columns);
    assert!(at + B::LANES <= grid.lanes);
    let mut q = outputs.start;
    while q < outputs.end {
        let (y, first) = (q / width, q % width);
        for p in first..grid.columns.min(first + outputs.end - q) {
            // SAFETY: sums of all outputs lie in `sums`, and pixel (y, p) in the grid.
            unsafe {
                let sum = B::load(sums, (q - first + p - outputs.start) * SIDE).add(bias);
                set_pixel(if relu { sum.max(B::splat(0.0)) } else { sum }, grid, z, y, p, at);
            }
        }
        q += width - first;
    }
}

/// The long row of a band of a weight gradient.
struct Band {
    /// Outputs' rows.
    rows: usize,
    /// Pixels of a row: an even number, so that no pair goes over a row's end.
    width: usize,
    /// Pairs of pixels, from the first to the last.
    pairs: usize,
    /// Numbers from one channel to the next.
    row: usize,
    /// Of them are seen.
    seen: usize,
}

impl Band {
    fn new(kernel: usize, rows: usize, columns: usize) -> Band {
        let width = (columns + kernel - 1).next_multiple_of(2);
        let pairs = ((rows - 1) * width + columns).div_ceil(2);
        let seen = (kernel - 1) * (width + 1) + 2 * pairs.next_multiple_of(SIDE);
        let written = (rows + kernel - 2) * width + width.next_multiple_of(STEP);
        // An odd number of lines, so that the channels do not fall into the same few places of a cache.
        let row = (seen.max(written).div_ceil(LINE_LEN) | 1) * LINE_LEN;
        Band { rows, width, pairs, row, seen }
    }

    /// Rows that fit, of so many.
    fn most_rows(kernel: usize, rows: usize, columns: usize) -> usize {
        next_step(rows, (BAND / (columns + kernel - 1)).max(1))
    }

    /// Numbers of `xt` and `d`.
    fn numbers(&self, pixel: usize, lanes: usize) -> [usize; 2] {
        [pixel.next_multiple_of(SIDE) * self.row, lanes.div_ceil(SIDE) * self.tile_len()]
    }

    /// Numbers of 16 lanes of `d`.
    fn tile_len(&self) -> usize {
        // Rows of pairs of which the last may be ends alone, or the zeros that complete a tile.
        (self.rows * self.width / 2).max(self.pairs.next_multiple_of(SIDE)) * STEP
    }
}

/// Floats that [`tile_weight_gradient`] needs beside a map of so many outputs.
pub(crate) fn tile_gradient_scratch_len(
    kernel: usize,
    rows: usize,
    columns: usize,
    pixel: usize,
    lanes: usize,
) -> usize {
    let band = Band::new(kernel, Band::most_rows(kernel, rows, columns), columns);
    carved_len(band.numbers(pixel, lanes), SUMS)
}

#[inline(always)]
pub(in crate::kernels) fn tile_weight_gradient<U: Unit>(
    window: &Window,
    x: &[f32],
    grid: &Grid,
    dz: &[f32],
    dw: &mut [f32],
    Aside { scratch, ahead }: Aside<'_>,
) {
    let &Window { kernel, pixel, .. } = window;
    assert!(kernel * kernel * pixel * grid.lanes <= dw.len());
    let unit = U::start();
    let mut first = 0;
    while first < grid.rows {
        let rows = Band::most_rows(kernel, grid.rows - first, grid.columns);
        fetch_part::<U::Set>(ahead, first..first + rows, grid.rows);
        let band = Band::new(kernel, rows, grid.columns);
        let ([xt, d], sums) = carve(scratch, band.numbers(pixel, grid.lanes), SUMS);
        transpose_image::<U>(window, &x[window.start + first * window.row..], grid.columns, &band, xt);
        interleave_gradient::<U>(grid, &dz[grid.start + first * grid.row..], &band, d);
        each_tile_of_lanes!(U, grid.lanes, |B, at| {
            for c in (0..pixel).step_by(SIDE) {
                let mut tap = 0;
                while tap < kernel * kernel {
                    let count = next_step(kernel * kernel - tap, TOGETHER);
                    let start = |tap: usize| c * band.row + tap / kernel * band.width + tap % kernel;
                    let operands = Operands {
                        a: xt,
                        starts: std::array::from_fn(|t| start(tap + t)),
                        row: band.row,
                        groups: 1,
                        group: 0,
                        pairs: band.pairs,
                        b: &d[at / SIDE * band.tile_len()..][..band.tile_len()],
                    };
                    tiles!(TOGETHER, count, |N| unit.products::<N>(&operands, sums));
                    let channels = SIDE.min(pixel - c);
                    for t in 0..count {
                        let dw = &mut dw[((tap + t) * pixel + c) * grid.lanes + at..];
                        add_sums::<B<U>>(&sums[t * SIDE * SIDE..], channels, grid.lanes, dw);
                    }
                    tap += count;
                }
            }
        });
        first += rows;
    }
}

/// `xt[c,q]`: what the windows of a band see, transposed and rounded; zeros behind it.
#[inline(always)]
fn transpose_image<U: Unit>(window: &Window, x: &[f32], columns: usize, band: &Band, xt: &mut [u16]) {
    let (rows, width) = (band.rows + window.kernel - 1, columns + window.kernel - 1);
    for c in (0..window.pixel).step_by(SIDE) {
        let lanes = SIDE.min(window.pixel - c);
        let xt = &mut xt[c * band.row..][..SIDE * band.row];
        // In order: what is written behind a row's end is overwritten by the next row.
        for y in 0..rows {
            for p in (0..width).step_by(STEP) {
                let x = &x[y * window.row + p * window.pixel + c..];
                let count = STEP.min(width - p);
                U::transpose(x, window.pixel, lanes, count, &mut xt[y * band.width + p..], band.row);
            }
        }
        for xt in xt.chunks_exact_mut(band.row) {
            xt[(rows * band.width).min(band.seen)..band.seen].fill(0);
        }
    }
}

/// `d[q,o]` in pairs of pixels, rounded; zeros at the ends of rows and behind the last.
#[inline(always)]
fn interleave_gradient<U: Unit>(grid: &Grid, dz: &[f32], band: &Band, d: &mut [u16]) {
    d.fill(0);
    for at in (0..grid.lanes).step_by(SIDE) {
        let lanes = SIDE.min(grid.lanes - at);
        let d = &mut d[at / SIDE * band.tile_len()..][..band.tile_len()];
        for y in 0..band.rows {
            U::interleave(
                &dz[y * grid.row + at..],
                grid.pixel,
                lanes,
                grid.columns,
                &mut d[y * band.width / 2 * STEP..],
            );
        }
    }
}

/// `dw += sums` for one block of lanes of the first rows of a tile.
#[inline(always)]
fn add_sums<B: Block>(sums: &[f32], rows: usize, lanes: usize, dw: &mut [f32]) {
    assert!((rows - 1) * SIDE + B::LANES <= sums.len() && (rows - 1) * lanes + B::LANES <= dw.len());
    for r in 0..rows {
        // SAFETY: just checked.
        unsafe { B::load(dw, r * lanes).add(B::load(sums, r * SIDE)).store(dw, r * lanes) }
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
