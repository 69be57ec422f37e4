//! Nothing but fused multiply-adds in registers: a processor's peak.
//!
//! ```text
//! load x
//! repeat: x[i] = factor x[i] + summand, for all i
//! store x
//! ```

use super::*;

/// Floats in as many blocks as the largest number of sums of any instruction set.
pub(in crate::kernels) const PEAK_FLOATS: usize = 16 * 16;

#[inline(always)]
pub(in crate::kernels) fn multiply_adds<S: Set>(
    times: usize,
    factor: f32,
    summand: f32,
    x: &mut [f32],
    count: &mut usize,
) {
    // As many independent sums as the large kernels have, so that none of them waits for another.
    tiles!(S::SUMS, S::SUMS, |P| repeat::<S::Wide, P>(times, factor, summand, x));
    *count = S::SUMS * S::Wide::LANES;
}

#[inline(always)]
fn repeat<B: Block, const P: usize>(times: usize, factor: f32, summand: f32, x: &mut [f32]) {
    let (factor, summand) = (B::splat(factor), B::splat(summand));
    let mut sums = [B::splat(0.0); P];
    for i in 0..P {
        sums[i] = lanes(x, i * B::LANES);
    }
    for _ in 0..times {
        for i in 0..P {
            sums[i] = sums[i].mul_add(factor, summand);
        }
    }
    for i in 0..P {
        set_lanes(sums[i], x, i * B::LANES);
    }
}
