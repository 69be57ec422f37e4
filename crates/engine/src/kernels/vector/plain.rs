//! Eight floats as an array, and fused multiply-adds in software for processors that have none.

use super::Block;
use crate::kernels::LANES;

/// For any processor: the compiler turns it into the instructions of its target.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Plain([f32; LANES]);

impl Plain {
    #[inline(always)]
    fn zip(self, other: Plain, f: impl Fn(f32, f32) -> f32) -> Plain {
        Plain(std::array::from_fn(|lane| f(self.0[lane], other.0[lane])))
    }

    /// Not inlined, because it is long and the loops contain hundreds of calls.
    #[inline(never)]
    fn mul_add_in_software(self, factor: Plain, summand: Plain) -> Plain {
        Plain(std::array::from_fn(|lane| software_fma(self.0[lane], factor.0[lane], summand.0[lane])))
    }
}

impl Block for Plain {
    const LANES: usize = LANES;
    const IS_REGISTER: bool = false;

    #[inline(always)]
    fn splat(value: f32) -> Plain {
        Plain([value; LANES])
    }
    #[inline(always)]
    unsafe fn load(x: &[f32], at: usize) -> Plain {
        debug_assert!(at + LANES <= x.len());
        // SAFETY: the caller's promise.
        Plain(unsafe { x.as_ptr().add(at).cast::<[f32; LANES]>().read() })
    }
    #[inline(always)]
    unsafe fn store(self, x: &mut [f32], at: usize) {
        debug_assert!(at + LANES <= x.len());
        // SAFETY: the caller's promise.
        unsafe { x.as_mut_ptr().add(at).cast::<[f32; LANES]>().write(self.0) }
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
        if HAS_FMA {
            return Plain(std::array::from_fn(|lane| self.0[lane].mul_add(factor.0[lane], summand.0[lane])));
        }
        self.mul_add_in_software(factor, summand)
    }
    #[inline(always)]
    fn max(self, other: Plain) -> Plain {
        self.zip(other, |a, b| if a > b { a } else { b })
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

/// Whether the compiler's target has an instruction for fused multiply-adds. Without one, `f32::mul_add` would be one
/// call per lane.
pub(super) const HAS_FMA: bool = cfg!(any(target_feature = "fma", target_arch = "aarch64"));

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
    // The exact error of the sum: Knuth's two-sum. It is NaN if something is infinite; then there is nothing to round.
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
        // Miri interprets: hundreds of times slower.
        let rounds = if cfg!(miri) { 2_000 } else { 400_000 };
        for round in 0..rounds {
            let mut value = || match next() % 8 {
                0 => f32::from_bits(next() << 1),
                1 => (next() % 16) as f32,
                2 => f32::from_bits(0x3f80_0000 | (next() & 3) | (next() << 31)),
                3 => f32::from_bits(next() & 0x80ff_ffff),
                _ => f32::from_bits(0x3f80_0000 ^ (next() & 0x80ff_ffff)),
            };
            let (a, b) = (value(), value());
            // In every second round the sum nearly cancels.
            let c = if round % 2 == 0 { value() } else { -(a * b) };
            let (hard, soft) = (a.mul_add(b, c), software_fma(a, b, c));
            assert!(hard.to_bits() == soft.to_bits() || hard.is_nan() && soft.is_nan(), "{a:e} {b:e} {c:e}");
        }
    }
}
