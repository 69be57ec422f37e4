//! How much is said.

/// How much a report gives away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The right formula and the right number, too.
    Everything,
    /// Where a mistake is and of which kind, but neither the right formula nor the right number.
    Hints,
}
