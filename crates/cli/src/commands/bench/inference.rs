//! The time of evaluation: many images at once on all threads, and one by one on one thread.

use std::time::Instant;

use anyhow::{Context, bail};
use gradbook_engine::data::Dataset;
use gradbook_engine::kernels::{Isa, Precision};
use gradbook_engine::model::Model;
use gradbook_engine::network::Network;
use gradbook_engine::predict::{Predictor, with_predictor};
use gradbook_engine::spec::NormalizeSpec;
use gradbook_run::data::{DataSource, Evaluation};
use gradbook_run::folder::names::MODEL_FILE;
use gradbook_run::folder::weights;
use gradbook_run::source::Source;
use gradbook_run::words::{plural, thousands};
use serde::Serialize;

use super::clock::{median, quantile};
use super::peak::{self, Peaks};
use super::{Arguments, SEED, report};
use crate::{interrupt, output};

/// Images that are evaluated one by one, and images before them that are not measured.
const SINGLE_IMAGES: usize = 2000;
const SINGLE_WARM_UP: usize = 100;

/// Times include normalisation of the images, and the network's outputs in order.
#[derive(Serialize)]
struct Timing<'t> {
    command: &'static str,
    mode: &'static str,
    recipe: &'t str,
    threads: usize,
    isa: &'static str,
    precision: &'static str,
    /// Images evaluated in each repetition.
    images: usize,
    /// The seconds of each repetition.
    repetitions: Vec<f64>,
    /// The median.
    seconds: f64,
    seconds_min: f64,
    seconds_max: f64,
    images_per_second: f64,
    /// A multiply-add of the direct calculation counts as two.
    gflops: f64,
    /// One image at a time on one thread.
    latency_images: usize,
    latency_us_median: f64,
    latency_us_p99: f64,
    peak_gflops_before: f64,
    peak_gflops_after: f64,
    share_of_peak: f64,
    /// Whether the two peaks differ by no more than 5 %.
    steady: bool,
}

/// What to evaluate, and on what.
struct Task<'t> {
    network: &'t Network,
    normalize: &'t NormalizeSpec,
    model: &'t Model,
    set: &'t Dataset,
    isa: Isa,
}

/// Measures and reports; `false` if Ctrl-C left nothing to report.
pub(super) fn run(arguments: &Arguments, source: &Source) -> anyhow::Result<bool> {
    let network = source.network()?;
    let normalize = &source.train_spec()?.normalize;
    let model = match &source.run {
        Some(run) => weights::read(&run.dir.join(MODEL_FILE), &network)?.model,
        None => Model::new(&network, &source.spec.init, SEED),
    };
    let recorded = source.run.as_ref().map(|run| run.record.data.as_str());
    let data = DataSource::new(arguments.data.as_deref(), recorded)?;
    let set = data.load_evaluation(Evaluation::Test)?;
    if set.is_empty() {
        bail!("{}: there are no test images to evaluate; give other data with --data DIR", data.name());
    }
    source.check_memory(&network, 1)?;

    let (threads, isa) = (arguments.speed.threads(), arguments.speed.isa()?);
    let task = Task { network: &network, normalize, model: &model, set: &set, isa };
    let before = peak::measure(threads, isa, Precision::F32);
    let repetitions = task.with(threads, |predictor, outputs| passes(predictor, &set, outputs, arguments.repetitions));
    let repetitions = repetitions.with_context(|| source.origin.clone())?;
    let latencies = task.with(1, |predictor, outputs| singles(predictor, &set, outputs))?;
    let peaks = Peaks { before, after: peak::measure(threads, isa, Precision::F32) };
    let all = [median(&repetitions), median(&latencies), quantile(&latencies, 0.99)];
    let [Some(seconds), Some(latency_us_median), Some(latency_us_p99)] = all else { return Ok(false) };

    let images_per_second = set.len() as f64 / seconds;
    let gflops = 2.0 * network.multiply_adds() as f64 * images_per_second / 1e9;
    let timing = Timing {
        command: "bench",
        mode: "inference",
        recipe: &source.name,
        threads,
        isa: isa.name(),
        precision: Precision::F32.name(),
        images: set.len(),
        seconds,
        seconds_min: repetitions.iter().copied().fold(f64::INFINITY, f64::min),
        seconds_max: repetitions.iter().copied().fold(0.0, f64::max),
        repetitions,
        images_per_second,
        gflops,
        latency_images: latencies.len(),
        latency_us_median,
        latency_us_p99,
        peak_gflops_before: peaks.before,
        peak_gflops_after: peaks.after,
        share_of_peak: gflops / peaks.mean(),
        steady: peaks.steady(),
    };
    if arguments.json {
        output::json(&timing)?;
    } else {
        print(&timing, source, peaks)?;
    }
    Ok(true)
}

