//! What a person sees while networks train: a bar on a terminal, and for a single training one line per epoch.

mod line;

use std::fmt;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use console::Term;
use gradbook_engine::train::{State, Step};
use gradbook_run::Training;
use gradbook_run::folder::records::EpochRecord;
use gradbook_run::words::{loss, percent, plural, rounded, thousands};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::output;

/// How often the numbers beside the bar change.
const REFRESH: Duration = Duration::from_millis(100);

/// The bar of one training.
pub(crate) struct TrainingBar {
    bar: Option<ProgressBar>,
    epochs: usize,
    steps_per_epoch: usize,
    classes: usize,
    epoch_started: Instant,
    /// Images of this epoch before `epoch_started`, if the training resumes within it.
    seen_before: usize,
    refreshed: Instant,
    warned: bool,
}

impl TrainingBar {
    /// The bar of this training, which now begins.
    pub(crate) fn new(training: &Training<'_>) -> TrainingBar {
        let (epochs, steps_per_epoch) = (training.train_spec.epochs, training.steps_per_epoch());
        let now = Instant::now();
        let bar = TrainingBar {
            bar: bar(epochs * steps_per_epoch),
            epochs,
            steps_per_epoch,
            classes: training.network.output().len(),
            epoch_started: now,
            seen_before: 0,
            refreshed: now,
            warned: false,
        };
        bar.show(1, Vec::new());
        bar
    }

    /// Takes effect the next time the bar is drawn.
    fn show(&self, epoch: usize, numbers: Vec<String>) {
        if let Some(bar) = &self.bar {
            bar.set_style(style(format!("epoch {epoch}/{}", self.epochs), move |_| numbers.clone()));
        }
    }

    /// The training resumes from here.
    pub(crate) fn resume(&mut self, state: &State) {
        let (steps, done) = (state.step as usize, state.history.epochs.len());
        (self.epoch_started, self.seen_before) = (Instant::now(), state.running.train.samples);
        self.show(done + 1, Vec::new());
        if let Some(bar) = &self.bar {
            bar.set_position(steps as u64);
            bar.reset_eta();
        }
        self.line(&format!(
            "resumes from its checkpoint: after epoch {done} of {}, and {} of {} steps",
            self.epochs,
            steps - done * self.steps_per_epoch,
            self.steps_per_epoch
        ));
    }

    /// A step was done.
    pub(crate) fn step(&mut self, step: &Step) {
        let Some(bar) = &self.bar else { return };
        if self.refreshed.elapsed() >= REFRESH {
            self.refreshed = Instant::now();
            let seen = step.running.samples - self.seen_before;
            let images_per_second = seen as f64 / self.epoch_started.elapsed().as_secs_f64();
            let numbers = vec![
                format!("loss {}  {}", loss(step.running.mean_loss()), percent(step.running.accuracy())),
                format!("{} images/s", thousands(images_per_second as usize)),
                format!("rate {}", rounded(step.rate, 2)),
            ];
            self.show(step.epoch, numbers);
        }
        bar.set_position(((step.epoch - 1) * step.steps_per_epoch + step.step) as u64);
    }

    /// Prints the line that stays.
    pub(crate) fn epoch(&mut self, epoch: &EpochRecord) {
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

    /// What is drawn, if anything is.
    pub(crate) fn drawn(&self) -> Option<ProgressBar> {
        self.bar.clone()
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.bar.iter().for_each(ProgressBar::finish_and_clear);
    }

    fn line(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| output::talk(line)),
            None => output::talk(line),
        }
    }
}

/// The bar of trials side by side, with all their epochs in one.
pub(crate) struct TrialsBar(Option<ProgressBar>);

impl TrialsBar {
    /// A bar for `trials` trials with `epochs` epochs in all.
    pub(crate) fn new(trials: usize, epochs: usize) -> TrialsBar {
        let bar = bar(epochs);
        if let Some(bar) = &bar {
            bar.set_style(style(plural(trials, "trial"), move |state| {
                vec![format!("{} of {}", state.pos(), plural(epochs, "epoch"))]
            }));
            bar.enable_steady_tick(Duration::from_secs(1));
        }
        TrialsBar(bar)
    }

    /// An epoch of one of them was done.
    pub(crate) fn epoch(&self) {
        self.0.iter().for_each(|bar| bar.inc(1));
    }

    /// Writes while the bar is away.
    pub(crate) fn suspend<R>(&self, write: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// What is drawn, if anything is.
    pub(crate) fn drawn(&self) -> Option<ProgressBar> {
        self.0.clone()
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.0.iter().for_each(ProgressBar::finish_and_clear);
    }
}

/// A bar on standard error, if that is a terminal.
fn bar(length: usize) -> Option<ProgressBar> {
    (std::io::stderr().is_terminal() && !output::is_quiet())
        .then(|| ProgressBar::with_draw_target(Some(length as u64), ProgressDrawTarget::stderr()))
}

/// How a bar is drawn: as a [`line::line`].
fn style(
    name: String,
    numbers: impl Fn(&ProgressState) -> Vec<String> + Clone + Send + Sync + 'static,
) -> ProgressStyle {
    let line = move |state: &ProgressState, to: &mut dyn fmt::Write| {
        let width = Term::stderr().size().1.into();
        // Writing to a String cannot fail.
        let _ = to.write_str(&line::line(&name, state.fraction(), state.eta(), &numbers(state), width));
    };
    ProgressStyle::with_template("{line}").expect("the template is valid").with_key("line", line)
}
