//! Training from the first step, or from a checkpoint, to the result, and everything that is written meanwhile.

#[cfg(test)]
mod cost;

use std::time::Instant;

use gradbook_engine::model::Model;
use gradbook_engine::train::{Control, Epoch, Event, State, TrainError, train};
use gradbook_export::weights;

use crate::data::Evaluation;
use crate::error::RunError;
use crate::files::sha256;
use crate::folder::checkpoint::{self, Checkpoint, CheckpointError, Seconds};
use crate::folder::names::CHECKPOINT_FILE;
use crate::folder::records::{EpochRecord, RunResult};
use crate::folder::writing::{RunFolder, stopped};
use crate::machine;
use crate::observer::Observer;
use crate::place::fingerprint;
use crate::source::{FoundRun, Source};
use crate::stop::Stop;
use crate::training::{Beginning, Ended, Training};

impl Training<'_> {
    /// Trains, writes, and reports to `observer`. `started` is when the work on this run began, including reading its
    /// images. The run folder is created at the first step, when the description has proved to be usable; the caller has
    /// made sure that its place is free or belongs to this run.
    ///
    /// # Errors
    /// If the network does not fit the images, a number in the description is out of range, the checkpoint cannot be
    /// used, a file cannot be written, or the observer fails.
    pub fn run(
        &self,
        started: Instant,
        beginning: Beginning,
        observer: &mut dyn Observer,
    ) -> Result<RunResult, RunError> {
        let resume = beginning == Beginning::Checkpoint;
        let fingerprint = fingerprint(&self.source.spec, &self.record)?;
        let Checkpoint { mut state, seconds } = if resume {
            let (network, spec, train_images) = (self.network, self.train_spec, self.images.train.len());
            let of = checkpoint::Of { fingerprint: &fingerprint, network, spec, train_images };
            let checkpoint = checkpoint::read(&self.out.join(CHECKPOINT_FILE), of);
            checkpoint.map_err(|problem| self.cannot_go_on(problem))?
        } else {
            let model = match self.init {
                Some(init) => init.model.clone(),
                None => Model::new(self.network, &self.source.spec.init, self.options.seed),
            };
            let state = State::new(self.train_spec, model).map_err(|error| self.cannot_work(error.into()))?;
            Checkpoint { state, seconds: Seconds::default() }
        };
        let mut recorder = Recorder::new(self, fingerprint, started, resume, &state, seconds, observer);
        // A training may have been stopped by a limit that still holds. Within an epoch, the model no longer matches the
        // last line, so the epoch is trained to its end.
        let is_between_epochs = state.step == (recorder.epochs.len() * self.steps_per_epoch()) as u64;
        recorder.stop = self.limits.after(&recorder.epochs).filter(|_| is_between_epochs);
        if resume {
            recorder.observer.resumed(self, &state);
        }
        if recorder.stop.is_some() {
            let model = weights::write(self.network, &state.model);
            recorder.folder()?.model(model)?;
        } else {
            let images = (&self.images.train, &self.images.evaluation);
            let trained = train(self.network, self.train_spec, &mut state, images, self.options, &mut |event| {
                recorder.observe(event).unwrap_or_else(|error| {
                    recorder.failure = Some(error);
                    Control::Stop
                })
            });
            recorder.observer.end(self);
            if let Some(failure) = recorder.failure.take() {
                return Err(failure);
            }
            trained.map_err(|error| self.cannot_work(error))?;
        }
        recorder.finish(state)
    }

    fn cannot_go_on(&self, problem: CheckpointError) -> RunError {
        let run = Some(FoundRun { dir: self.out.to_owned(), record: self.record.clone() });
        RunError::Checkpoint { run: Box::new(Source { run, ..self.source.clone() }), problem }
    }

    fn cannot_work(&self, problem: TrainError) -> RunError {
        RunError::Training { origin: self.source.origin.clone(), problem }
    }
}

/// Follows a training.
struct Recorder<'r> {
    training: &'r Training<'r>,
    fingerprint: String,
    started: Instant,
    /// Whether this training started from a checkpoint in the run folder.
    resumes: bool,
    folder: Option<RunFolder>,
    observer: &'r mut dyn Observer,
    epochs: Vec<EpochRecord>,
    /// The outputs of the last epoch that was evaluated in this call.
    outputs: Option<Vec<f32>>,
    /// The time of this training's earlier parts.
    before: Seconds,
    epoch_started: Instant,
    last_step: Instant,
    last_checkpoint: Instant,
    stop: Option<Stop>,
    failure: Option<RunError>,
}

