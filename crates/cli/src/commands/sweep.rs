//! `gradbook sweep`: variants of a recipe, several seeds each; tables and charts.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use gradbook_engine::kernels::Precision;
use gradbook_engine::network::Network;
use gradbook_report::{EpochPoint, Series, charts, csv, html, markdown};

use crate::commands::train::{RUNS, seeds, trial_line};
use crate::commands::{PrecisionArguments, SpeedArguments};
use crate::data::{self, DataArguments, Evaluation};
use crate::files::write_atomically;
use crate::run_folder::{EpochRecord, RunResult, read_metrics};
use crate::source::Source;
use crate::summary::Summary;
use crate::sweep::{self, Sweep, Variant};
use crate::trials::{Conditions, Trial, side_by_side};
use crate::words::plural;
use crate::{Outcome, output};

const TABLE_FILE: &str = "table.md";
const CSV_FILE: &str = "table.csv";
const PAGE_FILE: &str = "sweep.html";
const RESULTS_FILE: &str = "results.json";

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// A shipped sweep or a TOML file; without it, what is shipped
    #[arg(value_name = "NAME|FILE")]
    sweep: Option<String>,
    /// Seeds of each variant [default: those of the sweep]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    seeds: Option<u32>,
    /// The first seed [default: that of the sweep]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=i64::MAX as u64))]
    seed_start: Option<u64>,
    /// Passes over the training images, in place of those of every recipe
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    epochs: Option<u32>,
    #[command(flatten)]
    precision: PrecisionArguments,
    #[command(flatten)]
    speed: SpeedArguments,
    #[command(flatten)]
    data: DataArguments,
    /// Where descriptions, runs, tables and charts go [default: runs/sweep-NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Trains everything again
    #[arg(long)]
    force: bool,
    /// Trains nothing: writes the descriptions, and prints a command for each trial that is missing, to be run anywhere
    #[arg(long, conflicts_with = "json")]
    commands: bool,
    /// Prints one JSON object an epoch, a trial and a variant, and nothing else
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let Some(sweep) = &arguments.sweep else { return list() };
    let mut sweep = Sweep::find(sweep)?;
    if let Some(epochs) = arguments.epochs {
        sweep.variants.iter_mut().try_for_each(|variant| variant.source.set_epochs(epochs as usize))?;
    }
    let precision = arguments.precision.precision.unwrap_or(Precision::F32);
    let (isa, precision) = arguments.speed.isa_and_precision(precision)?;
    let conditions = Conditions {
        data: data::Source::new(arguments.data.data.as_deref(), None)?,
        evaluation: Evaluation::of(arguments.data.holdout),
        isa,
        precision,
        force: arguments.force,
        json: arguments.json,
    };
    let out = arguments.out.clone().unwrap_or_else(|| Path::new(RUNS).join(format!("sweep-{}", sweep.name)));
    let seeds = seeds(arguments.seed_start.unwrap_or(sweep.seed_start), arguments.seeds.unwrap_or(sweep.seeds))?;
    let networks =
        sweep.variants.iter().map(|variant| variant.source.network()).collect::<anyhow::Result<Vec<Network>>>()?;
    let trials = trials(&sweep, &networks, &seeds, &out);
    if arguments.commands {
        return commands(&sweep, &trials, &conditions, &out);
    }
    let threads = arguments.speed.threads();
    output::talk(&format!(
        "{}: {}, {} each, {} at a time",
        sweep.name,
        plural(sweep.variants.len(), "variant"),
        plural(seeds.len(), "seed"),
        threads.min(trials.len()),
    ));
    let results = side_by_side(&trials, &conditions, threads, &mut |trial, result| {
        if conditions.json { Ok(()) } else { output::data(&trial_line(trial, result)) }
    })?;
    let whole = results.iter().all(Option::is_some);
    // Trials go round the variants, seed by seed.
    let of_variant =
        |at: usize| -> Vec<RunResult> { results.iter().skip(at).step_by(networks.len()).flatten().cloned().collect() };
    let summary = |(at, variant): (usize, &Variant)| Summary::of(&variant.name, conditions.evaluation, of_variant(at));
    let summaries: Vec<Summary> = sweep.variants.iter().enumerate().map(summary).collect();
    write_descriptions(&sweep, &out)?;
    let series = series(&sweep, &networks, &summaries, &conditions, &trials, &command(arguments, &sweep.name))?;
    write(&out, &summaries, &series)?;
    if conditions.json {
        summaries.iter().try_for_each(output::json)?;
    } else {
        output::data(&format!("\n{}\n{}", markdown(&series), out.join(PAGE_FILE).display()))?;
    }
    Ok(if whole { Outcome::Done } else { Outcome::Interrupted })
}

fn list() -> anyhow::Result<Outcome> {
    output::data("Sweeps, for `gradbook sweep`:")?;
    for (name, about) in sweep::shipped()? {
        output::data(&format!("  {name:<12} {about}"))?;
    }
    Ok(Outcome::Done)
}

/// All trials, seed by seed, so that a sweep that is stopped has as much of every variant.
fn trials<'s>(sweep: &'s Sweep, networks: &'s [Network], seeds: &[u64], out: &Path) -> Vec<Trial<'s>> {
    let trial = |seed: u64, (Variant { source, .. }, network): (&'s Variant, &'s Network)| Trial {
        source,
        network,
        seed,
        out: out.join(&source.name).join(format!("seed{seed}")),
    };
    seeds.iter().flat_map(|&seed| sweep.variants.iter().zip(networks).map(move |pair| trial(seed, pair))).collect()
}

