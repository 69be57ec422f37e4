//! The matrices of Winograd's F(4, 3), and their passes over tiles. See `kernels/winograd.rs`.
//!
//! Interpolation at 0, ±α, ±β and infinity, with α = 3/4 and β = 3/2, whose powers are exact in f32. In one dimension:
//!
//! ```text
//! Bᵀ d   v0 = α²β² d0 - (α²+β²) d2 + d4                    v5 = α²β² d1 - (α²+β²) d3 + d5
//!        v1, v2 = (d4 - β² d2) ± α (d3 - β² d1)            v3, v4 = (d4 - α² d2) ± β (d3 - α² d1)
//! G g    u0 = g0 / (α²β²)                                  u5 = g2
//!        u1, u2 = (g0 ± α g1 + α² g2) / (2α² (α²-β²))      u3, u4 = (g0 ± β g1 + β² g2) / (2β² (β²-α²))
//! Aᵀ m   yi = αⁱ (m1 + (-1)ⁱ m2) + βⁱ (m3 + (-1)ⁱ m4), plus m0 in y0, plus m5 in y3
//! ```
//!
//! On random data the rounding error is three times that of a direct convolution; with the usual points 1 and 2 it
//! would be five times as large.

use super::*;
use crate::kernels::LANES;
use crate::kernels::winograd::{Band, KERNEL, POINTS, SEEN, TILE, tile_floats};

const ALPHA: f32 = 0.75;
const BETA: f32 = 1.5;
const ALPHA_2: f32 = ALPHA * ALPHA;
const BETA_2: f32 = BETA * BETA;
const ALPHA_3: f32 = ALPHA_2 * ALPHA;
const BETA_3: f32 = BETA_2 * BETA;
/// Denominators of G.
const AT_ZERO: f32 = 1.0 / (ALPHA_2 * BETA_2);
const AT_ALPHA: f32 = 1.0 / (2.0 * ALPHA_2 * (ALPHA_2 - BETA_2));
const AT_BETA: f32 = 1.0 / (2.0 * BETA_2 * (BETA_2 - ALPHA_2));

/// `a factor + c`.
#[inline(always)]
fn add_scaled<B: Block>(c: B, factor: f32, a: B) -> B {
    a.mul_add(B::splat(factor), c)
}

/// `a x + b y`.
#[inline(always)]
fn mixed<B: Block>(a: f32, x: B, b: f32, y: B) -> B {
    add_scaled(x.mul(B::splat(a)), b, y)
}

/// `even + odd` and `even - odd`.
#[inline(always)]
fn both<B: Block>(even: B, odd: B) -> [B; 2] {
    [even.add(odd), even.sub(odd)]
}

