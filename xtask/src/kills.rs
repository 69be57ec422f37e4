//! `cargo xtask kills`: trainings of `swift` that are killed at random moments and resume. This comparison takes too
//! long to be a test; `crates/cli/tests/cli/resume.rs` does the same with a small network.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::{build_release, run, say};

/// Trains once undisturbed, then `runs` times to the end with a kill at a random moment, and compares the models.
pub(crate) fn kills(runs: usize, program: Option<PathBuf>) -> Result<()> {
    let program = program.map_or_else(build_release, Ok)?;
    let train = |folder: &Path| {
        let mut train = Command::new(&program);
        train.args(["train", "swift", "--epochs", "3", "--checkpoint-seconds", "0.5", "--quiet", "--out"]).arg(folder);
        train.stdout(Stdio::null());
        train
    };
    let folder = PathBuf::from("target/kills");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("the last comparison is in the way")?;
    }
    let started = Instant::now();
    run(&mut train(&folder.join("whole")))?;
    let whole_time = started.elapsed();
    let whole = sha256(&folder.join("whole"))?;
    say(&format!("undisturbed: {:.1} s, {whole}", whole_time.as_secs_f64()));

    let killed = folder.join("killed");
    let mut done = 0;
    while done < runs {
        let moment = whole_time.mul_f64(random());
        let mut training =
            train(&killed).spawn().with_context(|| format!("{} cannot be started", program.display()))?;
        sleep(moment);
        training.kill()?;
        if training.wait()?.success() {
            // It was faster than the first one and had already finished.
            std::fs::remove_dir_all(&killed)?;
            continue;
        }
        let checkpoint = if killed.join("checkpoint").exists() { "a checkpoint" } else { "no checkpoint yet" };
        run(&mut train(&killed))?;
        let model = sha256(&killed)?;
        ensure!(model == whole, "{}: killed after {moment:?}, with {checkpoint}: {model}", killed.display());
        say(&format!("killed after {:.2} s, with {checkpoint}: the same model", moment.as_secs_f64()));
        std::fs::remove_dir_all(&killed)?;
        done += 1;
    }
    say(&format!("{done} of {runs} killed trainings ended with the same model"));
    Ok(())
}

/// A number from 0 to 1 that differs each time: the standard library's hashes have random keys.
fn random() -> f64 {
    RandomState::new().hash_one(0) as f64 / u64::MAX as f64
}

fn sha256(run: &Path) -> Result<String> {
    let model = std::fs::read(run.join("model.safetensors")).context("the run folder has a model")?;
    Ok(Sha256::digest(&model).iter().map(|byte| format!("{byte:02x}")).collect())
}
