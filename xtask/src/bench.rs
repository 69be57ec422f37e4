//! `cargo xtask bench`: gradbook and other programs at the same work on the same machine.
//!
//! One run of one program says little on a machine whose speed varies. So gradbook and another program take turns, a
//! ratio is formed within each turn, and turns in which the machine lost speed are repeated. All comparisons advance
//! together, one turn each per round, which spreads each of them over the whole measurement.

mod drift;
mod program;
mod recipe;
mod record;
mod statistics;
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use serde_json::Value;

use crate::{build_release, data, output, peers, run, say};
use program::{Outcome, Program, Programs, THREADS};
use record::{Alternation, Comparison, Record, Scouted, Subject};

/// Intermediate files: images, models, burn's program.
const FOLDER: &str = "target/bench";

/// PyTorch's modes; `benchmarks/pytorch.py` says what they mean.
const MODES: [(&str, [&str; 4]); 2] = [
    ("f32", ["eager", "channels_last", "compile", "compile_channels_last"]),
    ("bf16", ["bf16", "bf16_channels_last", "bf16_compile", "bf16_compile_channels_last"]),
];

/// Attempts per wanted alternation; after these, a comparison makes do with the alternations that count.
const ATTEMPTS: usize = 3;

#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Measures gradbook, PyTorch, onnxruntime and burn in turns; writes benchmarks/record and docs/benchmarks.md
    Peers(Arguments),
    /// Measures whole trainings, gradbook and PyTorch in turns; writes benchmarks/record and docs/benchmarks.md
    Recipe(recipe::Arguments),
    /// Writes the tables of docs/benchmarks.md anew from a record
    Tables {
        /// A file of benchmarks/record
        record: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct Arguments {
    /// Alternations of each comparison that must count
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    alternations: u32,
    /// Training steps in each of a run's five repetitions
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    steps: u32,
    /// Names of descriptions in crates/run/networks or benchmarks
    #[arg(long, value_delimiter = ',', default_value = "classic,strided")]
    networks: Vec<String>,
    /// Folder with the four original MNIST files, unpacked [default: unpacked from crates/data/data]
    #[arg(long)]
    data: Option<PathBuf>,
}

/// The programs that take turns in a comparison.
struct Contest {
    ours: Program,
    theirs: Program,
    /// Measures the peak before and after the turn, where gradbook does not print it.
    gauge: Option<Program>,
}

impl Contest {
    /// Runs both, in every second round the other program first, so that a lasting drift favours neither.
    fn turn(&self, round: usize) -> Result<(Value, Value)> {
        let measure = |program: &Program| program.in_round(round).measure();
        let before = self.gauge.as_ref().map(measure).transpose()?;
        let (mut ours, theirs) = if round % 2 == 1 {
            let ours = measure(&self.ours)?;
            (ours, measure(&self.theirs)?)
        } else {
            let theirs = measure(&self.theirs)?;
            (measure(&self.ours)?, theirs)
        };
        if let (Some(before), Some(gauge)) = (before, &self.gauge) {
            ours["peak_gflops_before"] = before["peak_gflops_after"].clone();
            ours["peak_gflops_after"] = measure(gauge)?["peak_gflops_before"].clone();
        }
        Ok((ours, theirs))
    }
}

pub(crate) fn bench(task: &Bench) -> Result<()> {
    match task {
        Bench::Peers(arguments) => peers(arguments),
        Bench::Recipe(arguments) => recipe::measure(arguments),
        Bench::Tables { record } => table::write_page(&Record::read(record)?, record),
    }
}

fn peers(arguments: &Arguments) -> Result<()> {
    let networks: Vec<(&str, PathBuf)> =
        arguments.networks.iter().map(|name| Ok((name.as_str(), description(name)?))).collect::<Result<_>>()?;
    let programs = prepare(peers::WITH_ONNX, arguments.data.as_deref(), arguments.steps)?;
    build_burn()?;
    let mut scouting = Vec::new();
    let (mut comparisons, contests): (Vec<_>, Vec<_>) =
        comparisons(&programs, &networks, &mut scouting)?.into_iter().unzip();
    alternate(&mut comparisons, &contests, arguments.alternations as usize)?;
    report(&programs, arguments.alternations, scouting, comparisons, "")
}

/// Writes the record, whose name ends with `ending`, and its tables.
fn report(
    programs: &Programs,
    alternations: u32,
    scouting: Vec<Scouted>,
    comparisons: Vec<Comparison>,
    ending: &str,
) -> Result<()> {
    let printed = comparisons.iter().flat_map(|it| &it.alternations).map(|alternation| &alternation.theirs);
    let record = Record {
        date: record::today()?,
        cpu: record::cpu(),
        versions: record::versions(&programs.gradbook, printed)?,
        alternations: alternations as usize,
        scouting,
        comparisons,
    };
    let path = record.write(ending)?;
    say(&format!("wrote {}", path.display()));
    table::write_page(&record, &path)
}

/// Builds gradbook, and installs PyTorch among other `packages`.
fn prepare(packages: &[&str], data: Option<&Path>, steps: u32) -> Result<Programs> {
    let python = peers::python(packages)?;
    let data = match data {
        Some(folder) => folder.to_owned(),
        None => data::unpack(&Path::new(FOLDER).join("mnist"))?,
    };
    let burn = Path::new(FOLDER).join("burn/release/burn-peer");
    Ok(Programs { gradbook: build_release()?, python, burn, data, steps: steps as usize })
}

fn build_burn() -> Result<()> {
    let mut build = Command::new("cargo");
    build.args(["build", "--release", "--locked", "--manifest-path", "benchmarks/burn/Cargo.toml", "--target-dir"]);
    run(build.arg(Path::new(FOLDER).join("burn")))
}

/// The file of the network with this name.
fn description(name: &str) -> Result<PathBuf> {
    let folders = ["crates/run/networks", "benchmarks"];
    let mut files = folders.iter().map(|folder| Path::new(folder).join(name).with_extension("toml"));
    files.find(|file| file.is_file()).with_context(|| format!("there is no {name}.toml in {}", folders.join(" or ")))
}

/// Everything that is compared. First gradbook runs once in each way, so that failures show early.
fn comparisons(
    programs: &Programs,
    networks: &[(&str, PathBuf)],
    scouting: &mut Vec<Scouted>,
) -> Result<Vec<(Comparison, Contest)>> {
    let mut all = Vec::new();
    for (name, file) in networks {
        let training = |precision, threads| programs.gradbook_training(file, precision, threads);
        try_out(&training("f32", THREADS))?;
        let (run, correct) = trained(&programs.gradbook, name, file)?;
        let inference = programs.gradbook_inference(&run);
        try_out(&inference)?;

        let mut add = |subject, precision: &str, ours: Program, theirs: Program, unavailable| {
            let comparison = Comparison {
                subject,
                network: (*name).to_owned(),
                precision: precision.to_owned(),
                our_command: ours.shown(),
                their_command: theirs.shown(),
                unavailable,
                alternations: Vec::new(),
            };
            all.push((comparison, Contest { ours, theirs, gauge: None }));
        };
        for (precision, modes) in MODES {
            let ours = training(precision, THREADS);
            let (mode, unavailable) = match ours.run()? {
                Outcome::Printed(_) => {
                    let program = |mode: &str| programs.pytorch(file, mode);
                    (fastest_mode(&program, name, precision, &modes, scouting)?, None)
                }
                Outcome::Refused(reason) => (modes[0], Some(reason)),
            };
            add(Subject::Training, precision, ours, programs.pytorch(file, mode), unavailable);
        }
        if *name == "classic" {
            add(Subject::Training, "f32", training("f32", THREADS), programs.burn(), None);
        }
        add(Subject::Inference, "f32", inference, programs.onnxruntime(&run, correct), None);
        add(Subject::Scaling, "f32", training("f32", THREADS), training("f32", 1), None);
    }
    Ok(all)
}

/// Runs a program whose result is not needed.
fn try_out(program: &Program) -> Result<()> {
    say(&format!("trying {}", program.shown()));
    program.measure()?;
    Ok(())
}

/// The mode of PyTorch that is fastest in two runs each. A mode may fail, but not all.
fn fastest_mode<'m>(
    program: &dyn Fn(&str) -> Program,
    name: &str,
    precision: &str,
    modes: &[&'m str],
    scouting: &mut Vec<Scouted>,
) -> Result<&'m str> {
    let mut fastest: Option<(f64, &str)> = None;
    let mut failures = String::new();
    for mode in modes {
        let program = program(mode).in_round(1);
        // One run may meet a slow moment of the machine: the faster of two decides.
        let seconds = |printed: &Value| printed["seconds_per_epoch"].as_f64().unwrap_or(f64::INFINITY);
        let faster = |a, b| if seconds(&a) <= seconds(&b) { a } else { b };
        let (printed, failure) = match program.measure().and_then(|first| Ok(faster(first, program.measure()?))) {
            Ok(printed) => (Some(printed), None),
            Err(error) => (None, Some(format!("{error:#}"))),
        };
        match &printed {
            Some(printed) => {
                let seconds = seconds(printed);
                say(&format!("PyTorch, {name}, {mode}: {seconds:.2} s an epoch"));
                if fastest.is_none_or(|(least, _)| seconds < least) {
                    fastest = Some((seconds, mode));
                }
            }
            None => {
                let failure = failure.as_deref().unwrap_or_default();
                say(&format!("PyTorch, {name}, {mode}: {failure}"));
                failures += failure;
            }
        }
        let (network, precision, mode) = (name.to_owned(), precision.to_owned(), (*mode).to_owned());
        scouting.push(Scouted { network, precision, mode, command: program.shown(), printed, failure });
    }
    let (_, mode) = fastest.with_context(|| format!("PyTorch trains {name} in no mode of {precision}:\n{failures}"))?;
    Ok(mode)
}

