//! The inner loops, for one sample at a time, compiled once per instruction set and chosen at run time.
//!
//! Every output element is summed in one fixed order with fused multiply-adds, and the lanes of a vector are always
//! different channels, so that all instruction sets give the same bits. The loops stand once, in [`loops`]; this
//! file is the only one that knows of instruction sets.

mod loops;
mod vector;

#[cfg(target_arch = "x86_64")]
use vector::Avx2;
use vector::Plain;

/// Channels are stored in groups of so many floats: one AVX2 register.
pub(crate) const LANES: usize = 8;

/// The pixels of one sample in a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    pub rows: usize,
    pub columns: usize,
    /// Floats that belong to a pixel; a multiple of [`LANES`].
    pub lanes: usize,
    /// Offset of the first pixel.
    pub start: usize,
    /// Floats from one row to the next.
    pub row: usize,
    /// Floats from one pixel of a row to the next.
    pub pixel: usize,
}

/// What a convolution reads: output (y, p) sees the square that begins at `start + y stride row + p stride pixel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub kernel: usize,
    pub stride: usize,
    /// Channels that are summed over; the first of the `pixel` floats.
    pub channels: usize,
    /// Offset of the first square.
    pub start: usize,
    /// Floats from one row to the next.
    pub row: usize,
    /// Floats from one pixel to the next.
    pub pixel: usize,
}

/// An instruction set that this processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Isa {
    /// All that this processor has, slowest first.
    pub fn available() -> Vec<Isa> {
        let mut list = vec![Isa(Kind::Portable)];
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
            list.push(Isa(Kind::Avx2));
        }
        list
    }

    /// The fastest that this processor has.
    pub fn best() -> Isa {
        Isa::available()[Isa::available().len() - 1]
    }

    /// `portable` (what the compiler's target guarantees) or `avx2` (with fused multiply-adds).
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
        }
    }
}

/// Declares each kernel as a function that takes the instruction set first and calls [`loops`] compiled for it.
macro_rules! kernels {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),* $(,)?);)*) => { $(
        $(#[$doc])*
        pub(crate) fn $name(isa: Isa, $($argument: $type),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($argument: $type),*) {
                loops::$name::<Avx2>($($argument),*)
            }
            match isa.0 {
                Kind::Portable => loops::$name::<Plain>($($argument),*),
                #[cfg(target_arch = "x86_64")]
                // SAFETY: an `Isa` of this kind is made only by `available`, where the processor has AVX2 and FMA.
                Kind::Avx2 => unsafe { avx2($($argument),*) },
            }
        }
    )* };
}

kernels! {
    /// `z[y,p,o] = bias[o] + Σ x[y s + ky, p s + kx, c] w[ky,c,kx,o]`, summed in the order ky, c, kx.
    ///
    /// `w` is `[kernel, channels, kernel, lanes]`, `bias` is `[lanes]`. Overwrites `z`.
    fn convolution(window: &Window, x: &[f32], w: &[f32], bias: &[f32], grid: &Grid, z: &mut [f32]);

    /// `dw[ky,kx,c,o] += Σ_y,p x[y s + ky, p s + kx, c] dz[y,p,o]`, for all `window.pixel` values c of a pixel.
    ///
    /// Blocks of four rows are summed from zero, row by row, and added to `dw`, which is
    /// `[kernel, kernel, pixel, lanes]`.
    fn weight_gradient(window: &Window, x: &[f32], grid: &Grid, dz: &[f32], dw: &mut [f32]);

    /// `sums[c] += Σ x[y,p,c]`, each row summed from zero.
    fn channel_sums(grid: &Grid, x: &[f32], sums: &mut [f32]);

    /// `mean[c]` and `m2[c] = Σ (x - mean)²` of one sample; overwrites both.
    fn moments(grid: &Grid, x: &[f32], mean: &mut [f32], m2: &mut [f32]);

    /// `y = (x - mean) scale + shift`, each `[lanes]`. Overwrites `y`.
    fn normalize(gx: &Grid, x: &[f32], mean: &[f32], scale: &[f32], shift: &[f32], gy: &Grid, y: &mut [f32]);

    /// `sum[c] = Σ dy` and `sum_x[c] = Σ dy (x - mean)` of one sample; overwrites both.
    fn normalize_sums(
        gy: &Grid, dy: &[f32], gx: &Grid, x: &[f32], mean: &[f32], sum: &mut [f32], sum_x: &mut [f32],
    );

    /// `dx = scale (dy - k - (x - mean) k_x)`, each coefficient `[lanes]`. Overwrites `dx`.
    fn normalize_gradient(
        gy: &Grid, dy: &[f32], gx: &Grid, x: &[f32], mean: &[f32], scale: &[f32], k: &[f32], k_x: &[f32],
        gdx: &Grid, dx: &mut [f32],
    );

    /// `x = max(0, x)`.
    fn relu(grid: &Grid, x: &mut [f32]);

    /// `dy = 0` where `y` is not positive.
    fn relu_gradient(gy: &Grid, y: &[f32], gdy: &Grid, dy: &mut [f32]);

    /// `x *= factor`, the factors stored like the pixels but without any border.
    fn multiply(grid: &Grid, factors: &[f32], x: &mut [f32]);

    /// `y = x`.
    fn copy(gx: &Grid, x: &[f32], gy: &Grid, y: &mut [f32]);

    /// The largest of each window of `height x width` pixels; overwrites `y`.
    fn max_pool(size: [usize; 3], gx: &Grid, x: &[f32], gy: &Grid, y: &mut [f32]);

    /// `dx` of the first largest value of each window grows by `dy`; overwrites `dx`. `size`: height, width, stride.
    fn max_pool_gradient(
        size: [usize; 3], gx: &Grid, x: &[f32], gy: &Grid, dy: &[f32], gdx: &Grid, dx: &mut [f32],
    );

    /// The mean of each window, row by row; overwrites `y`. `size`: height, width, stride.
    fn avg_pool(size: [usize; 3], gx: &Grid, x: &[f32], gy: &Grid, y: &mut [f32]);

    /// Each `dx` of a window grows by its share of `dy`; overwrites `dx`. `size`: height, width, stride.
    fn avg_pool_gradient(size: [usize; 3], gy: &Grid, dy: &[f32], gdx: &Grid, dx: &mut [f32]);
}

#[cfg(test)]
mod tests;
