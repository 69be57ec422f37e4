//! Small neural networks: layers, gradients, training. Pure computation: no files, clock, environment or printing.

pub mod augment;
pub mod data;
mod executor;
pub use executor::Score;
pub mod init;
pub mod kernels;
pub mod layer;
mod layout;
pub mod loss;
pub mod model;
pub mod network;
pub mod optimizer;
mod pass;
mod plan;
pub mod reference;
pub mod rng;
pub mod schedule;
mod shard;
pub mod spec;
mod team;
pub mod trace;
pub mod train;
