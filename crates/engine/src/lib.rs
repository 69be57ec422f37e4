//! Small neural networks: layers, gradients, training. Pure computation: no files, clock, environment or printing.
//!
//! A [`spec::Spec`] says what a user wants; [`network::Network`] is the checked result; [`train::train`] trains a
//! [`model::Model`] of it on a [`data::Dataset`]. The same seed gives the same bits on any number of threads.
//!
//! ```
//! use gradbook_engine::data::{Dataset, Values};
//! use gradbook_engine::kernels::{Isa, Precision};
//! use gradbook_engine::model::Model;
//! use gradbook_engine::network::{Network, Shape};
//! use gradbook_engine::spec::Spec;
//! use gradbook_engine::train::{Control, Options, State, train};
//!
//! let spec: Spec = toml::from_str(
//!     r#"
//!     input = [2]
//!     layers = [
//!       { type = "linear", out_features = 8 }, { type = "tanh" },
//!       { type = "linear", out_features = 2 },
//!     ]
//!     loss = { type = "cross_entropy" }
//!     [train]
//!     epochs = 40
//!     batch = 4
//!     optimizer = { type = "adam", lr = 0.1 }
//!     normalize = { mean = 0.0, std = 1.0 }
//!     "#,
//! )?;
//! let network = Network::new(&spec)?;
//! let exclusive_or = Dataset {
//!     values: Values::Floats(vec![0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]),
//!     labels: vec![0, 1, 1, 0],
//!     shape: Shape::Vector(2),
//!     classes: 2,
//! };
//! let train_spec = spec.train.as_ref().unwrap();
//! let mut state = State::new(train_spec, Model::new(&network, &spec.init, 1))?;
//! let options = Options { seed: 1, threads: 1, isa: Isa::best(), precision: Precision::F32 };
//! let sets = (&exclusive_or, &exclusive_or);
//! train(&network, train_spec, &mut state, sets, options, &mut |_| Control::Continue)?;
//! assert_eq!(state.history.epochs[39].test.correct, 4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It is no general tensor library: there are a dozen layers in a row, and whatever they need.

#![deny(unsafe_code)]
#![warn(missing_docs)]

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
