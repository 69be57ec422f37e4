//! All checks, in the order in which a mistake is cheapest to find.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{peers, run as command};

/// Formatting, lints, tests.
pub(crate) fn run() -> Result<()> {
    install_components()?;
    install_libre_office()?;
    install_onnxruntime()?;
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
    let works = Command::new("soffice").arg("--version").output().is_ok_and(|out| out.status.success());
    if works {
        return Ok(());
    }
    install_debian(
        "libreoffice-calc-nogui",
        "the tests recalculate workbooks with LibreOffice Calc: install it so that `soffice` is on the PATH",
    )
}

/// The tests of exported models need onnxruntime, and for that Python with virtual environments.
fn install_onnxruntime() -> Result<()> {
    let works = Command::new("python3").args(["-c", "import venv, ensurepip"]).output();
    if !works.is_ok_and(|out| out.status.success()) {
        install_debian(
            "python3-venv",
            "the tests run exported models with onnxruntime: install Python 3 with `venv`, as `python3` on the PATH",
        )?;
    }
    peers::onnxruntime().map(drop)
}

/// Installs a package of Debian where this process may; otherwise says what to do.
fn install_debian(package: &str, need: &str) -> Result<()> {
    if !Command::new("apt-get").arg("--version").output().is_ok_and(|out| out.status.success()) {
        bail!("{need}");
    }
    if !is_root() {
        bail!(
            "{need}; for example:\n    \
             sudo apt-get update && sudo apt-get install --no-install-recommends {package}"
        );
    }
    command(Command::new("apt-get").arg("update"))?;
    let install = ["install", "--yes", "--no-install-recommends", package];
    command(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(install))
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.trim_ascii() == b"0")
}
