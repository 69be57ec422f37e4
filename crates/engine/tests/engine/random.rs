//! Random numbers and what is made from them: golden vectors, initial weights, changed images.
//!
//! The golden vectors come from an independent implementation of the published algorithms, in Python:
//!
//! ```python
//! import math
//! def mix(x):                                       # splitmix64.c by Vigna
//!     z = (x + 0x9e3779b97f4a7c15) % 2**64
//!     z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 % 2**64
//!     z = (z ^ z >> 27) * 0x94d049bb133111eb % 2**64
//!     return z ^ z >> 31
//! def rotl(x, k): return (x << k | x >> 64 - k) % 2**64
//! class Generator:                                  # xoshiro256plusplus.c by Blackman and Vigna
//!     def __init__(self, seed, domain, *fields):
//!         h = mix(seed ^ int.from_bytes(domain, "little"))
//!         for field in fields: h = mix(h ^ field)
//!         self.s = [mix(h + i * 0x9e3779b97f4a7c15) for i in range(4)]
//!     def next(self):
//!         s = self.s
//!         result = (rotl((s[0] + s[3]) % 2**64, 23) + s[0]) % 2**64
//!         t = s[1] << 17 & 2**64 - 1
//!         s[2] ^= s[0]; s[3] ^= s[1]; s[1] ^= s[2]; s[0] ^= s[3]; s[2] ^= t; s[3] = rotl(s[3], 45)
//!         return result
//!     def uniform(self): return (self.next() >> 11) / 2**53
//!     def normal(self):
//!         u1 = 1 - self.uniform()
//!         return math.sqrt(-2 * math.log(u1)) * math.cos(2 * math.pi * self.uniform())
//!     def below(self, n):
//!         while True:
//!             product = self.next() * n
//!             if product % 2**64 >= 2**64 % n: return product >> 64
//!     def shuffle(self, items):
//!         for last in range(len(items) - 1, 0, -1):
//!             chosen = self.below(last + 1)
//!             items[last], items[chosen] = items[chosen], items[last]
//! print([hex(g.next()) for g in [Generator(7, b"init....", 3)] for _ in range(3)])
//! ```

use gradbook_engine::augment::Augment;
use gradbook_engine::init::{initial_biases, initial_weights};
use gradbook_engine::rng::Stream;
use gradbook_engine::spec::{AugmentSpec, CentreCropSpec, InitSpec};
use serde_json::Value;

#[test]
fn streams_start_with_their_golden_numbers() {
    let dropout = |step, layer, sample| Stream::Dropout { step, layer, sample };
    for (stream, seed, expected) in [
        (Stream::Init { tensor: 3 }, 7, [0x1902532ae5ec8f47, 0x409f20858933c0f9, 0x81ddf8f086bd2258]),
        (Stream::Shuffle { epoch: 3 }, 7, [0xb6632485ce01e485, 0xcdac796e10c15ff7, 0x9899b5197f0fd412]),
        (Stream::Augment { epoch: 3, sample: 5 }, 7, [0x0cca2a165222c13e, 0x037a05d8f0f771e4, 0x21f8df5bfa4f18e]),
        (dropout(3, 5, 11), 7, [0xc7d421578e9cfc81, 0x9bfe2c10819af916, 0x26eb3b146566fed6]),
        (dropout(u64::MAX, 0, u64::MAX), u64::MAX, [0x4b326cce286d7e12, 0xeaba40df58740ffb, 0x7af0af95b26e99de]),
    ] {
        let mut generator = stream.generator(seed);
        assert_eq!([(); 3].map(|()| generator.next_u64()), expected, "{stream:?}");
    }
    let mut generator = Stream::Init { tensor: 3 }.generator(7);
    assert_eq!(generator.next_u16s(), [0x1902, 0x532a, 0xe5ec, 0x8f47]);
}

#[test]
fn mappings_give_their_golden_numbers() {
    let mut order: Vec<u32> = (0..10).collect();
    Stream::Shuffle { epoch: 0 }.generator(42).shuffle(&mut order);
    assert_eq!(order, [9, 1, 6, 7, 4, 2, 5, 0, 3, 8]);

    let mut generator = Stream::Augment { epoch: 0, sample: 0 }.generator(42);
    assert_eq!([(); 3].map(|()| generator.uniform()), [0.31311535408753477, 0.7391818101410265, 0.706602227893095]);

    // Python's logarithm and cosine are not libm's: they may differ in the last digit.
    let mut generator = Stream::Init { tensor: 0 }.generator(42);
    for expected in [0.49545107092624285, -0.49144754388476736, -0.9135782581402832] {
        assert!((generator.normal() / expected - 1.0).abs() < 1e-14);
    }

    // 2⁶⁴ words do not divide evenly among 3·2⁶² numbers: a quarter of the words is drawn again.
    let mut generator = Stream::Init { tensor: 1 }.generator(42);
    let drawn = [(); 4].map(|()| generator.below(3 << 62));
    assert_eq!(drawn, [13296327375571384410, 3156145957278848849, 11345483795471664747, 4829422277816571438]);
}

