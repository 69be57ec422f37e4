//! `gradbook bench`: how fast this machine trains or evaluates a network, how close that is to its peak, and
//! where the time goes.

mod clock;
mod inference;
mod layers;
mod peak;
mod report;
mod table;
mod training;

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use gradbook_run::source::Source;

use crate::arguments::{PrecisionArguments, SpeedArguments};
use crate::interrupt;
use crate::outcome::Outcome;

/// Decides the fresh weights, the order of the images and their changes.
const SEED: u64 = 1;

const EXPLANATION: &str = "\
Training: a warm-up of 10 steps, then repetitions, each a number of steps. The median of the repetitions stands for all.
\"On ready batches\" is what remains without the assembly of batches (augmenting and normalising images).
A profile of some further steps on one thread tells what each layer takes.

GFLOP/s count every layer as the direct calculation has it: a multiply-add as two, and three times the forward pass,
for the gradients of inputs and weights. 3 x 3 convolutions, with a stride of 1 and from 8 input channels on, use
Winograd's algorithm, which needs 36 products where the direct one has 144; so the share of the peak may exceed 100 %.

With --precision bf16, convolutions with a stride of 1 and from 8 input channels on multiply tiles of bf16 in training,
directly and without Winograd's algorithm; everything else stays f32. With AMX that is what tiles are for; with
AVX-512 BF16 alone, f32 is faster.

The peak is what all threads together reach with nothing but fused multiply-adds in registers, in bf16 those of its
tiles. It is measured before and after everything else; if the two differ by more than 5 %, other programs or the
processor's clock disturbed the measurement.";

#[derive(Args, Debug)]
#[command(after_long_help = EXPLANATION)]
pub(crate) struct Arguments {
    /// A shipped name, a TOML file, or a run folder
    #[arg(value_name = "NAME|FILE|RUN", default_value = "swift")]
    source: String,
    /// Times evaluation instead of training, with a run's model or fresh weights: the test images in batches on all
    /// threads, then one image at a time on one thread
    #[arg(long)]
    inference: bool,
    /// Steps in each repetition
    #[arg(long, value_name = "N", default_value_t = 50, conflicts_with = "inference",
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    steps: u32,
    /// Repetitions
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    repetitions: u32,
    /// Steps of the profile; 0 for none
    #[arg(long, value_name = "N", default_value_t = 20, conflicts_with = "inference",
          value_parser = clap::value_parser!(u32).range(0..=10_000))]
    profile_steps: u32,
    #[command(flatten)]
    precision: PrecisionArguments,
    #[command(flatten)]
    speed: SpeedArguments,
    /// A folder of four IDX files (raw or .gz) to use instead of MNIST
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Prints one JSON object and nothing else
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    if arguments.inference && arguments.precision.asks_for_bf16() {
        bail!("--inference: evaluation is always in f32, so that a model has one accuracy; leave --precision out");
    }
    let source = Source::find(&arguments.source)?;
    interrupt::watch(None)?;
    let measured =
        if arguments.inference { inference::run(arguments, &source)? } else { training::run(arguments, &source)? };
    // Ctrl-C came before there was anything to report, or later.
    Ok(if !measured || interrupt::requested() { Outcome::Interrupted } else { Outcome::Done })
}
