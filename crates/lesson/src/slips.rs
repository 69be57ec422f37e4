//! The catalogue of slips: the typical mistakes in a backpropagation sheet, each as an edit of the right equation.
//!
//! An edit knows no network, no activation and no loss, so the catalogue holds for all of them. *Spot the slip* poses some
//! of these mistakes ([`Theory::slips`](crate::Theory::slips)); `check` finds which of them was made in somebody's formula,
//! by trying all edits of the right one ([`edits`]).

mod confusions;
mod edits;
mod kind;
mod posed;
mod trees;

pub use confusions::confusions;
pub use edits::{Edit, Surroundings, edits, edits_in_all_samples};
pub use kind::SlipKind;
pub use posed::Slip;
pub use trees::HasKey;
