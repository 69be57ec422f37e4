//! The libraries on other machines than this one: browsers, ARM, macOS, Windows. They are checked, not run.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::install::{debian, works};
use crate::{output, run, say};

const TARGETS: [&str; 4] =
    ["wasm32-unknown-unknown", "aarch64-unknown-linux-gnu", "aarch64-apple-darwin", "x86_64-pc-windows-gnu"];

/// Crates that need a terminal, and crates that only the tests use.
const NOT_FOR_OTHERS: [&str; 4] = ["gradbook", "xtask", "gradbook-fuzzing", "gradbook-recalculation"];

/// Debian's compiler for WebAssembly, and the sources from which it builds the standard library for any target.
const DEBIAN: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

/// Checks all libraries for all targets.
pub(crate) fn check() -> Result<()> {
    let (has, lacks): (Vec<&str>, Vec<&str>) = TARGETS.into_iter().partition(|target| rustup_has(target));
    if !has.is_empty() {
        run(&mut check_for(&has, "cargo"))?;
    }
    if !lacks.is_empty() {
        say(&format!("rustup does not give {}: with Debian's Rust", lacks.join(", ")));
        debian_rust()?;
        let mut cargo = check_for(&lacks, "/usr/bin/cargo");
        cargo.args(["-Z", "build-std=std,panic_abort", "--target-dir", "target/debian"]);
        run(cargo.env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1"))?;
    }
    Ok(())
}

fn check_for(targets: &[&str], cargo: &str) -> Command {
    let mut command = Command::new(cargo);
    command.args(["check", "--locked", "--workspace"]);
    command.args(NOT_FOR_OTHERS.iter().flat_map(|package| ["--exclude", package]));
    command.args(targets.iter().flat_map(|target| ["--target", target]));
    command
}

/// Whether this Rust has the standard library of a target, after trying to install it.
fn rustup_has(target: &str) -> bool {
    let folder = output(Command::new("rustc").args(["--print", "target-libdir", "--target", target]));
    folder.is_ok_and(|folder| Path::new(folder.trim()).is_dir())
        || works(Command::new("rustup").args(["target", "add", target]))
}

fn debian_rust() -> Result<()> {
    let source = "/usr/lib/rustlib/src/rust/library/std";
    let has = |path: &str| Path::new(path).exists();
    if has("/usr/bin/rustc") && has("/usr/bin/cargo") && has(source) {
        return Ok(());
    }
    debian(&DEBIAN, "the libraries are checked for other machines: `rustup target add` their targets")
        .with_context(|| format!("neither rustup nor Debian has {}", TARGETS.join(", ")))
}
