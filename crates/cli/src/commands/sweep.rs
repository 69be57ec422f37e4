//! `gradbook sweep`: variants of a recipe, several seeds each; tables and charts.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;
use gradbook_engine::kernels::Precision;
use gradbook_engine::network::Network;
use gradbook_report::{Series, charts, csv, html, markdown};
use gradbook_run::data::{DataSource, Evaluation};
use gradbook_run::description::to_toml;
use gradbook_run::files::{make_folder, write_atomically};
use gradbook_run::limits::Limits;
use gradbook_run::report::series::{Done, series as facts};
use gradbook_run::source::{Source, SourceError};
use gradbook_run::summary::Summary;
use gradbook_run::sweep::{self, MAX_SEEDS, Sweep, Variant};
use gradbook_run::trials::{CHECKPOINT_EVERY, Conditions, Trial};
use gradbook_run::words::plural;

use crate::arguments::{DataArguments, PrecisionArguments, SpeedArguments};
use crate::commands::train::RUNS;
use crate::outcome::Outcome;
use crate::output::{self, Print};
use crate::series::{self, diverged, ending, seeds};
use crate::shell::{self, quoted};

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
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_SEEDS)))]
    seeds: Option<u32>,
    /// The first seed [default: that of the sweep]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=i64::MAX as u64))]
    seed_start: Option<u64>,
    /// Passes over the training images, instead of each recipe's
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
    /// Trains nothing: writes the descriptions and prints a command for each missing trial, to be run on any machine
    #[arg(long, conflicts_with_all = ["json", "force"])]
    commands: bool,
    /// Prints one JSON object per epoch, trial and variant, and nothing else
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let Some(sweep) = &arguments.sweep else { return list() };
    let mut sweep = Sweep::find(sweep)?;
    if let Some(epochs) = arguments.epochs {
        if sweep.varies_epochs {
            bail!("--epochs {epochs}: the variants of {} differ in their epochs; leave it out", sweep.name);
        }
        sweep.variants.iter_mut().try_for_each(|variant| variant.source.set_epochs(epochs as usize))?;
    }
    let precision = arguments.precision.precision.unwrap_or(Precision::F32);
    let (isa, precision) = arguments.speed.isa_and_precision(precision)?;
    let data = DataSource::new(arguments.data.data.as_deref(), None)?;
    let conditions = Conditions {
        data_sha256: data.sha256()?,
        data,
        evaluation: Evaluation::of(arguments.data.holdout),
        isa,
        precision,
        limits: Limits::default(),
        checkpoint_every: CHECKPOINT_EVERY,
        init: None,
        force: arguments.force,
    };
    let print = Print::of(arguments.json);
    let out = arguments.out.clone().unwrap_or_else(|| Path::new(RUNS).join(format!("sweep-{}", sweep.name)));
    let seeds = seeds(arguments.seed_start.unwrap_or(sweep.seed_start), arguments.seeds.unwrap_or(sweep.seeds))?;
    let networks =
        sweep.variants.iter().map(|variant| variant.source.network()).collect::<Result<Vec<Network>, SourceError>>()?;
    let trials = trials(&sweep, &networks, &seeds, &out);
    // Before anything is written: is every place free, or its trial already done?
    trials.iter().try_for_each(|trial| trial.place(&conditions).map(drop))?;
    write_descriptions(&sweep, &out)?;
    if arguments.commands {
        return shell::print_missing(&trials, &conditions, &|source| description_file(&out, source));
    }
    let threads = arguments.speed.threads();
    output::talk(&format!(
        "{}: {}, {} each, {} at a time",
        sweep.name,
        plural(sweep.variants.len(), "variant"),
        plural(seeds.len(), "seed"),
        threads.min(trials.len()),
    ));
    let results = series::train(&trials, &conditions, threads, print)?;
    let whole = results.iter().all(Option::is_some);
    let of_variant = |variant: &Variant| -> Vec<Done<'_>> {
        let pairs = trials.iter().zip(&results).filter(|(trial, _)| std::ptr::eq(trial.source, &variant.source));
        pairs.filter_map(|(trial, result)| Some(Done { folder: &trial.out, result: result.as_ref()? })).collect()
    };
    let done: Vec<Vec<Done<'_>>> = sweep.variants.iter().map(of_variant).collect();
    let summary = |(variant, done): (&Variant, &Vec<Done<'_>>)| {
        let results = done.iter().map(|done| done.result.clone()).collect();
        Summary::of(&variant.name, conditions.evaluation, results)
    };
    let summaries: Vec<Summary> = sweep.variants.iter().zip(&done).map(summary).collect();
    let series = facts(&sweep, &networks, &done, &conditions, command(arguments))?;
    write(&out, &summaries, &series)?;
    if print == Print::Json {
        summaries.iter().try_for_each(output::json)?;
    } else {
        output::data(&format!("\n{}\n{}", markdown(&series), out.join(PAGE_FILE).display()))?;
    }
    let lost: usize = summaries.iter().map(|summary| summary.diverged.len()).sum();
    if whole && lost > 0 {
        bail!("{}", diverged(lost, trials.len()));
    }
    Ok(ending(&results, "trial", ", so the tables are partial"))
}

fn list() -> anyhow::Result<Outcome> {
    output::data("Sweeps, for `gradbook sweep`:")?;
    for (name, about) in sweep::shipped()? {
        output::data(&format!("  {name:<12} {about}"))?;
    }
    Ok(Outcome::Done)
}

/// All trials, seed by seed, so that a stopped sweep has the same number of seeds of every variant.
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
    make_folder(out)?;
    for Variant { source, .. } in &sweep.variants {
        write_atomically(&description_file(out, source), to_toml(&source.spec)?.as_bytes())?;
    }
    Ok(())
}

/// The command that repeats the sweep, in the same place or another.
fn command(arguments: &Arguments) -> String {
    let mut command = "gradbook sweep".to_owned();
    let mut add = |option: &str, value: Option<String>| {
        if let Some(value) = value {
            command += &format!(" {option}{value}");
        }
    };
    add("", arguments.sweep.as_ref().map(|sweep| quoted(Path::new(sweep))));
    add("--seeds ", arguments.seeds.map(|seeds| seeds.to_string()));
    add("--seed-start ", arguments.seed_start.map(|seed| seed.to_string()));
    add("--epochs ", arguments.epochs.map(|epochs| epochs.to_string()));
    add("--precision ", arguments.precision.precision.map(|precision| precision.name().to_owned()));
    add("--data ", arguments.data.data.as_ref().map(|dir| quoted(dir)));
    add("--holdout", arguments.data.holdout.then(String::new));
    add("--out ", arguments.out.as_ref().map(|dir| quoted(dir)));
    command
}

fn write(out: &Path, summaries: &[Summary], series: &Series) -> anyhow::Result<()> {
    write_atomically(&out.join(RESULTS_FILE), (serde_json::to_string_pretty(summaries)? + "\n").as_bytes())?;
    write_atomically(&out.join(TABLE_FILE), markdown(series).as_bytes())?;
    write_atomically(&out.join(CSV_FILE), csv(series).as_bytes())?;
    for chart in charts(series) {
        write_atomically(&out.join(format!("{}.svg", chart.name)), chart.file().as_bytes())?;
    }
    Ok(write_atomically(&out.join(PAGE_FILE), html(series).as_bytes())?)
}
