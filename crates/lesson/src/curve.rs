//! Facts about the losses of a run: milestones, and what the rate does, in words.

/// Below this, a loss counts as 0, whose logarithm has no place on an axis.
pub const SMALLEST: f64 = 1e-32;

/// A rate as spreadsheets write it in text; for very small and very large ones they disagree.
fn written(rate: f64) -> String {
    // Spreadsheets use 15 digits.
    let rate: f64 = format!("{rate:.14e}").parse().unwrap_or(rate);
    if (1e-6..1e9).contains(&rate) { rate.to_string() } else { format!("{rate:E}") }
}

/// A curve's name.
pub fn label(rate: f64) -> String {
    format!("LR = {}", written(rate))
}

/// The numbers of updates after which losses are compared.
pub fn milestones(updates: usize) -> Vec<usize> {
    [0, 1, 10, 50].into_iter().filter(|&n| n < updates).chain([updates]).collect()
}

/// The first update after which the loss is at most half of the first.
pub fn halved(losses: &[f64]) -> Option<usize> {
    losses.iter().position(|&loss| loss <= losses[0] / 2.0)
}

/// What a run does, the first that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// The loss grows beyond all bounds.
    Diverges,
    /// The loss jumps to a level above its first and stays there.
    JumpsUp,
    /// The loss ends above its first.
    Rises,
    /// The loss rises at first and falls later.
    RisesFirst,
    /// The loss falls, then rises again.
    RisesAgain,
    /// The loss hardly changes.
    Stalls,
    /// The loss falls.
    Falls,
}

impl Behaviour {
    /// What losses of one run, one per state, do.
    pub fn of(losses: &[f64]) -> Behaviour {
        let (first, last) = (losses[0], losses[losses.len() - 1]);
        let before = losses[losses.len() - 2];
        let lowest = losses.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = losses.iter().copied().fold(0.0, f64::max);
        match () {
            () if last > 1000.0 * first + 1000.0 => Behaviour::Diverges,
            () if last > first && (last - before).abs() <= 1e-6 * last => Behaviour::JumpsUp,
            () if last > first => Behaviour::Rises,
            () if highest > 1.01 * first => Behaviour::RisesFirst,
            () if last > 1.01 * lowest + 1e-30 => Behaviour::RisesAgain,
            () if last > 0.99 * first => Behaviour::Stalls,
            () => Behaviour::Falls,
        }
    }

    /// What a reader is told.
    pub fn words(self) -> &'static str {
        match self {
            Behaviour::Diverges => "DIVERGES: the rate is too large",
            Behaviour::JumpsUp => "jumps up and STALLS: the rate is too large",
            Behaviour::Rises => "RISES: the rate is too large",
            Behaviour::RisesFirst => "rises at first, falls later",
            Behaviour::RisesAgain => "falls, then rises again",
            Behaviour::Stalls => "STALLS: hardly changes",
            Behaviour::Falls => "falls",
        }
    }
}
