//! `cargo xtask test` and everything that CI adds to it, in the order that finds mistakes at the least cost.

use std::process::Command;
use std::time::Instant;

use anyhow::Result;

use crate::{install, run as command, say, targets};

/// A part of the work, announced before it begins.
type Step = (&'static str, fn() -> Result<()>);

const TESTS: [Step; 2] = [("programs that the tests need", install::programs), ("tests", tests)];
const LINTS: [Step; 3] = [("formatting", formatting), ("lints", clippy), ("documentation", documentation)];
const OTHERS: [Step; 1] = [("libraries on other machines", targets::check)];

/// All tests, and everything else if the environment variable `CI` is set.
///
/// A newer Rust has new lints, which say nothing about the program, so they must not fail somebody's first test.
pub(crate) fn test() -> Result<()> {
    if std::env::var_os("CI").is_some() { everything() } else { steps(&TESTS) }
}

/// Formatting, lints, documentation.
pub(crate) fn lint() -> Result<()> {
    steps(&LINTS)
}

/// Everything that CI runs.
pub(crate) fn everything() -> Result<()> {
    let [programs, tests] = TESTS;
    let [formatting, lints, documentation] = LINTS;
    let [targets] = OTHERS;
    steps(&[programs, formatting, lints, documentation, tests, targets])
}

fn steps(steps: &[Step]) -> Result<()> {
    let start = Instant::now();
    for (number, (name, run)) in (1..).zip(steps) {
        say(&format!("[{number}/{}] {name}", steps.len()));
        run()?;
    }
    say(&format!("passed, after {:.0?}", start.elapsed()));
    Ok(())
}

fn tests() -> Result<()> {
    command(Command::new("cargo").args(["test", "--workspace", "--locked"]))
}

fn formatting() -> Result<()> {
    install::component("rustfmt", "fmt")?;
    command(Command::new("cargo").args(["fmt", "--all", "--check"]))
}

fn clippy() -> Result<()> {
    install::component("clippy", "clippy")?;
    let scope = ["clippy", "--workspace", "--all-targets", "--locked"];
    command(Command::new("cargo").args(scope).args(["--", "-D", "warnings"]))
}

/// Dead links in documentation, and whatever else rustdoc warns about. A test of xtask checks links in `.md` files.
fn documentation() -> Result<()> {
    let scope = ["doc", "--workspace", "--no-deps", "--locked"];
    command(Command::new("cargo").args(scope).env("RUSTDOCFLAGS", "-D warnings"))
}