impl Task<'_> {
    /// Calls `body` with a predictor and room for the outputs of all images.
    fn with<R>(&self, threads: usize, body: impl FnOnce(&mut Predictor<'_, '_>, &mut [f32]) -> R) -> anyhow::Result<R> {
        let Task { network, normalize, model, set, isa } = *self;
        let mut outputs = vec![0.0; set.len() * network.output().len()];
        let result =
            with_predictor(network, normalize, model, set, threads, isa, |predictor| body(predictor, &mut outputs));
        Ok(result?)
    }
}

/// Seconds of each pass over all images; a first pass is not measured.
fn passes(predictor: &mut Predictor<'_, '_>, set: &Dataset, outputs: &mut [f32], repetitions: u32) -> Vec<f64> {
    let mut seconds = Vec::new();
    predictor.predict(0..set.len(), outputs);
    for _ in 0..repetitions {
        if interrupt::requested() {
            break;
        }
        let started = Instant::now();
        predictor.predict(0..set.len(), outputs);
        seconds.push(started.elapsed().as_secs_f64());
    }
    seconds
}

/// Microseconds of each of many single images.
fn singles(predictor: &mut Predictor<'_, '_>, set: &Dataset, outputs: &mut [f32]) -> Vec<f64> {
    let len = outputs.len() / set.len();
    let output = &mut outputs[..len];
    let mut microseconds = Vec::new();
    for index in 0..SINGLE_WARM_UP + SINGLE_IMAGES {
        if interrupt::requested() {
            break;
        }
        let image = index % set.len();
        let started = Instant::now();
        predictor.predict(image..image + 1, output);
        if index >= SINGLE_WARM_UP {
            microseconds.push(started.elapsed().as_secs_f64() * 1e6);
        }
    }
    microseconds
}

fn print(timing: &Timing<'_>, source: &Source, peaks: Peaks) -> anyhow::Result<()> {
    let weights = if source.run.is_some() { "the run's weights" } else { "fresh weights" };
    output::data(&format!(
        "{}: evaluation in {}, {weights}, {}, {}\n",
        timing.recipe,
        timing.precision,
        plural(timing.threads, "thread"),
        timing.isa,
    ))?;
    let mut facts = vec![
        (
            plural(timing.images, "test image"),
            report::seconds(timing.seconds),
            format!(
                "median of {}; {} to {}",
                timing.repetitions.len(),
                report::seconds(timing.seconds_min),
                report::seconds(timing.seconds_max),
            ),
        ),
        ("speed".to_owned(), format!("{} images/s", thousands(timing.images_per_second as usize)), String::new()),
    ];
    facts.extend(report::peak_facts(timing.gflops, peaks));
    let latency = |microseconds: f64| format!("{microseconds:.1} µs");
    facts.push((
        "one image on one thread".to_owned(),
        latency(timing.latency_us_median),
        format!("median of {}; 99 % take at most {}", thousands(timing.latency_images), latency(timing.latency_us_p99)),
    ));
    report::print(&facts)?;
    report::print_steadiness(peaks)
}
