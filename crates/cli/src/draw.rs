//! Samples for a network that came without any: made up, but the same for the same seed.

use anyhow::bail;
use gradbook_engine::rng::Stream;

use crate::chain::{Activation, Chain};
use crate::words::thousands;

/// More numbers than this are not drawn for one list.
const MAX_COUNT: usize = 10_000;

/// Inputs between -1 and 1, sample by sample.
///
/// # Errors
/// If these are too many.
pub(crate) fn x(chain: &Chain, samples: usize, seed: u64) -> anyhow::Result<Vec<f64>> {
    let mut generator = Stream::Lesson { list: 0 }.generator(seed);
    let count = count(samples, chain.inputs)?;
    Ok((0..count).map(|_| two_decimals(generator.uniform_in(-1.0, 1.0))).collect())
}

/// Targets between 0 and 1, sample by sample; after a softmax, 1 for one output and 0 for the others.
///
/// # Errors
/// If these are too many.
pub(crate) fn t(chain: &Chain, samples: usize, seed: u64) -> anyhow::Result<Vec<f64>> {
    let mut generator = Stream::Lesson { list: 1 }.generator(seed);
    let outputs = chain.outputs();
    let count = count(samples, outputs)?;
    if chain.last().activation != Activation::Softmax {
        return Ok((0..count).map(|_| two_decimals(generator.uniform())).collect());
    }
    let mut t = vec![0.0; count];
    for sample in t.chunks_mut(outputs) {
        sample[generator.below(outputs as u64) as usize] = 1.0;
    }
    Ok(t)
}

fn count(samples: usize, each: usize) -> anyhow::Result<usize> {
    let count = samples * each;
    if count > MAX_COUNT {
        bail!("its {} numbers are more than the {} that can be drawn", thousands(count), thousands(MAX_COUNT));
    }
    Ok(count)
}

/// Rounded, because people read it; adding 0 makes -0 plain 0.
fn two_decimals(value: f64) -> f64 {
    (value * 100.0).round() / 100.0 + 0.0
}
