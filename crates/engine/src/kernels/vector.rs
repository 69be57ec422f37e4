//! Eight floats at once: in one AVX2 register, or as a plain array.
//!
//! Every operation rounds exactly as IEEE 754 says, so both give the same bits; `mul_add` rounds once, in hardware or
//! in software.

use super::LANES;

/// Eight floats. What each operation does, it does to each lane.
pub(super) trait Vector: Copy {
    fn splat(value: f32) -> Self;
    /// The first eight floats of `from`.
    fn load(from: &[f32]) -> Self;
    /// Overwrites the first eight floats of `to`.
    fn store(self, to: &mut [f32]);
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
}

/// For any processor: the compiler makes of it what its target has.
#[derive(Clone, Copy)]
pub(super) struct Plain([f32; LANES]);

impl Plain {
    #[inline(always)]
    fn zip(self, other: Plain, f: impl Fn(f32, f32) -> f32) -> Plain {
        Plain(std::array::from_fn(|lane| f(self.0[lane], other.0[lane])))
    }
}

impl Vector for Plain {
    #[inline(always)]
    fn splat(value: f32) -> Plain {
        Plain([value; LANES])
    }
    #[inline(always)]
    fn load(from: &[f32]) -> Plain {
        Plain(*from.first_chunk().expect("eight floats to load"))
    }
    #[inline(always)]
    fn store(self, to: &mut [f32]) {
        *to.first_chunk_mut().expect("room for eight floats") = self.0;
    }
    #[inline(always)]
    fn add(self, other: Plain) -> Plain {
        self.zip(other, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, other: Plain) -> Plain {
        self.zip(other, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, other: Plain) -> Plain {
        self.zip(other, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, other: Plain) -> Plain {
        self.zip(other, |a, b| a / b)
    }
    #[inline(always)]
    fn mul_add(self, factor: Plain, summand: Plain) -> Plain {
        Plain(std::array::from_fn(|lane| fma(self.0[lane], factor.0[lane], summand.0[lane])))
    }
    #[inline(always)]
    fn where_greater(self, a: Plain, b: Plain, other: Plain) -> Plain {
        Plain(std::array::from_fn(|lane| if a.0[lane] > b.0[lane] { self.0[lane] } else { other.0[lane] }))
    }
    #[inline(always)]
    fn where_equal(self, a: Plain, b: Plain, other: Plain) -> Plain {
        Plain(std::array::from_fn(|lane| if a.0[lane] == b.0[lane] { self.0[lane] } else { other.0[lane] }))
    }
}

/// `a b + c` with one rounding. Without a guaranteed instruction for it, `f32::mul_add` would be a call a lane.
#[inline(always)]
fn fma(a: f32, b: f32, c: f32) -> f32 {
    if cfg!(any(target_feature = "fma", target_arch = "aarch64")) { a.mul_add(b, c) } else { software_fma(a, b, c) }
}

/// `a b + c` with one rounding, in f64 with rounding to odd.
///
/// The product of two f32 is exact in f64. The sum is rounded to odd: if it is inexact, the last bit is set, so that
/// the final rounding to f32 cannot mistake it for a tie. 53 bits are enough for that because 53 >= 24 + 2.
/// Source: Boldo, Melquiond, "Emulation of a FMA and correctly rounded sums" (2008).
#[inline(always)]
fn software_fma(a: f32, b: f32, c: f32) -> f32 {
    let product = f64::from(a) * f64::from(b);
    let c = f64::from(c);
    let sum = product + c;
    // The exact error of the sum: Knuth's two-sum. NaN if something is infinite, and then there is nothing to round.
    let virtual_c = sum - product;
    let error = (product - (sum - virtual_c)) + (c - virtual_c);
    let bits = sum.to_bits();
    let towards_zero = (error > 0.0) != (sum > 0.0);
    let odd = match (error.abs() > 0.0 && bits & 1 == 0, towards_zero) {
        (false, _) => bits,
        (true, false) => bits | 1,
        (true, true) => bits.wrapping_sub(1),
    };
    f64::from_bits(odd) as f32
}

#[cfg(target_arch = "x86_64")]
pub(super) use avx2::Avx2;

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::{LANES, Vector};

    /// One register. Only code compiled for AVX2 and FMA may make or touch one: `kernels` sees to that.
    #[derive(Clone, Copy)]
    pub(in crate::kernels) struct Avx2(__m256);

    /// Wraps an intrinsic whose only condition is the instruction set.
    macro_rules! registers {
        ($call:expr) => {
            // SAFETY: `kernels` runs functions with this type only where the processor has AVX2 and FMA.
            Avx2(unsafe { $call })
        };
    }

    impl Vector for Avx2 {
        #[inline(always)]
        fn splat(value: f32) -> Avx2 {
            registers!(_mm256_set1_ps(value))
        }
        #[inline(always)]
        fn load(from: &[f32]) -> Avx2 {
            let from = &from[..LANES];
            // The slice holds eight floats; see also the macro.
            registers!(_mm256_loadu_ps(from.as_ptr()))
        }
        #[inline(always)]
        fn store(self, to: &mut [f32]) {
            let to = &mut to[..LANES];
            // SAFETY: the slice has room for eight floats; the processor has AVX2, as for the macro.
            unsafe { _mm256_storeu_ps(to.as_mut_ptr(), self.0) }
        }
        #[inline(always)]
        fn add(self, other: Avx2) -> Avx2 {
            registers!(_mm256_add_ps(self.0, other.0))
        }
        #[inline(always)]
        fn sub(self, other: Avx2) -> Avx2 {
            registers!(_mm256_sub_ps(self.0, other.0))
        }
        #[inline(always)]
        fn mul(self, other: Avx2) -> Avx2 {
            registers!(_mm256_mul_ps(self.0, other.0))
        }
        #[inline(always)]
        fn div(self, other: Avx2) -> Avx2 {
            registers!(_mm256_div_ps(self.0, other.0))
        }
        #[inline(always)]
        fn mul_add(self, factor: Avx2, summand: Avx2) -> Avx2 {
            registers!(_mm256_fmadd_ps(self.0, factor.0, summand.0))
        }
        #[inline(always)]
        fn where_greater(self, a: Avx2, b: Avx2, other: Avx2) -> Avx2 {
            registers!(_mm256_blendv_ps(other.0, self.0, _mm256_cmp_ps::<_CMP_GT_OQ>(a.0, b.0)))
        }
        #[inline(always)]
        fn where_equal(self, a: Avx2, b: Avx2, other: Avx2) -> Avx2 {
            registers!(_mm256_blendv_ps(other.0, self.0, _mm256_cmp_ps::<_CMP_EQ_OQ>(a.0, b.0)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values whose sums and products meet ties, cancellation, underflow and overflow.
    #[test]
    fn software_fma_rounds_like_hardware() {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as u32
        };
        for round in 0..400_000 {
            let mut value = || match next() % 8 {
                0 => f32::from_bits(next() << 1),
                1 => (next() % 16) as f32,
                2 => f32::from_bits(0x3f80_0000 | (next() & 3) | (next() << 31)),
                3 => f32::from_bits(next() & 0x80ff_ffff),
                _ => f32::from_bits(0x3f80_0000 ^ (next() & 0x80ff_ffff)),
            };
            let (a, b) = (value(), value());
            // Every second time the sum nearly cancels.
            let c = if round % 2 == 0 { value() } else { -(a * b) };
            let (hard, soft) = (a.mul_add(b, c), software_fma(a, b, c));
            assert!(hard.to_bits() == soft.to_bits() || hard.is_nan() && soft.is_nan(), "{a:e} {b:e} {c:e}");
        }
    }
}
