//! Commands as a shell takes them.

use std::path::{Path, PathBuf};

use gradbook_engine::kernels::Precision;

use crate::commands::instructions;
use crate::data::{self, Evaluation};
use crate::place::Place;
use crate::source::Source;
use crate::trials::{Conditions, Trial};
use crate::{Outcome, output};

/// Prints a command for each trial that was not done, to be run from this folder anywhere; `description` says in which
/// file a trial's network is.
///
/// # Errors
/// If something else is in a trial's place.
pub(crate) fn print_missing(
    trials: &[Trial<'_>],
    conditions: &Conditions,
    description: &dyn Fn(&Source) -> PathBuf,
) -> anyhow::Result<Outcome> {
    for trial in trials {
        if matches!(trial.place(conditions)?, Place::Finished(_)) {
            continue;
        }
        let mut command = format!("gradbook train {}", quoted(&description(trial.source)));
        command += &format!(" --seed {} --threads 1", trial.seed);
        if let data::Source::Folder(dir) = &conditions.data {
            command += &format!(" --data {}", quoted(dir));
        }
        if conditions.evaluation == Evaluation::HeldOut {
            command += " --holdout";
        }
        if let Precision::Bf16(_) = conditions.precision {
            // Its bits depend on the instructions.
            command += &format!(" --precision bf16 --isa {}", instructions(conditions.isa, conditions.precision));
        }
        output::data(&format!("{command} --out {}", quoted(&trial.out)))?;
    }
    Ok(Outcome::Done)
}

/// One word of a command line, never an option.
pub(crate) fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let path = if path.starts_with('-') { format!("./{path}") } else { path };
    let plain = |c: char| c.is_alphanumeric() || "/._-+".contains(c);
    if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', "'\\''")) }
}
