//! Trials: trainings of a series. Those that were done before are found, the others are done side by side, a thread
//! each, and each has the bits that it would have alone.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use gradbook_engine::kernels::{Isa, Precision};
use gradbook_engine::network::Network;
use gradbook_engine::train::Options;

use crate::commands::instructions;
use crate::data::{self, Evaluation};
use crate::limits::Limits;
use crate::place::{self, Place};
use crate::progress::{Progress, TrialsBar};
use crate::run_folder::{Record, RunResult, read_metrics};
use crate::source::Source;
use crate::training::{Images, Training};
use crate::weights::Weights;
use crate::words::{plural, thousands};
use crate::{Outcome, interrupt, machine, output};

/// The longest time between two checkpoints of a training, if nobody wishes another one.
pub(crate) const CHECKPOINT_EVERY: Duration = Duration::from_secs(30);

/// A network with its recipe, a seed, and where the run goes.
pub(crate) struct Trial<'t> {
    pub(crate) source: &'t Source,
    pub(crate) network: &'t Network,
    pub(crate) seed: u64,
    pub(crate) out: PathBuf,
}

/// What all trials of a command have in common.
pub(crate) struct Conditions {
    pub(crate) data: data::Source,
    /// [`data::Source::sha256`].
    pub(crate) data_sha256: Option<String>,
    pub(crate) evaluation: Evaluation,
    pub(crate) isa: Isa,
    pub(crate) precision: Precision,
    /// What all trials start from in place of random weights; then they have one network.
    pub(crate) init: Option<Weights>,
    /// When trainings end early.
    pub(crate) limits: Limits,
    /// The longest time between two checkpoints within an epoch.
    pub(crate) checkpoint_every: Duration,
    /// Whether runs that are there already are replaced.
    pub(crate) force: bool,
    /// Whether epochs and results are printed as JSON.
    pub(crate) json: bool,
}

impl Conditions {
    /// What the run folder says besides the description.
    pub(crate) fn record(&self, recipe: &str, seed: u64, threads: usize) -> Record {
        Record {
            recipe: recipe.to_owned(),
            seed,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            data: self.data.name(),
            data_sha256: self.data_sha256.clone(),
            holdout: self.evaluation == Evaluation::HeldOut,
            precision: self.precision.name().to_owned(),
            threads,
            isa: instructions(self.isa, self.precision).to_owned(),
            cpu_features: machine::cpu_features().into_iter().map(ToOwned::to_owned).collect(),
            init_sha256: self.init.as_ref().map(|init| init.sha256.clone()),
        }
    }

    /// Images to train on, images to evaluate.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(crate) fn images(&self) -> anyhow::Result<Images> {
        let (train, evaluation) = self.data.load(self.evaluation)?;
        Ok(Images { train, evaluation })
    }
}

impl Trial<'_> {
    /// What is in its place: nothing, or this very trial, begun or finished.
    ///
    /// # Errors
    /// If something else is.
    pub(crate) fn place(&self, conditions: &Conditions) -> anyhow::Result<Place> {
        let record = conditions.record(&self.source.name, self.seed, 1);
        place::place(&self.out, &self.source.spec, &record, &conditions.limits, conditions.force)
    }

    pub(crate) fn training<'s>(
        &'s self,
        conditions: &'s Conditions,
        threads: usize,
        images: &'s Images,
    ) -> anyhow::Result<Training<'s>> {
        Ok(Training {
            source: self.source,
            train_spec: self.source.train_spec()?,
            network: self.network,
            images,
            init: conditions.init.as_ref(),
            options: Options { seed: self.seed, threads, isa: conditions.isa, precision: conditions.precision },
            record: conditions.record(&self.source.name, self.seed, threads),
            out: &self.out,
            limits: conditions.limits,
            checkpoint_every: conditions.checkpoint_every,
            json: conditions.json,
        })
    }
}

