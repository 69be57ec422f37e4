//! Convolution with kernels of 3 x 3 in two thirds to half of the time: Winograd's F(2 x 2, 3 x 3).
//!
//! A tile of 2 x 2 outputs sees 4 x 4 inputs. In one dimension, two outputs of three weights cost four products:
//!
//! ```text
//! v = Bᵀ d    v0 = d0 - d2    v1 = d1 + d2          v2 = d2 - d1          v3 = d3 - d1
//! u = G g     u0 = g0         u1 = (g0+g1+g2) / 2   u2 = (g0-g1+g2) / 2   u3 = g2
//! m = u ⊙ v
//! y = Aᵀ m    y0 = m0 + m1 + m2                     y1 = m1 - m2 + m3
//! ```
//!
//! In two dimensions each matrix is applied to columns and to rows, and 16 products stand for 36. They are summed over
//! the input channels before the way back, as 16 products of matrices: `m[i] = v[i] u[i]`, tiles x channels times
//! channels x outputs. Gradients go the same way backward: `du[i] = v[i]ᵀ (A dy Aᵀ)[i]`, summed over all tiles, and
//! `dg = Gᵀ du G`; the input gradient is a convolution again.
//!
//! Maps with an odd side are as if one row or column larger: the border has the zeros for it.
//!
//! Source: Lavin, Gray, "Fast Algorithms for Convolutional Neural Networks" (2016); the sign of the last row of Bᵀ and
//! of Aᵀ is changed, so that A has no negation.

use std::ops::Range;

use super::*;

/// Products a tile: 4 x 4.
pub(in crate::kernels) const POINTS: usize = 16;

/// Floats from one tile's products to the next: a little more than they take, so that the same point of neighbouring
/// tiles does not fall into the same few places of a cache.
#[inline(always)]
pub(in crate::kernels) const fn tile_floats(pixel: usize) -> usize {
    POINTS * pixel + 16
}

/// Tiles that are worked on together, if rows of tiles are not longer: their v and m lie in the nearest cache.
pub(in crate::kernels) const TILES: usize = 16;

/// The same for the weight gradient, whose sums are kept in registers over so many tiles.
pub(in crate::kernels) const GRADIENT_TILES: usize = 32;

/// Runs `$body` with `$C` equal to the lanes of a pixel where recipes use so many, so that all offsets are constants;
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

/// Runs `$body` for each block of lanes, `$B` being its type and `$at` its offset.
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

/// Runs `$body` for each band of rows of tiles: `$first` row, `$rows` rows, at most `$most` tiles if it can be.
macro_rules! each_band {
    ($grid:expr, $most:expr, |$first:ident, $rows:ident| $body:block) => {{
        let all = $grid.rows.div_ceil(2);
        let most = ($most / $grid.columns.div_ceil(2)).max(1);
        let mut $first = 0;
        while $first < all {
            let $rows = next_step(all - $first, most);
            $body
            $first += $rows;
        }
    }};
}

/// Some of `count` equal parts of a slice.
#[inline(always)]
fn part(x: &[f32], parts: Range<usize>, count: usize) -> &[f32] {
    &x[x.len() * parts.start / count..x.len() * parts.end / count]
}

#[inline(always)]
pub(in crate::kernels) fn winograd_convolution<S: Set>(
    window: &Window,
    x: &[f32],
    u: &[f32],
    bias: &[f32],
    relu: bool,
    grid: &Grid,
    z: &mut [f32],
    Aside { scratch, ahead }: Aside<'_>,
) {
    each_band!(grid, TILES, |first, rows| {
        let ahead = ahead.map(|ahead| part(ahead, first..first + rows, grid.rows.div_ceil(2)));
        let tiles = rows * grid.columns.div_ceil(2);
        let (v, m) = scratch.split_at_mut(tiles * tile_floats(window.pixel));
        with_lanes!(window.pixel, |C| transform_input::<S, C>(window, x, grid, first, rows, v));
        with_lanes!(window.pixel, |C| products::<S, C>(window, v, tiles, u, grid.lanes, m, ahead));
        with_lanes!(grid.lanes, |C| transform_output::<S, C>(m, bias, relu, grid, first, rows, z));
    });
}

