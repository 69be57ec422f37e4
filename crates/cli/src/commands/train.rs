//! `gradbook train`: one seed or several, a run folder each.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::bail;
use clap::Args;
use gradbook_engine::spec::TrainSpec;
use gradbook_engine::train::Options;
use serde::Serialize;

use crate::commands::{PrecisionArguments, SpeedArguments, instructions};
use crate::data::{self, DataArguments, Evaluation};
use crate::run_folder::{self, MODEL_FILE, RUN_FILES, Record, RunResult};
use crate::source::Source;
use crate::statistics::Spread;
use crate::training::Training;
use crate::words::{percent, plural, thousands};
use crate::{Outcome, card, interrupt, machine, output};

/// Where run folders go.
const RUNS: &str = "runs";

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// A shipped name, a TOML file, or a run folder, whose recipe, seed, data and precision are taken again
    #[arg(value_name = "NAME|FILE|RUN", default_value = "swift")]
    source: String,
    /// Decides every random number [default: 1, or that of the run folder]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(0..=i64::MAX as u64))]
    seed: Option<u64>,
    /// Trains this many seeds, one after the other, and says how far they spread
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    seeds: u32,
    /// Passes over the training images, in place of the recipe's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    epochs: Option<u32>,
    #[command(flatten)]
    precision: PrecisionArguments,
    #[command(flatten)]
    speed: SpeedArguments,
    #[command(flatten)]
    data: DataArguments,
    /// The run folder; with several seeds, the folder of the run folders [default: runs/NAME-seedN]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replaces an earlier run
    #[arg(long)]
    force: bool,
    /// Prints one JSON object an epoch and one for the result, and nothing else
    #[arg(long)]
    json: bool,
}

/// With several seeds, the last line.
#[derive(Serialize)]
struct Seeds<'s> {
    event: &'static str,
    recipe: &'s str,
    evaluated_on: &'static str,
    seeds: Vec<u64>,
    accuracies: Vec<f64>,
    #[serde(flatten)]
    spread: Spread,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let mut started = Instant::now();
    let mut source = Source::find(&arguments.source)?;
    let (isa, precision) = arguments.speed.isa_and_precision(arguments.precision.of(&source)?)?;
    let threads = arguments.speed.threads();
    let mut train_spec = source.train_spec()?.clone();
    if let Some(epochs) = arguments.epochs {
        train_spec.epochs = epochs as usize;
    }
    source.spec.train = Some(train_spec.clone());
    let network = source.network()?;
    let earlier = source.run.as_ref().map(|run| &run.record);
    let first = arguments.seed.or(earlier.map(|record| record.seed)).unwrap_or(1);
    let runs = runs(arguments, &source.name, first)?;
    for (_, out) in &runs {
        run_folder::check_free(out, arguments.force)?;
    }
    let data = data::Source::new(arguments.data.data.as_deref(), earlier.map(|record| record.data.as_str()))?;
    let evaluation = Evaluation::of(arguments.data.holdout);
    let (train_set, evaluation_set) = data.load(evaluation)?;
    source.check_memory(&network, train_spec.batch.min(train_set.len()))?;
    interrupt::watch()?;

    let mut results = Vec::new();
    for (seed, out) in &runs {
        let options = Options { seed: *seed, threads, isa, precision };
        let training = Training {
            origin: &source.origin,
            spec: &source.spec,
            train_spec: &train_spec,
            network: &network,
            data: (&train_set, &evaluation_set),
            options,
            record: record(&source.name, options, &data, evaluation),
            out,
            json: arguments.json,
            started,
        };
        announce(&training);
        let result = training.run()?;
        if !arguments.json {
            // A part of a training proves nothing about the recipe.
            let reached = (!result.interrupted).then_some(card::Reached {
                epochs: result.epochs,
                accuracy: result.accuracy,
                evaluated_on: result.evaluated_on,
            });
            let card = card::line(&card::requirements(&source.spec, &network, reached.as_ref()));
            report(&result, card.as_deref(), out)?;
        }
        results.push(result);
        if interrupt::requested() {
            break;
        }
        started = Instant::now();
    }
    if runs.len() > 1 {
        spread(&results, &source.name, evaluation, arguments.json)?;
    }
    let whole = results.len() == runs.len() && results.iter().all(|result| !result.interrupted);
    Ok(if whole { Outcome::Done } else { Outcome::Interrupted })
}

