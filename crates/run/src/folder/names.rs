//! The files of a run folder.

use crate::files;

/// The whole description, and the [record](crate::folder::records::Record) of the run.
pub const RUN_FILE: &str = "run.toml";
/// One line per epoch: [`EpochRecord`](crate::folder::records::EpochRecord).
pub const METRICS_FILE: &str = "metrics.jsonl";
/// The result: [`RunResult`](crate::folder::records::RunResult).
pub const RESULT_FILE: &str = "result.json";
/// The weights, with PyTorch's names and layouts.
pub const MODEL_FILE: &str = "model.safetensors";
/// The page of the run.
pub const REPORT_FILE: &str = "report.html";
/// The chart of that page by itself.
pub const CURVES_FILE: &str = "curves.svg";
/// The state of the training, until it has ended.
pub const CHECKPOINT_FILE: &str = "checkpoint";

/// The weights that the training started from, as they were given.
pub const INIT_FILE: &str = "init.safetensors";

/// The model for ONNX.
pub const ONNX_FILE: &str = "model.onnx";
/// The model as a PyTorch module.
pub const PYTORCH_FILE: &str = "model.py";

/// All files that a run may have; trials have no page and no curves, and the checkpoint is there only until the run is
/// finished.
pub const RUN_FILES: [&str; 10] = [
    RUN_FILE,
    METRICS_FILE,
    RESULT_FILE,
    MODEL_FILE,
    REPORT_FILE,
    CURVES_FILE,
    CHECKPOINT_FILE,
    INIT_FILE,
    ONNX_FILE,
    PYTORCH_FILE,
];

/// Whether the program itself writes a file of this name in run folders, complete or half-written.
pub fn is_own(name: &str) -> bool {
    RUN_FILES.contains(&name) || files::is_temporary(name, &RUN_FILES)
}
