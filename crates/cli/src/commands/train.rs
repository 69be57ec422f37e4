//! `gradbook train`: one seed with all threads, or several side by side; each has a run folder.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use gradbook_engine::network::Network;
use gradbook_run::card::{self, Reached};
use gradbook_run::data::{DataSource, Evaluation};
use gradbook_run::folder::names::{CHECKPOINT_FILE, INIT_FILE, MODEL_FILE, RUN_FILE, RUN_FILES};
use gradbook_run::folder::records::{RunResult, read_metrics};
use gradbook_run::folder::weights::{self, Weights};
use gradbook_run::place::{Place, difference};
use gradbook_run::source::Source;
use gradbook_run::stop::Stop;
use gradbook_run::summary::{SUMMARY_FILE, Summary};
use gradbook_run::sweep::MAX_SEEDS;
use gradbook_run::training::Beginning;
use gradbook_run::trials::{Conditions, Trial};
use gradbook_run::words::{percent, plural, rounded, thousands};

use crate::arguments::{self, DataArguments, LimitArguments, PrecisionArguments, SpeedArguments};
use crate::outcome::Outcome;
use crate::output::{self, Print};
use crate::series::{self, diverged, diverged_in, ending, seeds, summary_words};
use crate::shell::{begin_again_command, resume_command};
use crate::training::Follower;

/// Where run folders go.
pub(crate) const RUNS: &str = "runs";

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// A shipped name, a TOML file, or a run folder, whose recipe, seed, data, precision and initial weights are used again
    #[arg(value_name = "NAME|FILE|RUN", default_value = "swift")]
    source: String,
    /// Resumes an unfinished run from its checkpoint; it ends with the bits of one that was never stopped
    #[arg(long, value_name = "RUN",
        conflicts_with_all = ["source", "seed", "seeds", "epochs", "init", "precision", "holdout", "out", "force"])]
    resume: Option<String>,
    /// Decides every random number [default: 1, or that of the run folder]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(0..=i64::MAX as u64))]
    seed: Option<u64>,
    /// Trains this many seeds, one per thread at a time, and reports their spread; finished ones are not repeated
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_SEEDS)))]
    seeds: Option<u32>,
    /// With --seeds: the first of them [default: 1]
    #[arg(long, value_name = "N", requires = "seeds", conflicts_with = "seed", allow_negative_numbers = true,
        value_parser = clap::value_parser!(u64).range(0..=i64::MAX as u64))]
    seed_start: Option<u64>,
    /// Passes over the training images, instead of the recipe's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    epochs: Option<u32>,
    /// Weights to start from, with PyTorch's names and shapes, instead of random ones [default: those of the run
    /// folder]
    #[arg(long, value_name = "FILE.safetensors")]
    init: Option<PathBuf>,
    #[command(flatten)]
    precision: PrecisionArguments,
    #[command(flatten)]
    speed: SpeedArguments,
    #[command(flatten)]
    data: DataArguments,
    #[command(flatten)]
    limits: LimitArguments,
    /// The longest time between two checkpoints; there is also one after each epoch
    #[arg(long, value_name = "SECONDS", value_parser = arguments::seconds, default_value = "30")]
    checkpoint_seconds: Duration,
    /// The run folder; with several seeds, the folder of the run folders and their summary [default: runs/NAME-seedN]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Trains again, and replaces an earlier run
    #[arg(long)]
    force: bool,
    /// Prints one JSON object per epoch and one for the result, and nothing else
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let mut source = match &arguments.resume {
        Some(run) => Source::find_run(run)?.0,
        None => Source::find(&arguments.source)?,
    };
    let (isa, precision) = arguments.speed.isa_and_precision(arguments.precision.of(&source)?)?;
    if let Some(epochs) = arguments.epochs {
        source.set_epochs(epochs as usize)?;
    }
    source.train_spec()?;
    let network = source.network()?;
    let earlier = source.run.as_ref().map(|run| &run.record);
    let first = arguments.seed.or(arguments.seed_start).or(earlier.map(|record| record.seed)).unwrap_or(1);
    let data = DataSource::new(arguments.data.data.as_deref(), earlier.map(|record| record.data.as_str()))?;
    let resumed_holdout = arguments.resume.is_some() && earlier.is_some_and(|record| record.holdout);
    let evaluation = Evaluation::of(arguments.data.holdout || resumed_holdout);
    let limits = arguments.limits.limits(started, evaluation)?;
    let data_sha256 = data.sha256()?;
    let init = initial_weights(arguments.init.as_deref(), &source, &network)?;
    let (force, checkpoint_every) = (arguments.force, arguments.checkpoint_seconds);
    let conditions =
        Conditions { data, data_sha256, evaluation, isa, precision, init, limits, checkpoint_every, force };
    let seeds = seeds(first, arguments.seeds.unwrap_or(1))?;
    let out = arguments.resume.as_ref().map(PathBuf::from).or_else(|| arguments.out.clone());
    let folder = |seed: u64| match &out {
        Some(out) if arguments.seeds.is_none() => out.clone(),
        Some(out) => out.join(format!("seed{seed}")),
        None => Path::new(RUNS).join(format!("{}-seed{seed}", source.name)),
    };
    let trial = |&seed: &u64| Trial { source: &source, network: &network, seed, out: folder(seed) };
    let trials: Vec<Trial<'_>> = seeds.iter().map(trial).collect();
    if let (Some(_), Some(record)) = (&arguments.resume, earlier) {
        let (out, again) = (&trials[0].out, begin_again_command(&source, record, &trials[0].out)?);
        let wanted = conditions.record(&source.name, record.seed, 1);
        if let Some(difference) = difference((&source.spec, record), (&source.spec, &wanted)) {
            bail!("{}: this run cannot resume, {difference}; `{again}` starts it again", out.display());
        }
        if trials[0].place(&conditions)? == Place::Free {
            bail!("{}: there is no checkpoint to resume from; `{again}` starts this run again", out.display());
        }
    }
    let (threads, print) = (arguments.speed.threads(), Print::of(arguments.json));
    let Some(count) = arguments.seeds else { return one(&trials[0], &conditions, threads, started, print) };
    let summary = match &arguments.out {
        Some(out) if out.join(RUN_FILE).exists() => {
            bail!(
                "{}: this is the folder of one run; several runs need another folder: choose it with --out DIR",
                out.display()
            )
        }
        Some(out) => out.join(SUMMARY_FILE),
        None => {
            let last = first + u64::from(count) - 1;
            Path::new(RUNS).join(format!("{}-seeds{first}-{last}.json", source.name))
        }
    };
    several(&trials, &conditions, threads, &summary, print)
}

