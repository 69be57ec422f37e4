//! What a mistake is about.

use crate::compare::{Equation, Slip, Timed};

/// What a mistake is about, where that can be said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cause {
    /// One quantity was used instead of another.
    Instead(Timed, Timed),
    Missing(Equation),
    /// This has a wrong sign, or no brackets around it.
    Around(Equation),
    /// The rate in the formula.
    Rate(f64),
    /// Both at once.
    Both(Box<Cause>, Box<Cause>),
    Unknown,
}

impl Cause {
    /// What a slip is about.
    pub(super) fn of(slip: &Slip) -> Cause {
        match slip {
            Slip { instead: Some((other, leaf)), .. } => Cause::Instead(*other, *leaf),
            Slip { missing: Some(missing), .. } => Cause::Missing(missing.clone()),
            Slip { around: Some(around), .. } => Cause::Around(around.clone()),
            _ => Cause::Unknown,
        }
    }
}