/// A run folder of one epoch, and how many test images its model gets right.
fn trained(gradbook: &Path, name: &str, file: &Path) -> Result<(PathBuf, u64)> {
    let folder = Path::new(FOLDER).join(name);
    let mut train = Command::new(gradbook);
    train.arg("train").arg(file).args(["--epochs", "1", "--force", "--out"]).arg(&folder);
    run(&mut train)?;
    let printed = output(Command::new(gradbook).arg("eval").arg(&folder).arg("--json"))?;
    let printed: Value = serde_json::from_str(&printed).context("gradbook eval prints one JSON object")?;
    Ok((folder, printed["correct"].as_u64().context("gradbook eval prints the number of `correct` images")?))
}

/// Rounds of one turn each, until every comparison has `wanted` turns that count or no more attempts.
fn alternate(comparisons: &mut [Comparison], contests: &[Contest], wanted: usize) -> Result<()> {
    for round in 1..=wanted * ATTEMPTS {
        let is_open =
            |comparison: &Comparison| comparison.unavailable.is_none() && comparison.steady().count() < wanted;
        if !comparisons.iter().any(is_open) {
            break;
        }
        for (comparison, contest) in comparisons.iter_mut().zip(contests) {
            if !is_open(comparison) {
                continue;
            }
            let (ours, theirs) = match contest.turn(round) {
                Ok(turn) => turn,
                Err(error) => {
                    // The measurements so far are worth more than this turn.
                    say(&format!("round {round}, without result: {error:#}"));
                    continue;
                }
            };
            let seconds = |printed: &Value| printed[comparison.seconds()].as_f64().unwrap_or(f64::NAN);
            let (our_seconds, their_seconds) = (seconds(&ours), seconds(&theirs));
            say(&format!("round {round}, ratio {:.2}", their_seconds / our_seconds));
            say(&format!("    {our_seconds:.3} s: {}", comparison.our_command));
            say(&format!("    {their_seconds:.3} s: {}", comparison.their_command));
            comparison.alternations.push(Alternation { ours, theirs, steady: true });
        }
        drift::judge(comparisons);
    }
    Ok(())
}
