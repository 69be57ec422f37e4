//! All checks, in the order in which a mistake is cheapest to find.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run as command;

/// Formatting, lints, tests.
pub(crate) fn run() -> Result<()> {
    install_components()?;
    install_libre_office()?;
    command(Command::new("cargo").args(["fmt", "--all", "--check"]))?;
    command(Command::new("cargo").args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))?;
    command(Command::new("cargo").args(["test", "--workspace", "--locked"]))
}

/// rustfmt and clippy are parts of Rust that a minimal installation lacks.
fn install_components() -> Result<()> {
    let works = |part: &str| Command::new("cargo").args([part, "--version"]).output().is_ok_and(|o| o.status.success());
    if works("fmt") && works("clippy") {
        return Ok(());
    }
    command(Command::new("rustup").args(["component", "add", "rustfmt", "clippy"]))
        .context("the checks need rustfmt and clippy: install them with your Rust toolchain")
}

/// The recalculation tests need LibreOffice. Installs it where this process may; otherwise says what to type.
fn install_libre_office() -> Result<()> {
    let works = |program: &str| Command::new(program).arg("--version").output().is_ok_and(|out| out.status.success());
    if works("soffice") {
        return Ok(());
    }
    if !works("apt-get") {
        bail!("the tests recalculate workbooks with LibreOffice Calc: install it so that `soffice` is on the PATH");
    }
    if !is_root() {
        bail!(
            "the tests recalculate workbooks with LibreOffice Calc; install it first:\n    \
             sudo apt-get update && sudo apt-get install --no-install-recommends libreoffice-calc-nogui"
        );
    }
    command(Command::new("apt-get").arg("update"))?;
    let install = ["install", "--yes", "--no-install-recommends", "libreoffice-calc-nogui"];
    command(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(install))
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.trim_ascii() == b"0")
}
