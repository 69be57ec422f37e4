//! One training from its first step to its run folder.

use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use gradbook_engine::data::Dataset;
use gradbook_engine::model::Model;
use gradbook_engine::network::Network;
use gradbook_engine::spec::TrainSpec;
use gradbook_engine::train::{Control, Epoch, Event, Options, train};

use crate::commands::instructions;
use crate::data::Evaluation;
use crate::files::sha256;
use crate::progress::Progress;
use crate::run_folder::{EpochRecord, Record, RunFolder, RunResult};
use crate::source::Source;
use crate::words::{plural, thousands};
use crate::{interrupt, machine, output, weights};

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
    pub(crate) options: Options,
    pub(crate) record: Record,
    pub(crate) out: &'t Path,
    /// Whether epochs and result are printed as JSON.
    pub(crate) json: bool,
}

impl Training<'_> {
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
    }

    /// Trains and writes. `started` is when the work on this run began, its images included. The run folder is made at the first step, when nothing can be wrong any more with the
    /// description; the caller has made sure that its place is free.
    ///
    /// # Errors
    /// If the network does not fit the images, a number of the description cannot work, or a file cannot be written.
    pub(crate) fn run(self, started: Instant, progress: Progress<'_>) -> anyhow::Result<RunResult> {
        let mut model = Model::new(self.network, &self.source.spec.init, self.options.seed);
        let mut recorder = Recorder::new(&self, progress);
        let images = (&self.images.train, &self.images.evaluation);
        let history = train(self.network, self.train_spec, &mut model, images, self.options, &mut |event| {
            recorder.observe(event).unwrap_or_else(|error| {
                recorder.failure = Some(error);
                Control::Stop
            })
        });
        recorder.progress.end();
        if let Some(failure) = recorder.failure.take() {
            return Err(failure);
        }
        let history = history.with_context(|| self.source.origin.clone())?;
        // An epoch that ends by Ctrl-C is not announced.
        if let Some(epoch) = history.epochs.get(recorder.epochs.len()) {
            recorder.epoch(epoch, &model)?;
        }
        let last = recorder.epochs.last().expect("a training has at least one epoch");
        let best = history.best().expect("a training has at least one epoch");
        let result = RunResult {
            recipe: self.record.recipe.clone(),
            seed: self.record.seed,
            parameters: self.network.parameters(),
            macs_per_image: self.network.multiply_adds(),
            epochs: recorder.epochs.iter().filter(|epoch| !epoch.cut_short).count(),
            epochs_planned: self.train_spec.epochs,
            batch: self.train_spec.batch,
            precision: self.record.precision.clone(),
            threads: self.record.threads,
            isa: self.record.isa.clone(),
            data: self.record.data.clone(),
            evaluated_on: Evaluation::of(self.record.holdout).words().to_owned(),
            correct: last.correct,
            total: last.total,
            accuracy: last.accuracy,
            loss: last.loss,
            best_accuracy: best.test.accuracy(),
            best_epoch: best.epoch,
            train_seconds: recorder.epochs.iter().map(|epoch| epoch.train_seconds).sum(),
            wall_seconds: started.elapsed().as_secs_f64(),
            peak_rss_bytes: machine::peak_rss_bytes(),
            interrupted: recorder.epochs.len() < self.train_spec.epochs || last.cut_short,
            model_sha256: sha256(&weights::to_bytes(self.network, &model)?),
            version: self.record.version.clone(),
        };
        recorder.folder.expect("made at the first step").finish(&result)?;
        if self.json {
            output::json(&result)?;
        }
        Ok(result)
    }
}

/// Follows a training.
struct Recorder<'r> {
    training: &'r Training<'r>,
    folder: Option<RunFolder>,
    progress: Progress<'r>,
    epochs: Vec<EpochRecord>,
    epoch_started: Instant,
    last_step: Instant,
    failure: Option<anyhow::Error>,
}

impl<'r> Recorder<'r> {
    fn new(training: &'r Training<'r>, progress: Progress<'r>) -> Recorder<'r> {
        Recorder {
            training,
            folder: None,
            progress,
            epochs: Vec::new(),
            epoch_started: Instant::now(),
            last_step: Instant::now(),
            failure: None,
        }
    }

    fn observe(&mut self, event: Event<'_>) -> anyhow::Result<Control> {
        match event {
            Event::Step(step) => {
                self.last_step = Instant::now();
                self.folder()?;
                self.progress.step(&step);
            }
            Event::Epoch(epoch, model) => self.epoch(epoch, model)?,
        }
        Ok(if interrupt::requested() { Control::Stop } else { Control::Continue })
    }

    fn folder(&mut self) -> anyhow::Result<&mut RunFolder> {
        let Training { out, source, record, .. } = self.training;
        if self.folder.is_none() {
            self.folder = Some(RunFolder::create(out, &source.spec, record)?);
        }
        Ok(self.folder.as_mut().expect("just made"))
    }

    fn epoch(&mut self, epoch: &Epoch, model: &Model) -> anyhow::Result<()> {
        let evaluated = Instant::now();
        let record = EpochRecord {
            recipe: self.training.record.recipe.clone(),
            seed: self.training.record.seed,
            epoch: epoch.epoch,
            rate: epoch.rate,
            train_loss: epoch.train.mean_loss(),
            train_accuracy: epoch.train.accuracy(),
            loss: epoch.test.mean_loss(),
            accuracy: epoch.test.accuracy(),
            correct: epoch.test.correct,
            total: epoch.test.samples,
            train_seconds: (self.last_step - self.epoch_started).as_secs_f64(),
            evaluation_seconds: (evaluated - self.last_step).as_secs_f64(),
            cut_short: epoch.cut_short,
        };
        let bytes = weights::to_bytes(self.training.network, model)?;
        self.folder()?.epoch(&record, &bytes)?;
        self.progress.epoch(&record);
        if self.training.json {
            output::json(&record)?;
        }
        self.epochs.push(record);
        self.epoch_started = Instant::now();
        Ok(())
    }
}
