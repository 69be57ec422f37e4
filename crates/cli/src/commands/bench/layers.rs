//! Where the time of a step goes: layer by layer, on one thread.
//!
//! The engine announces each operation, and a clock is read in between. Operations take microseconds, so reading the
//! clock is part of what is measured; the report says how large a part.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context;
use gradbook_engine::data::Dataset;
use gradbook_engine::model::Model;
use gradbook_engine::network::Network;
use gradbook_engine::profile::{Work, profile};
use gradbook_engine::spec::TrainSpec;
use gradbook_engine::train::{Control, Options, State};
use gradbook_run::source::Source;
use gradbook_run::words;
use serde::Serialize;

use super::SEED;
use super::clock::median;
use crate::interrupt;

const WARM_UP_STEPS: usize = 3;

/// Microseconds per image and thread; each is the median over the steps.
#[derive(Serialize)]
pub(super) struct Profile {
    pub(super) steps: usize,
    /// Augmentation and normalisation.
    pub(super) assembly_us: f64,
    pub(super) loss_us: f64,
    /// Choosing images, packing weights, merging moments, adding gradients, the optimizer.
    pub(super) between_phases_us: f64,
    /// The total of these and all layers.
    pub(super) total_us: f64,
    /// The time of reading the clock, as a fraction of the total.
    pub(super) clock_share: f64,
}

/// Microseconds per image and thread; GFLOP/s where there are multiply-adds, counting those of the direct calculation.
/// A layer without any time is done together with the one before.
#[derive(Serialize)]
pub(super) struct LayerTimes {
    pub(super) layer: String,
    pub(super) shape: String,
    pub(super) forward_us: f64,
    pub(super) forward_gflops: Option<f64>,
    pub(super) input_gradient_us: f64,
    pub(super) input_gradient_gflops: Option<f64>,
    pub(super) weight_gradient_us: f64,
    pub(super) weight_gradient_gflops: Option<f64>,
    /// Recalculating what was not kept from the forward pass.
    pub(super) other_us: f64,
    pub(super) total_us: f64,
}

/// All steps that a profile of `steps` steps needs.
pub(super) fn all_steps(steps: usize) -> usize {
    WARM_UP_STEPS + steps
}

/// Profiles a training from fresh weights; `None` if Ctrl-C ended it.
pub(super) fn measure(
    source: &Source,
    network: &Network,
    train_spec: &TrainSpec,
    set: &Dataset,
    options: Options,
    steps: usize,
) -> anyhow::Result<Option<(Profile, Vec<LayerTimes>)>> {
    let model = Model::new(network, &source.spec.init, SEED);
    let mut state = State::new(train_spec, model).with_context(|| source.origin.clone())?;
    // Only ever locked by this thread: a profile of several threads would tell what they wait for.
    let recorder = Mutex::new(Recorder::new(network.nodes.len()));
    profile(network, train_spec, &mut state, set, Options { threads: 1, ..options }, &|work| {
        let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner);
        recorder.announce(work);
        let done = recorder.steps == all_steps(steps);
        if done || work == Work::Step && interrupt::requested() { Control::Stop } else { Control::Continue }
    })
    .with_context(|| source.origin.clone())?;
    let recorder = recorder.into_inner().unwrap_or_else(PoisonError::into_inner);
    if recorder.steps < all_steps(steps) {
        return Ok(None);
    }
    let [assembly_us, loss_us, between_phases_us] = [Work::Assembly, Work::Loss, Work::Between].map(|w| recorder.us(w));
    let nodes = network.nodes.iter().zip(&source.spec.layers).enumerate();
    let layers: Vec<LayerTimes> = nodes
        .map(|(index, (node, spec))| {
            let us = [Work::Forward, Work::InputGradient, Work::WeightGradient, Work::ForwardAgain];
            let us = us.map(|work| recorder.us(work(index)));
            let operations = 2 * node.layer.multiply_adds(node.output);
            let gflops = |us: f64| (operations > 0 && us > 0.0).then(|| operations as f64 / us / 1e3);
            LayerTimes {
                layer: words::layer(spec),
                shape: node.output.to_string(),
                forward_us: us[0],
                forward_gflops: gflops(us[0]),
                input_gradient_us: us[1],
                input_gradient_gflops: gflops(us[1]),
                weight_gradient_us: us[2],
                weight_gradient_gflops: gflops(us[2]),
                other_us: us[3],
                total_us: us.iter().sum(),
            }
        })
        .collect();
    let total_us = assembly_us + loss_us + between_phases_us + layers.iter().map(|layer| layer.total_us).sum::<f64>();
    let clock_share = recorder.clock_us() / total_us;
    Ok(Some((Profile { steps, assembly_us, loss_us, between_phases_us, total_us, clock_share }, layers)))
}

/// Adds up the time of each kind of work, step by step.
struct Recorder {
    /// What the time since `since` belongs to.
    current: usize,
    since: Instant,
    /// For this step: seconds of each kind, images, and how often the clock was read.
    seconds: Vec<f64>,
    images: usize,
    readings: usize,
    steps: usize,
    /// Microseconds per image of each kind, in each measured step; and the readings.
    measured: Vec<Vec<f64>>,
    readings_an_image: f64,
}

/// How many kinds of work belong to no layer; they come before those that do.
const SHARED_KINDS: usize = 3;

fn kind(work: Work) -> usize {
    match work {
        Work::Between | Work::Step => 0,
        Work::Assembly => 1,
        Work::Loss => 2,
        Work::Forward(layer) => SHARED_KINDS + 4 * layer,
        Work::InputGradient(layer) => SHARED_KINDS + 4 * layer + 1,
        Work::WeightGradient(layer) => SHARED_KINDS + 4 * layer + 2,
        Work::ForwardAgain(layer) => SHARED_KINDS + 4 * layer + 3,
    }
}

impl Recorder {
    fn new(layers: usize) -> Recorder {
        let kinds = SHARED_KINDS + 4 * layers;
        Recorder {
            current: kind(Work::Step),
            since: Instant::now(),
            seconds: vec![0.0; kinds],
            images: 0,
            readings: 0,
            steps: 0,
            measured: vec![Vec::new(); kinds],
            readings_an_image: 0.0,
        }
    }

    fn announce(&mut self, work: Work) {
        let now = Instant::now();
        self.seconds[self.current] += (now - self.since).as_secs_f64();
        (self.current, self.since) = (kind(work), now);
        self.readings += 1;
        match work {
            Work::Loss => self.images += 1,
            Work::Step => self.end_step(),
            _ => {}
        }
    }

    fn end_step(&mut self) {
        self.steps += 1;
        if self.steps > WARM_UP_STEPS {
            let images = self.images as f64;
            for (measured, seconds) in self.measured.iter_mut().zip(&self.seconds) {
                measured.push(seconds * 1e6 / images);
            }
            self.readings_an_image = self.readings as f64 / images;
        }
        self.seconds.fill(0.0);
        (self.images, self.readings) = (0, 0);
        // The bookkeeping belongs to no step.
        self.since = Instant::now();
    }

    /// Microseconds per image.
    fn us(&self, work: Work) -> f64 {
        median(&self.measured[kind(work)]).unwrap_or(0.0)
    }

    /// Microseconds per image that reading the clock takes.
    fn clock_us(&self) -> f64 {
        const READINGS: usize = 10_000;
        let (started, lock) = (Instant::now(), Mutex::new(()));
        let last = (0..READINGS).fold(started, |_, _| {
            let _locked = lock.lock();
            std::hint::black_box(Instant::now())
        });
        (last - started).as_secs_f64() * 1e6 / READINGS as f64 * self.readings_an_image
    }
}
