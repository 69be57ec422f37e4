//! Trials side by side, one thread each.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Builder};
use std::time::Instant;

use gradbook_engine::train::{State, Step};

use crate::error::RunError;
use crate::folder::error::Cause;
use crate::folder::records::{EpochRecord, RunResult};
use crate::observer::{Observer, When};
use crate::place::Place;
use crate::training::{Beginning, Ended, Images, Training};
use crate::trials::{Conditions, Trial, TrialsPlan};

/// The results of all `trials`, in their order; `None` for those that the observer or a time limit prevented. `threads`
/// threads work, each on one trial at a time.
///
/// # Errors
/// If something else is in a trial's place, images are missing or do not fit, a file cannot be written, or the observer
/// fails. What was done until then is kept, and no further trial is started.
pub fn side_by_side(
    trials: &[Trial<'_>],
    conditions: &Conditions,
    threads: usize,
    observer: &mut dyn Observer,
) -> Result<Vec<Option<RunResult>>, RunError> {
    let mut results = Vec::new();
    for trial in trials {
        results.push(match trial.place(conditions)? {
            Place::Finished(result) => Some(*result),
            Place::Begun | Place::Free => None,
        });
    }
    for (trial, result) in trials.iter().zip(&results) {
        if let Some(result) = result {
            observer.trial(trial, result, When::Before).map_err(RunError::Observer)?;
        }
    }
    let missing: Vec<usize> = (0..trials.len()).filter(|&at| results[at].is_none()).collect();
    if missing.is_empty() {
        return Ok(results);
    }
    let images = conditions.images()?;
    let workers = threads.min(missing.len());
    let mut epochs = 0;
    for &at in &missing {
        let Trial { source, network, .. } = &trials[at];
        let train_spec = source.train_spec()?;
        source.check_memory(network, workers * train_spec.batch.min(images.train.len()))?;
        epochs += train_spec.epochs;
    }
    let plan = TrialsPlan { found: trials.len() - missing.len(), missing: missing.len(), epochs };
    observer.trials(plan).map_err(RunError::Observer)?;
    let shared = Mutex::new(Shared { results, observer, failure: None });
    let series = Series { trials, conditions, images: &images, missing, next: AtomicUsize::new(0), shared };
    thread::scope(|scope| {
        let begin = |_| Builder::new().spawn_scoped(scope, || series.work()).is_ok();
        // Where there are no threads, this one does it.
        if (0..workers).filter(|&worker| begin(worker)).count() == 0 {
            series.work();
        }
    });
    let Shared { results, observer, failure } = series.shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    observer.trials_end();
    failure.map_or(Ok(results), Err)
}

/// What is to be done.
struct Series<'s> {
    trials: &'s [Trial<'s>],
    conditions: &'s Conditions,
    images: &'s Images,
    /// Indices of the trials to do.
    missing: Vec<usize>,
    /// The first of `missing` that no worker has taken.
    next: AtomicUsize,
    shared: Mutex<Shared<'s>>,
}

/// What the workers have in common.
struct Shared<'s> {
    results: Vec<Option<RunResult>>,
    observer: &'s mut dyn Observer,
    /// The first failure.
    failure: Option<RunError>,
}

impl Series<'_> {
    /// Does trials until there are none left, or a reason to stop.
    fn work(&self) {
        while let Some(&at) = self.missing.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let trial = &self.trials[at];
            let result = self.trained(trial);
            let mut shared = lock(&self.shared);
            if let Err(error) = result.and_then(|result| shared.take(at, trial, result)) {
                shared.failure.get_or_insert(error);
            }
            let failed = shared.failure.is_some();
            if failed || shared.observer.is_to_stop() || self.conditions.limits.now().is_some() {
                self.next.store(self.missing.len(), Ordering::Relaxed);
            }
        }
    }

    fn trained(&self, trial: &Trial<'_>) -> Result<RunResult, RunError> {
        let beginning = match trial.place(self.conditions)? {
            // Another process has done it in the meantime.
            Place::Finished(result) => return Ok(*result),
            Place::Begun => Beginning::Checkpoint,
            Place::Free => Beginning::Fresh,
        };
        let training = trial.training(self.conditions, 1, self.images)?;
        training.run(Instant::now(), beginning, &mut InTurn(&self.shared))
    }
}

impl Shared<'_> {
    fn take(&mut self, at: usize, trial: &Trial<'_>, result: RunResult) -> Result<(), RunError> {
        if !result.interrupted {
            self.observer.trial(trial, &result, When::Now).map_err(RunError::Observer)?;
            self.results[at] = Some(result);
        }
        Ok(())
    }
}

/// The observer of all trials, for one of them: calls to it wait for each other.
struct InTurn<'t, 's>(&'t Mutex<Shared<'s>>);

impl Observer for InTurn<'_, '_> {
    fn resumed(&mut self, training: &Training<'_>, state: &State) {
        lock(self.0).observer.resumed(training, state);
    }

    fn step(&mut self, training: &Training<'_>, step: &Step) {
        lock(self.0).observer.step(training, step);
    }

    fn epoch(&mut self, training: &Training<'_>, epoch: &EpochRecord) -> Result<(), Cause> {
        lock(self.0).observer.epoch(training, epoch)
    }

    fn end(&mut self, training: &Training<'_>) {
        lock(self.0).observer.end(training);
    }

    fn before_result(&mut self, training: &Training<'_>, ended: &Ended) -> Result<(), Cause> {
        lock(self.0).observer.before_result(training, ended)
    }

    fn result(&mut self, training: &Training<'_>, result: &RunResult) -> Result<(), Cause> {
        lock(self.0).observer.result(training, result)
    }

    fn is_to_stop(&mut self) -> bool {
        lock(self.0).observer.is_to_stop()
    }
}

fn lock<'m, 's>(shared: &'m Mutex<Shared<'s>>) -> MutexGuard<'m, Shared<'s>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