/// The weights that were given to start from, or that an earlier run was given.
///
/// # Errors
/// If they cannot be read or do not fit, or the run's weights have changed.
fn initial_weights(file: Option<&Path>, source: &Source, network: &Network) -> anyhow::Result<Option<Weights>> {
    if let Some(file) = file {
        let weights = weights::read(file, network)?;
        if let Some(words) = weights.not_numbers(file) {
            bail!("--init {words}; no training can start from them");
        }
        return Ok(Some(weights));
    }
    let Some((run, sha256)) = source.run.as_ref().and_then(|run| Some((run, run.record.init_sha256.as_ref()?))) else {
        return Ok(None);
    };
    let file = run.dir.join(INIT_FILE);
    let weights =
        weights::read(&file, network).context("this run started from given weights; give them with --init")?;
    if weights.sha256 != *sha256 {
        bail!("{}: changed since the run; give the weights to start from with --init FILE", file.display());
    }
    Ok(Some(weights))
}

/// One training with all threads, from `started` on, and its outcome in words.
pub(crate) fn one(
    trial: &Trial<'_>,
    conditions: &Conditions,
    threads: usize,
    started: Instant,
    print: Print,
) -> anyhow::Result<Outcome> {
    let result = match trial.place(conditions)? {
        Place::Finished(result) => {
            output::talk(&format!(
                "{}: this training was done before, and gives the same bits each time; `{}` does it again",
                trial.out.display(),
                begin_again_command(trial.source, &conditions.record(&trial.source.name, trial.seed, 1), &trial.out)?
            ));
            if print == Print::Json {
                read_metrics(&trial.out)?.iter().try_for_each(output::json)?;
                output::json(&result)?;
            }
            *result
        }
        place => {
            let images = conditions.images()?;
            let training = trial.training(conditions, threads, &images)?;
            trial.source.check_memory(trial.network, training.train_spec.batch.min(images.train.len()))?;
            let beginning = if place == Place::Begun { Beginning::Checkpoint } else { Beginning::Fresh };
            training.run(started, beginning, &mut Follower::begin(&training, print)?)?
        }
    };
    if print == Print::Words {
        tell(trial, &result)?;
    }
    match result.stopped_by {
        Some(Stop::Diverged) => bail!(
            "the training has diverged in epoch {} of {}: numbers overflowed to infinity or NaN. Try a lower learning \
             rate first ({}, at the end {}); also larger batches, fewer layers without batch_norm, or another init",
            diverged_in(trial)?,
            result.epochs_planned,
            trial.source.origin,
            rate(trial)?,
        ),
        Some(Stop::CtrlC) => Ok(Outcome::Interrupted),
        _ => Ok(Outcome::Done),
    }
}

