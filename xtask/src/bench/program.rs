//! The programs that are compared: how each is called, and what it must print.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Threads of every program, except in rows that compare thread counts.
pub(crate) const THREADS: usize = 2;

/// A program whose last output is a JSON object, with its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    path: PathBuf,
    /// The start of the command in records and tables.
    name: &'static str,
    arguments: Vec<String>,
    /// The numbers that its object must have.
    fields: &'static [&'static str],
    /// The key, if any, under which the seconds from the start of the process to its end are added to the object.
    clock: Option<&'static str>,
}

/// An argument that stands for the number of the round.
const ROUND: &str = "ROUND";

/// The outcome of a run.
pub(crate) enum Outcome {
    Printed(Value),
    /// The arguments were refused, which is gradbook's exit status 2: the processor lacks what they ask for.
    Refused(String),
}

const TRAINING: &[&str] = &["seconds_per_epoch", "peak_rss_bytes"];
const OUR_TRAINING: &[&str] =
    &["seconds_per_epoch", "peak_rss_bytes", "peak_gflops_before", "peak_gflops_after", "share_of_peak"];
const INFERENCE: &[&str] = &["seconds", "latency_us_median", "latency_us_p99"];
const RECIPE: &[&str] = &["seconds", "epochs", "epochs_trained", "accuracy"];
const OUR_RECIPE: &[&str] = &["seconds", "accuracy"];
const PEAKS: &[&str] = &["peak_gflops_before", "peak_gflops_after"];

/// Where the programs, the images and the trained models are.
pub(crate) struct Programs {
    pub(crate) gradbook: PathBuf,
    pub(crate) python: PathBuf,
    pub(crate) burn: PathBuf,
    pub(crate) data: PathBuf,
    /// Steps in each repetition of a training.
    pub(crate) steps: usize,
}

impl Programs {
    pub(crate) fn gradbook_training(&self, network: &Path, precision: &str, threads: usize) -> Program {
        let bench = Program::new(&self.gradbook, "gradbook", OUR_TRAINING).with("bench").with(network.display());
        let bench = bench.option("--threads", threads).option("--steps", self.steps);
        let bench = bench.option("--profile-steps", 0).with("--json");
        if precision == "f32" { bench } else { bench.option("--precision", precision) }
    }

    pub(crate) fn gradbook_inference(&self, run: &Path) -> Program {
        let bench = Program::new(&self.gradbook, "gradbook", INFERENCE).with("bench").with(run.display());
        bench.with("--inference").option("--threads", THREADS).with("--json")
    }

    pub(crate) fn pytorch(&self, network: &Path, mode: &str) -> Program {
        let script = Program::new(&self.python, "python", TRAINING).with("benchmarks/pytorch.py");
        let script = script.with(network.display()).option("--data", self.data.display()).option("--mode", mode);
        script.option("--threads", THREADS).option("--steps", self.steps)
    }

    /// A whole training, from the start of the process to its end.
    pub(crate) fn gradbook_recipe(&self, network: &Path, run: &Path, epochs: Option<u32>) -> Program {
        let train = Program::new(&self.gradbook, "gradbook", OUR_RECIPE).with("train").with(network.display());
        let train = train.option("--threads", THREADS).option("--seed", ROUND).option("--out", run.display());
        let train = train.with("--force").with("--json").some_option("--epochs", epochs);
        Program { clock: Some("seconds"), ..train }
    }

    /// The same training, or only its `first` epochs.
    pub(crate) fn pytorch_recipe(
        &self,
        network: &Path,
        mode: &str,
        epochs: Option<u32>,
        first: Option<u32>,
    ) -> Program {
        let script = Program::new(&self.python, "python", RECIPE).with("benchmarks/pytorch_recipe.py");
        let script = script.with(network.display()).option("--data", self.data.display()).option("--mode", mode);
        let script = script.option("--threads", THREADS).option("--seed", ROUND);
        script.some_option("--epochs", epochs).some_option("--first-epochs", first)
    }

