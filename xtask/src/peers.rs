//! PyTorch in a virtual environment of its own: the peer that golden values and timings come from.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::run;

const GOLDEN_SCRIPT: &str = "crates/engine/tests/golden/make_golden.py";

/// Writes the golden values anew.
pub(crate) fn golden(data: &Path) -> Result<()> {
    run(Command::new(python()?).arg(GOLDEN_SCRIPT).arg("--data").arg(data))
}

/// The interpreter of `target/pytorch`, which is made and filled at first use.
pub(crate) fn python() -> Result<PathBuf> {
    let environment = std::env::current_dir().context("the workspace is gone")?.join("target/pytorch");
    let python = environment.join("bin/python");
    let has_torch = Command::new(&python).args(["-c", "import torch, numpy, safetensors"]).output();
    if !has_torch.is_ok_and(|out| out.status.success()) {
        run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "torch", "numpy", "safetensors"]))?;
    }
    Ok(python)
}
