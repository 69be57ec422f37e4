//! When a training ends before its last epoch.

use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::data::Evaluation;
use crate::run_folder::EpochRecord;

#[derive(Args, Clone, Debug, Default)]
pub(crate) struct LimitArguments {
    /// Stops after this time; `--resume` goes on later
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, value_parser = seconds)]
    max_seconds: Option<Duration>,
    /// With --holdout: stops after the first epoch with this accuracy, as a fraction, such as 0.994
    #[arg(long, value_name = "ACCURACY", allow_negative_numbers = true, value_parser = fraction)]
    until: Option<f64>,
    /// With --holdout: stops after so many epochs in a row that were no better than the best one before
    #[arg(long, value_name = "EPOCHS", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    patience: Option<u32>,
}

/// Why a training ended before its last epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stop {
    /// Or SIGTERM.
    CtrlC,
    MaxSeconds,
    Until,
    Patience,
    Diverged,
}

impl Stop {
    /// Whether it was stopped from outside, and not by what it has reached.
    pub(crate) fn is_interruption(self) -> bool {
        matches!(self, Stop::CtrlC | Stop::MaxSeconds)
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Stop::CtrlC => "interrupted",
            Stop::MaxSeconds => "the time of --max-seconds is over",
            Stop::Until => "the accuracy of --until is reached",
            Stop::Patience => "no better accuracy for as many epochs as --patience says",
            Stop::Diverged => "diverged",
        }
    }
}

/// What may end a training early, besides Ctrl-C and divergence.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    deadline: Option<Instant>,
    until: Option<f64>,
    patience: Option<usize>,
}

impl LimitArguments {
    /// Of a command that began at `started`.
    ///
    /// # Errors
    /// If accuracy on the test images would decide when a training ends.
    pub(crate) fn limits(&self, started: Instant, evaluation: Evaluation) -> anyhow::Result<Limits> {
        let LimitArguments { max_seconds, until, patience } = self;
        let flag = match (until, patience) {
            (Some(_), _) => Some("--until"),
            (_, Some(_)) => Some("--patience"),
            _ => None,
        };
        if let (Some(flag), Evaluation::Test) = (flag, evaluation) {
            bail!(
                "{flag}: this would choose the moment by the test images, and their accuracy would no longer say how \
                 good the network is on new images; add --holdout, which decides by 5,000 training images that are kept back"
            );
        }
        Ok(Limits {
            deadline: max_seconds.and_then(|seconds| started.checked_add(seconds)),
            until: *until,
            patience: patience.map(|epochs| epochs as usize),
        })
    }
}

impl Limits {
    /// Whether the time is over.
    pub(crate) fn now(&self) -> Option<Stop> {
        self.deadline.filter(|&deadline| Instant::now() >= deadline).map(|_| Stop::MaxSeconds)
    }

    /// Whether a training that has come to these epochs ends with the last of them.
    pub(crate) fn after(&self, epochs: &[EpochRecord]) -> Option<Stop> {
        let last = epochs.last()?;
        if self.until.is_some_and(|until| last.accuracy >= until) {
            return Some(Stop::Until);
        }
        let best = epochs.iter().rev().max_by_key(|epoch| epoch.correct)?;
        let since = last.epoch - best.epoch;
        self.patience.is_some_and(|patience| since >= patience).then_some(Stop::Patience)
    }
}

/// A time, as an argument.
///
/// # Errors
/// If it is no number above 0.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|&seconds: &f64| seconds > 0.0);
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| "write a number of seconds above 0".to_owned())
}

fn fraction(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.trim_end_matches('%').trim_end().parse().ok();
    match number {
        Some(fraction) if 0.0 < fraction && fraction <= 1.0 && !text.ends_with('%') => Ok(fraction),
        Some(percent) if 1.0 < percent && percent <= 100.0 => {
            Err(format!("write a fraction from 0 to 1: {} for {percent} %", crate::words::rounded(percent / 100.0, 6)))
        }
        _ => Err("write a fraction above 0, at most 1, such as 0.994".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epochs(correct: &[usize]) -> Vec<EpochRecord> {
        let epoch = |(at, &correct): (usize, &usize)| {
            let text = format!(
                r#"{{"event":"epoch","seed":1,"epoch":{},"rate":0.1,"train_loss":1,"train_accuracy":1,"loss":1,
                "accuracy":{},"correct":{correct},"total":100,"train_seconds":1,"evaluation_seconds":1,"cut_short":false}}"#,
                at + 1,
                correct as f64 / 100.0
            );
            serde_json::from_str(&text).unwrap()
        };
        correct.iter().enumerate().map(epoch).collect()
    }

    #[test]
    fn a_training_ends_when_it_is_good_enough_or_gets_no_better() {
        let patient = Limits { patience: Some(2), ..Limits::default() };
        let ends = |limits: &Limits, correct: &[usize]| limits.after(&epochs(correct));
        assert_eq!(ends(&patient, &[90, 80]), None);
        assert_eq!(ends(&patient, &[90, 80, 91, 91]), None);
        // As good as the best is not better.
        assert_eq!(ends(&patient, &[90, 80, 91, 91, 91]), Some(Stop::Patience));
        let until = Limits { until: Some(0.91), ..patient };
        assert_eq!(ends(&until, &[90, 91]), Some(Stop::Until));
        assert_eq!(ends(&Limits::default(), &[90, 1, 1, 1, 1]), None);
    }
}
