//! The inner loops, for one sample at a time, compiled once per instruction set and chosen at run time.
//!
//! Every output element is summed in one fixed order with fused multiply-adds, and the lanes of a vector are always
//! different channels, so all instruction sets give the same bits. The loops are written once, in `loops`. This
//! file chooses the instructions; for bf16, whose units differ in the last bits, `tiles` does.

mod loops;
mod peak;
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "no other processor has tiles"))]
pub(crate) mod tiles;
mod vector;
pub(crate) mod winograd;

pub use peak::peak;
pub use tiles::{Precision, Tiles};

#[cfg(target_arch = "x86_64")]
use vector::{Avx2, Avx512};
use vector::{Block, Portable, Set};
use winograd::Band;
pub(crate) use winograd::{winograd_convolution, winograd_weight_gradient};

/// Channels are stored in groups of this many floats.
pub(crate) const LANES: usize = 8;

/// The pixels of one sample in a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    pub rows: usize,
    pub columns: usize,
    /// Floats per pixel; a multiple of [`LANES`].
    pub lanes: usize,
    /// Offset of the first pixel.
    pub start: usize,
    /// Floats from one row to the next.
    pub row: usize,
    /// Floats from one pixel of a row to the next.
    pub pixel: usize,
}

impl Grid {
    /// Checks that all pixels lie in a slice of `len` floats.
    ///
    /// # Panics
    /// If they do not.
    fn check(&self, len: usize) {
        assert!(self.rows > 0 && self.columns > 0 && self.lanes.is_multiple_of(LANES), "a grid without whole pixels");
        let end = self.start + (self.rows - 1) * self.row + (self.columns - 1) * self.pixel + self.lanes;
        assert!(end <= len, "a grid that ends at {end} in {len} floats");
    }

    /// As [`Grid::check`]; also checks that it has as many rows, columns and lanes as `other`.
    ///
    /// # Panics
    /// If not.
    fn check_like(&self, other: &Grid, len: usize) {
        let size = |grid: &Grid| [grid.rows, grid.columns, grid.lanes];
        assert_eq!(size(self), size(other), "rows, columns and lanes of two grids");
        self.check(len);
    }

    /// As [`Grid::check`]; also checks that the grid holds every window (height, width, stride) of `outputs`.
    ///
    /// # Panics
    /// If not.
    fn check_windows(&self, [height, width, stride]: [usize; 3], outputs: &Grid, len: usize) {
        let fits = (outputs.rows - 1) * stride + height <= self.rows
            && (outputs.columns - 1) * stride + width <= self.columns
            && outputs.lanes == self.lanes;
        assert!(fits, "windows beyond the map");
        self.check(len);
    }
}

/// What a convolution reads: output (y, p) sees the square that begins at `start + y stride row + p stride pixel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub kernel: usize,
    pub stride: usize,
    /// Channels to sum over: the first of the `pixel` floats.
    pub channels: usize,
    /// Offset of the first square.
    pub start: usize,
    /// Floats from one row to the next.
    pub row: usize,
    /// Floats from one pixel to the next.
    pub pixel: usize,
    /// Rows and columns of stored zeros, for certain, on each side of what the squares see; only with a stride of 1.
    pub zeros: usize,
}

/// Tensors that a convolution can bring into the cache while it calculates.
pub(crate) const AHEAD: usize = 4;

/// What a convolution uses besides its operands.
pub(crate) struct Aside<'a> {
    /// Overwritten. [`winograd::scratch_len`] floats for Winograd's algorithm; for tiles, as many as [`tiles`] says.
    pub scratch: &'a mut [f32],
    /// What will be read or written next; brought into the cache while the memory is idle.
    pub ahead: [&'a [f32]; AHEAD],
}

/// An instruction set that this processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(VectorSet);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum VectorSet {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Isa {
    /// All that this processor has, slowest first.
    pub fn available() -> Vec<Isa> {
        #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut, reason = "there is nothing to add"))]
        let mut list = vec![Isa(VectorSet::Portable)];
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            if has!("avx2") && has!("fma") {
                list.push(Isa(VectorSet::Avx2));
                if has!("avx512f") && has!("avx512vl") {
                    list.push(Isa(VectorSet::Avx512));
                }
            }
        }
        list
    }

    /// The fastest that this processor has.
    pub fn best() -> Isa {
        Isa::available()[Isa::available().len() - 1]
    }

    /// `portable` (what the compiler's target guarantees), `avx2` (with fused multiply-adds) or `avx512` (F and VL).
    pub fn name(self) -> &'static str {
        match self.0 {
            VectorSet::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            VectorSet::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            VectorSet::Avx512 => "avx512",
        }
    }
}

