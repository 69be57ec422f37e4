//! One training from its first step to its run folder.

#[cfg(test)]
mod cost;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use gradbook_engine::data::Dataset;
use gradbook_engine::model::Model;
use gradbook_engine::network::Network;
use gradbook_engine::spec::TrainSpec;
use gradbook_engine::train::{Control, Epoch, Event, Options, State, train};
use gradbook_export::weights;

use crate::checkpoint::{self, Checkpoint, Seconds};
use crate::commands::instructions;
use crate::data::Evaluation;
use crate::files::sha256;
use crate::limits::{Limits, Stop};
use crate::place::fingerprint;
use crate::progress::Progress;
use crate::run_folder::{self, CHECKPOINT_FILE, EpochRecord, Record, RunFolder, RunResult};
use crate::shell::begin_again_command;
use crate::source::Source;
use crate::weights::Weights;
use crate::words::{plural, thousands};
use crate::{interrupt, machine, output};

/// Images to train on, images to evaluate.
pub(crate) struct Images {
    pub(crate) train: Dataset,
    pub(crate) evaluation: Dataset,
}

/// What is trained, on what, and where it goes.
pub(crate) struct Training<'t> {
    pub(crate) source: &'t Source,
    /// The source's.
    pub(crate) train_spec: &'t TrainSpec,
    pub(crate) network: &'t Network,
    pub(crate) images: &'t Images,
    /// What to start from in place of random weights.
    pub(crate) init: Option<&'t Weights>,
    pub(crate) options: Options,
    pub(crate) record: Record,
    pub(crate) out: &'t Path,
    /// When it ends early.
    pub(crate) limits: Limits,
    /// The longest time between two checkpoints within an epoch.
    pub(crate) checkpoint_every: Duration,
    /// Whether epochs and result are printed as JSON.
    pub(crate) json: bool,
}

impl Training<'_> {
    fn epoch_record(&self, epoch: &Epoch, [train_seconds, evaluation_seconds]: [f64; 2]) -> EpochRecord {
        EpochRecord {
            recipe: self.record.recipe.clone(),
            seed: self.record.seed,
            epoch: epoch.epoch,
            rate: epoch.rate,
            train_loss: epoch.train.mean_loss(),
            train_accuracy: epoch.train.accuracy(),
            loss: epoch.test.mean_loss(),
            accuracy: epoch.test.accuracy(),
            correct: epoch.test.correct,
            total: epoch.test.samples,
            train_seconds,
            evaluation_seconds,
            cut_short: epoch.cut_short,
        }
    }

    /// Says what is about to happen.
    pub(crate) fn announce(&self) {
        let TrainSpec { epochs, batch, .. } = self.train_spec;
        let Options { seed, threads, isa, precision } = self.options;
        output::talk(&format!(
            "{} seed {seed}: {} parameters, {} of {} images in batches of {batch}, evaluated on {} {}; {}, {} ({})",
            self.record.recipe,
            thousands(self.network.parameters()),
            plural(*epochs, "epoch"),
            thousands(self.images.train.len()),
            thousands(self.images.evaluation.len()),
            Evaluation::of(self.record.holdout).words(),
            precision.name(),
            plural(threads, "thread"),
            instructions(isa, precision),
        ));
        if let Some(Weights { sha256, .. }) = self.init {
            output::talk(&format!("starts from the weights with SHA-256 {sha256}"));
        }
    }

    /// Trains and writes. `started` is when the work on this run began, its images included. The run folder is made at
    /// the first step, when nothing can be wrong any more with the description; the caller has made sure that its place
    /// is free, or that of this run. With `resume` the training goes on from the checkpoint there. `before_result` may write
    /// what belongs to the run: a run that has its result is whole.
    ///
    /// # Errors
    /// If the network does not fit the images, a number of the description cannot work, the checkpoint cannot be used, or
    /// a file cannot be written.
    pub(crate) fn run(
        &self,
        started: Instant,
        resume: bool,
        progress: Progress<'_>,
        before_result: &dyn Fn(&Ended) -> anyhow::Result<()>,
    ) -> anyhow::Result<RunResult> {
        let fingerprint = fingerprint(&self.source.spec, &self.record)?;
        let Checkpoint { mut state, seconds } = if resume {
            let (network, spec, train_images) = (self.network, self.train_spec, self.images.train.len());
            let of = checkpoint::Of { fingerprint: &fingerprint, network, spec, train_images };
            let again = begin_again_command(self.source, &self.record, self.out)?;
            let checkpoint = checkpoint::read(&self.out.join(CHECKPOINT_FILE), of);
            checkpoint.map_err(|error| anyhow!("{error:#}; `{again}` begins this run again"))?
        } else {
            let model = match self.init {
                Some(init) => init.model.clone(),
                None => Model::new(self.network, &self.source.spec.init, self.options.seed),
            };
            let state = State::new(self.train_spec, model).with_context(|| self.source.origin.clone())?;
            Checkpoint { state, seconds: Seconds::default() }
        };
        let mut recorder = Recorder::new(self, fingerprint, started, resume, &state, seconds, progress);
        // A training may have been stopped by a limit that holds now, too. Within an epoch, the model is no longer that of
        // the last line, so the epoch is trained to its end.
        let is_between_epochs = state.step == (recorder.epochs.len() * self.steps_per_epoch()) as u64;
        recorder.stop = self.limits.after(&recorder.epochs).filter(|_| is_between_epochs);
        if resume {
            recorder.progress.resume(&state);
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
            recorder.progress.end();
            if let Some(failure) = recorder.failure.take() {
                return Err(failure);
            }
            trained.with_context(|| self.source.origin.clone())?;
        }
        recorder.finish(state, before_result)
    }

    pub(crate) fn steps_per_epoch(&self) -> usize {
        self.images.train.len().div_ceil(self.train_spec.batch)
    }

    fn is_last(&self, epoch: usize) -> bool {
        epoch == self.train_spec.epochs
    }
}