/// The learning rate of a run's last epoch, in words.
fn rate(trial: &Trial<'_>) -> anyhow::Result<String> {
    let rate = read_metrics(&trial.out)?.last().map_or(0.0, |epoch| epoch.rate);
    Ok(format!("train.optimizer.lr or the schedule: {}", rounded(rate, 3)))
}

fn several(
    trials: &[Trial<'_>],
    conditions: &Conditions,
    threads: usize,
    summary_file: &Path,
    print: Print,
) -> anyhow::Result<Outcome> {
    let source = trials[0].source;
    output::talk(&format!(
        "{}: {}, {} at a time, {} each",
        source.name,
        plural(trials.len(), "seed"),
        threads.min(trials.len()),
        plural(source.train_spec()?.epochs, "epoch"),
    ));
    let results = series::train(trials, conditions, threads, print)?;
    let whole = results.iter().all(Option::is_some);
    let ending = ending(&results, "seed", "");
    let results: Vec<RunResult> = results.into_iter().flatten().collect();
    let summary = Summary::of(&source.name, conditions.evaluation, results);
    if !summary.trials.is_empty() {
        summary.write(summary_file)?;
        if print == Print::Json {
            output::json(&summary)?;
        } else {
            let card = crate::card::line(&summary.requirements(source, trials[0].network));
            summary_words(&summary).iter().chain(&card).try_for_each(|words| output::data(words))?;
            output::data(&summary_file.display().to_string())?;
        }
    }
    if whole && !summary.diverged.is_empty() {
        bail!("{}", diverged(summary.diverged.len(), trials.len()));
    }
    Ok(ending)
}

/// The end of a training, in words.
fn tell(trial: &Trial<'_>, result: &RunResult) -> anyhow::Result<()> {
    let last = if result.stopped_by.is_some() { "at the end" } else { "last epoch" };
    output::data(&format!(
        "{last}: accuracy {} ({} of {} {})",
        percent(result.accuracy),
        thousands(result.correct),
        thousands(result.total),
        result.evaluated_on
    ))?;
    output::data(&format!("best epoch: {} in epoch {}", percent(result.best_accuracy), result.best_epoch))?;
    let requirements = card::requirements(&trial.source.spec, trial.network, Reached::by(result).as_ref());
    crate::card::line(&requirements).iter().try_for_each(|card| output::data(card))?;
    output::data(&format!("{:.1} s of training, {:.1} s in all", result.train_seconds, result.wall_seconds))?;
    if let Some(sha256) = &result.init_sha256 {
        output::data(&format!("started from the weights with SHA-256 {sha256}: {INIT_FILE}"))?;
    }
    let there: Vec<_> = RUN_FILES.into_iter().filter(|name| trial.out.join(name).exists()).collect();
    output::data(&format!("{}: {}", trial.out.display(), there.join(", ")))?;
    output::data(&format!("SHA-256 of {MODEL_FILE}: {}", result.model_sha256))?;
    if let Some(stop) = result.stopped_by {
        output::data(&format!("{}, after {} of {} epochs", stop.words(), result.epochs, result.epochs_planned))?;
    }
    if there.contains(&CHECKPOINT_FILE) {
        output::data(&format!("`{}` resumes it", resume_command(&trial.out)))?;
    }
    Ok(())
}
