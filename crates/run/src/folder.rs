//! What a run leaves behind: `run.toml`, `metrics.jsonl`, `result.json`, `model.safetensors`, `report.html` and
//! `curves.svg`; until its end, `checkpoint`; and `init.safetensors`, if it started from given weights.

pub mod checkpoint;
pub mod error;
pub mod names;
pub mod records;
pub mod weights;
pub(crate) mod writer;
pub(crate) mod writing;
