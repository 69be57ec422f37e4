//! Small neural networks: layers, gradients, training. Pure computation: no files, clock, environment or printing.

pub mod data;
pub mod spec;
pub mod trace;
