//! Errors as a person at the command line reads them: what the library says, and which command or option fixes it.

use std::error::Error;

use gradbook_run::RunError;
use gradbook_run::data::{DataError, HELD_OUT};
use gradbook_run::folder::error::FolderError;
use gradbook_run::folder::weights::WeightsError;
use gradbook_run::machine::MachineError;
use gradbook_run::source::SourceError;
use gradbook_run::words::thousands;

use crate::shell::{begin_again_command, resume_command};

/// The error and its causes, outermost first; those that an earlier text repeats, as errors of data sets do, are left
/// out.
pub(crate) fn message(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(words) {
        let cause = cause.trim_end();
        if !text.contains(cause) {
            text += if text.is_empty() { "" } else { ": " };
            text += cause;
        }
    }
    text
}

/// One error, without its causes.
pub(crate) fn words(error: &(dyn Error + 'static)) -> String {
    let run = error.downcast_ref::<RunError>();
    let said = None
        .or_else(|| run.and_then(of_run))
        .or_else(|| error.downcast_ref().and_then(of_data))
        .or_else(|| error.downcast_ref().and_then(of_folder))
        .or_else(|| error.downcast_ref().and_then(of_source))
        .or_else(|| error.downcast_ref().and_then(of_weights))
        .or_else(|| error.downcast_ref().and_then(of_machine));
    said.unwrap_or_else(|| error.to_string())
}

fn of_run(error: &RunError) -> Option<String> {
    match error {
        RunError::Source(error) => of_source(error),
        RunError::Data(error) => of_data(error),
        RunError::Folder(error) => of_folder(error),
        RunError::Weights(error) => of_weights(error),
        RunError::Checkpoint { run, .. } => {
            let found = run.run.as_ref()?;
            let again = begin_again_command(run, &found.record, &found.dir).ok()?;
            Some(format!("{error}; `{again}` starts this run again"))
        }
        _ => None,
    }
}

fn of_data(error: &DataError) -> Option<String> {
    match error {
        DataError::NoFolder { .. } => Some(format!("{error}; give one with --data DIR")),
        DataError::TooFew { data, images } => Some(format!(
            "--holdout keeps {} images for evaluation, but {data} has only {} training images; leave --holdout out",
            thousands(HELD_OUT),
            thousands(*images),
        )),
        DataError::Files(_) => None,
    }
}

fn of_folder(error: &FolderError) -> Option<String> {
    let remedy = match error {
        FolderError::NoFolder { .. } | FolderError::NoRun { .. } => "; choose another with --out DIR".to_owned(),
        FolderError::OtherRun { .. } => "; replace it with --force, or choose another folder with --out DIR".to_owned(),
        FolderError::Locked { .. } => "; wait for it, or choose --out DIR".to_owned(),
        FolderError::Stopped { dir, kept: true, .. } => {
            format!(": once this can be written, `{}` resumes it", resume_command(dir))
        }
        FolderError::Damaged { dir, kept: true, .. } => {
            format!("; `{}` resumes from the checkpoint and writes it again", resume_command(dir))
        }
        FolderError::Damaged { kept: false, .. } => {
            "; there is no checkpoint; the command that started this run starts it again".to_owned()
        }
        _ => return None,
    };
    Some(format!("{error}{remedy}"))
}

fn of_source(error: &SourceError) -> Option<String> {
    let remedy = match error {
        SourceError::NoRun { .. } => "`gradbook train` writes one",
        SourceError::NoFolder { .. } => "give the folder that `gradbook train` wrote, such as runs/swift-seed1",
        _ => return None,
    };
    Some(format!("{error}; {remedy}"))
}

fn of_weights(error: &WeightsError) -> Option<String> {
    match error {
        WeightsError::Folder(error) => of_folder(error),
        WeightsError::OtherModel { .. } => Some(format!(
            "{error}; train again with --force, or evaluate it as a model from elsewhere with `gradbook eval --weights`"
        )),
        _ => None,
    }
}

fn of_machine(error: &MachineError) -> Option<String> {
    match error {
        MachineError::NoBf16 => Some(format!("{error}; leave --precision out for f32")),
        _ => None,
    }
}
