//! Convolutions on tiles of bf16: numbers with the exponent of f32 and the upper 7 bits of its fraction.
//!
//! Only the operands of products are rounded; sums are f32. A processor with such tiles multiplies 16 rows of pairs of
//! numbers with 16 columns of pairs and adds each product of two pairs to one f32:
//!
//! ```text
//! c[r,o] += a[r,2i] b[i,o,0] + a[r,2i+1] b[i,o,1]
//! ```
//!
//! Each kind of tile has its own way of adding the two products, so two kinds differ in the last bits. The loops
//! are written once, in `loops/tiles.rs`.

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx512_bf16;
#[cfg(test)]
mod emulated;

#[cfg(target_arch = "x86_64")]
use amx::Amx;
#[cfg(target_arch = "x86_64")]
use avx512_bf16::Avx512Bf16;
#[cfg(test)]
use emulated::Emulated;

use super::vector::Set;
use super::{Aside, Grid, Window, loops};

/// Rows, columns, and pairs of a tile.
pub(super) const SIDE: usize = 16;

/// Numbers in a row of a tile of bf16.
pub(super) const STEP: usize = 2 * SIDE;

/// Tiles that can be summed together.
pub(super) const TOGETHER: usize = 4;

/// Floats in that many tiles.
pub(super) const SUMS: usize = TOGETHER * SIDE * SIDE;

/// What the operands of convolutions are rounded to while a network is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Everything in f32.
    F32,
    /// Where there are at least 8 input channels and a stride of 1; everything else stays f32.
    Bf16(Tiles),
}

impl Precision {
    /// `f32` or `bf16`.
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::Bf16(_) => "bf16",
        }
    }
}

/// A unit for tiles of bf16 that this processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiles(TileUnit);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TileUnit {
    #[cfg(test)]
    Emulated,
    #[cfg(target_arch = "x86_64")]
    Avx512Bf16,
    #[cfg(target_arch = "x86_64")]
    Amx,
}

impl Tiles {
    /// All that this processor has, slowest first.
    pub fn available() -> Vec<Tiles> {
        #[allow(unused_mut, reason = "other processors have none")]
        let mut list = Vec::new();
        #[cfg(target_arch = "x86_64")]
        if avx512_bf16::is_available() {
            list.push(Tiles(TileUnit::Avx512Bf16));
            if amx::is_available() {
                list.push(Tiles(TileUnit::Amx));
            }
        }
        list
    }

    /// The fastest that this processor has.
    pub fn best() -> Option<Tiles> {
        Tiles::available().last().copied()
    }

    /// All kinds that a test can use.
    #[cfg(test)]
    pub(crate) fn tested() -> Vec<Tiles> {
        [vec![Tiles(TileUnit::Emulated)], Tiles::available()].concat()
    }

    /// `avx512_bf16` or `amx`.
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(test)]
            TileUnit::Emulated => "emulated",
            #[cfg(target_arch = "x86_64")]
            TileUnit::Avx512Bf16 => "avx512_bf16",
            #[cfg(target_arch = "x86_64")]
            TileUnit::Amx => "amx",
        }
    }
}

/// What a kind of tile offers the loops.
pub(super) trait Unit: Sized {
    /// For everything around the products.
    type Set: Set;

    /// Makes the unit ready; dropping it restores the former state.
    fn start() -> Self;

    /// `y = x`, rounded to nearest, ties to even. Overwrites `y`, which is as long as `x`.
    fn round(x: &[f32], y: &mut [u16]);

    /// `y[i,c,0] = x[2i,c]`, `y[i,c,1] = x[2i+1,c]` for all `count` pixels, rounded; zeros where there is no pixel or
    /// no lane.
    ///
    /// Pixels are `pixel` floats apart; only their first `lanes`, at most 16, count. Overwrites `⌈count / 2⌉` pairs
    /// of 32 numbers.
    fn interleave(x: &[f32], pixel: usize, lanes: usize, count: usize, y: &mut [u16]);

    /// `y[c,p] = x[p,c]` for 16 lanes and 32 pixels, rounded; zeros as above.
    ///
    /// `row`: numbers from one row of `y` to the next.
    fn transpose(x: &[f32], pixel: usize, lanes: usize, count: usize, y: &mut [u16], row: usize);

    /// `c[t,r,o] = Σ_g,i a[starts[t] + g group + r row + i] b[g,i/2,o,i%2]` for `N` tiles t. Overwrites `c`.
    fn products<const N: usize>(&self, operands: &Operands<'_>, c: &mut [f32]);

    /// `x += a[0] b[0] + a[1] b[1] + a[0] b[0] + ...`, `times` times, for as many of the first floats of `x` as fit
    /// into the registers of sums.
    ///
    /// `x` holds [`SUMS`]. Overwrites `size` with the number of floats, and of products that each gets per repetition.
    fn multiply_adds(&self, times: usize, a: [u16; 2], b: [u16; 2], x: &mut [f32], size: &mut [usize; 2]);
}

/// What [`Unit::products`] multiplies.
pub(super) struct Operands<'o> {
    /// Finite everywhere, even where `b` is zero.
    pub a: &'o [u16],
    pub starts: [usize; TOGETHER],
    pub row: usize,
    pub groups: usize,
    pub group: usize,
    /// Pairs of numbers in a group.
    pub pairs: usize,
    /// `[groups, pairs, 16, 2]`; each group ends with zeros up to the next multiple of 16 pairs.
    pub b: &'o [u16],
}

