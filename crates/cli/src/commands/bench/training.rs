//! The time of training steps, without evaluation: on the real training images, with the recipe's augmentation.

use anyhow::Context;
use gradbook_engine::model::Model;
use gradbook_engine::network::Network;
use gradbook_engine::profile::{Work, profile};
use gradbook_engine::train::{Control, Options, State};
use gradbook_run::data::{DataSource, Evaluation};
use gradbook_run::machine;
use gradbook_run::machine::instructions;
use gradbook_run::source::Source;
use gradbook_run::words::{plural, thousands};
use serde::Serialize;

use super::clock::{Clock, Times, median};
use super::layers::{self, LayerTimes, Profile};
use super::peak::{self, Peaks};
use super::{Arguments, SEED, report, table};
use crate::{interrupt, output};

/// Times are those of training alone; an epoch is one pass over all training images.
#[derive(Serialize)]
struct Timing<'t> {
    command: &'static str,
    recipe: &'t str,
    threads: usize,
    /// In bf16, the instruction set of the tiles.
    isa: &'static str,
    precision: &'static str,
    batch: usize,
    /// In each repetition.
    steps: usize,
    /// Seconds per epoch in each repetition.
    repetitions: Vec<f64>,
    /// The median.
    seconds_per_epoch: f64,
    seconds_per_epoch_min: f64,
    seconds_per_epoch_max: f64,
    /// The median of what the threads do not spend on changing and normalising images.
    seconds_per_epoch_without_assembly: f64,
    /// The median of 1 - without / with, repetition by repetition.
    assembly_share: f64,
    images_per_epoch: usize,
    images_per_second: f64,
    /// A multiply-add of the direct calculation counts as two, and the backward pass as twice the forward pass.
    gflops: f64,
    peak_gflops_before: f64,
    peak_gflops_after: f64,
    /// The share of the mean of both peaks; may exceed 1, because Winograd's algorithm needs fewer multiply-adds than
    /// counted.
    share_of_peak: f64,
    /// Whether the two peaks differ by no more than 5 %.
    steady: bool,
    peak_rss_bytes: Option<u64>,
    /// Absent without a profile.
    profile: Option<Profile>,
    layers: Vec<LayerTimes>,
}

