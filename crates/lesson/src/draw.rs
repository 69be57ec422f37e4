//! Samples for a network that has none, and other numbers for exercises: random, but the same for the same seed.

use gradbook_engine::function::Function;
use gradbook_engine::loss::Targets;
use gradbook_engine::rng::{Generator, Stream};
use gradbook_engine::spec::Spec;

use crate::{Activation, Lesson, Network};

/// The most numbers that are drawn for one list.
const MAX_COUNT: usize = 10_000;

/// A list would have too many numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its {} numbers are more than the {} that can be drawn", thousands(*count), thousands(MAX_COUNT))]
pub struct TooManyNumbers {
    /// How many it would have.
    pub count: usize,
}

/// Inputs between -1 and 1, sample by sample: `[samples, inputs]`.
///
/// # Errors
/// If there would be too many.
pub fn x(network: &Network, samples: usize, seed: u64) -> Result<Vec<f64>, TooManyNumbers> {
    let mut generator = Stream::Lesson { list: 0 }.generator(seed);
    let count = count(samples, network.inputs)?;
    Ok((0..count).map(|_| two_decimals(generator.uniform_in(-1.0, 1.0))).collect())
}

/// Targets between 0 and 1, sample by sample: `[samples, outputs]`; after a softmax, 1 for one output and 0 for the
/// others.
///
/// # Errors
/// If there would be too many.
pub fn t(network: &Network, samples: usize, seed: u64) -> Result<Vec<f64>, TooManyNumbers> {
    let mut generator = Stream::Lesson { list: 1 }.generator(seed);
    let outputs = network.outputs();
    let count = count(samples, outputs)?;
    if !network.softmax() {
        return Ok((0..count).map(|_| two_decimals(generator.uniform())).collect());
    }
    let mut t = vec![0.0; count];
    for sample in t.chunks_mut(outputs) {
        sample[generator.below(outputs as u64) as usize] = 1.0;
    }
    Ok(t)
}

/// The description of a lesson with other numbers near its own; `spec` is what `lesson` was made from. Targets of a
/// sigmoid stay where it can reach them, and probabilities as they are.
pub fn near(spec: &Spec, lesson: &Lesson, stream: Stream, seed: u64) -> Spec {
    let mut generator = stream.generator(seed);
    let mut spec = spec.clone();
    let Some(numbers) = &mut spec.lesson else { return spec };
    let network = &lesson.theory.network;
    let first = &lesson.run.states[0].parameters;
    let mut moved = |list: &[f64]| -> Vec<f64> { list.iter().map(|&x| beside(&mut generator, x)).collect() };
    numbers.x = lesson.samples.iter().flat_map(|sample| moved(&sample.x)).collect();
    numbers.weights = first.w.iter().map(|rows| moved(&rows.concat())).collect();
    numbers.biases = first.b.iter().filter(|list| !list.is_empty()).map(|list| moved(list)).collect();
    if network.loss.entry().targets == Targets::Numbers {
        numbers.t = lesson.samples.iter().flat_map(|sample| moved(&sample.t)).collect();
        if matches!(network.activation(network.last()), Activation::Function(Function::Sigmoid) | Activation::Softmax) {
            numbers.t.iter_mut().for_each(|t| *t = t.clamp(0.01, 0.99));
        }
    }
    spec
}

/// A number with two decimals near `x`, but not 0, which would make its products trivial.
fn beside(generator: &mut Generator, x: f64) -> f64 {
    let spread = 0.1 + 0.2 * x.abs();
    loop {
        let drawn = two_decimals(generator.uniform_in(x - spread, x + spread));
        if drawn != 0.0 {
            return drawn;
        }
    }
}

fn count(samples: usize, each: usize) -> Result<usize, TooManyNumbers> {
    let count = samples * each;
    if count > MAX_COUNT { Err(TooManyNumbers { count }) } else { Ok(count) }
}

/// Rounded, because people read it; adding 0 makes -0 plain 0.
fn two_decimals(value: f64) -> f64 {
    (value * 100.0).round() / 100.0 + 0.0
}

/// `12,000`.
fn thousands(n: usize) -> String {
    match n / 1000 {
        0 => n.to_string(),
        more => format!("{},{:03}", thousands(more), n % 1000),
    }
}
