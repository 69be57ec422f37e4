//! Randomness by counter: every use of randomness has its own short stream, named by what it is for.
//!
//! The augmentation of a sample or a dropout mask depends only on the seed and on its own counters, never on which
//! thread computes it or on what was drawn before. Generators and mappings are fixed here, with golden vectors in
//! `tests/engine/random.rs`, because a change would change every trained network.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// What a stream of random numbers is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// The starting values of one parameter tensor.
    Init {
        /// Its number in the parameter buffer.
        tensor: u64,
    },
    /// Made-up samples of a lesson: list 0 holds inputs, list 1 targets.
    Lesson {
        /// 0 or 1.
        list: u64,
    },
    /// The numbers of one learner's exercise; attempts count until they pose it well.
    Exercise {
        /// A number made of the learner's name.
        learner: u64,
        /// From 0.
        attempt: u64,
    },
    /// The order of the training images in one epoch.
    Shuffle {
        /// From 1.
        epoch: u64,
    },
    /// The random changes of one image in one epoch.
    Augment {
        /// From 1.
        epoch: u64,
        /// The image's number in the data set.
        sample: u64,
    },
    /// The dropout mask of one sample in one layer in one step.
    Dropout {
        /// From 0, over all epochs.
        step: u64,
        /// The layer's number in the network.
        layer: u64,
        /// The sample's number in the batch.
        sample: u64,
    },
}

impl Stream {
    /// The generator of this stream for a training run's `seed`.
    ///
    /// ```text
    /// h  = mix(seed ⊕ domain)
    /// h  = mix(h ⊕ field)        for each field, in the order of declaration
    /// s₀ .. s₃ = the next four outputs of SplitMix64 at h
    /// ```
    ///
    /// `mix` is one step of SplitMix64, a bijection in which each input bit flips about half of the output bits, so
    /// that neighbouring counters start unrelated streams. The domain is the stream's name in ASCII.
    /// Source: Steele, Lea, Flood (2014) for SplitMix64; Blackman, Vigna (2021) for this way to seed xoshiro256++.
    #[inline]
    pub fn generator(self, seed: u64) -> Generator {
        let start = |domain: &[u8; 8]| mix(seed ^ u64::from_le_bytes(*domain));
        let h = match self {
            Stream::Init { tensor } => mix(start(b"init....") ^ tensor),
            Stream::Lesson { list } => mix(start(b"lesson..") ^ list),
            Stream::Exercise { learner, attempt } => mix(mix(start(b"exercise") ^ learner) ^ attempt),
            Stream::Shuffle { epoch } => mix(start(b"shuffle.") ^ epoch),
            Stream::Augment { epoch, sample } => mix(mix(start(b"augment.") ^ epoch) ^ sample),
            Stream::Dropout { step, layer, sample } => mix(mix(mix(start(b"dropout.") ^ step) ^ layer) ^ sample),
        };
        Generator(Xoshiro256PlusPlus::seed_from_u64(h))
    }
}

/// The output of SplitMix64 at state `x`.
#[inline]
fn mix(x: u64) -> u64 {
    let z = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// xoshiro256++ and the mappings from its 64-bit words to numbers.
///
/// The mappings are part of the definition, because those of the `rand` crate may change between releases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generator(Xoshiro256PlusPlus);

impl Generator {
    /// The next 64 random bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// The next 64 random bits in groups of 16, the highest first: four dropout decisions for one step of the generator.
    #[inline]
    pub fn next_u16s(&mut self) -> [u16; 4] {
        let bits = self.next_u64();
        [48, 32, 16, 0].map(|shift| (bits >> shift) as u16)
    }

    /// Uniform in [0, 1): the upper 53 bits as a multiple of 2⁻⁵³.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        const SCALE: f64 = 1.0 / (1u64 << 53) as f64;
        (self.next_u64() >> 11) as f64 * SCALE
    }

    /// Uniform between `lo` and `hi`; exactly `lo` if both are equal.
    #[inline]
    pub fn uniform_in(&mut self, lo: f64, hi: f64) -> f64 {
        lo + (hi - lo) * self.uniform()
    }

    /// Standard normal: `√(-2 ln u₁) cos 2πu₂` with u₁ in (0, 1]. Source: Box, Muller (1958).
    ///
    /// The second number of the pair, with the sine, is not kept: a generator's only state is its counter.
    pub fn normal(&mut self) -> f64 {
        let u1 = 1.0 - self.uniform();
        let u2 = self.uniform();
        (-2.0 * libm::log(u1)).sqrt() * libm::cos(2.0 * std::f64::consts::PI * u2)
    }

    /// Uniform among 0 .. n-1, without bias: the high half of `n` times 64 random bits, drawn again in the rare case
    /// that the low half falls into the remainder of 2⁶⁴ / n. Source: Lemire (2019), algorithm 5.
    ///
    /// # Panics
    /// If `n` is 0.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "below(0) has no value to return");
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            let low = product as u64;
            // 2⁶⁴ mod n is below n: the division is needed only if `low` is below n too.
            if low >= n || low >= n.wrapping_neg() % n {
                return (product >> 64) as u64;
            }
        }
    }

    /// All orders are equally likely. Source: Fisher, Yates (1938), in Durstenfeld's form (1964), from the end down.
    pub fn shuffle(&mut self, items: &mut [u32]) {
        for last in (1..items.len()).rev() {
            let chosen = self.below(last as u64 + 1) as usize;
            items.swap(last, chosen);
        }
    }
}
