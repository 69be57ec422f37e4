//! `gradbook bench`: the time of training steps, without evaluation.
//!
//! A warm-up, then several repetitions of the same number of steps, on the real training images with the recipe's
//! augmentation. The median stands for all; the rest is printed too.

use std::time::Instant;

use anyhow::Context;
use clap::Args;
use gradbook_engine::model::Model;
use gradbook_engine::train::{Control, Event, Options, train};
use serde::Serialize;

use crate::commands::SpeedArguments;
use crate::data::{self, Evaluation};
use crate::source::Source;
use crate::words::{plural, thousands};
use crate::{Outcome, interrupt, output};

const WARM_UP_STEPS: usize = 10;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// A shipped name, a TOML file, or a run folder
    #[arg(value_name = "NAME|FILE|RUN", default_value = "swift")]
    source: String,
    /// Steps in each repetition
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    steps: u32,
    /// Repetitions
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    repetitions: u32,
    #[command(flatten)]
    speed: SpeedArguments,
    /// A folder of four IDX files (raw or .gz) to use in place of MNIST
    #[arg(long, value_name = "DIR")]
    data: Option<std::path::PathBuf>,
    /// Prints one JSON object and nothing else
    #[arg(long)]
    json: bool,
}

/// Times are of training alone; an epoch is one pass over all training images.
#[derive(Serialize)]
struct Timing<'t> {
    command: &'static str,
    recipe: &'t str,
    threads: usize,
    isa: &'static str,
    precision: &'static str,
    batch: usize,
    /// In each repetition.
    steps: usize,
    /// Seconds an epoch, as each repetition has it.
    repetitions: Vec<f64>,
    /// The median.
    seconds_per_epoch: f64,
    seconds_per_epoch_min: f64,
    seconds_per_epoch_max: f64,
    images_per_epoch: usize,
    images_per_second: f64,
    /// A multiply-add counted as two, forward and twice as much backward.
    gflops: f64,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let source = Source::find(&arguments.source)?;
    let network = source.network()?;
    let mut train_spec = source.train_spec()?.clone();
    let recorded = source.run.as_ref().map(|run| run.record.data.as_str());
    let (set, _) = data::Source::new(arguments.data.as_deref(), recorded)?.load(Evaluation::Test)?;
    source.check_memory(&network, train_spec.batch.min(set.len()))?;

    let steps = arguments.steps as usize;
    let all_steps = WARM_UP_STEPS + steps * arguments.repetitions as usize;
    // Enough epochs for all steps, each of them augmented.
    let steps_per_epoch = set.len().div_ceil(train_spec.batch);
    train_spec.epochs = train_spec.epochs.max(all_steps.div_ceil(steps_per_epoch));
    train_spec.augment.plain_last_epochs = 0;

    let options = Options { seed: 1, threads: arguments.speed.threads(), isa: arguments.speed.isa() };
    let mut model = Model::new(&network, &source.spec.init, options.seed);
    let mut clock =
        Clock { warm_up: WARM_UP_STEPS, steps, done: 0, images: 0, started: Instant::now(), rates: Vec::new() };
    interrupt::watch()?;
    let no_images = data::none_like(&set);
    train(&network, &train_spec, &mut model, (&set, &no_images), options, &mut |event| {
        let Event::Step(step) = event else { return Control::Continue };
        let batch = train_spec.batch.min(set.len() - (step.step - 1) * train_spec.batch);
        clock.step(batch);
        if clock.done == all_steps || interrupt::requested() { Control::Stop } else { Control::Continue }
    })
    .with_context(|| source.origin.clone())?;
    if clock.rates.is_empty() {
        return Ok(Outcome::Interrupted);
    }

    let mut repetitions: Vec<f64> = clock.rates.iter().map(|seconds| seconds * set.len() as f64).collect();
    let in_order = repetitions.clone();
    repetitions.sort_by(f64::total_cmp);
    let seconds_per_epoch = median(&repetitions);
    let images_per_second = set.len() as f64 / seconds_per_epoch;
    let timing = Timing {
        command: "bench",
        recipe: &source.name,
        threads: options.threads,
        isa: options.isa.name(),
        precision: "f32",
        batch: train_spec.batch,
        steps,
        seconds_per_epoch,
        seconds_per_epoch_min: repetitions[0],
        seconds_per_epoch_max: repetitions[repetitions.len() - 1],
        repetitions: in_order,
        images_per_epoch: set.len(),
        images_per_second,
        gflops: 2.0 * 3.0 * network.multiply_adds() as f64 * images_per_second / 1e9,
    };
    if arguments.json {
        output::json(&timing)?
    } else {
        report(&timing)?
    }
    Ok(if interrupt::requested() { Outcome::Interrupted } else { Outcome::Done })
}

/// Cuts a stream of steps into repetitions.
struct Clock {
    warm_up: usize,
    steps: usize,
    done: usize,
    /// Images of this repetition.
    images: usize,
    started: Instant,
    /// Seconds an image of each repetition.
    rates: Vec<f64>,
}

impl Clock {
    /// After each step.
    fn step(&mut self, images: usize) {
        self.done += 1;
        self.images += images;
        let measured = self.done.saturating_sub(self.warm_up);
        let now = Instant::now();
        if measured > 0 && measured.is_multiple_of(self.steps) {
            self.rates.push((now - self.started).as_secs_f64() / self.images as f64);
        }
        if self.done >= self.warm_up && measured.is_multiple_of(self.steps) {
            (self.images, self.started) = (0, now);
        }
    }
}

/// Of at least one sorted value.
fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) { (sorted[middle - 1] + sorted[middle]) / 2.0 } else { sorted[middle] }
}

fn report(timing: &Timing<'_>) -> anyhow::Result<()> {
    output::data(&format!(
        "{}, batch {}, {}, {}, {}: {:.3} s an epoch of {} images (median of {} x {} steps; {:.3} to {:.3})",
        timing.recipe,
        timing.batch,
        plural(timing.threads, "thread"),
        timing.isa,
        timing.precision,
        timing.seconds_per_epoch,
        thousands(timing.images_per_epoch),
        timing.repetitions.len(),
        timing.steps,
        timing.seconds_per_epoch_min,
        timing.seconds_per_epoch_max,
    ))?;
    let images = thousands(timing.images_per_second as usize);
    output::data(&format!("{images} images/s, {:.1} GFLOP/s", timing.gflops))
}
