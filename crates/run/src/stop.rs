//! Why a training ended before its last epoch.

use serde::{Deserialize, Serialize};

/// Why a training ended before its last epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// By its observer: Ctrl-C, SIGTERM, or whatever else it listens to.
    CtrlC,
    /// By a limit of time.
    MaxSeconds,
    /// By an accuracy that was to be reached.
    Until,
    /// By epochs that brought nothing.
    Patience,
    /// A loss or a parameter was infinite or not a number.
    Diverged,
}

impl Stop {
    /// Whether it was stopped from outside, and not by what it has reached.
    pub fn is_interruption(self) -> bool {
        matches!(self, Stop::CtrlC | Stop::MaxSeconds)
    }

    /// As the end of a sentence, such as `interrupted`.
    pub fn words(self) -> &'static str {
        match self {
            Stop::CtrlC => "interrupted",
            Stop::MaxSeconds => "the time of --max-seconds is over",
            Stop::Until => "the accuracy of --until is reached",
            Stop::Patience => "no better accuracy for as many epochs as --patience says",
            Stop::Diverged => "diverged",
        }
    }
}
