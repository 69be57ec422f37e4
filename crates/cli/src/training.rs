//! One training at the command line: what is said before it, during it and at the end.

use gradbook_engine::train::{Options, State, Step};
use gradbook_run::Training;
use gradbook_run::data::Evaluation;
use gradbook_run::folder::error::Cause;
use gradbook_run::folder::records::{EpochRecord, RunResult};
use gradbook_run::folder::weights::Weights;
use gradbook_run::machine::instructions;
use gradbook_run::observer::Observer;
use gradbook_run::report::{self, ModelAnswers, RunFacts};
use gradbook_run::training::Ended;
use gradbook_run::words::{plural, thousands};

use crate::output::Print;
use crate::progress::TrainingBar;
use crate::shell::repeat_command;
use crate::{interrupt, output};

/// Shows the progress of a training, writes its page, and stops it when a signal comes.
pub(crate) struct Follower {
    bar: TrainingBar,
    print: Print,
}

impl Follower {
    /// Follows a training that begins now, and announces it.
    ///
    /// # Errors
    /// If signals cannot be handled.
    pub(crate) fn begin(training: &Training<'_>, print: Print) -> anyhow::Result<Follower> {
        let bar = TrainingBar::new(training);
        interrupt::watch(bar.drawn())?;
        announce(training);
        Ok(Follower { bar, print })
    }
}

impl Observer for Follower {
    fn resumed(&mut self, _: &Training<'_>, state: &State) {
        self.bar.resume(state);
    }

    fn step(&mut self, _: &Training<'_>, step: &Step) {
        self.bar.step(step);
    }

    fn epoch(&mut self, _: &Training<'_>, epoch: &EpochRecord) -> Result<(), Cause> {
        self.bar.epoch(epoch);
        Ok(self.print.json(epoch)?)
    }

    fn end(&mut self, _: &Training<'_>) {
        self.bar.end();
    }

    fn before_result(&mut self, training: &Training<'_>, ended: &Ended) -> Result<(), Cause> {
        Ok(write_page(training, ended)?)
    }

    fn result(&mut self, _: &Training<'_>, result: &RunResult) -> Result<(), Cause> {
        Ok(self.print.json(result)?)
    }

    fn is_to_stop(&mut self) -> bool {
        interrupt::requested()
    }
}

/// Says what is about to happen.
fn announce(training: &Training<'_>) {
    let Options { seed, threads, isa, precision } = training.options;
    output::talk(&format!(
        "{} seed {seed}: {} parameters, {} of {} images in batches of {}, evaluated on {} {}; {}, {} ({})",
        training.record.recipe,
        thousands(training.network.parameters()),
        plural(training.train_spec.epochs, "epoch"),
        thousands(training.images.train.len()),
        training.train_spec.batch,
        thousands(training.images.evaluation.len()),
        Evaluation::of(training.record.holdout).words(),
        precision.name(),
        plural(threads, "thread"),
        instructions(isa, precision),
    ));
    if let Some(Weights { sha256, .. }) = training.init {
        output::talk(&format!("starts from the weights with SHA-256 {sha256}"));
    }
}

/// Writes the page of the run, and its curves.
///
/// # Errors
/// If they cannot be written.
fn write_page(training: &Training<'_>, ended: &Ended) -> anyhow::Result<()> {
    let Training { source, network, record, images, options, out, .. } = training;
    let Ended { result, model, epochs, outputs } = ended;
    let outputs = match outputs {
        Some(outputs) => outputs,
        None => &report::outputs(source, network, model, &images.evaluation, options.threads, options.isa)?,
    };
    let train_images = Some(images.train.len());
    let told = RunFacts { source, network, record, epochs, result: Some(result), train_images };
    let (set, model_sha256) = (&images.evaluation, &result.model_sha256);
    let answered = ModelAnswers { model, model_sha256, set, outputs, image: None };
    Ok(report::write(out, &report::contents(&told, &answered, repeat_command(source, record, out)?)?)?)
}