/// Declares a product with a matrix: inlined in the loops where blocks are registers, and otherwise a function of its
/// own, because compilers take minutes for hundreds of arrays in one piece of code.
macro_rules! matrix {
    ($(#[$doc:meta])* fn $name:ident([$($from:ident),*]: [B; $n:ident]) -> [B; $m:ident] $body:block) => {
        $(#[$doc])*
        #[inline(always)]
        fn $name<B: Block>(x: [B; $n]) -> [B; $m] {
            #[inline(always)]
            fn inlined<B: Block>([$($from),*]: [B; $n]) -> [B; $m] $body
            #[inline(never)]
            fn called<B: Block>(x: [B; $n]) -> [B; $m] {
                inlined(x)
            }
            if B::IS_REGISTER { inlined(x) } else { called(x) }
        }
    };
}

matrix! {
    /// `Bᵀ d`.
    fn input([d0, d1, d2, d3, d4, d5]: [B; SEEN]) -> [B; SEEN] {
        let (even, odd) = (add_scaled(d4, -BETA_2, d2), add_scaled(d3, -BETA_2, d1));
        let (v1, v2) = (add_scaled(even, ALPHA, odd), add_scaled(even, -ALPHA, odd));
        let (even, odd) = (add_scaled(d4, -ALPHA_2, d2), add_scaled(d3, -ALPHA_2, d1));
        let (v3, v4) = (add_scaled(even, BETA, odd), add_scaled(even, -BETA, odd));
        let v0 = add_scaled(add_scaled(d4, -(ALPHA_2 + BETA_2), d2), ALPHA_2 * BETA_2, d0);
        let v5 = add_scaled(add_scaled(d5, -(ALPHA_2 + BETA_2), d3), ALPHA_2 * BETA_2, d1);
        [v0, v1, v2, v3, v4, v5]
    }
}

matrix! {
    /// `Aᵀ m`.
    fn output([m0, m1, m2, m3, m4, m5]: [B; SEEN]) -> [B; TILE] {
        let ([even_a, odd_a], [even_b, odd_b]) = (both(m1, m2), both(m3, m4));
        [
            m0.add(even_a).add(even_b),
            mixed(ALPHA, odd_a, BETA, odd_b),
            mixed(ALPHA_2, even_a, BETA_2, even_b),
            add_scaled(add_scaled(m5, ALPHA_3, odd_a), BETA_3, odd_b),
        ]
    }
}

matrix! {
    /// `A dy`: [`output`] transposed.
    fn output_gradient([y0, y1, y2, y3]: [B; TILE]) -> [B; SEEN] {
        let [z1, z2] = both(add_scaled(y0, ALPHA_2, y2), mixed(ALPHA, y1, ALPHA_3, y3));
        let [z3, z4] = both(add_scaled(y0, BETA_2, y2), mixed(BETA, y1, BETA_3, y3));
        [y0, z1, z2, z3, z4, y3]
    }
}

matrix! {
    /// `G g`.
    fn weights([g0, g1, g2]: [B; KERNEL]) -> [B; SEEN] {
        let [u1, u2] = both(mixed(AT_ALPHA, g0, AT_ALPHA * ALPHA_2, g2), g1.mul(B::splat(AT_ALPHA * ALPHA)));
        let [u3, u4] = both(mixed(AT_BETA, g0, AT_BETA * BETA_2, g2), g1.mul(B::splat(AT_BETA * BETA)));
        [g0.mul(B::splat(AT_ZERO)), u1, u2, u3, u4, g2]
    }
}

matrix! {
    /// `Gᵀ du`: [`weights`] transposed.
    fn weights_gradient([u0, u1, u2, u3, u4, u5]: [B; SEEN]) -> [B; KERNEL] {
        let ([even_a, odd_a], [even_b, odd_b]) = (both(u1, u2), both(u3, u4));
        [
            add_scaled(mixed(AT_ALPHA, even_a, AT_BETA, even_b), AT_ZERO, u0),
            mixed(AT_ALPHA * ALPHA, odd_a, AT_BETA * BETA, odd_b),
            mixed(AT_ALPHA * ALPHA_2, even_a, AT_BETA * BETA_2, even_b).add(u5),
        ]
    }
}

/// An array whose elements differ only in a number: like a loop, but with nothing for the compiler to unroll.
macro_rules! array {
    (3, |$i:ident| $element:expr) => { array!(|$i| $element; 0 1 2) };
    (4, |$i:ident| $element:expr) => { array!(|$i| $element; 0 1 2 3) };
    (6, |$i:ident| $element:expr) => { array!(|$i| $element; 0 1 2 3 4 5) };
    (|$i:ident| $element:expr; $($number:literal)*) => {
        [$({
            let $i: usize = $number;
            $element
        }),*]
    };
}

#[inline(always)]
pub(in crate::kernels) fn winograd_input<S: Set>(window: &Window, x: &[f32], band: &Band, v: &mut [f32]) {
    with_lanes!(window.pixel, |C| transform_input::<S, C>(window, x, band, v));
}

#[inline(always)]
fn transform_input<S: Set, const C: usize>(window: &Window, x: &[f32], band: &Band, v: &mut [f32]) {
    let pixel = if C > 0 { C } else { window.pixel };
    assert!(pixel.is_multiple_of(LANES) && band.tiles() * tile_floats(pixel) <= v.len());
    let (rows_seen, columns_seen) = (TILE * (band.first + band.rows) + 2, TILE * band.columns + 2);
    assert!(window.start + (rows_seen - 1) * window.row + columns_seen * pixel <= x.len());
    for row in 0..band.rows {
        let x = &x[window.start + TILE * (band.first + row) * window.row..];
        let v = &mut v[row * band.columns * tile_floats(pixel)..];
        // SAFETY: the rows and columns that the tiles see lie in x, all points of each tile in v.
        each_block!(S, pixel, |B, at| unsafe {
            input_rows::<B<S>, 0, 5>(x, window.row, pixel, band.columns, v, at);
            input_rows::<B<S>, 1, 2>(x, window.row, pixel, band.columns, v, at);
            input_rows::<B<S>, 3, 4>(x, window.row, pixel, band.columns, v, at);
        });
    }
}

/// Rows `I` and `J` of the points of one row of tiles.
///
/// # Safety
/// `x` and `v` must hold what the tiles read and write: only debug builds check.
#[inline(always)]
unsafe fn input_rows<B: Block, const I: usize, const J: usize>(
    x: &[f32],
    row: usize,
    pixel: usize,
    columns: usize,
    v: &mut [f32],
    at: usize,
) {
    // A column of d from top to bottom; the compiler drops what only other rows need.
    macro_rules! down {
        ($column:expr) => {{
            // SAFETY: the caller's promise.
            let d = input(array!(6, |y| unsafe { B::load(x, y * row + ($column) * pixel + at) }));
            (d[I], d[J])
        }};
    }
    let (mut d0, mut d1) = (down!(0), down!(1));
    for tile in 0..columns {
        let seen = TILE * tile;
        let (d2, d3, d4, d5) = (down!(seen + 2), down!(seen + 3), down!(seen + 4), down!(seen + 5));
        let to = tile * tile_floats(pixel) + at;
        let points = input([d0.0, d1.0, d2.0, d3.0, d4.0, d5.0]);
        // SAFETY: the caller's promise.
        array!(6, |x| unsafe { points[x].store(v, to + (SEEN * I + x) * pixel) });
        let points = input([d0.1, d1.1, d2.1, d3.1, d4.1, d5.1]);
        // SAFETY: the caller's promise.
        array!(6, |x| unsafe { points[x].store(v, to + (SEEN * J + x) * pixel) });
        (d0, d1) = (d4, d5);
    }
}

#[inline(always)]
pub(in crate::kernels) fn winograd_output<S: Set>(
    m: &[f32],
    bias: &[f32],
    relu: bool,
    grid: &Grid,
    band: &Band,
    z: &mut [f32],
) {
    with_lanes!(grid.lanes, |C| transform_output::<S, C>(m, bias, relu, grid, band, z));
}

#[inline(always)]
fn transform_output<S: Set, const C: usize>(
    m: &[f32],
    bias: &[f32],
    relu: bool,
    grid: &Grid,
    band: &Band,
    z: &mut [f32],
) {
    let pixel = if C > 0 { C } else { grid.lanes };
    assert!(band.tiles() * tile_floats(pixel) <= m.len());
    grid.check(z.len());
    each_block!(S, pixel, |B, at| {
        let bias: B<S> = lanes(bias, at);
        for tile in 0..band.tiles() {
            let m = &m[tile * tile_floats(pixel)..];
            // SAFETY: all points of the tile lie in m.
            let down = array!(6, |x| output(array!(6, |y| unsafe { B::<S>::load(m, (SEEN * y + x) * pixel + at) })));
            let (first_row, first_column) = band.place(tile);
            array!(4, |i| if first_row + i < grid.rows {
                let row = output(array!(6, |x| down[x][i]));
                array!(4, |j| if first_column + j < grid.columns {
                    let block = row[j].add(bias);
                    let block = if relu { block.max(B::<S>::splat(0.0)) } else { block };
                    // SAFETY: the pixel lies in the grid, and the grid in z.
                    unsafe { set_pixel(block, grid, z, first_row + i, first_column + j, at) };
                });
            });
        }
    });
}

#[inline(always)]
pub(in crate::kernels) fn winograd_output_gradient<S: Set>(dz: &[f32], grid: &Grid, band: &Band, dm: &mut [f32]) {
    with_lanes!(grid.lanes, |C| transform_gradient::<S, C>(dz, grid, band, dm));
}

#[inline(always)]
fn transform_gradient<S: Set, const C: usize>(dz: &[f32], grid: &Grid, band: &Band, dm: &mut [f32]) {
    let pixel = if C > 0 { C } else { grid.lanes };
    // Whole tiles, the zeros of the border included.
    let whole = Grid { rows: TILE * (band.first + band.rows), columns: TILE * band.columns, ..*grid };
    whole.check(dz.len());
    assert!(band.tiles() * tile_floats(pixel) <= dm.len());
    each_block!(S, pixel, |B, at| for tile in 0..band.tiles() {
        let (y, p) = band.place(tile);
        // SAFETY: the whole tiles lie in dz.
        let down = array!(4, |j| output_gradient::<B<S>>(array!(4, |i| unsafe {
            super::pixel(&whole, dz, y + i, p + j, at)
        })));
        let dm = &mut dm[tile * tile_floats(pixel)..];
        array!(6, |i| {
            let row = output_gradient(array!(4, |j| down[j][i]));
            // SAFETY: all points of the tile lie in dm.
            array!(6, |j| unsafe { row[j].store(dm, (SEEN * i + j) * pixel + at) });
        });
    });
}

/// `u = G g Gᵀ`; `w` is `[3, channels, 3, lanes]`, `u` `[block, point, channels, lanes of the block]`.
#[inline(always)]
pub(in crate::kernels) fn winograd_weights<B: Block>(at: usize, grid: &Grid, w: &[f32], u: &mut [f32]) {
    let (channels, lanes) = (grid.columns, grid.lanes);
    let block = POINTS * channels * at;
    for c in 0..channels {
        let down = array!(3, |kx| weights::<B>(array!(3, |ky| {
            self::lanes(w, ((ky * channels + c) * KERNEL + kx) * lanes + at)
        })));
        array!(6, |i| {
            let row = weights(array!(3, |kx| down[kx][i]));
            array!(6, |j| set_lanes(row[j], u, block + ((SEEN * i + j) * channels + c) * B::LANES));
        });
    }
}

/// `dg = Gᵀ du G`; `du` is laid out like `u`, `dw` is `[3, 3, channels, lanes]`. Overwrites `dw`.
#[inline(always)]
pub(in crate::kernels) fn winograd_weights_gradient<B: Block>(at: usize, grid: &Grid, du: &[f32], dw: &mut [f32]) {
    let (channels, lanes) = (grid.columns, grid.lanes);
    let block = POINTS * channels * at;
    for c in 0..channels {
        let down = array!(6, |j| weights_gradient::<B>(array!(6, |i| {
            self::lanes(du, block + ((SEEN * i + j) * channels + c) * B::LANES)
        })));
        array!(3, |ky| {
            let row = weights_gradient(array!(6, |j| down[j][ky]));
            array!(3, |kx| set_lanes(row[kx], dw, ((KERNEL * ky + kx) * channels + c) * lanes + at));
        });
    }
}
