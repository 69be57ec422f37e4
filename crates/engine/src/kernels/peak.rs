//! A processor's peak, for comparison: a measurement, not part of any network.

use std::hint::black_box;

use super::loops::PEAK_FLOATS;
use super::tiles::{self, SUMS, Tiles};
use super::{Isa, Precision, multiply_adds};

/// `x = 3 - 0.999 x` oscillates about 1.5 for a long time and never moves far away.
const FACTOR: f32 = -0.999;
const SUMMAND: f32 = 3.0;

/// `1.5 1.5 - 1.5 1.5` on tiles: sums do not change.
const PAIRS: [[f32; 2]; 2] = [[1.5, 1.5], [1.5, -1.5]];

/// Does nothing but fused multiply-adds, `times` on each of as many independent numbers as fit into the registers of
/// the instruction set, or into the tiles.
///
/// Returns the number of floating-point operations, counting a multiply-add as two. The caller measures the time.
pub fn peak(isa: Isa, precision: Precision, times: usize) -> u64 {
    // Hidden from the compiler on both sides, so that it can neither predict the numbers nor drop them.
    let multiply_adds = match precision {
        Precision::F32 => {
            let mut x = start::<PEAK_FLOATS>();
            let mut count = 0;
            multiply_adds(isa, times, black_box(FACTOR), black_box(SUMMAND), black_box(&mut x), &mut count);
            black_box(&x);
            count
        }
        Precision::Bf16(unit) => {
            let mut x = start::<SUMS>();
            let [floats, products] = on_tiles(unit, times, black_box(PAIRS), black_box(&mut x));
            black_box(&x);
            floats * products
        }
    };
    2 * times as u64 * multiply_adds as u64
}

/// The changed numbers, and how many products each of them got per repetition.
fn on_tiles(unit: Tiles, times: usize, pairs: [[f32; 2]; 2], x: &mut [f32]) -> [usize; 2] {
    let mut size = [0; 2];
    let [a, b] = pairs.map(|pair| pair.map(tiles::round));
    tiles::multiply_adds(unit, times, a, b, x, &mut size);
    size
}

/// Different numbers from 1 to 2.
fn start<const N: usize>() -> [f32; N] {
    std::array::from_fn(|i| 1.0 + i as f32 / N as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counted_multiply_add_is_done_and_no_number_becomes_small_or_large() {
        for isa in Isa::available() {
            let (mut x, mut count) = (start::<PEAK_FLOATS>(), 0);
            multiply_adds(isa, 1000, FACTOR, SUMMAND, &mut x, &mut count);
            assert_eq!(peak(isa, Precision::F32, 1000), 2000 * count as u64);
            for (i, (found, start)) in x.iter().zip(start::<PEAK_FLOATS>()).enumerate() {
                let times = if i < count { 1000 } else { 0 };
                let expected = (0..times).fold(start, |x, _| x.mul_add(FACTOR, SUMMAND));
                assert!(*found == expected && (0.9..=2.1).contains(found), "{}, number {i}: {found}", isa.name());
            }
        }
        for unit in Tiles::tested() {
            let mut x = start::<SUMS>();
            // 2 3 + 1 5: every two products add exactly eleven.
            let [floats, products] = on_tiles(unit, 1000, [[2.0, 1.0], [3.0, 5.0]], &mut x);
            assert_eq!(peak(Isa::best(), Precision::Bf16(unit), 1000), 2000 * (floats * products) as u64);
            for (i, (found, start)) in x.iter().zip(start::<SUMS>()).enumerate() {
                let expected = start + if i < floats { 11.0 * 1000.0 * (products / 2) as f32 } else { 0.0 };
                assert!((found - expected).abs() < 0.1, "{}, number {i}: {found}", unit.name());
            }
            let mut x = start::<SUMS>();
            on_tiles(unit, 1000, PAIRS, &mut x);
            assert_eq!(x, start(), "{}", unit.name());
        }
    }
}
