//! Measurements that are too long, or too noisy, to be tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::{output, peers, run};

const PYTORCH_PEER: &str = "benchmarks/pytorch_classic.py";

/// Seconds an epoch of `classic` takes here and in PyTorch, in alternating runs, with the ratio pair by pair.
pub(crate) fn peer(data: &Path, pairs: usize) -> Result<()> {
    let python = peers::python()?;
    let gradbook = build()?;
    let mut ratios = Vec::new();
    for pair in 1..=pairs {
        let ours = output(Command::new(&gradbook).args(["bench", "classic", "--threads", "2", "--json"]))?;
        let ours: serde_json::Value = serde_json::from_str(&ours).context("bench --json prints one object")?;
        let ours = ours["seconds_per_epoch"].as_f64().context("bench --json has seconds_per_epoch")?;
        let theirs = output(Command::new(&python).arg(PYTORCH_PEER).arg("--data").arg(data))?;
        let theirs: f64 = theirs.trim().parse().context("the PyTorch program prints seconds an epoch")?;
        say(&format!("pair {pair}: gradbook {ours:.2} s, PyTorch {theirs:.2} s, ratio {:.2}", theirs / ours));
        ratios.push(theirs / ours);
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    say(&format!("PyTorch / gradbook: median {median:.2}, from {:.2} to {:.2}", ratios[0], ratios[ratios.len() - 1]));
    Ok(())
}

/// The SHA-256 of `classic`'s model: on 1 and on 2 threads of the best instruction set, and on the portable loops
/// compiled for fused multiply-adds in hardware (without them an epoch takes an hour; tests compare those).
pub(crate) fn bits(epochs: usize) -> Result<()> {
    let gradbook = build()?;
    let mut runs = vec![(gradbook.clone(), "1", Vec::new()), (gradbook, "2", Vec::new())];
    if cfg!(target_arch = "x86_64") {
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

fn build() -> Result<PathBuf> {
    run(Command::new("cargo").args(["build", "--release", "--locked"]))?;
    Ok(PathBuf::from(std::env::var("CARGO_TARGET_DIR").unwrap_or("target".into())).join("release/gradbook"))
}

/// Results are this program's output.
#[expect(clippy::print_stdout, reason = "the one place where xtask prints results")]
fn say(line: &str) {
    println!("{line}");
}