#[test]
fn neighbouring_counters_give_unrelated_streams() {
    // Over 4,096 neighbouring streams, each bit of the first word is set about half of the time (standard error 32) and
    // flips about half of the time from one stream to the next.
    for stream in [
        |i| Stream::Init { tensor: i },
        |i| Stream::Shuffle { epoch: i },
        |i| Stream::Augment { epoch: i, sample: 0 },
        |i| Stream::Augment { epoch: 0, sample: i },
        |i| Stream::Dropout { step: i, layer: 0, sample: 0 },
        |i| Stream::Dropout { step: 0, layer: i, sample: 0 },
        |i| Stream::Dropout { step: 0, layer: 0, sample: i },
    ] {
        let words: Vec<u64> = (0..4097).map(|i| stream(i).generator(1).next_u64()).collect();
        for bit in 0..64 {
            let set = words[1..].iter().filter(|&word| word >> bit & 1 == 1).count();
            let flips = words.windows(2).filter(|pair| (pair[0] ^ pair[1]) >> bit & 1 == 1).count();
            assert!(set.abs_diff(2048) < 160 && flips.abs_diff(2048) < 160, "{:?}, bit {bit}", stream(0));
        }
    }
}

#[test]
fn starting_weights_have_pytorchs_bounds_and_deviations() {
    let golden: Value = serde_json::from_str(include_str!("../golden/init.json")).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() >= 10);
    for (tensor, case) in cases.iter().enumerate() {
        let spec: InitSpec = serde_json::from_value(case["init"].clone()).unwrap();
        let fan = |key: &str| case[key].as_u64().unwrap() as usize;
        let mut generator = Stream::Init { tensor: tensor as u64 }.generator(1);
        let mut weights = vec![0.0; 100_000];
        initial_weights(&spec, fan("fan_in"), fan("fan_out"), &mut generator, &mut weights);
        let mut biases = vec![9.0; 100_000];
        initial_biases(&spec, fan("fan_in"), &mut generator, &mut biases);

        let std = (weights.iter().map(|&w| f64::from(w).powi(2)).sum::<f64>() / weights.len() as f64).sqrt();
        assert!((std / case["weight_std"].as_f64().unwrap() - 1.0).abs() < 0.01, "{}: {std}", case["name"]);
        let largest = |values: &[f32]| values.iter().fold(0.0, |largest: f64, &x| largest.max(f64::from(x.abs())));
        // Among this many uniform draws, the largest lies within a thousandth of the bound; rounding to f32 may reach
        // it.
        if let Some(bound) = case["weight_bound"].as_f64() {
            assert!((0.999..=1.0 + 1e-7).contains(&(largest(&weights) / bound)), "{}", case["name"]);
        }
        match case["bias_bound"].as_f64() {
            Some(bound) => assert!((0.999..=1.0 + 1e-7).contains(&(largest(&biases) / bound)), "{}", case["name"]),
            None => assert!(biases.iter().all(|&b| b == 0.0), "{}", case["name"]),
        }
    }
}

/// A ramp from black to white, 28 x 28.
fn ramp() -> Vec<u8> {
    (0..784).map(|i| (i * 255 / 783) as u8).collect()
}

#[test]
fn augmentation_without_changes_copies() {
    let augment = Augment::new(&AugmentSpec::default(), 28, 28).unwrap();
    assert!(augment.is_identity());
    let mut target = vec![99; 784];
    let mut generator = Stream::Augment { epoch: 0, sample: 0 }.generator(0);
    augment.apply(&ramp(), &mut generator, &mut augment.scratch(), &mut target);
    assert_eq!(target, ramp());
}

#[test]
fn a_stream_decides_all_changes_whatever_was_in_the_scratch() {
    let spec = AugmentSpec {
        rotation_degrees: 10.0,
        shift_pixels: 2.0,
        scale: [0.9, 1.1],
        centre_crop: Some(CentreCropSpec { size: 22, p: 0.5 }),
        brightness: 0.2,
        contrast: 0.2,
        plain_last_epochs: 0,
    };
    let augment = Augment::new(&spec, 28, 28).unwrap();
    assert!(!augment.is_identity());
    let mut scratch = augment.scratch();
    let mut changed = |sample| {
        let mut target = vec![0; 784];
        let mut generator = Stream::Augment { epoch: 1, sample }.generator(7);
        augment.apply(&ramp(), &mut generator, &mut scratch, &mut target);
        target
    };
    let first = changed(0);
    assert_ne!(first, changed(1));
    assert_eq!(first, changed(0));
    // Recorded, not derived: other bytes would mean other results for every training with augmentation.
    let checksum = |image: &[u8]| image.iter().enumerate().map(|(i, &pixel)| i * usize::from(pixel)).sum::<usize>();
    assert_eq!([checksum(&first), checksum(&changed(1)), checksum(&changed(2))], [35087436, 55132638, 46128161]);
}

#[test]
fn impossible_changes_are_refused_with_their_key() {
    let refused = |change: fn(&mut AugmentSpec)| {
        let mut spec = AugmentSpec::default();
        change(&mut spec);
        Augment::new(&spec, 28, 20).unwrap_err().key
    };
    let crop = |spec: &mut AugmentSpec| spec.centre_crop = Some(CentreCropSpec { size: 21, p: 0.5 });
    assert_eq!(refused(crop), "train.augment.centre_crop.size");
    assert_eq!(refused(|spec| spec.rotation_degrees = -1.0), "train.augment.rotation_degrees");
    assert_eq!(refused(|spec| spec.shift_pixels = f64::NAN), "train.augment.shift_pixels");
    assert_eq!(refused(|spec| spec.scale = [0.0, 1.0]), "train.augment.scale");
    assert_eq!(refused(|spec| spec.scale = [1.1, 0.9]), "train.augment.scale");
    assert_eq!(refused(|spec| spec.brightness = 1.5), "train.augment.brightness");
}
