//! PyTorch, and what belongs to it, in a virtual environment of its own: golden values and timings come from there.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::run;

const GOLDEN_SCRIPT: &str = "crates/engine/tests/golden/make_golden.py";

/// Packages of a PyTorch that reads gradbook's models.
pub(crate) const PYTORCH: &[&str] = &["torch", "numpy", "safetensors"];

/// PyTorch, and what writes and runs its models as ONNX. Each package is imported by the name it is installed by.
pub(crate) const WITH_ONNX: &[&str] = &["torch", "numpy", "safetensors", "onnx", "onnxscript", "onnxruntime"];

/// Writes the golden values anew.
pub(crate) fn golden(data: &Path) -> Result<()> {
    run(Command::new(python(PYTORCH)?).arg(GOLDEN_SCRIPT).arg("--data").arg(data))
}

/// The interpreter of `target/pytorch`, an environment that is made and filled at first use.
pub(crate) fn python(packages: &[&str]) -> Result<PathBuf> {
    let environment = std::env::current_dir().context("the workspace is gone")?.join("target/pytorch");
    let python = environment.join("bin/python");
    let import = format!("import {}", packages.join(", "));
    if !Command::new(&python).args(["-c", &import]).output().is_ok_and(|out| out.status.success()) {
        run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(packages))?;
    }
    Ok(python)
}
