//! Commands as they are typed into a shell.

use std::env;
use std::path::{Path, PathBuf};

use gradbook_engine::kernels::Precision;
use gradbook_run::data::{self, DataSource, Evaluation};
use gradbook_run::folder::records::Record;
use gradbook_run::machine::instructions;
use gradbook_run::place::Place;
use gradbook_run::source::{self, Source};
use gradbook_run::trials::{Conditions, Trial};

use crate::outcome::Outcome;
use crate::output;

/// Prints a command for each missing trial, to be run in this folder or a copy of it on any machine; `description`
/// gives the file of a trial's network.
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
        if let DataSource::Folder(dir) = &conditions.data {
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

/// The command that repeats a run to the bit, in a folder beside it.
///
/// # Errors
/// None that a description that was read can cause.
pub(crate) fn repeat_command(source: &Source, record: &Record, dir: &Path) -> anyhow::Result<String> {
    let name: String = record.recipe.chars().map(|c| if c == '/' { '-' } else { c }).collect();
    let out = format!("again-{name}-seed{}", record.seed);
    Ok(format!("{} --out {}", training_command(source, record, dir)?, quoted(Path::new(&out))))
}

/// The command that starts a run again in its place.
///
/// # Errors
/// None that a description that was read can cause.
pub(crate) fn begin_again_command(source: &Source, record: &Record, dir: &Path) -> anyhow::Result<String> {
    Ok(format!("{} --force --out {}", training_command(source, record, dir)?, quoted(dir)))
}

/// The command that resumes a run.
pub(crate) fn resume_command(dir: &Path) -> String {
    format!("gradbook train --resume {}", quoted(dir))
}

/// The command of a run's training, without its folder: with the shipped recipe, if it is one, else with the run's
/// folder.
fn training_command(source: &Source, record: &Record, dir: &Path) -> anyhow::Result<String> {
    let epochs = source.train_spec()?.epochs;
    let mut command = format!("gradbook train {}", quoted(dir));
    let mut shipped = source::shipped()?.into_iter().filter(|shipped| shipped.spec.train.is_some());
    if let Some(mut shipped) = shipped.find(|shipped| shipped.name == record.recipe) {
        let planned = shipped.train_spec()?.epochs;
        shipped.set_epochs(epochs)?;
        // Only the run folder has the weights that the run started from.
        if shipped.spec == source.spec && record.init_sha256.is_none() {
            command = format!("gradbook train {}", record.recipe);
            if planned != epochs {
                command += &format!(" --epochs {epochs}");
            }
        }
    }
    command += &format!(" --seed {}", record.seed);
    if data::train_images(&record.data, Evaluation::Test).is_none() {
        command += &format!(" --data {}", quoted(Path::new(&record.data)));
    }
    if record.holdout {
        command += " --holdout";
    }
    if record.precision != "f32" {
        // Its bits depend on the instructions.
        command += &format!(" --precision {} --isa {}", record.precision, record.isa);
    }
    Ok(command)
}

/// This program as the user's shell finds it: by its name, or where that is not on the PATH by its path.
pub(crate) fn program() -> String {
    let name = format!("gradbook{}", env::consts::EXE_SUFFIX);
    let is_on_path =
        env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|dir| dir.join(&name).is_file()));
    let here = env::current_dir().unwrap_or_default();
    match env::current_exe() {
        Ok(program) if !is_on_path => quoted(program.strip_prefix(here).unwrap_or(&program)),
        _ => "gradbook".to_owned(),
    }
}

/// A path as one word of a command line that is never taken for an option.
pub(crate) fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let path = if path.starts_with('-') { format!("./{path}") } else { path };
    let plain = |c: char| c.is_alphanumeric() || "/._-+".contains(c);
    if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', "'\\''")) }
}
