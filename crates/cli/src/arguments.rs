//! Arguments that several commands share, and what they mean for a run.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use clap::Args;
use gradbook_engine::kernels::{Isa, Precision, Tiles};
use gradbook_run::data::Evaluation;
use gradbook_run::limits::Limits;
use gradbook_run::machine::{self, InstructionSet};
use gradbook_run::source::Source;
use gradbook_run::words::rounded;

use crate::errors;

/// Which images are trained on, and which are evaluated.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct DataArguments {
    /// A folder of four IDX files (raw or .gz) to use instead of MNIST
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// For choosing: evaluate on the last 5,000 training images, which are not trained on, instead of the test images
    #[arg(long)]
    pub(crate) holdout: bool,
}

/// When a training ends before its last epoch.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct LimitArguments {
    /// Stops after this time; `--resume` continues later
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, value_parser = seconds)]
    max_seconds: Option<Duration>,
    /// With --holdout: stops after the first epoch with this accuracy, as a fraction, such as 0.994
    #[arg(long, value_name = "ACCURACY", allow_negative_numbers = true, value_parser = fraction)]
    until: Option<f64>,
    /// With --holdout: stops after this many epochs in a row without improvement
    #[arg(long, value_name = "EPOCHS", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    patience: Option<u32>,
}

/// What changes the speed of a calculation and, in f32, nothing else.
#[derive(Args, Clone, Debug)]
pub(crate) struct SpeedArguments {
    /// Threads; the results do not depend on their number [default: as many as there are cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// Instruction set, such as portable or avx2; for bf16, avx512_bf16 or amx [default: the best available]
    #[arg(long, value_name = "NAME", value_parser = machine::instruction_set)]
    isa: Option<InstructionSet>,
}

/// How a training calculates.
#[derive(Args, Clone, Debug)]
pub(crate) struct PrecisionArguments {
    /// f32, or bf16: in training, operands of convolutions (stride 1, 8 input channels or more) are rounded to bf16,
    /// for processors with AMX [default: f32, or that of the run folder]
    #[arg(long, value_name = "NAME", value_parser = precision)]
    pub(crate) precision: Option<Precision>,
}

impl LimitArguments {
    /// The limits of a command that began at `started`.
    ///
    /// # Errors
    /// If accuracy on the test images would decide when a training ends.
    pub(crate) fn limits(&self, started: Instant, evaluation: Evaluation) -> anyhow::Result<Limits> {
        let LimitArguments { max_seconds, until, patience } = self;
        let flag = match (until, patience) {
            (Some(_), _) => Some("--until"),
            (_, Some(_)) => Some("--patience"),
            _ => None,
        };
        if let (Some(flag), Evaluation::Test) = (flag, evaluation) {
            bail!(
                "{flag}: this would choose the moment by the test images, and their accuracy would no longer say how \
                 good the network is on new images; add --holdout, which decides by 5,000 training images that are kept back"
            );
        }
        Ok(Limits {
            deadline: max_seconds.and_then(|seconds| started.checked_add(seconds)),
            until: *until,
            patience: patience.map(|epochs| epochs as usize),
        })
    }
}

impl SpeedArguments {
    pub(crate) fn threads(&self) -> usize {
        self.threads.map_or_else(machine::default_threads, usize::from)
    }

    /// The instruction set for f32.
    ///
    /// # Errors
    /// If `--isa` names an instruction set for bf16.
    pub(crate) fn isa(&self) -> anyhow::Result<Isa> {
        match self.isa {
            None => Ok(Isa::best()),
            Some(InstructionSet::F32(isa)) => Ok(isa),
            Some(InstructionSet::Bf16(tiles)) => {
                bail!(
                    "--isa {}: this is for training with --precision bf16; leave it out, or choose avx512",
                    tiles.name()
                )
            }
        }
    }

    /// For a training: the instruction set for f32, and the precision.
    ///
    /// # Errors
    /// If `--isa` and the precision do not fit together.
    pub(crate) fn isa_and_precision(&self, precision: Precision) -> anyhow::Result<(Isa, Precision)> {
        match (precision, self.isa) {
            (Precision::F32, _) => Ok((self.isa()?, Precision::F32)),
            (precision, None) => Ok((Isa::best(), precision)),
            (_, Some(InstructionSet::Bf16(tiles))) => Ok((Isa::best(), Precision::Bf16(tiles))),
            (_, Some(InstructionSet::F32(isa))) => {
                let names: Vec<_> = Tiles::available().iter().map(|tiles| tiles.name()).collect();
                bail!("--isa {}: with --precision bf16 choose from: {}", isa.name(), names.join(", "))
            }
        }
    }
}

impl PrecisionArguments {
    /// The precision that was asked for, or the one of an earlier run.
    ///
    /// # Errors
    /// If this processor does not have the run's.
    pub(crate) fn of(&self, source: &Source) -> anyhow::Result<Precision> {
        match (self.precision, &source.run) {
            (Some(precision), _) => Ok(precision),
            (None, Some(run)) => {
                precision(&run.record.precision).with_context(|| format!("{}: precision", source.origin))
            }
            (None, None) => Ok(Precision::F32),
        }
    }

    pub(crate) fn asks_for_bf16(&self) -> bool {
        matches!(self.precision, Some(Precision::Bf16(_)))
    }
}

/// A time, as an argument.
///
/// # Errors
/// If it is not a number above 0.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|&seconds: &f64| seconds > 0.0);
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| "write a number of seconds above 0".to_owned())
}

fn fraction(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.trim_end_matches('%').trim_end().parse().ok();
    match number {
        Some(fraction) if 0.0 < fraction && fraction <= 1.0 && !text.ends_with('%') => Ok(fraction),
        Some(percent) if 1.0 < percent && percent <= 100.0 => {
            Err(format!("write a fraction from 0 to 1: {} for {percent} %", rounded(percent / 100.0, 6)))
        }
        _ => Err("write a fraction above 0, at most 1, such as 0.994".to_owned()),
    }
}

/// The precision of this name.
fn precision(name: &str) -> anyhow::Result<Precision> {
    machine::precision(name).map_err(|error| anyhow!(errors::words(&error)))
}
