//! Models in the formats of other programs, written and read.

mod onnxruntime;
mod pytorch;
mod support;
mod weights;