/// Each seed and its run folder.
fn runs(arguments: &Arguments, name: &str, first: u64) -> anyhow::Result<Vec<(u64, PathBuf)>> {
    let mut runs = Vec::new();
    for number in 0..u64::from(arguments.seeds) {
        let Some(seed) = first.checked_add(number).filter(|&seed| i64::try_from(seed).is_ok()) else {
            bail!("--seed {first} --seeds {}: the last seed is above {}", arguments.seeds, i64::MAX);
        };
        let out = match &arguments.out {
            Some(out) if arguments.seeds == 1 => out.clone(),
            Some(out) => out.join(format!("seed{seed}")),
            None => Path::new(RUNS).join(format!("{name}-seed{seed}")),
        };
        runs.push((seed, out));
    }
    Ok(runs)
}

/// What the run folder says besides the description.
pub(crate) fn record(recipe: &str, options: Options, data: &data::Source, evaluation: Evaluation) -> Record {
    Record {
        recipe: recipe.to_owned(),
        seed: options.seed,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        data: data.name(),
        holdout: evaluation == Evaluation::HeldOut,
        precision: options.precision.name().to_owned(),
        threads: options.threads,
        isa: instructions(options.isa, options.precision).to_owned(),
        cpu_features: machine::cpu_features().into_iter().map(ToOwned::to_owned).collect(),
    }
}

/// What is about to happen.
pub(crate) fn announce(training: &Training<'_>) {
    let TrainSpec { epochs, batch, .. } = training.train_spec;
    let Options { seed, threads, isa, precision } = training.options;
    let (images, evaluation) = training.data;
    output::talk(&format!(
        "{} seed {seed}: {} parameters, {} of {} images in batches of {batch}, evaluated on {} {}; {}, {} ({})",
        training.record.recipe,
        thousands(training.network.parameters()),
        plural(*epochs, "epoch"),
        thousands(images.len()),
        thousands(evaluation.len()),
        Evaluation::of(training.record.holdout).words(),
        precision.name(),
        plural(threads, "thread"),
        instructions(isa, precision),
    ));
}

/// The end of a training, in words.
pub(crate) fn report(result: &RunResult, card: Option<&str>, out: &Path) -> anyhow::Result<()> {
    let last = if result.interrupted { "at the interruption" } else { "last epoch" };
    output::data(&format!(
        "{last}: accuracy {} ({} of {} {})",
        percent(result.accuracy),
        thousands(result.correct),
        thousands(result.total),
        result.evaluated_on
    ))?;
    output::data(&format!("best epoch: {} in epoch {}", percent(result.best_accuracy), result.best_epoch))?;
    card.map_or(Ok(()), output::data)?;
    output::data(&format!("{:.1} s of training, {:.1} s in all", result.train_seconds, result.wall_seconds))?;
    if result.interrupted {
        output::data(&format!("interrupted after {} of {} epochs", result.epochs, result.epochs_planned))?;
    }
    output::data(&format!("{}: {}", out.display(), RUN_FILES.join(", ")))?;
    output::data(&format!("SHA-256 of {MODEL_FILE}: {}", result.model_sha256))
}

fn spread(results: &[RunResult], recipe: &str, evaluation: Evaluation, json: bool) -> anyhow::Result<()> {
    // What was interrupted says nothing about the recipe.
    let finished: Vec<&RunResult> = results.iter().filter(|result| !result.interrupted).collect();
    let accuracies: Vec<f64> = finished.iter().map(|result| result.accuracy).collect();
    let Some(spread) = Spread::of(&accuracies) else { return Ok(()) };
    if json {
        let seeds = finished.iter().map(|result| result.seed).collect();
        let evaluated_on = evaluation.words();
        return output::json(&Seeds { event: "seeds", recipe, evaluated_on, seeds, accuracies, spread });
    }
    output::data(&format!(
        "\n{} seeds, last epoch: mean {:.3} %, standard deviation {:.3}, minimum {}; the mean of all seeds is above \
         {:.3} % (95 % confidence)",
        accuracies.len(),
        100.0 * spread.mean,
        100.0 * spread.standard_deviation,
        percent(spread.minimum),
        100.0 * spread.lower_bound_95
    ))
}
