//! What a person sees while networks train: a bar on a terminal; of one training a line an epoch everywhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use gradbook_engine::train::{State, Step};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output;
use crate::run_folder::EpochRecord;
use crate::training::Training;
use crate::words::{loss, percent, rounded, thousands};

/// How often the numbers beside the bar change.
const REFRESH: Duration = Duration::from_millis(100);

/// Whoever follows a training.
pub(crate) enum Progress<'p> {
    OfTraining(TrainingBar),
    OfTrial(&'p TrialsBar),
}

impl Progress<'_> {
    pub(crate) fn step(&mut self, step: &Step) {
        match self {
            Progress::OfTraining(bar) => bar.step(step),
            Progress::OfTrial(_) => {}
        }
    }

    /// The training goes on from here.
    pub(crate) fn resume(&mut self, state: &State, training: &Training<'_>) {
        let (steps_per_epoch, done) = (training.steps_per_epoch(), state.history.epochs.len());
        match self {
            Progress::OfTraining(bar) => bar.resume(state.step as usize, steps_per_epoch, done),
            Progress::OfTrial(bar) => (0..done).for_each(|_| bar.epoch()),
        }
    }

    pub(crate) fn epoch(&mut self, epoch: &EpochRecord) {
        match self {
            Progress::OfTraining(bar) => bar.epoch(epoch),
            Progress::OfTrial(bar) => bar.epoch(),
        }
    }

    /// The training is over.
    pub(crate) fn end(&self) {
        match self {
            Progress::OfTraining(bar) => bar.end(),
            Progress::OfTrial(_) => {}
        }
    }
}

/// Of one training.
pub(crate) struct TrainingBar {
    bar: Option<ProgressBar>,
    epochs: usize,
    classes: usize,
    epoch_started: Instant,
    /// Images of this epoch before `epoch_started`, if the training goes on within it.
    seen_before: usize,
    refreshed: Instant,
    warned: bool,
}

impl TrainingBar {
    /// Of a training that now begins, over so many epochs, of a network that tells so many classes apart.
    pub(crate) fn new(epochs: usize, classes: usize) -> TrainingBar {
        let bar = bar("{prefix} [{bar:12}] {eta} left  {wide_msg}");
        let now = Instant::now();
        TrainingBar { bar, epochs, classes, epoch_started: now, seen_before: 0, refreshed: now, warned: false }
    }

    fn resume(&mut self, steps: usize, steps_per_epoch: usize, epochs: usize) {
        let begun = steps - epochs * steps_per_epoch;
        self.line(&format!(
            "goes on from its checkpoint: after epoch {epochs} of {}, and {begun} of {steps_per_epoch} steps",
            self.epochs
        ));
        if let Some(bar) = &self.bar {
            bar.set_length((self.epochs * steps_per_epoch) as u64);
            bar.set_position(steps as u64);
            bar.reset_eta();
        }
    }

    fn step(&mut self, step: &Step) {
        let Some(bar) = &self.bar else { return };
        if bar.prefix().is_empty() && step.step > 1 {
            (self.epoch_started, self.seen_before) = (Instant::now(), step.running.samples);
        }
        if bar.prefix().is_empty() || step.step == 1 {
            bar.set_length((self.epochs * step.steps_per_epoch) as u64);
            bar.set_prefix(format!("epoch {}/{}", step.epoch, self.epochs));
        }
        bar.set_position(((step.epoch - 1) * step.steps_per_epoch + step.step) as u64);
        if self.refreshed.elapsed() >= REFRESH {
            self.refreshed = Instant::now();
            let seen = step.running.samples - self.seen_before;
            let images_per_second = seen as f64 / self.epoch_started.elapsed().as_secs_f64();
            bar.set_message(format!(
                "{} images/s  loss {}  {}  rate {}",
                thousands(images_per_second as usize),
                loss(step.running.mean_loss()),
                percent(step.running.accuracy()),
                rounded(step.rate, 2)
            ));
        }
    }

    /// The line that stays.
    fn epoch(&mut self, epoch: &EpochRecord) {
        (self.epoch_started, self.seen_before) = (Instant::now(), 0);
        let width = self.epochs.to_string().len();
        let cut = if epoch.cut_short { " (cut short)" } else { "" };
        self.line(&format!(
            "epoch {:>width$}/{}  rate {}  train: loss {}, {}  evaluation: loss {}, {}  {:.1} s{cut}",
            epoch.epoch,
            self.epochs,
            rounded(epoch.rate, 3),
            loss(epoch.train_loss),
            percent(epoch.train_accuracy),
            loss(epoch.loss),
            percent(epoch.accuracy),
            epoch.train_seconds + epoch.evaluation_seconds,
        ));
        // A network that gives every class the same probability has this loss.
        let guessing = (self.classes as f64).ln();
        if epoch.train_loss >= guessing && !self.warned {
            self.warned = true;
            self.line(&format!(
                "a training loss of {} is no better than guessing ({}): if it stays there, try a lower learning rate",
                loss(epoch.train_loss),
                loss(guessing)
            ));
        }
    }

    fn end(&self) {
        self.bar.iter().for_each(ProgressBar::finish_and_clear);
    }

    fn line(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| output::talk(line)),
            None => output::talk(line),
        }
    }
}

/// Of trials side by side: all their epochs in one bar.
pub(crate) struct TrialsBar(Option<ProgressBar>);

impl TrialsBar {
    /// Of so many `trials` with so many `epochs` in all.
    pub(crate) fn new(trials: usize, epochs: usize) -> TrialsBar {
        let bar = bar("{prefix} [{bar:12}] {pos} of {len} epochs, {eta} left");
        if let Some(bar) = &bar {
            bar.set_length(epochs as u64);
            bar.set_prefix(crate::words::plural(trials, "trial"));
            bar.enable_steady_tick(Duration::from_secs(1));
        }
        TrialsBar(bar)
    }

    fn epoch(&self) {
        self.0.iter().for_each(|bar| bar.inc(1));
    }

    /// Writes while the bar is away.
    pub(crate) fn suspend<R>(&self, write: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.0.iter().for_each(ProgressBar::finish_and_clear);
    }
}

/// A bar on standard error, if that is a terminal.
fn bar(template: &str) -> Option<ProgressBar> {
    (std::io::stderr().is_terminal() && !output::is_quiet()).then(|| {
        // A bar of length 0 would be drawn full.
        let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(template);
        bar.with_style(style.expect("the template is valid").progress_chars("=> "))
    })
}
