//! Why a training ended before its last epoch.

use serde::{Deserialize, Serialize};

/// Why a training ended before its last epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// Its observer stopped it: Ctrl-C, SIGTERM, or whatever else it listens to.
    CtrlC,
    /// The time limit was reached.
    MaxSeconds,
    /// The wanted accuracy was reached.
    Until,
    /// Too many epochs brought no improvement.
    Patience,
    /// A loss or a parameter became infinite or NaN.
    Diverged,
}

impl Stop {
    /// Whether it was stopped from outside, and not because of its results.
    pub fn is_interruption(self) -> bool {
        matches!(self, Stop::CtrlC | Stop::MaxSeconds)
    }

    /// The reason as the end of a sentence, such as `interrupted`.
    pub fn words(self) -> &'static str {
        match self {
            Stop::CtrlC => "interrupted",
            Stop::MaxSeconds => "the time limit of --max-seconds was reached",
            Stop::Until => "the accuracy of --until was reached",
            Stop::Patience => "no better accuracy for --patience epochs",
            Stop::Diverged => "diverged",
        }
    }
}
