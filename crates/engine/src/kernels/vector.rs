//! Blocks of neighbouring lanes: in registers of AVX-512 or AVX2, or as plain arrays.
//!
//! Every operation rounds exactly as IEEE 754 says, so all give the same bits; `mul_add` rounds once, in hardware or
//! in software.

mod plain;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(super) use plain::Plain;
#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Ymm, Zmm};

/// Some floats that are processed together. Each operation applies to every lane.
pub(super) trait Block: Copy {
    const LANES: usize;
    /// Whether the compiler sees registers rather than arrays.
    const IS_REGISTER: bool;
    fn splat(value: f32) -> Self;
    /// The floats from `x[at]` on.
    ///
    /// # Safety
    /// They must lie in `x`: only debug builds check.
    unsafe fn load(x: &[f32], at: usize) -> Self;
    /// Overwrites the floats from `x[at]` on.
    ///
    /// # Safety
    /// They must lie in `x`: only debug builds check.
    unsafe fn store(self, x: &mut [f32], at: usize);
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn div(self, other: Self) -> Self;
    /// `self factor + summand`, rounded once.
    fn mul_add(self, factor: Self, summand: Self) -> Self;
    /// `self` where `a > b`, else `other`.
    fn where_greater(self, a: Self, b: Self, other: Self) -> Self;
    /// `self` where `a == b`, else `other`.
    fn where_equal(self, a: Self, b: Self, other: Self) -> Self;

    /// `self` where it is greater than `other`, else `other`; so `other` if they are equal or one of them is NaN.
    fn max(self, other: Self) -> Self;

    /// `self` where `condition` is positive, else 0.
    #[inline(always)]
    fn where_positive(self, condition: Self) -> Self {
        self.where_greater(condition, Self::splat(0.0), Self::splat(0.0))
    }
}

/// What an instruction set offers the loops.
pub(super) trait Set {
    /// Eight lanes.
    type Narrow: Block;
    /// Sixteen lanes.
    type Wide: Block;
    /// How many sums of `Wide` blocks stay in registers beside their operands.
    const SUMS: usize;
    /// Prefetches floats into the cache.
    fn fetch(_floats: &[f32]) {}
}

/// Two blocks side by side.
#[derive(Clone, Copy)]
pub(super) struct Pair<B>(B, B);

impl<B: Block> Block for Pair<B> {
    const LANES: usize = 2 * B::LANES;
    const IS_REGISTER: bool = B::IS_REGISTER;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Pair(B::splat(value), B::splat(value))
    }
    #[inline(always)]
    unsafe fn load(x: &[f32], at: usize) -> Self {
        // SAFETY: the caller's promise.
        unsafe { Pair(B::load(x, at), B::load(x, at + B::LANES)) }
    }
    #[inline(always)]
    unsafe fn store(self, x: &mut [f32], at: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            self.0.store(x, at);
            self.1.store(x, at + B::LANES);
        }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Pair(self.0.add(other.0), self.1.add(other.1))
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Pair(self.0.sub(other.0), self.1.sub(other.1))
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Pair(self.0.mul(other.0), self.1.mul(other.1))
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Pair(self.0.div(other.0), self.1.div(other.1))
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, summand: Self) -> Self {
        Pair(self.0.mul_add(factor.0, summand.0), self.1.mul_add(factor.1, summand.1))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Pair(self.0.max(other.0), self.1.max(other.1))
    }
    #[inline(always)]
    fn where_greater(self, a: Self, b: Self, other: Self) -> Self {
        Pair(self.0.where_greater(a.0, b.0, other.0), self.1.where_greater(a.1, b.1, other.1))
    }
    #[inline(always)]
    fn where_equal(self, a: Self, b: Self, other: Self) -> Self {
        Pair(self.0.where_equal(a.0, b.0, other.0), self.1.where_equal(a.1, b.1, other.1))
    }
}

/// Runs on every processor; the compiler turns it into the instructions of its target.
pub(super) struct Portable;

impl Set for Portable {
    type Narrow = Plain;
    type Wide = Pair<Plain>;
    /// Fused multiply-adds in software fill the registers with one sum.
    const SUMS: usize = if plain::HAS_FMA { 6 } else { 1 };
}

/// AVX2 with FMA: sixteen registers of eight lanes.
#[cfg(target_arch = "x86_64")]
pub(super) struct Avx2;

#[cfg(target_arch = "x86_64")]
impl Set for Avx2 {
    type Narrow = Ymm;
    type Wide = Pair<Ymm>;
    const SUMS: usize = 6;
    #[inline(always)]
    fn fetch(floats: &[f32]) {
        x86::fetch(floats);
    }
}

/// AVX-512 F and VL: thirty-two registers of sixteen lanes.
#[cfg(target_arch = "x86_64")]
pub(super) struct Avx512;

#[cfg(target_arch = "x86_64")]
impl Set for Avx512 {
    type Narrow = Ymm;
    type Wide = Zmm;
    const SUMS: usize = 16;
    #[inline(always)]
    fn fetch(floats: &[f32]) {
        x86::fetch(floats);
    }
}
