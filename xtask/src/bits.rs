//! `cargo xtask bits`: the same seed, the same model. A comparison that takes too long to be a test.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::{build_release, run, say};

/// The SHA-256 of `classic`'s model: on 1, 2 and 3 threads of the best instruction set, on AVX2, and on the portable
/// loops compiled for fused multiply-adds in hardware. (Without them an epoch takes an hour; the tests compare those
/// loops.)
pub(crate) fn bits(epochs: usize) -> Result<()> {
    let gradbook = build_release()?;
    let mut runs: Vec<_> = ["1", "2", "3"].map(|threads| (gradbook.clone(), threads, Vec::new())).into();
    if cfg!(target_arch = "x86_64") {
        runs.push((gradbook, "2", vec!["--isa", "avx2"]));
        let target = PathBuf::from("target/fma");
        let mut compile = Command::new("cargo");
        compile.env("RUSTFLAGS", "-C target-feature=+avx2,+fma");
        run(compile.args(["build", "--release", "--locked", "--target-dir"]).arg(&target))?;
        runs.push((target.join("release/gradbook"), "2", vec!["--isa", "portable"]));
    }
    let folder = PathBuf::from("target/bits");
    let mut hashes = Vec::new();
    for (program, threads, isa) in &runs {
        let mut train = Command::new(program);
        train.args(["train", "classic", "--force", "--threads", threads, "--epochs", &epochs.to_string()]).args(isa);
        run(train.arg("--out").arg(&folder))?;
        let model = std::fs::read(folder.join("model.safetensors")).context("the run folder has a model")?;
        let hash: String = Sha256::digest(&model).iter().map(|byte| format!("{byte:02x}")).collect();
        say(&format!("{threads} threads {}: {hash}", isa.join(" ")));
        hashes.push(hash);
    }
    if hashes.iter().any(|hash| *hash != hashes[0]) {
        bail!("the same seed gave different models");
    }
    Ok(())
}
