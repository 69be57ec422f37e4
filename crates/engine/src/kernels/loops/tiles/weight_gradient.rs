//! The gradient of a convolution's weights with a stride of 1, as products of tiles of bf16.
//!
//! ```text
//! xt[c,q] = x[q,c], d[q,o] = dz[q,o], rounded, for a band of rows laid end to end
//! dw[ky,kx,c,o] += Σ_q xt[c, q + ky width + kx] d[q,o]
//! ```

use super::*;

/// Pixels whose products are summed in registers before they are added to the gradient, unless a row is longer:
/// `xt` and `d` fit into the nearest cache.
const BAND: usize = 448;

/// The long row of a band of a weight gradient.
struct Band {
    /// Rows of outputs.
    rows: usize,
    /// Pixels per row: an even number, so that no pair crosses the end of a row.
    width: usize,
    /// Pairs of pixels, from the first to the last.
    pairs: usize,
    /// Numbers from one channel to the next.
    row: usize,
    /// How many of these are read.
    seen: usize,
}

impl Band {
    fn new(kernel: usize, rows: usize, columns: usize) -> Band {
        let width = (columns + kernel - 1).next_multiple_of(2);
        let pairs = ((rows - 1) * width + columns).div_ceil(2);
        let seen = (kernel - 1) * (width + 1) + 2 * pairs.next_multiple_of(SIDE);
        let written = (rows + kernel - 2) * width + width.next_multiple_of(STEP);
        // An odd number of lines, so that the channels do not fall into the same few cache sets.
        let row = (seen.max(written).div_ceil(LINE_LEN) | 1) * LINE_LEN;
        Band { rows, width, pairs, row, seen }
    }

    /// How many of `rows` rows fit into a band.
    fn most_rows(kernel: usize, rows: usize, columns: usize) -> usize {
        next_step(rows, (BAND / (columns + kernel - 1)).max(1))
    }

    /// How many numbers `xt` and `d` have.
    fn numbers(&self, pixel: usize, lanes: usize) -> [usize; 2] {
        [pixel.next_multiple_of(SIDE) * self.row, lanes.div_ceil(SIDE) * self.tile_len()]
    }

    /// How many numbers 16 lanes of `d` take.
    fn tile_len(&self) -> usize {
        // Rows of pairs, the last of which may lie beyond the outputs, or else zeros that complete a tile.
        (self.rows * self.width / 2).max(self.pairs.next_multiple_of(SIDE)) * STEP
    }
}

/// Floats of scratch memory that [`tile_weight_gradient`] needs for a map of `rows` x `columns` outputs.
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

/// `xt[c,q]`: what the windows of a band see, transposed and rounded, followed by zeros.
#[inline(always)]
fn transpose_image<U: Unit>(window: &Window, x: &[f32], columns: usize, band: &Band, xt: &mut [u16]) {
    let (rows, width) = (band.rows + window.kernel - 1, columns + window.kernel - 1);
    for c in (0..window.pixel).step_by(SIDE) {
        let lanes = SIDE.min(window.pixel - c);
        let xt = &mut xt[c * band.row..][..SIDE * band.row];
        // In this order, the next row overwrites what is written beyond a row's end.
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

/// `d[q,o]` in pairs of pixels, rounded; zeros at the ends of rows and after the last.
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
