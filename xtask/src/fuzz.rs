//! `cargo xtask fuzz`: hostile files by the million, one fuzz target after another. What it finds becomes a small file
//! in `dev/fuzzing/tests/files`, which the tests read.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{nightly, run, say};

/// Targets that read text, whose inputs are kept short: each further kilobyte makes every input slower.
const TEXTS: [&str; 3] = ["description", "record", "sweep"];
const TEXT_BYTES: u32 = 2048;
const OTHER_BYTES: u32 = 8192;
/// No input of that length may take more memory, including AddressSanitizer's, or more time.
const LIMITS: [&str; 2] = ["-rss_limit_mb=2048", "-timeout=20"];

/// Runs one target, or all of them, for `seconds` seconds each.
pub(crate) fn fuzz(target: Option<&str>, seconds: u32) -> Result<()> {
    let mut targets = Vec::new();
    for entry in std::fs::read_dir("fuzz/fuzz_targets").context("the fuzz targets are in fuzz/fuzz_targets")? {
        let path = entry?.path();
        targets.extend(path.file_stem().map(|stem| stem.display().to_string()));
    }
    targets.sort();
    if let Some(target) = target {
        if !targets.iter().any(|known| known == target) {
            bail!("`{target}`: no such target; there are {}", targets.join(", "));
        }
        targets = vec![target.to_owned()];
    }
    install()?;
    let seeds = [
        "test",
        "--locked",
        "--package",
        "gradbook-fuzzing",
        "--test",
        "hostile",
        "seeds_are_written",
        "--",
        "--ignored",
    ];
    run(Command::new("cargo").args(seeds))?;
    for target in targets {
        say(&format!("{target}: {seconds} s"));
        let corpus = ["fuzz/corpus", "dev/fuzzing/tests/files"].map(|folder| Path::new(folder).join(&target));
        let longest = if TEXTS.contains(&target.as_str()) { TEXT_BYTES } else { OTHER_BYTES };
        let mut fuzz = nightly();
        // Most inputs are refused, and a backtrace of each error would take most of the time.
        fuzz.env("RUST_LIB_BACKTRACE", "0").args(["fuzz", "run", &target]).args(&corpus).arg("--").args(LIMITS);
        fuzz.args([format!("-max_len={longest}"), format!("-max_total_time={seconds}")]).arg("-print_final_stats=1");
        run(&mut fuzz).with_context(|| {
            format!(
                "mend what it found, and keep the input that it names, made small with `cargo +nightly fuzz tmin {target} \
                 INPUT`, in dev/fuzzing/tests/files/{target}"
            )
        })?;
    }
    Ok(())
}

/// Says what is missing and how to install it.
fn install() -> Result<()> {
    let works = nightly().args(["fuzz", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !works.is_ok_and(|status| status.success()) {
        bail!(
            "fuzzing needs a nightly toolchain and cargo-fuzz:\n    rustup toolchain install nightly\n    \
             cargo install cargo-fuzz"
        );
    }
    Ok(())
}
