//! Samples for a network that came without any, and other numbers for exercises: made up, but the same for the same seed.

use anyhow::bail;
use gradbook_engine::rng::{Generator, Stream};
use gradbook_engine::spec::Spec;
use gradbook_lesson::trace::{Activation as Function, Loss, Trace};
use gradbook_run::words::thousands;

use crate::chain::{Activation, Chain};

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

/// The lesson with other numbers near its own; `trace` is that of `spec`. Targets of a sigmoid stay where it can reach
/// them, and probabilities as they are.
pub(crate) fn near(spec: &Spec, trace: &Trace, stream: Stream, seed: u64) -> Spec {
    let mut generator = stream.generator(seed);
    let mut spec = spec.clone();
    let Some(lesson) = &mut spec.lesson else { return spec };
    let net = &trace.net;
    let first = &trace.run.states[0].parameters;
    let mut moved = |list: &[f64]| -> Vec<f64> { list.iter().map(|&x| beside(&mut generator, x)).collect() };
    lesson.x = trace.samples.iter().flat_map(|sample| moved(&sample.x)).collect();
    lesson.weights = first.w.iter().map(|rows| moved(&rows.concat())).collect();
    lesson.biases = first.b.iter().filter(|list| !list.is_empty()).map(|list| moved(list)).collect();
    if net.loss != Loss::CrossEntropy {
        lesson.t = trace.samples.iter().flat_map(|sample| moved(&sample.t)).collect();
    }
    if net.loss != Loss::CrossEntropy && matches!(net.activations[net.last()], Function::Sigmoid | Function::Softmax) {
        lesson.t.iter_mut().for_each(|t| *t = t.clamp(0.01, 0.99));
    }
    spec
}

/// A number of two decimals near `x`, not 0, which would make what it multiplies trivial.
fn beside(generator: &mut Generator, x: f64) -> f64 {
    let spread = 0.1 + 0.2 * x.abs();
    loop {
        let drawn = two_decimals(generator.uniform_in(x - spread, x + spread));
        if drawn != 0.0 {
            return drawn;
        }
    }
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