impl<'r> Recorder<'r> {
    fn new(
        training: &'r Training<'r>,
        fingerprint: String,
        started: Instant,
        resumes: bool,
        state: &State,
        before: Seconds,
        observer: &'r mut dyn Observer,
    ) -> Recorder<'r> {
        let epochs = state.history.epochs.iter().zip(&before.epochs);
        let epochs = epochs.map(|(epoch, &seconds)| training.epoch_record(epoch, seconds)).collect();
        let now = Instant::now();
        Recorder {
            training,
            fingerprint,
            started,
            resumes,
            folder: None,
            observer,
            epochs,
            outputs: None,
            before,
            epoch_started: now,
            last_step: now,
            last_checkpoint: now,
            stop: None,
            failure: None,
        }
    }

    fn observe(&mut self, event: Event<'_>) -> Result<Control, RunError> {
        match event {
            Event::Step(step, state) => {
                self.last_step = Instant::now();
                self.folder()?;
                self.observer.step(self.training, &step);
                if step.loss.is_finite() {
                    self.stop =
                        self.observer.is_to_stop().then_some(Stop::CtrlC).or_else(|| self.training.limits.now());
                    if self.stop.is_some() || self.last_checkpoint.elapsed() >= self.training.checkpoint_every {
                        self.checkpoint(state)?;
                    }
                } else {
                    self.stop = Some(Stop::Diverged);
                }
            }
            Event::Epoch(epoch, state, outputs) => {
                self.outputs = Some(outputs.to_vec());
                self.epoch(epoch, &state.model)?;
                if !is_finite(epoch, &state.model) {
                    self.stop = Some(Stop::Diverged);
                } else if !self.training.is_last(epoch.epoch) {
                    self.checkpoint(state)?;
                    let limit = self.training.limits.after(&self.epochs).or_else(|| self.training.limits.now());
                    self.stop = self.observer.is_to_stop().then_some(Stop::CtrlC).or(limit);
                }
            }
        }
        Ok(if self.stop.is_some() { Control::Stop } else { Control::Continue })
    }

    fn folder(&mut self) -> Result<&mut RunFolder, RunError> {
        if self.folder.is_none() {
            let Training { out, source, record, init, .. } = self.training;
            self.folder = Some(match self.resumes {
                true => RunFolder::resume(out, &self.epochs)?,
                false => RunFolder::create(out, &source.spec, record, init.map(|init| init.bytes.as_slice()))?,
            });
        }
        Ok(self.folder.as_mut().expect("just made"))
    }

    fn epoch(&mut self, epoch: &Epoch, model: &Model) -> Result<(), RunError> {
        let training = self.before.running + (self.last_step - self.epoch_started).as_secs_f64();
        let evaluation = self.last_step.elapsed().as_secs_f64();
        let record = self.training.epoch_record(epoch, [training, evaluation]);
        let bytes = weights::write(self.training.network, model);
        self.folder()?.epoch(&record, bytes)?;
        self.observer.epoch(self.training, &record).map_err(RunError::Observer)?;
        self.epochs.push(record);
        self.before.running = 0.0;
        self.epoch_started = Instant::now();
        self.last_step = self.epoch_started;
        Ok(())
    }

    fn checkpoint(&mut self, state: &State) -> Result<(), RunError> {
        let epochs = self.epochs.iter().map(|epoch| [epoch.train_seconds, epoch.evaluation_seconds]).collect();
        let seconds = Seconds {
            epochs,
            running: self.before.running + (self.last_step - self.epoch_started).as_secs_f64(),
            wall: self.before.wall + self.started.elapsed().as_secs_f64(),
        };
        let bytes = checkpoint::to_bytes(&self.fingerprint, state, seconds);
        self.last_checkpoint = Instant::now();
        Ok(self.folder()?.checkpoint(bytes)?)
    }

    /// Writes the result, whatever the outcome.
    fn finish(mut self, state: State) -> Result<RunResult, RunError> {
        let State { model, history, .. } = state;
        let Training { network, train_spec, record, .. } = self.training;
        // An epoch that is cut short is not announced.
        if let Some(epoch) = history.epochs.get(self.epochs.len()) {
            self.epoch(epoch, &model)?;
            self.outputs = None;
        }
        let last = self.epochs.last().expect("a training has at least one epoch");
        let best = history.best().expect("a training has at least one epoch");
        let whole = self.epochs.len() == train_spec.epochs && !last.cut_short;
        let stopped_by = self.stop.filter(|&stop| !whole || stop == Stop::Diverged);
        let result = RunResult {
            recipe: record.recipe.clone(),
            seed: record.seed,
            parameters: network.parameters(),
            macs_per_image: network.multiply_adds(),
            epochs: self.epochs.iter().filter(|epoch| !epoch.cut_short).count(),
            epochs_planned: train_spec.epochs,
            batch: train_spec.batch,
            precision: record.precision.clone(),
            threads: record.threads,
            isa: record.isa.clone(),
            data: record.data.clone(),
            evaluated_on: Evaluation::of(record.holdout).words().to_owned(),
            correct: last.correct,
            total: last.total,
            accuracy: last.accuracy,
            loss: last.loss,
            best_accuracy: best.test.accuracy(),
            best_epoch: best.epoch,
            train_seconds: self.epochs.iter().map(|epoch| epoch.train_seconds).sum(),
            wall_seconds: self.before.wall + self.started.elapsed().as_secs_f64(),
            peak_rss_bytes: machine::peak_rss_bytes(),
            interrupted: stopped_by.is_some_and(Stop::is_interruption),
            stopped_by,
            model_sha256: sha256(&weights::write(network, &model)),
            init_sha256: record.init_sha256.clone(),
            version: record.version.clone(),
        };
        let can_go_on = !whole && stopped_by != Some(Stop::Diverged);
        self.folder()?;
        let ended = Ended { result, model, epochs: self.epochs, outputs: self.outputs };
        let written = self.observer.before_result(self.training, &ended);
        written.map_err(|cause| stopped(self.training.out, cause))?;
        let Ended { result, .. } = ended;
        self.folder.expect("just made").finish(&result, can_go_on)?;
        self.observer.result(self.training, &result).map_err(RunError::Observer)?;
        Ok(result)
    }
}

/// Whether a training can continue from here.
fn is_finite(epoch: &Epoch, model: &Model) -> bool {
    let losses = [epoch.train.loss, epoch.test.loss];
    losses.iter().all(|loss| loss.is_finite()) && model.parameters.iter().all(|parameter| parameter.is_finite())
}
