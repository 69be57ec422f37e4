//! Registers of AVX2 and of AVX-512.
//!
//! Only code compiled for these instructions may make or touch one: `kernels` sees to that.

use std::arch::x86_64::*;

use super::Block;

/// Eight floats in a register of AVX2.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Ymm(__m256);

/// Sixteen floats in a register of AVX-512.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Zmm(__m512);

/// Wraps an intrinsic whose only condition is the instruction set.
macro_rules! register {
    ($call:expr) => {
        // SAFETY: `kernels` runs functions with this type only where the processor has its instructions.
        Self(unsafe { $call })
    };
}

impl Block for Ymm {
    const LANES: usize = 8;
    const IS_REGISTER: bool = true;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        register!(_mm256_set1_ps(value))
    }
    #[inline(always)]
    unsafe fn load(x: &[f32], at: usize) -> Self {
        debug_assert!(at + Self::LANES <= x.len());
        // SAFETY: the caller's promise; see also the macro.
        Self(unsafe { _mm256_loadu_ps(x.as_ptr().add(at)) })
    }
    #[inline(always)]
    unsafe fn store(self, x: &mut [f32], at: usize) {
        debug_assert!(at + Self::LANES <= x.len());
        // SAFETY: the caller's promise; see also the macro.
        unsafe { _mm256_storeu_ps(x.as_mut_ptr().add(at), self.0) }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        register!(_mm256_add_ps(self.0, other.0))
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        register!(_mm256_sub_ps(self.0, other.0))
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        register!(_mm256_mul_ps(self.0, other.0))
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        register!(_mm256_div_ps(self.0, other.0))
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, summand: Self) -> Self {
        register!(_mm256_fmadd_ps(self.0, factor.0, summand.0))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        register!(_mm256_max_ps(self.0, other.0))
    }
    #[inline(always)]
    fn where_greater(self, a: Self, b: Self, other: Self) -> Self {
        register!(_mm256_blendv_ps(other.0, self.0, _mm256_cmp_ps::<_CMP_GT_OQ>(a.0, b.0)))
    }
    #[inline(always)]
    fn where_equal(self, a: Self, b: Self, other: Self) -> Self {
        register!(_mm256_blendv_ps(other.0, self.0, _mm256_cmp_ps::<_CMP_EQ_OQ>(a.0, b.0)))
    }
}

impl Block for Zmm {
    const LANES: usize = 16;
    const IS_REGISTER: bool = true;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        register!(_mm512_set1_ps(value))
    }
    #[inline(always)]
    unsafe fn load(x: &[f32], at: usize) -> Self {
        debug_assert!(at + Self::LANES <= x.len());
        // SAFETY: the caller's promise; see also the macro.
        Self(unsafe { _mm512_loadu_ps(x.as_ptr().add(at)) })
    }
    #[inline(always)]
    unsafe fn store(self, x: &mut [f32], at: usize) {
        debug_assert!(at + Self::LANES <= x.len());
        // SAFETY: the caller's promise; see also the macro.
        unsafe { _mm512_storeu_ps(x.as_mut_ptr().add(at), self.0) }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        register!(_mm512_add_ps(self.0, other.0))
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        register!(_mm512_sub_ps(self.0, other.0))
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        register!(_mm512_mul_ps(self.0, other.0))
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        register!(_mm512_div_ps(self.0, other.0))
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, summand: Self) -> Self {
        register!(_mm512_fmadd_ps(self.0, factor.0, summand.0))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        register!(_mm512_max_ps(self.0, other.0))
    }
    #[inline(always)]
    fn where_greater(self, a: Self, b: Self, other: Self) -> Self {
        register!(_mm512_mask_mov_ps(other.0, _mm512_cmp_ps_mask::<_CMP_GT_OQ>(a.0, b.0), self.0))
    }
    #[inline(always)]
    fn where_equal(self, a: Self, b: Self, other: Self) -> Self {
        register!(_mm512_mask_mov_ps(other.0, _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(a.0, b.0), self.0))
    }
}

/// Prefetches floats into the second-level cache.
#[inline(always)]
pub(super) fn fetch(floats: &[f32]) {
    const LINE: usize = 64 / size_of::<f32>();
    for float in floats.iter().step_by(LINE) {
        // SAFETY: every processor of this kind has the instruction, and it takes any address.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(std::ptr::from_ref(float).cast()) }
    }
}