/// `m = v u` of each point: `[tile, point, C]` times `[point, channels, lanes]` is `[tile, point, lanes]`.
#[inline(always)]
fn products<S: Set, const C: usize>(
    window: &Window,
    v: &[f32],
    tiles: usize,
    u: &[f32],
    lanes: usize,
    m: &mut [f32],
    mut ahead: [&[f32]; AHEAD],
) {
    let pixel = if C > 0 { C } else { window.pixel };
    each_block!(S, lanes, |B, at| {
        let mut tile = 0;
        while tile < tiles {
            let step = next_step(tiles - tile, most::<S>(C));
            let (v, u, m) = (&v[tile * tile_floats(pixel)..], &u[at..], &mut m[tile * tile_floats(lanes) + at..]);
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
    assert!((POINTS * channels - 1) * lanes + B::LANES <= u.len());
    assert!((P - 1) * tile_floats(lanes) + (POINTS - 1) * lanes + B::LANES <= m.len());
    for point in 0..POINTS {
        fetch::<S>(ahead, point, POINTS);
        let mut sums = [B::splat(0.0); P];
        // SAFETY: P tiles lie in v, all weights in u, a block of each product in m.
        unsafe {
            for c in 0..channels {
                let u = B::load(u, (point * channels + c) * lanes);
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

/// `v = Bᵀ d B` of some rows of tiles; `v` is `[tile, point, C]`.
#[inline(always)]
fn transform_input<S: Set, const C: usize>(
    window: &Window,
    x: &[f32],
    grid: &Grid,
    first: usize,
    rows: usize,
    v: &mut [f32],
) {
    let pixel = if C > 0 { C } else { window.pixel };
    let columns = grid.columns.div_ceil(2);
    assert!(rows * columns * tile_floats(pixel) <= v.len());
    assert!(window.start + (2 * (first + rows) + 1) * window.row + (2 * columns + 2) * pixel <= x.len());
    for row in 0..rows {
        let x = &x[window.start + 2 * (first + row) * window.row..];
        let v = &mut v[row * columns * tile_floats(pixel)..];
        // One row of the vertical transform at a time: the difference or sum of two rows of d.
        macro_rules! points {
            ($B:ident, $at:ident, $y:literal, $operation:ident, $a:literal, $b:literal) => {{
                macro_rules! down {
                    ($column:expr) => {{
                        let at = $at + ($column) * pixel;
                        $B::<S>::load(x, $a * window.row + at).$operation($B::<S>::load(x, $b * window.row + at))
                    }};
                }
                let (mut d0, mut d1) = (down!(0), down!(1));
                for column in 0..columns {
                    let (d2, d3) = (down!(2 * column + 2), down!(2 * column + 3));
                    let at = column * tile_floats(pixel) + 4 * $y * pixel + $at;
                    d0.sub(d2).store(v, at);
                    d1.add(d2).store(v, at + pixel);
                    d2.sub(d1).store(v, at + 2 * pixel);
                    d3.sub(d1).store(v, at + 3 * pixel);
                    (d0, d1) = (d2, d3);
                }
            }};
        }
        // SAFETY: four rows of 2 columns + 2 pixels lie in x, sixteen points of each tile in v.
        each_block!(S, pixel, |B, at| unsafe {
            points!(B, at, 0, sub, 0, 2);
            points!(B, at, 1, add, 1, 2);
            points!(B, at, 2, sub, 2, 1);
            points!(B, at, 3, sub, 3, 1);
        });
    }
}

/// `z = Aᵀ m A + bias` of some rows of tiles; `m` is `[tile, point, C]`.
#[inline(always)]
fn transform_output<S: Set, const C: usize>(
    m: &[f32],
    bias: &[f32],
    relu: bool,
    grid: &Grid,
    first: usize,
    rows: usize,
    z: &mut [f32],
) {
    let pixel = if C > 0 { C } else { grid.lanes };
    let columns = grid.columns.div_ceil(2);
    assert!(2 * (first + rows) <= grid.rows + 1 && rows * columns * tile_floats(pixel) <= m.len());
    grid.check(z.len());
    each_block!(S, pixel, |B, at| {
        let bias: B<S> = lanes(bias, at);
        for row in 0..rows {
            let y = 2 * (first + row);
            for column in 0..columns {
                let m = &m[(row * columns + column) * tile_floats(pixel)..];
                // Row `$y` of outputs from three of the four rows of products: a + b + c, or a - b + c.
                macro_rules! outputs {
                    ($y:expr, $operation:ident, $a:literal, $b:literal, $c:literal) => {{
                        let mut s = [bias; 4];
                        for i in 0..4 {
                            let a = B::<S>::load(m, (4 * $a + i) * pixel + at);
                            let b = B::<S>::load(m, (4 * $b + i) * pixel + at);
                            s[i] = a.$operation(b).add(B::<S>::load(m, (4 * $c + i) * pixel + at));
                        }
                        let (even, odd) = (s[0].add(s[1]).add(s[2]).add(bias), s[1].sub(s[2]).add(s[3]).add(bias));
                        let nothing = B::<S>::splat(0.0);
                        let (even, odd) = if relu { (even.max(nothing), odd.max(nothing)) } else { (even, odd) };
                        set_pixel(even, grid, z, $y, 2 * column, at);
                        if 2 * column + 1 < grid.columns {
                            set_pixel(odd, grid, z, $y, 2 * column + 1, at);
                        }
                    }};
                }
                // SAFETY: the tile lies in m, and the grid in z.
                unsafe {
                    outputs!(y, add, 0, 1, 2);
                    if y + 1 < grid.rows {
                        outputs!(y + 1, sub, 1, 2, 3);
                    }
                }
            }
        }
    });
}

#[inline(always)]
pub(in crate::kernels) fn winograd_weight_gradient<S: Set>(
    window: &Window,
    x: &[f32],
    grid: &Grid,
    dz: &[f32],
    du: &mut [f32],
    Aside { scratch, ahead }: Aside<'_>,
) {
    each_band!(grid, GRADIENT_TILES, |first, rows| {
        let mut ahead = ahead.map(|ahead| part(ahead, first..first + rows, grid.rows.div_ceil(2)));
        let tiles = rows * grid.columns.div_ceil(2);
        let (v, d) = scratch.split_at_mut(tiles * tile_floats(window.pixel));
        with_lanes!(window.pixel, |C| transform_input::<S, C>(window, x, grid, first, rows, v));
        with_lanes!(grid.lanes, |C| transform_gradient::<S, C>(dz, grid, first, rows, d));
        each_block!(S, grid.lanes, |B, at| {
            let mut c = 0;
            while c < window.pixel {
                let step = next_step(window.pixel - c, S::SUMS);
                let (v, d, du) = (&v[c..], &d[at..], &mut du[c * grid.lanes + at..]);
                tiles!(S::SUMS, step, |J| gradient_tiles::<S, B<S>, J>(
                    window.pixel,
                    v,
                    tiles,
                    d,
                    grid.lanes,
                    du,
                    ahead
                ));
                ahead = [&[]; AHEAD];
                c += step;
            }
        });
    });
}

/// `du[j] += Σ v[tile, j] d[tile]` of each point, for `J` input channels and one block of output channels.
#[inline(always)]
fn gradient_tiles<S: Set, B: Block, const J: usize>(
    pixel: usize,
    v: &[f32],
    tiles: usize,
    d: &[f32],
    lanes: usize,
    du: &mut [f32],
    ahead: [&[f32]; AHEAD],
) {
    assert!((tiles - 1) * tile_floats(pixel) + (POINTS - 1) * pixel + J <= v.len());
    assert!((tiles - 1) * tile_floats(lanes) + (POINTS - 1) * lanes + B::LANES <= d.len());
    assert!(((POINTS - 1) * pixel + J - 1) * lanes + B::LANES <= du.len());
    for point in 0..POINTS {
        fetch::<S>(ahead, point, POINTS);
        let mut sums = [B::splat(0.0); J];
        // SAFETY: J channels of all tiles lie in v, a block of all tiles in d, J blocks of all points in du.
        unsafe {
            for tile in 0..tiles {
                let d = B::load(d, tile * tile_floats(lanes) + point * lanes);
                for j in 0..J {
                    let v = *v.get_unchecked(tile * tile_floats(pixel) + point * pixel + j);
                    sums[j] = B::splat(v).mul_add(d, sums[j]);
                }
            }
            for j in 0..J {
                let at = (point * pixel + j) * lanes;
                B::load(du, at).add(sums[j]).store(du, at);
            }
        }
    }
}

/// `d = A dz Aᵀ` of some rows of tiles; `d` is `[tile, point, C]`.
#[inline(always)]
fn transform_gradient<S: Set, const C: usize>(dz: &[f32], grid: &Grid, first: usize, rows: usize, d: &mut [f32]) {
    let pixel = if C > 0 { C } else { grid.lanes };
    let columns = grid.columns.div_ceil(2);
    // Whole tiles, the zeros of the border included.
    let whole = Grid { rows: 2 * (first + rows), columns: 2 * columns, ..*grid };
    whole.check(dz.len());
    assert!(rows * columns * tile_floats(pixel) <= d.len());
    each_block!(S, pixel, |B, at| for row in 0..rows {
        for column in 0..columns {
            let (y, p) = (2 * (first + row), 2 * column);
            let d = &mut d[(row * columns + column) * tile_floats(pixel)..];
            macro_rules! points {
                ($y:literal, $left:expr, $right:expr) => {{
                    let (left, right): (B<S>, B<S>) = ($left, $right);
                    left.store(d, 4 * $y * pixel + at);
                    left.add(right).store(d, (4 * $y + 1) * pixel + at);
                    left.sub(right).store(d, (4 * $y + 2) * pixel + at);
                    right.store(d, (4 * $y + 3) * pixel + at);
                }};
            }
            // SAFETY: the whole tiles lie in dz, sixteen points of each in d.
            unsafe {
                let (a, b): (B<S>, B<S>) = (super::pixel(&whole, dz, y, p, at), super::pixel(&whole, dz, y, p + 1, at));
                let (c, e): (B<S>, B<S>) =
                    (super::pixel(&whole, dz, y + 1, p, at), super::pixel(&whole, dz, y + 1, p + 1, at));
                points!(0, a, b);
                points!(1, a.add(c), b.add(e));
                points!(2, a.sub(c), b.sub(e));
                points!(3, c, e);
            }
        }
    });
}

/// `u = G g Gᵀ`; `w` is `[3, channels, 3, lanes]`, `u` `[point, channels, lanes]`.
#[inline(always)]
pub(in crate::kernels) fn winograd_weights<B: Block>(at: usize, grid: &Grid, w: &[f32], u: &mut [f32]) {
    let half = B::splat(0.5);
    macro_rules! transform {
        ($g:expr) => {{
            let [g0, g1, g2]: [B; 3] = $g;
            let outer = g0.add(g2);
            [g0, outer.add(g1).mul(half), outer.sub(g1).mul(half), g2]
        }};
    }
    let (channels, lanes) = (grid.columns, grid.lanes);
    for c in 0..channels {
        let mut down = [[B::splat(0.0); 3]; 4];
        for kx in 0..3 {
            let mut column = [B::splat(0.0); 3];
            for ky in 0..3 {
                column[ky] = self::lanes(w, ((ky * channels + c) * 3 + kx) * lanes + at);
            }
            let column = transform!(column);
            for i in 0..4 {
                down[i][kx] = column[i];
            }
        }
        for i in 0..4 {
            let row = transform!(down[i]);
            for j in 0..4 {
                set_lanes(row[j], u, ((4 * i + j) * channels + c) * lanes + at);
            }
        }
    }
}

/// `dg = Gᵀ du G`; `du` is `[point, channels, lanes]`, `dw` `[3, 3, channels, lanes]`. Overwrites `dw`.
#[inline(always)]
pub(in crate::kernels) fn winograd_gradient<B: Block>(at: usize, grid: &Grid, du: &[f32], dw: &mut [f32]) {
    let half = B::splat(0.5);
    macro_rules! transform {
        ($u:expr) => {{
            let [u0, u1, u2, u3]: [B; 4] = $u;
            let inner = u1.add(u2).mul(half);
            [u0.add(inner), u1.sub(u2).mul(half), inner.add(u3)]
        }};
    }
    let (channels, lanes) = (grid.columns, grid.lanes);
    for c in 0..channels {
        let mut down = [[B::splat(0.0); 4]; 3];
        for j in 0..4 {
            let mut column = [B::splat(0.0); 4];
            for i in 0..4 {
                column[i] = self::lanes(du, ((4 * i + j) * channels + c) * lanes + at);
            }
            let column = transform!(column);
            for ky in 0..3 {
                down[ky][j] = column[ky];
            }
        }
        for ky in 0..3 {
            let row = transform!(down[ky]);
            for kx in 0..3 {
                set_lanes(row[kx], dw, ((3 * ky + kx) * channels + c) * lanes + at);
            }
        }
    }
}
