//! Whoever follows trainings: what they say on the way, and whether they are to stop.

use gradbook_engine::train::{State, Step};

use crate::folder::error::Cause;
use crate::folder::records::{EpochRecord, RunResult};
use crate::training::{Ended, Training};
use crate::trials::{Trial, TrialsPlan};

/// Follows one training, or the trials of a series side by side. Every method does nothing unless it is written.
///
/// Of trials side by side, several threads call, one at a time; `training` tells which one it is about, and whoever stays
/// long in a method holds all of them up. What cannot be written, such as a line of output on a full disk, ends the training
/// with that error; whatever was trained until the last checkpoint is kept.
pub trait Observer: Send {
    /// The training goes on from this state, which is not its first one.
    fn resumed(&mut self, _training: &Training<'_>, _state: &State) {}

    /// A step was done.
    fn step(&mut self, _training: &Training<'_>, _step: &Step) {}

    /// An epoch was done, evaluated, and handed to whatever writes it.
    ///
    /// # Errors
    /// What ends the training.
    fn epoch(&mut self, _training: &Training<'_>, _epoch: &EpochRecord) -> Result<(), Cause> {
        Ok(())
    }

    /// The last step was done, however it ended.
    fn end(&mut self, _training: &Training<'_>) {}

    /// Before the result is written: the place to write what belongs to the run, such as its page, because a run that has
    /// its result is whole.
    ///
    /// # Errors
    /// What leaves the run without result.
    fn before_result(&mut self, _training: &Training<'_>, _ended: &Ended) -> Result<(), Cause> {
        Ok(())
    }

    /// The result was written.
    ///
    /// # Errors
    /// What is handed on.
    fn result(&mut self, _training: &Training<'_>, _result: &RunResult) -> Result<(), Cause> {
        Ok(())
    }

    /// Trials are about to begin; not called if all were done before.
    ///
    /// # Errors
    /// What keeps them from it.
    fn trials(&mut self, _plan: TrialsPlan) -> Result<(), Cause> {
        Ok(())
    }

    /// A trial is there, whole: one that was done before, or has been done now.
    ///
    /// # Errors
    /// What ends the series; trials that others are at are finished.
    fn trial(&mut self, _trial: &Trial<'_>, _result: &RunResult, _when: When) -> Result<(), Cause> {
        Ok(())
    }

    /// The last trial has ended, or could not.
    fn trials_end(&mut self) {}

    /// Whether training is to stop, after this step, with a checkpoint to go on from. Asked after each step.
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
