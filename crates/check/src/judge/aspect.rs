//! Which part of the calculation a column belongs to.

use gradbook_lesson::Key;

/// What is judged together: if most of such columns are wrong by no usual slip, it is not everybody's mistake, but
/// something here that was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Aspect {
    Sums,
    Activations,
    Errors,
    Gradients,
    Updates,
}

impl Aspect {
    pub(super) fn of(key: Key) -> Aspect {
        match key {
            Key::Z(..) => Aspect::Sums,
            Key::A(..) => Aspect::Activations,
            Key::E(..) | Key::Error(_) | Key::Loss => Aspect::Errors,
            Key::P(_) | Key::Next(_) | Key::M(_) => Aspect::Updates,
            _ => Aspect::Gradients,
        }
    }
}