/// Measures and reports; `false` if Ctrl-C left nothing to report.
pub(super) fn run(arguments: &Arguments, source: &Source) -> anyhow::Result<bool> {
    let (isa, precision) = arguments.speed.isa_and_precision(arguments.precision.of(source)?)?;
    let network = source.network()?;
    let mut train_spec = source.train_spec()?.clone();
    let recorded = source.run.as_ref().map(|run| run.record.data.as_str());
    let (set, _) = DataSource::new(arguments.data.as_deref(), recorded)?.load(Evaluation::Test)?;
    source.check_memory(&network, train_spec.batch.min(set.len()))?;

    let steps = arguments.steps as usize;
    let threads = arguments.speed.threads();
    let clock = Clock::start(steps, arguments.repetitions as usize, threads);
    // Enough epochs for all steps, each of them augmented.
    let steps_needed = clock.all_steps().max(layers::all_steps(arguments.profile_steps as usize));
    let steps_per_epoch = set.len().div_ceil(train_spec.batch).max(1);
    train_spec.epochs = train_spec.epochs.max(steps_needed.div_ceil(steps_per_epoch));
    train_spec.augment.plain_last_epochs = 0;

    let options = Options { seed: SEED, threads, isa, precision };
    let before = peak::measure(options.threads, isa, precision);
    let model = Model::new(&network, &source.spec.init, SEED);
    let mut state = State::new(&train_spec, model).with_context(|| source.origin.clone())?;
    profile(&network, &train_spec, &mut state, &set, options, &|work| {
        let control = clock.announce(work);
        if control == Control::Stop || work == Work::Step && interrupt::requested() {
            return Control::Stop;
        }
        Control::Continue
    })
    .with_context(|| source.origin.clone())?;
    let peaks = Peaks { before, after: peak::measure(options.threads, isa, precision) };
    let times = clock.times();
    let median_of = |value: fn(&Times) -> f64| median(&times.iter().map(value).collect::<Vec<_>>());
    let (Some(seconds_per_image), Some(without_assembly), Some(assembly_share)) = (
        median_of(|times| times.whole),
        median_of(|times| times.without_assembly),
        median_of(|times| 1.0 - times.without_assembly / times.whole),
    ) else {
        return Ok(false);
    };
    // Before the profile, which makes a second network.
    let peak_rss_bytes = machine::peak_rss_bytes();
    let profiled = match arguments.profile_steps {
        0 => None,
        steps => layers::measure(source, &network, &train_spec, &set, options, steps as usize)?,
    };
    let (profile, layers) = profiled.map_or((None, Vec::new()), |(profile, layers)| (Some(profile), layers));

    let images = set.len() as f64;
    let repetitions: Vec<f64> = times.iter().map(|times| times.whole * images).collect();
    let gflops = training_gflops(&network, 1.0 / seconds_per_image);
    let timing = Timing {
        command: "bench",
        recipe: &source.name,
        threads: options.threads,
        isa: instructions(isa, precision),
        precision: precision.name(),
        batch: train_spec.batch,
        steps,
        seconds_per_epoch: seconds_per_image * images,
        seconds_per_epoch_min: repetitions.iter().copied().fold(f64::INFINITY, f64::min),
        seconds_per_epoch_max: repetitions.iter().copied().fold(0.0, f64::max),
        repetitions,
        seconds_per_epoch_without_assembly: without_assembly * images,
        assembly_share,
        images_per_epoch: set.len(),
        images_per_second: 1.0 / seconds_per_image,
        gflops,
        peak_gflops_before: peaks.before,
        peak_gflops_after: peaks.after,
        share_of_peak: gflops / peaks.mean(),
        steady: peaks.steady(),
        peak_rss_bytes,
        profile,
        layers,
    };
    if arguments.json {
        output::json(&timing)?;
    } else {
        print(&timing, peaks)?;
    }
    Ok(true)
}

/// GFLOP/s of training as a direct convolution counts them.
fn training_gflops(network: &Network, images_per_second: f64) -> f64 {
    2.0 * 3.0 * network.multiply_adds() as f64 * images_per_second / 1e9
}

fn print(timing: &Timing<'_>, peaks: Peaks) -> anyhow::Result<()> {
    output::data(&format!(
        "{}: training in {}, batch {}, {}, {}\n",
        timing.recipe,
        timing.precision,
        timing.batch,
        plural(timing.threads, "thread"),
        timing.isa,
    ))?;
    let mut facts = vec![(
        format!("epoch of {}", plural(timing.images_per_epoch, "image")),
        report::seconds(timing.seconds_per_epoch),
        format!(
            "median of {} x {}; {} to {}",
            timing.repetitions.len(),
            plural(timing.steps, "step"),
            report::seconds(timing.seconds_per_epoch_min),
            report::seconds(timing.seconds_per_epoch_max),
        ),
    )];
    let note = format!("batch assembly takes {} of the epoch", report::share(timing.assembly_share));
    facts.push(("  on ready batches".to_owned(), report::seconds(timing.seconds_per_epoch_without_assembly), note));
    let images = thousands(timing.images_per_second as usize);
    facts.push(("speed".to_owned(), format!("{images} images/s"), String::new()));
    facts.extend(report::peak_facts(timing.gflops, peaks));
    facts.extend(timing.peak_rss_bytes.map(report::memory_fact));
    report::print(&facts)?;
    report::print_steadiness(peaks)?;
    match &timing.profile {
        Some(profile) => table::print(profile, &timing.layers),
        None => Ok(()),
    }
}