fn description_file(out: &Path, source: &Source) -> PathBuf {
    out.join(format!("{}.toml", source.name))
}

fn write_descriptions(sweep: &Sweep, out: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(out).with_context(|| format!("{}: this folder cannot be made", out.display()))?;
    for Variant { source, .. } in &sweep.variants {
        write_atomically(&description_file(out, source), toml::to_string(&source.spec)?.as_bytes())?;
    }
    Ok(())
}

fn commands(sweep: &Sweep, trials: &[Trial<'_>], conditions: &Conditions, out: &Path) -> anyhow::Result<Outcome> {
    let mut missing = Vec::new();
    for trial in trials {
        if trial.found(conditions)?.is_none() {
            missing.push(trial);
        }
    }
    write_descriptions(sweep, out)?;
    for Trial { source, seed, out: folder, .. } in missing {
        let mut words = vec!["gradbook".to_owned(), "train".to_owned()];
        words.push(quoted(&description_file(out, source)));
        words.extend(["--seed".to_owned(), seed.to_string(), "--threads".to_owned(), "1".to_owned()]);
        if let data::Source::Folder(dir) = &conditions.data {
            words.extend(["--data".to_owned(), quoted(dir)]);
        }
        if conditions.evaluation == Evaluation::HeldOut {
            words.push("--holdout".to_owned());
        }
        if conditions.precision != Precision::F32 {
            words.extend(["--precision".to_owned(), conditions.precision.name().to_owned()]);
        }
        words.extend(["--out".to_owned(), quoted(folder)]);
        output::data(&words.join(" "))?;
    }
    Ok(Outcome::Done)
}

/// As a shell takes it for one word.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+".contains(c);
    if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', "'\\''")) }
}

/// What repeats the sweep.
fn command(arguments: &Arguments, name: &str) -> String {
    let mut command = format!("gradbook sweep {}", arguments.sweep.as_deref().unwrap_or(name));
    let mut add = |option: &str, value: Option<String>| {
        if let Some(value) = value {
            command += &format!(" {option} {value}");
        }
    };
    add("--seeds", arguments.seeds.map(|seeds| seeds.to_string()));
    add("--seed-start", arguments.seed_start.map(|seed| seed.to_string()));
    add("--epochs", arguments.epochs.map(|epochs| epochs.to_string()));
    add("--precision", arguments.precision.precision.map(|precision| precision.name().to_owned()));
    add("--data", arguments.data.data.as_ref().map(|dir| quoted(dir)));
    if arguments.data.holdout {
        command += " --holdout";
    }
    command
}

/// Everything that tables and charts show.
fn series(
    sweep: &Sweep,
    networks: &[Network],
    summaries: &[Summary],
    conditions: &Conditions,
    trials: &[Trial<'_>],
    command: &str,
) -> anyhow::Result<Series> {
    let mut variants = Vec::new();
    for (at, ((variant, network), summary)) in sweep.variants.iter().zip(networks).zip(summaries).enumerate() {
        let mut of_variant = Vec::new();
        for result in &summary.trials {
            let trial = trials.iter().skip(at).step_by(networks.len()).find(|trial| trial.seed == result.seed);
            let epochs = read_metrics(&trial.context("a result has a trial")?.out)?;
            of_variant.push(gradbook_report::Trial {
                seed: result.seed,
                accuracy: result.accuracy,
                best_accuracy: result.best_accuracy,
                seconds: result.wall_seconds,
                epochs: epochs.iter().map(point).collect(),
            });
        }
        variants.push(gradbook_report::Variant {
            name: variant.name.clone(),
            parameters: network.parameters(),
            multiply_adds: network.multiply_adds(),
            epochs: variant.source.train_spec()?.epochs,
            trials: of_variant,
            published: variant.published,
        });
    }
    let conditions = [
        format!(
            "Accuracy: the model after the last epoch, on the {} of {}, which no training has seen.",
            conditions.evaluation.words(),
            conditions.data.name()
        ),
        format!("gradbook {}, {}, a thread a trial.", env!("CARGO_PKG_VERSION"), conditions.precision.name()),
    ];
    Ok(Series {
        title: sweep.name.clone(),
        about: sweep.about.clone(),
        protocol: conditions.to_vec(),
        command: command.to_owned(),
        variants,
        published: sweep.published.clone(),
    })
}

fn point(epoch: &EpochRecord) -> EpochPoint {
    let EpochRecord { epoch, train_loss, loss, accuracy, .. } = *epoch;
    EpochPoint { epoch, train_loss, loss, accuracy }
}

fn write(out: &Path, summaries: &[Summary], series: &Series) -> anyhow::Result<()> {
    write_atomically(&out.join(RESULTS_FILE), (serde_json::to_string_pretty(summaries)? + "\n").as_bytes())?;
    write_atomically(&out.join(TABLE_FILE), markdown(series).as_bytes())?;
    write_atomically(&out.join(CSV_FILE), csv(series).as_bytes())?;
    for chart in charts(series) {
        write_atomically(&out.join(format!("{}.svg", chart.name)), chart.svg.as_bytes())?;
    }
    write_atomically(&out.join(PAGE_FILE), html(series).as_bytes())
}