/// What a training has come to.
pub(crate) struct Ended {
    pub(crate) result: RunResult,
    pub(crate) model: Model,
    pub(crate) epochs: Vec<EpochRecord>,
    /// The network's outputs for the evaluation images, `[images, outputs]`, if the last epoch is a whole one that was
    /// trained now.
    pub(crate) outputs: Option<Vec<f32>>,
}

/// Follows a training.
struct Recorder<'r> {
    training: &'r Training<'r>,
    fingerprint: String,
    started: Instant,
    /// Whether the run folder has a checkpoint from which this training began.
    resumes: bool,
    folder: Option<RunFolder>,
    progress: Progress<'r>,
    epochs: Vec<EpochRecord>,
    /// Of the last epoch that was evaluated now.
    outputs: Option<Vec<f32>>,
    /// Of the parts of this training before the one that runs now.
    before: Seconds,
    epoch_started: Instant,
    last_step: Instant,
    last_checkpoint: Instant,
    stop: Option<Stop>,
    failure: Option<anyhow::Error>,
}

impl<'r> Recorder<'r> {
    fn new(
        training: &'r Training<'r>,
        fingerprint: String,
        started: Instant,
        resumes: bool,
        state: &State,
        before: Seconds,
        progress: Progress<'r>,
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
            progress,
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

    fn observe(&mut self, event: Event<'_>) -> anyhow::Result<Control> {
        match event {
            Event::Step(step, state) => {
                self.last_step = Instant::now();
                self.folder()?;
                self.progress.step(&step);
                if step.loss.is_finite() {
                    self.stop = interrupt::requested().then_some(Stop::CtrlC).or_else(|| self.training.limits.now());
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
                    self.stop = interrupt::requested().then_some(Stop::CtrlC).or(limit);
                }
            }
        }
        Ok(if self.stop.is_some() { Control::Stop } else { Control::Continue })
    }

    fn folder(&mut self) -> anyhow::Result<&mut RunFolder> {
        if self.folder.is_none() {
            let Training { out, source, record, init, .. } = self.training;
            self.folder = Some(match self.resumes {
                true => RunFolder::resume(out, &self.epochs)?,
                false => RunFolder::create(out, &source.spec, record, init.map(|init| init.bytes.as_slice()))?,
            });
        }
        Ok(self.folder.as_mut().expect("just made"))
    }

    fn epoch(&mut self, epoch: &Epoch, model: &Model) -> anyhow::Result<()> {
        let training = self.before.running + (self.last_step - self.epoch_started).as_secs_f64();
        let evaluation = self.last_step.elapsed().as_secs_f64();
        let record = self.training.epoch_record(epoch, [training, evaluation]);
        let bytes = weights::write(self.training.network, model);
        self.folder()?.epoch(&record, bytes)?;
        self.progress.epoch(&record);
        if self.training.json {
            output::json(&record)?;
        }
        self.epochs.push(record);
        self.before.running = 0.0;
        self.epoch_started = Instant::now();
        self.last_step = self.epoch_started;
        Ok(())
    }

    fn checkpoint(&mut self, state: &State) -> anyhow::Result<()> {
        let epochs = self.epochs.iter().map(|epoch| [epoch.train_seconds, epoch.evaluation_seconds]).collect();
        let seconds = Seconds {
            epochs,
            running: self.before.running + (self.last_step - self.epoch_started).as_secs_f64(),
            wall: self.before.wall + self.started.elapsed().as_secs_f64(),
        };
        let bytes = checkpoint::to_bytes(&self.fingerprint, state, seconds)?;
        self.last_checkpoint = Instant::now();
        self.folder()?.checkpoint(bytes)
    }

    /// Writes the result, of whatever the training came to.
    fn finish(
        mut self,
        state: State,
        before_result: &dyn Fn(&Ended) -> anyhow::Result<()>,
    ) -> anyhow::Result<RunResult> {
        let State { model, history, .. } = state;
        let Training { network, train_spec, record, json, .. } = self.training;
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
        before_result(&ended).with_context(|| run_folder::how_to_go_on(self.training.out))?;
        let Ended { result, .. } = ended;
        self.folder.expect("just made").finish(&result, can_go_on)?;
        if *json {
            output::json(&result)?;
        }
        Ok(result)
    }
}

/// Whether a training can go on from here.
fn is_finite(epoch: &Epoch, model: &Model) -> bool {
    let losses = [epoch.train.loss, epoch.test.loss];
    losses.iter().all(|loss| loss.is_finite()) && model.parameters.iter().all(|parameter| parameter.is_finite())
}
