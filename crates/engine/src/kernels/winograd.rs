//! Convolution with kernels of 3 x 3 in a third of the time: Winograd's F(4 x 4, 3 x 3).
//!
//! A tile of 4 x 4 outputs sees 6 x 6 inputs d and costs 36 products where a direct convolution needs 144:
//!
//! ```text
//! v = Bᵀ d B     inputs, transformed: one number per point
//! u = G g Gᵀ     weights
//! m = u ⊙ v      summed over the input channels
//! y = Aᵀ m A     outputs
//! ```
//!
//! The sums are 36 products of matrices, `m[i] = v[i] u[i]`: tiles x channels times channels x outputs. Gradients go
//! the same way backward: `du[i] = v[i]ᵀ (A dy Aᵀ)[i]`, summed over all tiles, and `dg = Gᵀ du G`; the input gradient
//! is a convolution again.
//!
//! Where whole tiles do not fit, maps are treated as larger: their border has the necessary zeros ([`beyond`]).
//!
//! This file cuts a map into bands of tiles; the matrices are in `loops/winograd_transforms.rs`, the products in
//! `loops/winograd_products.rs`.
//!
//! Source: Lavin, Gray, "Fast Algorithms for Convolutional Neural Networks" (2016).

use super::*;

/// Outputs of a tile in one direction.
pub(super) const TILE: usize = 4;

/// Weights, and inputs that a tile sees, in one direction.
pub(super) const KERNEL: usize = 3;
pub(super) const SEEN: usize = TILE + KERNEL - 1;

/// Products per tile.
pub(crate) const POINTS: usize = SEEN * SEEN;

/// Floats from one tile's products to the next: slightly more than they need, so that the same point of neighbouring
/// tiles does not fall into the same few cache sets.
#[inline(always)]
pub(super) const fn tile_floats(pixel: usize) -> usize {
    POINTS * pixel + 16
}

/// Tiles that are processed together, unless a row of tiles is longer: their v and m fit into the nearest cache.
const TILES: usize = 16;

/// The same for the weight gradient, whose sums stay in registers over this many tiles.
const GRADIENT_TILES: usize = 32;

/// Zeros that the kernels need after this many outputs of a row or column, to fill whole tiles.
pub(crate) fn beyond(outputs: usize) -> usize {
    outputs.next_multiple_of(TILE) - outputs
}

/// Floats of scratch memory that the kernels need for a map of `rows` x `columns` outputs and these numbers of lanes.
pub(crate) fn scratch_len(rows: usize, columns: usize, in_lanes: usize, out_lanes: usize) -> usize {
    let (rows, columns) = (rows.div_ceil(TILE), columns.div_ceil(TILE));
    let tiles = (rows * columns).min(TILES.max(GRADIENT_TILES).max(columns));
    tiles * (tile_floats(in_lanes) + tile_floats(out_lanes))
}

/// Neighbouring rows of tiles.
pub(crate) struct Band {
    pub first: usize,
    pub rows: usize,
    /// Tiles per row.
    pub columns: usize,
}

impl Band {
    #[inline(always)]
    pub(super) fn tiles(&self) -> usize {
        self.rows * self.columns
    }

    /// Row and column of a tile's first output.
    #[inline(always)]
    pub(super) fn place(&self, tile: usize) -> (usize, usize) {
        (TILE * (self.first + tile / self.columns), TILE * (tile % self.columns))
    }
}

/// Bands of at most `most` tiles, or of one row.
fn bands(grid: &Grid, most: usize) -> impl Iterator<Item = Band> {
    let (all, columns) = (grid.rows.div_ceil(TILE), grid.columns.div_ceil(TILE));
    let count = all.div_ceil((most / columns).max(1));
    (0..count).map(move |index| {
        let first = all * index / count;
        Band { first, rows: all * (index + 1) / count - first, columns }
    })
}

/// The band's share of what is to be prefetched.
fn part<'x>(ahead: [&'x [f32]; AHEAD], band: &Band, grid: &Grid) -> [&'x [f32]; AHEAD] {
    let all = grid.rows.div_ceil(TILE);
    ahead.map(|x| &x[x.len() * band.first / all..x.len() * (band.first + band.rows) / all])
}

/// [`convolution`] with a kernel of 3 and a stride of 1, and transformed weights `u` of [`winograd_weights`].
///
/// Overwrites `z`.
pub(crate) fn winograd_convolution(
    isa: Isa,
    window: &Window,
    x: &[f32],
    u: &[f32],
    bias: &[f32],
    relu: bool,
    grid: &Grid,
    z: &mut [f32],
    Aside { scratch, ahead }: Aside<'_>,
) {
    for band in bands(grid, TILES) {
        let (v, m) = scratch.split_at_mut(band.tiles() * tile_floats(window.pixel));
        winograd_input(isa, window, x, &band, v);
        winograd_products(isa, window, v, u, &band, grid.lanes, m, part(ahead, &band, grid));
        winograd_output(isa, m, bias, relu, grid, &band, z);
    }
}

/// Adds the gradient of [`winograd_convolution`]'s weights to `du`, in the form that [`winograd_weights_gradient`]
/// turns into weight gradients.
///
/// Each band is summed from zero, tile by tile, and then added.
pub(crate) fn winograd_weight_gradient(
    isa: Isa,
    window: &Window,
    x: &[f32],
    grid: &Grid,
    dz: &[f32],
    du: &mut [f32],
    Aside { scratch, ahead }: Aside<'_>,
) {
    for band in bands(grid, GRADIENT_TILES) {
        let (v, dm) = scratch.split_at_mut(band.tiles() * tile_floats(window.pixel));
        winograd_input(isa, window, x, &band, v);
        winograd_output_gradient(isa, dz, grid, &band, dm);
        winograd_products_gradient(isa, window.pixel, v, dm, &band, grid.lanes, du, part(ahead, &band, grid));
    }
}
