//! Following trainings: what they report, and whether they are to stop.

use gradbook_engine::train::{State, Step};

use crate::folder::error::Cause;
use crate::folder::records::{EpochRecord, RunResult};
use crate::training::{Ended, Training};
use crate::trials::{Trial, TrialsPlan};

/// Follows one training, or the trials of a series side by side. By default every method does nothing.
///
/// For trials side by side, several threads call the methods, one at a time; `training` says which one it is about. A
/// slow method holds all of them up. An error, such as a line of output that cannot be written to a full disk, ends the
/// training; whatever was trained until the last checkpoint is kept.
pub trait Observer: Send {
    /// The training resumes from this state, which is not its first one.
    fn resumed(&mut self, _training: &Training<'_>, _state: &State) {}

    /// A step was done.
    fn step(&mut self, _training: &Training<'_>, _step: &Step) {}

    /// An epoch was done, evaluated, and handed to whatever writes it.
    ///
    /// # Errors
    /// Any error ends the training.
    fn epoch(&mut self, _training: &Training<'_>, _epoch: &EpochRecord) -> Result<(), Cause> {
        Ok(())
    }

    /// The last step was done, however the training ended.
    fn end(&mut self, _training: &Training<'_>) {}

    /// Called before the result is written. Whatever else belongs to the run, such as its page, is written here,
    /// because a run that has its result is complete.
    ///
    /// # Errors
    /// Any error leaves the run without a result.
    fn before_result(&mut self, _training: &Training<'_>, _ended: &Ended) -> Result<(), Cause> {
        Ok(())
    }

    /// The result was written.
    ///
    /// # Errors
    /// Any error is passed on.
    fn result(&mut self, _training: &Training<'_>, _result: &RunResult) -> Result<(), Cause> {
        Ok(())
    }

    /// Trials are about to start; not called if all were done before.
    ///
    /// # Errors
    /// Any error prevents them.
    fn trials(&mut self, _plan: TrialsPlan) -> Result<(), Cause> {
        Ok(())
    }

    /// A trial is complete, whether it was done before or just now.
    ///
    /// # Errors
    /// Any error ends the series; trials that are running are finished.
    fn trial(&mut self, _trial: &Trial<'_>, _result: &RunResult, _when: When) -> Result<(), Cause> {
        Ok(())
    }

    /// The last trial has ended or failed.
    fn trials_end(&mut self) {}

    /// Whether training is to stop after this step, with a checkpoint to resume from. Called after each step.
    fn is_to_stop(&mut self) -> bool {
        false
    }
}

/// When a trial was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// By an earlier call, perhaps of another process: its files were found.
    Before,
    /// By this call.
    Now,
}

/// An observer that follows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {}
