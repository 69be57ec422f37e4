//! Exported models in PyTorch, which is too large for CI, and PyTorch's files in gradbook.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::{build_release, peers, run};

/// Compares the models of `runs` on the test images of `data`.
pub(crate) fn exports(runs: &[PathBuf], data: &Path) -> Result<()> {
    let gradbook = build_release()?;
    let python = peers::python(peers::WITH_ONNX)?;
    let script = "crates/export/tests/check_pytorch.py";
    run(Command::new(python).arg(script).arg("--gradbook").arg(gradbook).arg("--data").arg(data).args(runs))
}
