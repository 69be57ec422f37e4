//! `gradbook eval`: the accuracy of a model that was trained before.

use anyhow::Context;
use clap::Args;
use gradbook_engine::train::evaluate;
use serde::Serialize;

use crate::commands::SpeedArguments;
use crate::data::{self, DataArguments, Evaluation};
use crate::run_folder::MODEL_FILE;
use crate::source::Source;
use crate::words::{loss, percent, thousands};
use crate::{Outcome, output, weights};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The run folder
    #[arg(value_name = "RUN")]
    run: String,
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
    seed: u64,
    data: String,
    evaluated_on: &'static str,
    correct: usize,
    total: usize,
    accuracy: f64,
    loss: f64,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let (source, run) = Source::find_run(&arguments.run)?;
    let network = source.network()?;
    let train_spec = source.train_spec()?;
    let model = weights::read(&run.dir.join(MODEL_FILE), &network)?;
    let data = data::Source::new(arguments.data.data.as_deref(), Some(&run.record.data))?;
    let evaluation = Evaluation::of(arguments.data.holdout);
    if evaluation == Evaluation::HeldOut && !run.record.holdout && data.name() == run.record.data {
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
            seed: run.record.seed,
            data: data.name(),
            evaluated_on: evaluation.words(),
            correct: score.correct,
            total: score.samples,
            accuracy: score.accuracy(),
            loss: score.mean_loss(),
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
