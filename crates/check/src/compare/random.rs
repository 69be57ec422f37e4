//! Random numbers for the networks at which formulas are compared.

use gradbook_lesson::{Network, Sample};

/// Splitmix64; which numbers come does not matter, only that they have nothing to do with each other.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(trial: usize, step: isize) -> Random {
        Random((trial as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (step as u64).wrapping_mul(0xd1b5_4a32_d192_ed03))
    }

    /// From ±0.2 to ±1.2: nothing is near 0, where a missing factor would not be seen.
    pub(super) fn number(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^= x >> 31;
        let sign = if x & 1 == 0 { 1.0 } else { -1.0 };
        sign * (0.2 + (x >> 11) as f64 / (1u64 << 53) as f64)
    }

    /// Inputs and targets.
    pub(super) fn sample(&mut self, network: &Network) -> Sample {
        let mut numbers = |count: usize| (0..count).map(|_| self.number()).collect::<Vec<f64>>();
        let (x, mut t) = (numbers(network.inputs), numbers(network.outputs()));
        network.loss.entry().targets.fit(&mut t);
        Sample { x, t }
    }
}
