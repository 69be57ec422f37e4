//! What a person sees while networks train: a bar on a terminal; of one training a line an epoch everywhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use gradbook_engine::train::Step;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output;
use crate::run_folder::EpochRecord;
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
    epoch_started: Instant,
    refreshed: Instant,
    warned: bool,
}

impl TrainingBar {
    /// Of a training that now begins.
    pub(crate) fn new(epochs: usize) -> TrainingBar {
        let bar = bar("{prefix} [{bar:24}] {eta} left  {msg}");
        let now = Instant::now();
        TrainingBar { bar, epochs, epoch_started: now, refreshed: now, warned: false }
    }

    fn step(&mut self, step: &Step) {
        let Some(bar) = &self.bar else { return };
        if step.step == 1 {
            bar.set_prefix(format!("epoch {}/{}", step.epoch, self.epochs));
            bar.set_length((self.epochs * step.steps_per_epoch) as u64);
        }
        bar.set_position(((step.epoch - 1) * step.steps_per_epoch + step.step) as u64);
        if self.refreshed.elapsed() >= REFRESH {
            self.refreshed = Instant::now();
            let images_per_second = step.running.samples as f64 / self.epoch_started.elapsed().as_secs_f64();
            bar.set_message(format!(
                "{} images/s  loss {}  accuracy {}",
                thousands(images_per_second as usize),
                loss(step.running.mean_loss()),
                percent(step.running.accuracy())
            ));
        }
    }

    /// The line that stays.
    fn epoch(&mut self, epoch: &EpochRecord) {
        self.epoch_started = Instant::now();
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
        if !epoch.train_loss.is_finite() && !self.warned {
            self.warned = true;
            self.line("the loss is no longer a number: the training has diverged; try a lower learning rate");
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
        let bar = bar("{prefix} [{bar:24}] {pos} of {len} epochs, {eta} left");
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
    std::io::stderr().is_terminal().then(|| {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(template);
        bar.with_style(style.expect("the template is valid").progress_chars("=> "))
    })
}
