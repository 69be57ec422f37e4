//! Dropout: each element survives with probability `1 - p` and is scaled by `1 / (1 - p)`; training only.

use crate::rng::{Generator, Stream};

/// `nn.Dropout`.
#[derive(Clone, Debug, PartialEq)]
pub struct Dropout {
    pub p: f64,
}

impl Dropout {
    pub(super) fn new(p: f64) -> Result<Dropout, String> {
        match (0.0..1.0).contains(&p) {
            true => Ok(Dropout { p }),
            false => Err(format!("p = {p} must be at least 0 and below 1")),
        }
    }

    /// The decisions for one sample, in the order row, column, channel. They depend on nothing but the arguments.
    pub(crate) fn mask(&self, seed: u64, step: u64, layer: usize, sample: usize) -> Mask {
        let stream = Stream::Dropout { step, layer: layer as u64, sample: sample as u64 };
        // Exact in f64: p times 2^32 draws of 2^32 are dropped, to the nearest.
        let threshold = libm::round(self.p * 4_294_967_296.0) as u64;
        Mask { generator: stream.generator(seed), threshold, spare: None }
    }
}

/// A stream of decisions; one draw of 64 bits gives two.
pub(crate) struct Mask {
    generator: Generator,
    threshold: u64,
    spare: Option<u32>,
}

impl Mask {
    /// Whether the next element survives.
    pub(crate) fn next(&mut self) -> bool {
        let draw = match self.spare.take() {
            Some(spare) => spare,
            None => {
                let (first, second) = self.generator.next_u32_pair();
                self.spare = Some(second);
                first
            }
        };
        u64::from(draw) >= self.threshold
    }

    /// Overwrites each factor: `survivor` if the next element survives, else 0.
    pub(crate) fn fill(&mut self, survivor: f32, factors: &mut [f32]) {
        let (pairs, last) = factors.as_chunks_mut::<2>();
        if self.spare.is_none() {
            let factor = |draw: u32| if u64::from(draw) >= self.threshold { survivor } else { 0.0 };
            for pair in pairs {
                let (first, second) = self.generator.next_u32_pair();
                *pair = [factor(first), factor(second)];
            }
        } else {
            pairs.as_flattened_mut().iter_mut().for_each(|one| *one = if self.next() { survivor } else { 0.0 });
        }
        last.iter_mut().for_each(|one| *one = if self.next() { survivor } else { 0.0 });
    }
}
