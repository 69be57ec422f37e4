//! What the engine promises to everyone who links it.

mod datasets;
mod gradients;
mod optimizers;
mod pytorch;
mod random;
mod schedules;
#[path = "../support/mod.rs"]
mod support;
mod training;
