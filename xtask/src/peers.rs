//! Python programs in virtual environments of their own: PyTorch, from which golden values and timings come, and
//! onnxruntime, with which the tests compare exported models.

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

/// Installs what the tests of exported models need in `target/onnxruntime`.
pub(crate) fn onnxruntime() -> Result<PathBuf> {
    environment("target/onnxruntime", &["numpy", "onnx", "onnxruntime"])
}

/// The interpreter of `target/pytorch`.
pub(crate) fn python(packages: &[&str]) -> Result<PathBuf> {
    environment("target/pytorch", packages)
}

/// The interpreter of an environment that is made and filled at first use.
fn environment(folder: &str, packages: &[&str]) -> Result<PathBuf> {
    let environment = std::env::current_dir().context("the workspace is gone")?.join(folder);
    let python = environment.join("bin/python");
    let import = format!("import {}", packages.join(", "));
    if !Command::new(&python).args(["-c", &import]).output().is_ok_and(|out| out.status.success()) {
        run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(packages))?;
    }
    Ok(python)
}
