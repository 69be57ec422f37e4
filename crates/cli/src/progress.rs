//! What a person sees while a network trains: a bar on a terminal, one line an epoch everywhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use gradbook_engine::train::Step;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output;
use crate::run_folder::EpochRecord;
use crate::words::{loss, percent, rounded, thousands};

/// How often the numbers beside the bar change.
const REFRESH: Duration = Duration::from_millis(100);

pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    epochs: usize,
    epoch_started: Instant,
    refreshed: Instant,
    warned: bool,
}

impl Progress {
    /// Of a training that now begins.
    pub(crate) fn new(epochs: usize) -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{prefix} [{bar:24}] {eta} left  {msg}");
            bar.with_style(style.expect("the template is valid").progress_chars("=> "))
        });
        let now = Instant::now();
        Progress { bar, epochs, epoch_started: now, refreshed: now, warned: false }
    }

    pub(crate) fn step(&mut self, step: &Step) {
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
    pub(crate) fn epoch(&mut self, epoch: &EpochRecord) {
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

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn line(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| output::talk(line)),
            None => output::talk(line),
        }
    }
}
