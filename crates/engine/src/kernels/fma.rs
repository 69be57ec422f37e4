//! Fused multiply-add, `a b + c` with one rounding: in hardware, and in software with the same bits.

/// A way to compute `a b + c` with one rounding.
pub(super) trait Fma {
    fn fma(a: f32, b: f32, c: f32) -> f32;
}

/// The processor's instruction, where the function is compiled for it.
pub(super) struct HardwareFma;

impl Fma for HardwareFma {
    #[inline(always)]
    fn fma(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }
}

/// For processors without the instruction: in f64, with rounding to odd.
///
/// The product of two f32 is exact in f64. The sum is rounded to odd: if it is inexact, the last bit is set, so that
/// the final rounding to f32 cannot mistake it for a tie. 53 bits are enough for that because 53 >= 24 + 2.
/// Source: Boldo, Melquiond, "Emulation of a FMA and correctly rounded sums" (2008).
pub(super) struct SoftwareFma;

impl Fma for SoftwareFma {
    #[inline(always)]
    fn fma(a: f32, b: f32, c: f32) -> f32 {
        let product = f64::from(a) * f64::from(b);
        let c = f64::from(c);
        let sum = product + c;
        // The exact error of the sum: Knuth's two-sum.
        let virtual_c = sum - product;
        let error = (product - (sum - virtual_c)) + (c - virtual_c);
        let bits = sum.to_bits();
        let towards_zero = (error > 0.0) != (sum > 0.0);
        let odd = match (error != 0.0 && bits & 1 == 0, towards_zero) {
            (false, _) => bits,
            (true, false) => bits | 1,
            (true, true) => bits.wrapping_sub(1),
        };
        f64::from_bits(odd) as f32
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
            let (hard, soft) = (a.mul_add(b, c), SoftwareFma::fma(a, b, c));
            assert!(hard.to_bits() == soft.to_bits() || hard.is_nan() && soft.is_nan(), "{a:e} {b:e} {c:e}");
        }
    }
}
