//! A sheet's own conventions about factors and signs.

use gradbook_lesson::Key;

/// How a sheet's errors and gradients relate to ½ Σ (t - a)² and its derivative (to those of the loss, if it is another).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scales {
    pub(crate) error: f64,
    pub(crate) total: f64,
    /// Negative if the sheet's gradients point downhill.
    pub(crate) gradient: f64,
    /// The factor of ∂E/∂z of a unit; its sign may differ from the sign of the gradients.
    pub(crate) delta: f64,
    /// The sign of a column that says by how much an update changes a weight: -1 if it is what is added.
    pub(crate) change: f64,
}

impl Scales {
    pub(crate) const NONE: Scales = Scales { error: 1.0, total: 1.0, gradient: 1.0, delta: 1.0, change: -1.0 };

    pub(crate) fn of(&self, key: Key) -> f64 {
        match key {
            Key::E(..) => self.error,
            Key::Error(_) | Key::Loss => self.total,
            Key::Dz(..) => self.delta,
            Key::G(_) | Key::Own(..) | Key::Da(..) | Key::Path(..) => self.gradient,
            _ => 1.0,
        }
    }
}
