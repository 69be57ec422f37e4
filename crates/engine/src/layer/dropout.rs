//! Dropout: each element survives with probability `1 - p` and is scaled by `1 / (1 - p)`; training only.

use crate::rng::{Generator, Stream};

/// `nn.Dropout`.
#[derive(Clone, Debug, PartialEq)]
pub struct Dropout {
    /// The probability that an element is dropped.
    pub p: f64,
}

/// Values of 16 random bits.
const DRAWS: f64 = 65_536.0;

impl Dropout {
    pub(super) fn new(p: f64) -> Result<Dropout, String> {
        match (0.0..1.0).contains(&p) {
            true => Ok(Dropout { p }),
            false => Err(format!("p = {p} must be at least 0 and below 1")),
        }
    }

    /// How many of the 65,536 values of 16 random bits drop an element: p, rounded, but never all of them.
    fn threshold(&self) -> u16 {
        libm::round(self.p * DRAWS).min(DRAWS - 1.0) as u16
    }

    /// The factor of a surviving element, which keeps the expected value exactly.
    pub(crate) fn survivor(&self) -> f64 {
        DRAWS / (DRAWS - f64::from(self.threshold()))
    }

    /// The decisions for one sample, in the order row, column, channel. They depend on nothing but the arguments.
    pub(crate) fn mask(&self, seed: u64, step: u64, layer: usize, sample: usize) -> Mask {
        let stream = Stream::Dropout { step, layer: layer as u64, sample: sample as u64 };
        Mask { generator: stream.generator(seed), threshold: self.threshold(), draws: [0; 4], left: 0 }
    }
}

/// A stream of decisions; one draw of 64 bits gives four.
pub(crate) struct Mask {
    generator: Generator,
    threshold: u16,
    draws: [u16; 4],
    /// How many of `draws`, counted from the end, are still unused.
    left: usize,
}

impl Mask {
    /// Whether the next element survives.
    pub(crate) fn next(&mut self) -> bool {
        if self.left == 0 {
            self.draws = self.generator.next_u16s();
            self.left = self.draws.len();
        }
        self.left -= 1;
        self.draws[self.draws.len() - 1 - self.left] >= self.threshold
    }

    /// Overwrites each factor: `survivor` if the next element survives, else 0.
    pub(crate) fn fill(&mut self, survivor: f32, factors: &mut [f32]) {
        let mut factors = factors;
        if self.left == 0 {
            let (groups, rest) = factors.as_chunks_mut::<4>();
            for group in groups {
                let draws = self.generator.next_u16s();
                *group = draws.map(|draw| if draw >= self.threshold { survivor } else { 0.0 });
            }
            factors = rest;
        }
        factors.iter_mut().for_each(|one| *one = if self.next() { survivor } else { 0.0 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_p_is_dropped_and_the_expected_value_stays() {
        for p in [0.0, 0.1, 0.5, 0.9] {
            let dropout = Dropout::new(p).unwrap();
            let mut factors = vec![f32::NAN; 1_000_003];
            dropout.mask(1, 2, 3, 4).fill(dropout.survivor() as f32, &mut factors);
            let dropped = factors.iter().filter(|factor| **factor == 0.0).count() as f64 / factors.len() as f64;
            // Five standard deviations of a share of this many elements.
            assert!((dropped - p).abs() <= 5.0 * (p * (1.0 - p) / factors.len() as f64).sqrt(), "{dropped} of {p}");
            let mean = factors.iter().map(|factor| f64::from(*factor)).sum::<f64>() / factors.len() as f64;
            assert!((mean - 1.0).abs() < 0.02, "{mean} at {p}");
        }
    }
}
