//! The commands, one file each: its arguments, and what it does with them.

pub(crate) mod bench;
pub(crate) mod demo;
pub(crate) mod eval;
pub(crate) mod sheet;
pub(crate) mod show;
pub(crate) mod train;

use clap::Args;
use gradbook_engine::kernels::Isa;

use crate::machine;

/// What changes the speed of a calculation and nothing else.
#[derive(Args, Clone, Debug)]
pub(crate) struct SpeedArguments {
    /// Threads; the numbers do not depend on it [default: as many as there are cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// Instruction set, such as portable or avx2 [default: the best that there is]
    #[arg(long, value_name = "NAME", value_parser = machine::isa)]
    isa: Option<Isa>,
}

impl SpeedArguments {
    pub(crate) fn threads(&self) -> usize {
        self.threads.map_or_else(machine::default_threads, usize::from)
    }

    pub(crate) fn isa(&self) -> Isa {
        self.isa.unwrap_or_else(Isa::best)
    }
}