    /// The processor's peak, with as little else as possible.
    pub(crate) fn gauge(&self) -> Program {
        let bench = Program::new(&self.gradbook, "gradbook", PEAKS).with("bench").option("--threads", THREADS);
        bench.option("--steps", 1).option("--repetitions", 1).option("--profile-steps", 0).with("--json")
    }

    /// Runs the model in the folder `run`, which gets `correct` of the test images right.
    pub(crate) fn onnxruntime(&self, run: &Path, correct: u64) -> Program {
        let script = Program::new(&self.python, "python", INFERENCE).with("benchmarks/onnxruntime_inference.py");
        let script = script.with(run.display()).option("--data", self.data.display());
        script.option("--correct", correct).option("--threads", THREADS)
    }

    /// It knows only `classic`.
    pub(crate) fn burn(&self) -> Program {
        Program::new(&self.burn, "RAYON_NUM_THREADS=2 burn-peer", TRAINING).with(self.data.display()).with(self.steps)
    }
}

impl Program {
    fn new(path: &Path, name: &'static str, fields: &'static [&'static str]) -> Program {
        Program { path: path.into(), name, arguments: Vec::new(), fields, clock: None }
    }

    fn with(mut self, argument: impl Display) -> Program {
        self.arguments.push(argument.to_string());
        self
    }

    fn option(self, name: &str, value: impl Display) -> Program {
        self.with(name).with(value)
    }

    fn some_option(self, name: &str, value: Option<u32>) -> Program {
        match value {
            Some(value) => self.option(name, value),
            None => self,
        }
    }

    /// This program with the arguments that it has in one round.
    pub(crate) fn in_round(&self, round: usize) -> Program {
        let mut program = self.clone();
        program.arguments.iter_mut().filter(|it| *it == ROUND).for_each(|it| *it = round.to_string());
        program
    }

    /// The command as a reader would type it.
    pub(crate) fn shown(&self) -> String {
        format!("{} {}", self.name, self.arguments.join(" "))
    }

    /// Runs it and checks that all numbers are there.
    ///
    /// # Errors
    /// If it cannot be started, fails, or prints something else.
    pub(crate) fn run(&self) -> Result<Outcome> {
        let mut command = Command::new(&self.path);
        // burn has no argument for its threads.
        command.args(&self.arguments).env("RAYON_NUM_THREADS", THREADS.to_string());
        let started = Instant::now();
        let output = command.output().with_context(|| format!("{} cannot be started", self.path.display()))?;
        let seconds = started.elapsed().as_secs_f64();
        let talk = String::from_utf8_lossy(&output.stderr);
        if output.status.code() == Some(2) && self.name == "gradbook" {
            let reason = talk.lines().next().unwrap_or("exit status 2");
            return Ok(Outcome::Refused(reason.trim_start_matches("error: ").to_owned()));
        }
        if !output.status.success() {
            bail!("`{}` failed ({}):\n{}", self.shown(), output.status, talk.trim_end());
        }
        // gradbook train prints an object after each epoch, and the result last.
        let objects = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
        let last = objects.collect::<Result<Vec<_>, _>>().ok().and_then(|mut it| it.pop());
        let mut printed = last
            .filter(Value::is_object)
            .with_context(|| format!("`{}` must print JSON objects alone", self.shown()))?;
        if let Some(clock) = self.clock {
            printed[clock] = seconds.into();
        }
        for field in self.fields {
            if !printed[field].is_f64() && !printed[field].is_u64() {
                bail!("`{}` printed no number `{field}`; is the program older than this xtask?", self.shown());
            }
        }
        Ok(Outcome::Printed(printed))
    }

    /// As [`Program::run`], where a refusal is an error too.
    pub(crate) fn measure(&self) -> Result<Value> {
        match self.run()? {
            Outcome::Printed(value) => Ok(value),
            Outcome::Refused(reason) => bail!("`{}` was refused: {reason}", self.shown()),
        }
    }
}
