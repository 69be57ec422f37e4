//! How much a processor can do at most, for comparison: a measure, no part of any network.

use std::hint::black_box;

use super::loops::PEAK_FLOATS;
use super::{Isa, multiply_adds};

/// `x = 3 - 0.999 x` goes to and fro about 1.5 for long, and never far away.
const FACTOR: f32 = -0.999;
const SUMMAND: f32 = 3.0;

/// Does fused multiply-adds in registers and nothing else, `times` on each of as many independent numbers as fit them.
///
/// Gives the number of floating-point operations, a multiply-add counted as two. How long it takes, the caller sees.
pub fn peak(isa: Isa, times: usize) -> u64 {
    let mut x = start();
    let mut count = 0;
    // Hidden from the compiler on both sides, so that it can neither foresee the numbers nor leave them out.
    multiply_adds(isa, times, black_box(FACTOR), black_box(SUMMAND), black_box(&mut x), &mut count);
    black_box(&x);
    2 * times as u64 * count as u64
}

/// Different numbers from 1 to 2.
fn start() -> [f32; PEAK_FLOATS] {
    std::array::from_fn(|i| 1.0 + i as f32 / PEAK_FLOATS as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counted_multiply_add_is_done_and_no_number_becomes_small_or_large() {
        for isa in Isa::available() {
            let (mut x, mut count) = (start(), 0);
            multiply_adds(isa, 1000, FACTOR, SUMMAND, &mut x, &mut count);
            assert_eq!(peak(isa, 1000), 2000 * count as u64);
            for (i, (found, start)) in x.iter().zip(start()).enumerate() {
                let times = if i < count { 1000 } else { 0 };
                let expected = (0..times).fold(start, |x, _| x.mul_add(FACTOR, SUMMAND));
                assert!(*found == expected && (0.9..=2.1).contains(found), "{}, number {i}: {found}", isa.name());
            }
        }
    }
}
