//! The place of a run, looked at before anything is done: is it free, or has this very run been done already?

use std::path::Path;

use anyhow::bail;
use gradbook_engine::spec::Spec;

use crate::files;
use crate::run_folder::{RUN_FILE, RUN_FILES, Record, RunResult, read_description, read_result};

/// What is in the place of a run that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    /// Nothing, or something that may be replaced.
    Free,
    /// The very run that is asked for, with its result.
    Finished(Box<RunResult>),
}

/// Looks at the place of a run before anything is done. A run of the same description, seed, data and precision is
/// the same run: finished, it need not be repeated; unfinished, it can be begun again. `force` frees the place of any run.
///
/// # Errors
/// If there is another run and no `force`, anything that is no run, or a damaged run.
pub(crate) fn place(dir: &Path, spec: &Spec, record: &Record, force: bool) -> anyhow::Result<Place> {
    let shown = dir.display();
    if !dir.exists() {
        return Ok(Place::Free);
    }
    if !dir.is_dir() {
        bail!("{shown}: this is a file, but a run needs a folder; choose another with --out DIR");
    }
    let mut entries = files::entries(dir)?;
    entries.retain(|name| !files::is_temporary(name, &RUN_FILES));
    if entries.is_empty() {
        return Ok(Place::Free);
    }
    if !entries.iter().any(|name| name == RUN_FILE) {
        bail!("{shown}: this folder holds something that is no run ({}); choose another with --out DIR", entries[0]);
    }
    if force {
        return Ok(Place::Free);
    }
    let (found_spec, found_record) = read_description(&dir.join(RUN_FILE))?;
    let difference = match &found_record {
        None => Some("without a record".to_owned()),
        Some(found) => difference((&found_spec, found), (spec, record)),
    };
    if let Some(difference) = difference {
        bail!(
            "{shown}: there is another run already, {difference}; replace it with --force, or choose another folder \
             with --out DIR"
        );
    }
    match read_result(dir)? {
        Some(result) if !result.interrupted => Ok(Place::Finished(Box::new(result))),
        _ => Ok(Place::Free),
    }
}

/// What makes the run that was found another one than that which is wanted.
fn difference(found: (&Spec, &Record), wanted: (&Spec, &Record)) -> Option<String> {
    for ((what, found), (_, wanted)) in identity(found.1).into_iter().zip(identity(wanted.1)) {
        if found != wanted {
            return Some(format!("with {what} {found} in place of {wanted}"));
        }
    }
    // Words and promises do not change a training.
    let trained = |spec: &Spec| Spec { about: String::new(), require: None, lesson: None, ..spec.clone() };
    (trained(found.0) != trained(wanted.0)).then(|| "of another description".to_owned())
}

/// What a run's bits depend on besides the description. Threads and, in f32, instructions are not part of it.
fn identity(record: &Record) -> [(&'static str, String); 4] {
    let images = if record.holdout { format!("{} (some held out)", record.data) } else { record.data.clone() };
    let precision = match record.precision.as_str() {
        "f32" => "f32".to_owned(),
        other => format!("{other} ({})", record.isa),
    };
    [
        ("seed", record.seed.to_string()),
        ("data", images),
        ("precision", precision),
        ("program version", record.version.clone()),
    ]
}
