//! `gradbook eval`: the accuracy of a model that was trained before, here or elsewhere.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use gradbook_engine::train::evaluate;
use gradbook_run::data::{DataSource, Evaluation};
use gradbook_run::folder::names::MODEL_FILE;
use gradbook_run::folder::weights::{self, Weights};
use gradbook_run::source::Source;
use gradbook_run::words::{loss, percent, thousands};
use serde::Serialize;

use crate::arguments::{DataArguments, SpeedArguments};
use crate::outcome::Outcome;
use crate::output;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The run folder; with --weights also a shipped name or a TOML file
    #[arg(value_name = "NAME|FILE|RUN")]
    source: String,
    /// Weights to evaluate instead of the run's: a safetensors file with PyTorch's names and shapes, of a network that
    /// was trained on pixels as the description normalises them
    #[arg(long, value_name = "FILE.safetensors")]
    weights: Option<PathBuf>,
    #[command(flatten)]
    data: DataArguments,
    #[command(flatten)]
    speed: SpeedArguments,
    /// Prints one JSON object and nothing else
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Evaluated<'e> {
    command: &'static str,
    recipe: &'e str,
    /// The run's seed, if this is its model.
    seed: Option<u64>,
    data: String,
    evaluated_on: &'static str,
    correct: usize,
    total: usize,
    accuracy: f64,
    loss: f64,
    model_sha256: &'e str,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let (source, network, weights, file) = match &arguments.weights {
        Some(file) => {
            let source = Source::find(&arguments.source)?;
            let network = source.network()?;
            let weights = weights::read(file, &network)?;
            (source, network, weights, file.clone())
        }
        None => {
            let (source, run) = Source::find_run(&arguments.source)?;
            let network = source.network()?;
            let weights = weights::read_of_run(&run.dir, &network)?;
            let file = run.dir.join(MODEL_FILE);
            (source, network, weights, file)
        }
    };
    let train_spec = source.train_spec()?;
    if let Some(words) = weights.not_numbers(&file) {
        output::talk(&format!("note: {words}: the accuracy says nothing"));
    }
    let Weights { model, sha256, .. } = weights;
    let record = source.run.as_ref().map(|run| &run.record);
    // Weights from elsewhere have no seed, and it is unknown what they were trained on.
    let trained = record.filter(|_| arguments.weights.is_none());
    let data = DataSource::new(arguments.data.data.as_deref(), record.map(|record| record.data.as_str()))?;
    let evaluation = Evaluation::of(arguments.data.holdout);
    if evaluation == Evaluation::HeldOut
        && let Some(record) = trained
        && !record.holdout
        && data.name() == record.data
    {
        output::talk("note: this run was not trained with --holdout, so it has seen the held-out images");
    }
    let set = data.load_evaluation(evaluation)?;
    source.check_memory(&network, 1)?;
    let (threads, isa) = (arguments.speed.threads(), arguments.speed.isa()?);
    let score = evaluate(&network, &train_spec.normalize, &model, &set, threads, isa);
    let score = score.with_context(|| source.origin.clone())?;
    if arguments.json {
        output::json(&Evaluated {
            command: "eval",
            recipe: &source.name,
            seed: trained.map(|record| record.seed),
            data: data.name(),
            evaluated_on: evaluation.words(),
            correct: score.correct,
            total: score.samples,
            accuracy: score.accuracy(),
            loss: score.mean_loss(),
            model_sha256: &sha256,
        })?;
    } else {
        output::data(&format!(
            "accuracy {} ({} of {} {}), loss {}",
            percent(score.accuracy()),
            thousands(score.correct),
            thousands(score.samples),
            evaluation.words(),
            loss(score.mean_loss())
        ))?;
    }
    Ok(Outcome::Done)
}
