//! Trains described networks into run folders.
//!
//! A [`Source`] is a network with its recipe: a shipped one, a TOML file, or the description in a run folder. A
//! [`Training`] of it writes a run folder ([`folder`]) with everything needed to repeat it to the bit, and resumes from
//! its checkpoint if it was stopped. [`trials`] are the trainings of a series, side by side; a [`Sweep`] describes the
//! variants of one. [`report`] gathers the facts that pages, tables and charts show. An [`Observer`] follows the
//! progress of a training, and may stop it.
//!
//! Not here: arguments, printing, signals, exit codes. Nothing here writes to standard output or standard error, or
//! ends the process: the caller decides what a person sees.
//!
//! ```
//! use gradbook_run::description;
//!
//! let text = r#"
//!     input = [1, 28, 28]
//!     layers = [
//!         { type = "conv2d", out_channels = 4, kernel_size = 3 },
//!         { type = "relu" },
//!         { type = "max_pool", kernel_size = 2 },
//!         { type = "flatten" },
//!         { type = "linear", out_features = 10 },
//!     ]
//!     loss = { type = "cross_entropy" }
//! "#;
//! let spec = description::parse("tiny.toml", text)?.spec;
//! let network = gradbook_engine::network::Network::new(&spec)?;
//! // 4 filters of 3 x 3 with a bias each; 10 outputs of 4 x 13 x 13 values and a bias.
//! assert_eq!(network.parameters(), 4 * (9 + 1) + 10 * (4 * 13 * 13 + 1));
//!
//! let error = description::parse("tiny.toml", &text.replace("kernel_size = 3", "kernel = 3")).err().unwrap();
//! assert!(error.to_string().starts_with("tiny.toml:4: layer 0 (conv2d): unknown field `kernel`"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod card;
pub mod data;
pub mod description;
pub mod error;
pub mod files;
pub mod folder;
pub mod layers;
pub mod limits;
pub mod machine;
pub mod observer;
pub mod place;
pub mod report;
pub mod source;
pub mod stop;
pub mod summary;
pub mod sweep;
pub mod training;
pub mod trials;
pub mod words;

pub use error::RunError;
pub use observer::Observer;
pub use source::Source;
pub use sweep::Sweep;
pub use training::Training;
