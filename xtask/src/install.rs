//! Programs that the checks need and a computer may lack. They are installed where this process may do so, and named
//! otherwise.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{peers, run, say};

/// The programs that the tests start: LibreOffice, and Python with onnxruntime.
pub(crate) fn programs() -> Result<()> {
    libre_office()?;
    onnxruntime()
}

/// A part of Rust that a minimal installation lacks, and cargo's name for it.
pub(crate) fn component(name: &str, subcommand: &str) -> Result<()> {
    if works(Command::new("cargo").args([subcommand, "--version"])) {
        return Ok(());
    }
    run(Command::new("rustup").args(["component", "add", name]))
        .with_context(|| format!("this check needs {name}: install it with your Rust toolchain"))
}

/// LibreOffice recalculates workbooks.
fn libre_office() -> Result<()> {
    if works(Command::new("soffice").arg("--version")) {
        return Ok(());
    }
    debian(
        &["libreoffice-calc-nogui"],
        "the tests recalculate workbooks with LibreOffice Calc: install it so that `soffice` is on the PATH",
    )
}

/// onnxruntime runs exported models.
fn onnxruntime() -> Result<()> {
    if !works(Command::new("python3").args(["-c", "import venv, ensurepip"])) {
        debian(
            &["python3-venv"],
            "the tests run exported models with onnxruntime: install Python 3 with `venv`, as `python3` on the PATH",
        )?;
    }
    peers::onnxruntime().map(drop)
}

/// Installs Debian packages.
///
/// # Errors
/// What needs the packages, with the command to type, if this is not Debian or this process may not install.
pub(crate) fn debian(packages: &[&str], need: &str) -> Result<()> {
    if !works(Command::new("apt-get").arg("--version")) {
        bail!("{need}");
    }
    let names = packages.join(" ");
    if !is_root() {
        bail!(
            "{need}; for example:\n    \
             sudo apt-get update && sudo apt-get install --no-install-recommends {names}"
        );
    }
    say(&format!("installing {names}"));
    run(Command::new("apt-get").args(["update", "--quiet=2"]))?;
    let install = ["install", "--yes", "--quiet=2", "--no-install-recommends"];
    run(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(install).args(packages))
}

/// Whether a command can be started and succeeds.
pub(crate) fn works(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.trim_ascii() == b"0")
}
