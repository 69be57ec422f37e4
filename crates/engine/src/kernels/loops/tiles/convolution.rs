//! Convolution with a stride of 1, as products of tiles of bf16.
//!
//! ```text
//! image = x, rounded, its rows laid end to end
//! c[q,o] = Σ_ky Σ_i image[(q + ky width) pixel + i] w[ky,i,o]    i = kx pixel + c
//! z[y,p] = c[y width + p] + bias
//! ```

use super::*;

/// The long row of a convolution.
struct Image {
    /// Pixels per row.
    width: usize,
    rows: usize,
    /// Outputs from the first to the last, including those that cross the ends of rows.
    outputs: usize,
    /// How many numbers tiles may read.
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

/// Floats of scratch memory that [`tile_convolution`] needs for a map of `rows` x `columns` outputs.
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

/// What the windows see, rounded and followed by zeros.
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
