//! Small neural networks: layers, gradients, training. Pure computation: no files, clock, environment or printing.

#![deny(unsafe_code)]

pub mod augment;
pub mod data;
mod executor;
pub use executor::Score;
pub mod function;
pub mod init;
mod inputs;
#[expect(unsafe_code, reason = "the loads, stores and calls of instruction sets")]
pub mod kernels;
pub mod layer;
mod layout;
pub mod loss;
pub mod model;
pub mod network;
pub mod optimizer;
mod pass;
mod plan;
pub mod predict;
pub mod profile;
pub mod reference;
pub mod rng;
pub mod schedule;
mod shape;
mod shard;
mod shared;
pub mod spec;
mod team;
pub mod train;
