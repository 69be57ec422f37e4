//! The sheets of a workbook from left to right; the sheets of the rates follow.

/// Positions of the sheets.
pub(super) const NETWORK: usize = 0;
pub(super) const STEPS: usize = 1;
pub(super) const TRAINING: usize = 2;
pub(super) const RATES: usize = 3;
pub(super) const CHECKS: usize = 4;
pub(super) const SLIP: usize = 5;
pub(super) const ABOUT: usize = 6;
pub(super) const FIRST_RATE: usize = 7;
pub(super) const NAMES: [&str; FIRST_RATE] =
    ["Network", "Step by step", "Training", "Learning rates", "Checks", "Spot the slip", "About"];
