//! Trials of a series at the command line: what is said about each and about all.

use anyhow::bail;
use gradbook_engine::train::State;
use gradbook_run::Training;
use gradbook_run::folder::error::Cause;
use gradbook_run::folder::records::{EpochRecord, RunResult, read_metrics};
use gradbook_run::observer::{Observer, When};
use gradbook_run::stop::Stop;
use gradbook_run::summary::Summary;
use gradbook_run::trials::{Conditions, Trial, TrialsPlan, side_by_side};
use gradbook_run::words::{percent, plural, thousands};

use crate::interrupt;
use crate::outcome::Outcome;
use crate::output::{self, Print};
use crate::progress::TrialsBar;

/// `count` seeds from the first on.
///
/// # Errors
/// If the numbers do not suffice.
pub(crate) fn seeds(first: u64, count: u32) -> anyhow::Result<Vec<u64>> {
    let last = first.checked_add(u64::from(count) - 1).filter(|&last| i64::try_from(last).is_ok());
    match last {
        Some(last) => Ok((first..=last).collect()),
        None => bail!("{count} seeds from {first}: the last one is above {}", i64::MAX),
    }
}

/// The results of all trials, in order, with a printed line for each; `None` for those that were prevented.
///
/// # Errors
/// Those of [`side_by_side`].
pub(crate) fn train(
    trials: &[Trial<'_>],
    conditions: &Conditions,
    threads: usize,
    print: Print,
) -> anyhow::Result<Vec<Option<RunResult>>> {
    let mut follower = Follower { bar: None, print, found: 0 };
    let results = side_by_side(trials, conditions, threads, &mut follower);
    follower.say_found();
    Ok(results?)
}

/// Shows the progress of trials, prints their results, and stops them when a signal comes.
struct Follower {
    /// Present once there is something to train.
    bar: Option<TrialsBar>,
    print: Print,
    /// Trials that were done before and have not been announced yet.
    found: usize,
}

impl Follower {
    fn say_found(&mut self) {
        match std::mem::take(&mut self.found) {
            0 => {}
            1 => output::talk("1 trial was done before"),
            found => output::talk(&format!("{} trials were done before", thousands(found))),
        }
    }

    fn epoch_done(&self) {
        self.bar.iter().for_each(TrialsBar::epoch);
    }
}

impl Observer for Follower {
    fn resumed(&mut self, _: &Training<'_>, state: &State) {
        state.history.epochs.iter().for_each(|_| self.epoch_done());
    }

    fn epoch(&mut self, _: &Training<'_>, epoch: &EpochRecord) -> Result<(), Cause> {
        self.epoch_done();
        Ok(self.print.json(epoch)?)
    }

    fn result(&mut self, _: &Training<'_>, result: &RunResult) -> Result<(), Cause> {
        Ok(self.print.json(result)?)
    }

    fn trials(&mut self, plan: TrialsPlan) -> Result<(), Cause> {
        self.say_found();
        let bar = TrialsBar::new(plan.missing, plan.epochs);
        interrupt::watch(bar.drawn())?;
        self.bar = Some(bar);
        Ok(())
    }

    fn trial(&mut self, trial: &Trial<'_>, result: &RunResult, when: When) -> Result<(), Cause> {
        self.found += usize::from(when == When::Before);
        match (self.print, when) {
            (Print::Words, _) => {
                let line = trial_line(trial, result)?;
                match &self.bar {
                    Some(bar) => bar.suspend(|| output::data(&line))?,
                    None => output::data(&line)?,
                }
            }
            (Print::Json, When::Before) => {
                read_metrics(&trial.out)?.iter().try_for_each(output::json)?;
                output::json(result)?;
            }
            // Its epochs and its result were printed when they came.
            (Print::Json, When::Now) => {}
        }
        Ok(())
    }

    fn trials_end(&mut self) {
        self.bar.iter().for_each(TrialsBar::end);
    }

    fn is_to_stop(&mut self) -> bool {
        interrupt::requested()
    }
}

/// A trial in one line.
///
/// # Errors
/// If the metrics of a trial that diverged cannot be read.
fn trial_line(trial: &Trial<'_>, result: &RunResult) -> anyhow::Result<String> {
    if result.stopped_by == Some(Stop::Diverged) {
        return Ok(format!(
            "{} seed {}: diverged in epoch {} of {}, {:.1} s",
            trial.source.name,
            trial.seed,
            diverged_in(trial)?,
            result.epochs_planned,
            result.wall_seconds
        ));
    }
    let RunResult { accuracy, correct, total, evaluated_on, best_accuracy, best_epoch, wall_seconds, .. } = result;
    let ended = match result.stopped_by {
        Some(_) => format!("ended after {} of {} epochs, ", result.epochs, result.epochs_planned),
        None => String::new(),
    };
    Ok(format!(
        "{} seed {}: {} ({} of {} {evaluated_on}), {ended}best epoch {} ({best_epoch}), {wall_seconds:.1} s",
        trial.source.name,
        trial.seed,
        percent(*accuracy),
        thousands(*correct),
        thousands(*total),
        percent(*best_accuracy),
    ))
}

/// The epoch in which a training that diverged did so.
///
/// # Errors
/// If its metrics cannot be read.
pub(crate) fn diverged_in(trial: &Trial<'_>) -> anyhow::Result<usize> {
    Ok(read_metrics(&trial.out)?.last().map_or(1, |epoch| epoch.epoch))
}

/// Says how many trials diverged, and what to try.
pub(crate) fn diverged(count: usize, of: usize) -> String {
    format!(
        "{count} of {} diverged: numbers overflowed to infinity or NaN. Try a lower learning rate first",
        plural(of, "training")
    )
}

/// The results of a recipe's trials in words; `None` for fewer than two trials, if none diverged.
pub(crate) fn summary_words(summary: &Summary) -> Option<String> {
    if !summary.diverged.is_empty() {
        let seeds: Vec<String> = summary.diverged.iter().map(u64::to_string).collect();
        return Some(format!(
            "{} of {} diverged ({}): no mean is given, because the mean of the others would be too high",
            summary.diverged.len(),
            plural(summary.trials.len(), "seed"),
            seeds.join(", ")
        ));
    }
    let early = summary.trials.iter().any(|trial| trial.stopped_by.is_some());
    let spread = summary.spread?;
    Some(format!(
        "{} seeds, {}, {}: mean {:.3} %, standard deviation {:.3}, {} to {}\n\
         the mean of all seeds is above {:.3} % (one-sided, 95 % confidence)",
        summary.seeds.len(),
        if early { "at their ends" } else { "last epoch" },
        summary.evaluated_on,
        100.0 * spread.mean,
        100.0 * spread.standard_deviation,
        percent(spread.minimum),
        percent(spread.maximum),
        100.0 * spread.lower_bound_95
    ))
}

/// The end of a command some of whose trials, called `what`, may be missing: says how many, and that it can resume.
/// `partial` is added if so.
pub(crate) fn ending(results: &[Option<RunResult>], what: &str, partial: &str) -> Outcome {
    let missing = results.iter().filter(|result| result.is_none()).count();
    if missing > 0 {
        let (missing, of) = (thousands(missing), plural(results.len(), what));
        output::talk(&format!("{missing} of {of} not finished{partial}; the same command continues"));
    }
    // A time limit was asked for, so reaching it is not an interruption.
    if missing > 0 && interrupt::requested() { Outcome::Interrupted } else { Outcome::Done }
}