impl Operands<'_> {
    /// Checks that `count` products lie in the operands and in `c`.
    ///
    /// # Panics
    /// If they do not.
    #[inline(always)]
    fn check(&self, count: usize, c: &[f32]) {
        let len = 2 * self.pairs.next_multiple_of(SIDE);
        let end = (self.groups - 1) * self.group + (SIDE - 1) * self.row + len;
        assert!(self.groups > 0 && self.pairs > 0 && count <= TOGETHER);
        assert!(self.starts[..count].iter().all(|start| start + end <= self.a.len()), "a tile beyond a");
        assert!(self.groups * len * SIDE <= self.b.len() && count * SIDE * SIDE <= c.len(), "a tile beyond b or c");
    }
}

/// Declares each kernel as a function that takes the kind of tile first and calls [`loops`] compiled for it.
macro_rules! kernels {
    ($(
        $(#[$doc:meta])*
        fn $name:ident = $loop:ident($($argument:ident: $type:ty),* $(,)?);
    )*) => { $(
        $(#[$doc])*
        #[cfg_attr(not(target_arch = "x86_64"), allow(unused_variables, reason = "there are no tiles"))]
        pub(crate) fn $name(tiles: Tiles, $($argument: $type),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512bf16,avx2,fma")]
            fn avx512_bf16($($argument: $type),*) {
                loops::$loop::<Avx512Bf16>($($argument),*);
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512bf16,avx2,fma")]
            fn amx($($argument: $type),*) {
                loops::$loop::<Amx>($($argument),*);
            }
            match tiles.0 {
                #[cfg(test)]
                TileUnit::Emulated => loops::$loop::<Emulated>($($argument),*),
                #[cfg(target_arch = "x86_64")]
                // SAFETY: `Tiles` of this kind are made only by `available`, where the processor has all of these.
                TileUnit::Avx512Bf16 => unsafe { avx512_bf16($($argument),*) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: as above; the processor has AMX too, and the system lets this process use it.
                TileUnit::Amx => unsafe { amx($($argument),*) },
            }
        }
    )* };
}

kernels! {
    /// [`super::convolution`] with a stride of 1, of `x` rounded to bf16, with weights `w` at [`weight_place`].
    ///
    /// Overwrites `z`.
    fn convolution = tile_convolution(
        window: &Window, x: &[f32], w: &[u16], bias: &[f32], relu: bool, grid: &Grid, z: &mut [f32],
        aside: Aside<'_>,
    );

    /// [`super::weight_gradient`] with a stride of 1, of `x` and `dz` rounded to bf16.
    ///
    /// Blocks of rows are summed from zero and added to `dw`.
    fn weight_gradient = tile_weight_gradient(
        window: &Window, x: &[f32], grid: &Grid, dz: &[f32], dw: &mut [f32], aside: Aside<'_>,
    );

    /// [`Unit::multiply_adds`].
    fn multiply_adds = tile_multiply_adds(
        times: usize, a: [u16; 2], b: [u16; 2], x: &mut [f32], size: &mut [usize; 2],
    );
}

pub(crate) use loops::{
    tile_convolution_scratch_len as convolution_scratch_len, tile_gradient_scratch_len as weight_gradient_scratch_len,
};

/// How many numbers the weights of a kernel take that maps pixels of `pixel` numbers to `lanes` lanes.
pub(crate) fn weights_len(kernel: usize, pixel: usize, lanes: usize) -> usize {
    lanes.div_ceil(SIDE) * kernel * group_len(kernel, pixel)
}

/// Where the weight from channel `c` at (`ky`, `kx`) to lane `o` lies: `[⌈lanes / 16⌉, ky, pairs of (kx, c), 16, 2]`.
pub(crate) fn weight_place(kernel: usize, pixel: usize, (ky, kx): (usize, usize), c: usize, o: usize) -> usize {
    let i = kx * pixel + c;
    (o / SIDE * kernel + ky) * group_len(kernel, pixel) + (i / 2 * SIDE + o % SIDE) * 2 + i % 2
}

/// How many numbers one row of the kernel takes for 16 lanes, with zeros up to whole tiles.
fn group_len(kernel: usize, pixel: usize) -> usize {
    (kernel * pixel).next_multiple_of(STEP) * SIDE
}

/// Rounds to nearest, ties to even; NaN stays NaN.
pub(crate) fn round(x: f32) -> u16 {
    let bits = x.to_bits();
    let upper = (bits >> 16) as u16;
    if x.is_nan() { upper | 0x40 } else { ((bits + 0x7fff + u32::from(upper & 1)) >> 16) as u16 }
}