/// The results of all `trials`, in their order; `None` for what Ctrl-C, or a limit of time, has prevented. So many `threads` work, each on one
/// trial at a time. `ended` is called for each, one call at a time, first for those that were done before.
///
/// # Errors
/// If something else is in a trial's place, images are missing or do not fit, or a file cannot be written. What was done
/// until then is kept, no further trial is begun.
pub(crate) fn side_by_side(
    trials: &[Trial<'_>],
    conditions: &Conditions,
    threads: usize,
    ended: &mut (dyn FnMut(&Trial<'_>, &RunResult) -> anyhow::Result<()> + Send),
) -> anyhow::Result<Vec<Option<RunResult>>> {
    let mut results = Vec::new();
    for trial in trials {
        results.push(match trial.place(conditions)? {
            Place::Finished(result) => Some(*result),
            Place::Begun | Place::Free => None,
        });
    }
    let missing: Vec<usize> = (0..trials.len()).filter(|&at| results[at].is_none()).collect();
    for (trial, result) in trials.iter().zip(&results) {
        if let Some(result) = result {
            if conditions.json {
                read_metrics(&trial.out)?.iter().try_for_each(output::json)?;
                output::json(result)?;
            }
            ended(trial, result)?;
        }
    }
    match trials.len() - missing.len() {
        0 => {}
        1 => output::talk("1 trial was done before"),
        found => output::talk(&format!("{} trials were done before", thousands(found))),
    }
    if missing.is_empty() {
        return Ok(results);
    }
    let images = conditions.images()?;
    let workers = threads.min(missing.len());
    for &at in &missing {
        let Trial { source, network, .. } = &trials[at];
        source.check_memory(network, workers * source.train_spec()?.batch.min(images.train.len()))?;
    }
    let mut epochs = 0;
    for &at in &missing {
        epochs += trials[at].source.train_spec()?.epochs;
    }
    let bar = TrialsBar::new(missing.len(), epochs);
    interrupt::watch(bar.drawn())?;
    let next = AtomicUsize::new(0);
    let shared = Mutex::new(Shared { results, ended, failure: None });
    let work = || {
        while let Some(&at) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
            let trial = &trials[at];
            // Another process may have done it in the meantime.
            let result = trial.place(conditions).and_then(|place| match place {
                Place::Finished(result) => Ok(*result),
                place => {
                    let training = trial.training(conditions, 1, &images)?;
                    training.run(Instant::now(), place == Place::Begun, Progress::OfTrial(&bar), &|_| Ok(()))
                }
            });
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = result.and_then(|result| bar.suspend(|| shared.take(at, trial, result))) {
                shared.failure.get_or_insert(error);
            }
            if shared.failure.is_some() || interrupt::requested() || conditions.limits.now().is_some() {
                next.store(missing.len(), Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(work);
        }
    });
    bar.end();
    let Shared { results, failure, .. } = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    failure.map_or(Ok(results), Err)
}

/// How a command ends of whose trials, called `what`, some may be missing: says how many, and that it can go on. `partial` is
/// said besides, if so.
pub(crate) fn ending(results: &[Option<RunResult>], what: &str, partial: &str) -> Outcome {
    let missing = results.iter().filter(|result| result.is_none()).count();
    if missing > 0 {
        let (missing, of) = (thousands(missing), plural(results.len(), what));
        output::talk(&format!("{missing} of {of} not finished{partial}; the same command goes on"));
    }
    // A limit of time is one that was wished.
    if missing > 0 && interrupt::requested() { Outcome::Interrupted } else { Outcome::Done }
}

/// What the workers have in common.
struct Shared<'s> {
    results: Vec<Option<RunResult>>,
    ended: &'s mut (dyn FnMut(&Trial<'_>, &RunResult) -> anyhow::Result<()> + Send),
    /// The first one.
    failure: Option<anyhow::Error>,
}

impl Shared<'_> {
    fn take(&mut self, at: usize, trial: &Trial<'_>, result: RunResult) -> anyhow::Result<()> {
        if !result.interrupted {
            (self.ended)(trial, &result)?;
            self.results[at] = Some(result);
        }
        Ok(())
    }
}
