//! A small network as equations: what its quantities are called, how each follows from others, and how every gradient is
//! derived. No file format.
//!
//! A [`Theory`] is a network without numbers; a [`Lesson`] is a theory with the numbers of its runs. An equation is an
//! [`Expr`] over [`Key`]s, written once: it becomes a cell's formula, a text, MathML, or a value.
//!
//! ```
//! use gradbook_lesson::{Layout, Network, Theory};
//!
//! let spec = "2-2-2".parse::<Layout>()?.spec();
//! let (network, _) = Network::from_spec(&spec)?;
//! let theory = Theory::new(network, 1);
//! let w5 = theory.key_named("∂E/∂w5").unwrap();
//! assert_eq!(theory.step(w5).in_symbols(&|key| theory.text(*key)), "∂E/∂o1 · a_h1");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `examples/derive.rs` prints the derivation of w5 with its numbers.
//!
//! It is not a computer algebra system: equations are those of these networks, and are differentiated by hand.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod curve;
mod derivation;
mod description;
pub mod draw;
mod equations;
pub mod exercise;
mod expr;
mod key;
mod layout;
mod lesson;
mod names;
mod network;
mod slips;
mod snapshot;
mod state;
mod theory;
mod verdict;
mod words;

pub use curve::{Behaviour, SMALLEST, halved, label, milestones};
pub use derivation::{Line, LineKind, Section};
pub use description::{LessonError, MAX_UPDATES};
pub use expr::{Binding, Expr, Function, Piece, Reader, Relation, constant, left_out};
pub use key::{Key, Name};
pub use layout::{Layout, LayoutError};
pub use lesson::{CHECK_STEP, CentralDifference, DIVERGED, Lesson, Sample, Trajectory};
pub use network::{Activation, Layer, LayerKind, Loss, Network, Param, UnknownActivation};
pub use slips::{Edit, HasKey, Slip, SlipKind, Surroundings, confusions, edits, repeated_edits};
pub use snapshot::{Row, Snapshot};
pub use state::{Parameters, Pass, State};
pub use theory::Theory;
pub use verdict::{BOUND, Verdict, Verdicts, bound, noise, switched};
pub use words::worked_examples;

/// `1 update`, `2 updates`.
pub fn plural(n: usize, what: &str) -> String {
    if n == 1 { format!("{n} {what}") } else { format!("{n} {what}s") }
}
