//! The commands, one file each: its arguments, and what it does with them.

pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod eval;
pub(crate) mod export;
pub(crate) mod manual;
pub(crate) mod predict;
pub(crate) mod report;
pub(crate) mod sheet;
pub(crate) mod show;
pub(crate) mod sweep;
pub(crate) mod train;

use anyhow::{Context, bail};
use clap::Args;
use gradbook_engine::kernels::{Isa, Precision, Tiles};

use crate::machine::{self, InstructionSet};
use crate::source::Source;

/// What changes the speed of a calculation, and in f32 nothing else.
#[derive(Args, Clone, Debug)]
pub(crate) struct SpeedArguments {
    /// Threads; the numbers do not depend on it [default: as many as there are cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// Instruction set, such as portable or avx2, in bf16 avx512_bf16 or amx [default: the best that there is]
    #[arg(long, value_name = "NAME", value_parser = machine::instruction_set)]
    isa: Option<InstructionSet>,
}

/// How a training calculates.
#[derive(Args, Clone, Debug)]
pub(crate) struct PrecisionArguments {
    /// f32, or bf16: in training, operands of convolutions (stride 1, 8 input channels or more) are rounded to bf16, for
    /// processors with AMX [default: f32, or that of the run folder]
    #[arg(long, value_name = "NAME", value_parser = machine::precision)]
    precision: Option<Precision>,
}

impl SpeedArguments {
    pub(crate) fn threads(&self) -> usize {
        self.threads.map_or_else(machine::default_threads, usize::from)
    }

    /// For what calculates in f32.
    ///
    /// # Errors
    /// If `--isa` names instructions of bf16.
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

    /// For a training: what calculates in f32, and the precision.
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
    /// What was asked for, or that of an earlier run.
    ///
    /// # Errors
    /// If this processor does not have the run's.
    pub(crate) fn of(&self, source: &Source) -> anyhow::Result<Precision> {
        match (self.precision, &source.run) {
            (Some(precision), _) => Ok(precision),
            (None, Some(run)) => {
                machine::precision(&run.record.precision).with_context(|| format!("{}: precision", source.origin))
            }
            (None, None) => Ok(Precision::F32),
        }
    }

    pub(crate) fn asks_for_bf16(&self) -> bool {
        matches!(self.precision, Some(Precision::Bf16(_)))
    }
}

/// The instructions on which most of a training's time is spent.
pub(crate) fn instructions(isa: Isa, precision: Precision) -> &'static str {
    match precision {
        Precision::F32 => isa.name(),
        Precision::Bf16(tiles) => tiles.name(),
    }
}
