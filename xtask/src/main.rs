//! `cargo xtask`: every recipe of the project that is more than one cargo command.

#![forbid(unsafe_code)]

mod bench;
mod bits;
mod data;
mod exports;
mod fuzz;
mod install;
mod kills;
mod miri;
mod peers;
mod targets;
mod test;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Parser;

/// The project's recipes.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// All tests; installs the programs that they need. If the variable CI is set, everything that CI runs
    Test,
    /// Formatting, lints and documentation
    Lint,
    /// Everything that CI runs: tests, lints, the libraries for other machines
    Ci,
    /// The portable kernels and the fused multiply-add in software in Miri (needs a nightly toolchain)
    Miri,
    /// Writes the golden values anew with PyTorch (needs Python 3 and several GB for a virtual environment)
    Golden {
        /// Folder with the four original MNIST files, unpacked
        data: PathBuf,
    },
    /// Packs the four original MNIST files into crates/data/data
    Data {
        /// Folder with the four original MNIST files, unpacked
        data: PathBuf,
    },
    /// Compares exported models with PyTorch and onnxruntime, and PyTorch's files with gradbook (needs what golden
    /// needs)
    Exports {
        /// Run folders
        #[arg(required = true)]
        runs: Vec<PathBuf>,
        /// Folder with the four original MNIST files, unpacked
        #[arg(long)]
        data: PathBuf,
    },
    /// Timings beside those of other programs
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Trains `classic` on 1, 2 and 3 threads and on each instruction path with FMA, and compares the models' bytes
    Bits {
        /// Epochs of each training
        #[arg(long, default_value_t = 1)]
        epochs: usize,
    },
    /// Kills trainings of `swift` at random moments, lets them resume, and compares the models' bytes
    Kills {
        /// How many trainings to kill
        #[arg(long, default_value_t = 50)]
        runs: usize,
        /// The program to use, instead of building it
        #[arg(long)]
        program: Option<PathBuf>,
    },
    /// Fuzzes everything that reads files (needs a nightly toolchain and cargo-fuzz)
    Fuzz {
        /// One of fuzz/fuzz_targets [default: all]
        target: Option<String>,
        /// Seconds for each target
        #[arg(long, default_value_t = 600)]
        seconds: u32,
    },
}

fn main() -> Result<()> {
    std::env::set_current_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".."))
        .context("the workspace that xtask was built in is gone")?;
    match Task::parse() {
        Task::Test => test::test(),
        Task::Lint => test::lint(),
        Task::Ci => test::everything(),
        Task::Miri => miri::test(),
        Task::Golden { data } => peers::golden(&data),
        Task::Exports { runs, data } => exports::exports(&runs, &data),
        Task::Data { data } => data::pack(&data),
        Task::Bench(task) => bench::bench(&task),
        Task::Bits { epochs } => bits::bits(epochs),
        Task::Kills { runs, program } => kills::kills(runs, program),
        Task::Fuzz { target, seconds } => fuzz::fuzz(target.as_deref(), seconds),
    }
}

/// Runs a command with its output on the terminal; an error names it and its exit code.
fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?} cannot be started"))?;
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(())
}

/// Runs a command and returns its standard output; standard error goes to the terminal.
fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("{command:?} cannot be started"))?;
    if !output.status.success() {
        bail!("{command:?} failed: {}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The nightly toolchain's cargo, whichever toolchain started this program.
fn nightly() -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "cargo"]);
    command
}

/// Builds gradbook as it ships.
fn build_release() -> Result<PathBuf> {
    run(Command::new("cargo").args(["build", "--release", "--locked"]))?;
    Ok(PathBuf::from(std::env::var("CARGO_TARGET_DIR").unwrap_or("target".into())).join("release/gradbook"))
}

/// Prints results, which are this program's output.
#[expect(clippy::print_stdout, reason = "the one place where xtask prints results")]
fn say(line: &str) {
    println!("{line}");
}
