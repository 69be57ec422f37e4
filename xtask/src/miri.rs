//! Runs the engine's unsafe code in Miri, an interpreter that detects every memory access that Rust does not allow.
//!
//! Miri knows no vector instructions: it runs the portable kernels and the fused multiply-add in software. The loops
//! are the same for every instruction set.

use std::process::Command;

use anyhow::{Context, Result};

use crate::install::works;
use crate::{nightly, run};

const TESTS: [&str; 2] = ["kernels::tests", "kernels::vector"];

/// Runs the kernels' tests.
pub(crate) fn test() -> Result<()> {
    if !works(nightly().args(["miri", "--version"])) {
        run(Command::new("rustup").args(["toolchain", "install", "nightly", "--profile", "minimal"]))
            .and_then(|()| {
                run(Command::new("rustup").args(["component", "add", "--toolchain", "nightly", "miri", "rust-src"]))
            })
            .context("Miri is a part of Rust's nightly toolchain")?;
    }
    let engine = ["miri", "test", "--locked", "--package", "gradbook-engine", "--lib", "--"];
    run(nightly().args(engine).args(TESTS))
}