/// Declares each kernel as a function that takes the instruction set first and calls [`loops`] compiled for it.
///
/// Either the loop chooses its own tiles or, with `for each block of GRID`, it is called once for each block of the
/// grid's lanes: first the wide blocks, then a narrow one if lanes are left.
macro_rules! kernels {
    ($(
        $(#[$doc:meta])*
        fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(for each block of $grid:ident)?;
    )*) => { $(
        $(#[$doc])*
        pub(crate) fn $name(isa: Isa, $($argument: $type),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($argument: $type),*) {
                kernels!(@call Avx2, $name($($argument),*) $($grid)?);
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512vl,avx2,fma")]
            fn avx512($($argument: $type),*) {
                kernels!(@call Avx512, $name($($argument),*) $($grid)?);
            }
            match isa.0 {
                VectorSet::Portable => kernels!(@call Portable, $name($($argument),*) $($grid)?),
                #[cfg(target_arch = "x86_64")]
                // SAFETY: an `Isa` of this kind is made only by `available`, where the processor has AVX2 and FMA.
                VectorSet::Avx2 => unsafe { avx2($($argument),*) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: as above; the processor has AVX-512 F and VL too.
                VectorSet::Avx512 => unsafe { avx512($($argument),*) },
            }
        }
    )* };
    (@call $set:ident, $name:ident($($argument:ident),*)) => {
        loops::$name::<$set>($($argument),*)
    };
    (@call $set:ident, $name:ident($($argument:ident),*) $grid:ident) => {{
        type Wide = <$set as Set>::Wide;
        type Narrow = <$set as Set>::Narrow;
        let (lanes, mut at) = ($grid.lanes, 0);
        while at + Wide::LANES <= lanes {
            loops::$name::<Wide>(at, $($argument),*);
            at += Wide::LANES;
        }
        if at < lanes {
            loops::$name::<Narrow>(at, $($argument),*);
        }
    }};
}

kernels! {
    /// `z[y,p,o] = bias[o] + Σ x[y s + ky, p s + kx, c] w[ky,c,kx,o]`, summed in the order ky, c, kx.
    ///
    /// `w` is `[kernel, channels, kernel, lanes]`, `bias` is `[lanes]`; with `relu`, no z is less than 0. Overwrites `z`.
    fn convolution(
        window: &Window, x: &[f32], w: &[f32], bias: &[f32], relu: bool, grid: &Grid, z: &mut [f32],
        aside: Aside<'_>,
    );

    /// `dw[ky,kx,c,o] += Σ_y,p x[y s + ky, p s + kx, c] dz[y,p,o]`, for all `window.pixel` values c of a pixel.
    ///
    /// Blocks of four rows are summed from zero, row by row, and added to `dw`, which is
    /// `[kernel, kernel, pixel, lanes]`.
    fn weight_gradient(window: &Window, x: &[f32], grid: &Grid, dz: &[f32], dw: &mut [f32], aside: Aside<'_>);

    /// `v = Bᵀ d B` of a band's tiles, `[tile, point, pixel]`.
    fn winograd_input(window: &Window, x: &[f32], band: &Band, v: &mut [f32]);

    /// `m = v u` of each point, `[tile, point, lanes]`, summed in the order of the channels; `u` is
    /// `[block, point, channels, lanes of the block]`.
    fn winograd_products(
        window: &Window, v: &[f32], u: &[f32], band: &Band, lanes: usize, m: &mut [f32], ahead: [&[f32]; AHEAD],
    );

    /// `z = Aᵀ m A + bias` of a band's tiles; with `relu`, no z is less than 0.
    fn winograd_output(m: &[f32], bias: &[f32], relu: bool, grid: &Grid, band: &Band, z: &mut [f32]);

    /// `dm = A dz Aᵀ` of a band's tiles, `[tile, point, lanes]`.
    fn winograd_output_gradient(dz: &[f32], grid: &Grid, band: &Band, dm: &mut [f32]);

    /// `du += vᵀ dm` of each point, `[block, point, pixel, lanes of the block]`: the band's tiles are summed from zero,
    /// and the sum is added.
    fn winograd_products_gradient(
        pixel: usize, v: &[f32], dm: &[f32], band: &Band, lanes: usize, du: &mut [f32], ahead: [&[f32]; AHEAD],
    );

    /// `u = G g Gᵀ` of [`convolution`]'s weights, for [`winograd_products`]. `grid`: one row, one column per channel.
    fn winograd_weights(grid: &Grid, w: &[f32], u: &mut [f32]) for each block of grid;

    /// `dw = Gᵀ du G`, laid out as in [`weight_gradient`]. `grid`: one row, one column per channel. Overwrites `dw`.
    fn winograd_weights_gradient(grid: &Grid, du: &[f32], dw: &mut [f32]) for each block of grid;

    /// `sums[c] += Σ x[y,p,c]`, each row summed from zero.
    fn channel_sums(grid: &Grid, x: &[f32], sums: &mut [f32]) for each block of grid;

    /// `mean[c]` and `m2[c] = Σ (x - mean)²` of one sample; overwrites both.
    fn moments(grid: &Grid, x: &[f32], mean: &mut [f32], m2: &mut [f32]) for each block of grid;

    /// `y = (x - mean) scale + shift`, each `[lanes]`; with `relu`, at least 0. Overwrites `y`.
    fn normalize(
        gx: &Grid, x: &[f32], mean_scale_shift: [&[f32]; 3], relu: bool, gy: &Grid, y: &mut [f32],
    ) for each block of gx;

    /// `sum[c] = Σ dy` and `sum_x[c] = Σ dy (x - mean)` of one sample; overwrites both. With `relu`, sets `dy` to 0
    /// first wherever [`normalize`] gives no positive `y`.
    fn normalize_sums(
        gx: &Grid, x: &[f32], mean_scale_shift: [&[f32]; 3], relu: bool, gy: &Grid, dy: &mut [f32],
        sum: &mut [f32], sum_x: &mut [f32],
    ) for each block of gx;

    /// `dx = scale (dy - k - (x - mean) k_x)`, each coefficient `[lanes]`. Overwrites `dx`.
    fn normalize_gradient(
        gx: &Grid, x: &[f32], mean_scale_shift: [&[f32]; 3], k_and_k_x: [&[f32]; 2],
        gy: &Grid, dy: &[f32], gdx: &Grid, dx: &mut [f32],
    ) for each block of gx;

    /// [`normalize`], then the largest value of each window of `size` (height, width, stride). Overwrites `y`.
    fn normalize_pool(
        gx: &Grid, x: &[f32], mean_scale_shift: [&[f32]; 3], relu: bool, size: [usize; 3], gy: &Grid, y: &mut [f32],
    ) for each block of gx;

    /// [`normalize_sums`], where `dy` is the gradient of the pooled map.
    fn normalize_pool_sums(
        gx: &Grid, x: &[f32], mean_scale_shift: [&[f32]; 3], relu: bool, size: [usize; 3], gy: &Grid, dy: &[f32],
        sum: &mut [f32], sum_x: &mut [f32],
    ) for each block of gx;

    /// [`normalize_gradient`], where `dy` is the gradient of the pooled map; windows do not overlap.
    fn normalize_pool_gradient(
        gx: &Grid, x: &[f32], mean_scale_shift: [&[f32]; 3], k_and_k_x: [&[f32]; 2], relu: bool, size: [usize; 3],
        gy: &Grid, dy: &[f32], gdx: &Grid, dx: &mut [f32],
    ) for each block of gx;

    /// `x = factor x + summand`, `times` times, for as many of the first floats of `x` as fit into registers.
    ///
    /// `x` holds [`loops::PEAK_FLOATS`]. Overwrites `count` with the number of floats.
    fn multiply_adds(times: usize, factor: f32, summand: f32, x: &mut [f32], count: &mut usize);

    /// `x = max(0, x)`.
    fn relu(grid: &Grid, x: &mut [f32]) for each block of grid;

    /// `dy = 0` where `y` is not positive.
    fn relu_gradient(gdy: &Grid, dy: &mut [f32], gy: &Grid, y: &[f32]) for each block of gy;

    /// `x *= factor`; the factors are stored like the pixels but without a border.
    fn multiply(grid: &Grid, x: &mut [f32], factors: &[f32]) for each block of grid;

    /// `y = x`.
    fn copy(gx: &Grid, x: &[f32], gy: &Grid, y: &mut [f32]) for each block of gx;

    /// The largest value of each window of `size`: height, width, stride. Overwrites `y`.
    fn max_pool(gx: &Grid, x: &[f32], size: [usize; 3], gy: &Grid, y: &mut [f32]) for each block of gx;

    /// Adds `dy` to the `dx` of the first largest value of each window; overwrites `dx`. `size`: height, width, stride.
    fn max_pool_gradient(
        gx: &Grid, x: &[f32], size: [usize; 3], gy: &Grid, dy: &[f32], gdx: &Grid, dx: &mut [f32],
    ) for each block of gx;

    /// The mean of each window, row by row; overwrites `y`. `size`: height, width, stride.
    fn avg_pool(gx: &Grid, x: &[f32], size: [usize; 3], gy: &Grid, y: &mut [f32]) for each block of gx;

    /// Adds to each `dx` of a window its share of `dy`; overwrites `dx`. `size`: height, width, stride.
    fn avg_pool_gradient(gy: &Grid, dy: &[f32], size: [usize; 3], gdx: &Grid, dx: &mut [f32]) for each block of gy;
}

#[cfg(test)]
mod tests;
