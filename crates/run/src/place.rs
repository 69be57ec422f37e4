//! The place of a run, inspected before anything is done: is it free, or has this same run been started or finished
//! there?

use std::fs;
use std::path::Path;

use gradbook_engine::spec::Spec;

use crate::description::{DescriptionError, to_toml};
use crate::files::{self, sha256};
use crate::folder::error::FolderError;
use crate::folder::names::{CHECKPOINT_FILE, METRICS_FILE, MODEL_FILE, RUN_FILE, RUN_FILES};
use crate::folder::records::{Record, RunResult, read_description, read_metrics, read_result};
use crate::limits::Limits;
use crate::stop::Stop;

/// Larger files are not models.
const MAX_MODEL_BYTES: u64 = 1 << 32;

/// What is in the place of a run that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// Nothing, or something that may be replaced.
    Free,
    /// The run that is asked for, with a checkpoint to resume from.
    Begun,
    /// The run that is asked for, with its result.
    Finished(Box<RunResult>),
}

/// Inspects the place of a run before anything is done. Runs with the same description, seed, data, precision and
/// initial weights are the same run. If it is finished, or got as far as these `limits` allow, it need not be repeated;
/// if it is unfinished, it resumes from its checkpoint. `force` frees the place of any run.
///
/// # Errors
/// If there is another run without `force`, anything that is not a run, or a description that cannot be read.
pub fn place(dir: &Path, spec: &Spec, record: &Record, limits: &Limits, force: bool) -> Result<Place, FolderError> {
    if !dir.exists() {
        return Ok(Place::Free);
    }
    if !dir.is_dir() {
        return Err(FolderError::NoFolder { dir: dir.to_owned() });
    }
    let mut entries = files::entries(dir)?;
    if !entries.iter().any(|name| name == RUN_FILE) {
        // What a killed process leaves before its first file is complete does not count.
        let is_empty = |name: &str| fs::metadata(dir.join(name)).is_ok_and(|file| file.len() == 0);
        entries.retain(|name| !(files::is_temporary(name, &RUN_FILES) || name == METRICS_FILE && is_empty(name)));
        return match entries.into_iter().next() {
            None => Ok(Place::Free),
            Some(entry) => Err(FolderError::NoRun { dir: dir.to_owned(), entry }),
        };
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
        return Err(FolderError::OtherRun { dir: dir.to_owned(), difference });
    }
    // If it is the same run, what is missing or damaged can be made again.
    match read_result(dir) {
        Ok(Some(result)) if is_whole(dir, record, limits, &result) => Ok(Place::Finished(Box::new(result))),
        _ if dir.join(CHECKPOINT_FILE).exists() => Ok(Place::Begun),
        _ => Ok(Place::Free),
    }
}

/// Whether the result belongs to this run, which would go no further, and its model and metrics are there.
fn is_whole(dir: &Path, record: &Record, limits: &Limits, result: &RunResult) -> bool {
    let own = result.seed == record.seed && result.version == record.version;
    let model = files::read(&dir.join(MODEL_FILE), MAX_MODEL_BYTES);
    let Ok(epochs) = read_metrics(dir) else { return false };
    let ended = match result.stopped_by {
        None => !result.interrupted,
        Some(Stop::Diverged) => true,
        Some(stop) => !stop.is_interruption() && limits.after(&epochs).is_some(),
    };
    own && ended
        && model.is_ok_and(|model| sha256(&model) == result.model_sha256)
        && epochs.iter().filter(|epoch| !epoch.cut_short).count() == result.epochs
}

/// A SHA-256 that ties a checkpoint to this run and no other.
///
/// # Errors
/// If the description has a number that TOML cannot represent.
pub fn fingerprint(spec: &Spec, record: &Record) -> Result<String, DescriptionError> {
    let identity: String = identity(record).iter().map(|(what, value)| format!("{what} {value}\n")).collect();
    Ok(sha256((identity + &to_toml(&trained(spec))?).as_bytes()))
}

/// How the run that was found differs from the one that is wanted.
pub fn difference(found: (&Spec, &Record), wanted: (&Spec, &Record)) -> Option<String> {
    for ((what, found), (_, wanted)) in identity(found.1).into_iter().zip(identity(wanted.1)) {
        if found != wanted {
            return Some(format!("with {what} {found} instead of {wanted}"));
        }
    }
    (trained(found.0) != trained(wanted.0)).then(|| "of another description".to_owned())
}

/// The description without words and promises, which do not change a training.
fn trained(spec: &Spec) -> Spec {
    Spec { about: String::new(), require: None, lesson: None, ..spec.clone() }
}

/// What a run's bits depend on besides the description. Threads and, in f32, instructions are not part of it.
fn identity(record: &Record) -> [(&'static str, String); 5] {
    let data = match &record.data_sha256 {
        Some(sha256) => format!("with SHA-256 {sha256}"),
        None => record.data.clone(),
    };
    let images = if record.holdout { format!("{data} (some held out)") } else { data };
    let precision = match record.precision.as_str() {
        "f32" => "f32".to_owned(),
        other => format!("{other} ({})", record.isa),
    };
    [
        ("seed", record.seed.to_string()),
        ("data", images),
        ("precision", precision),
        ("program version", record.version.clone()),
        (
            "initial weights",
            record.init_sha256.as_ref().map_or("random".to_owned(), |sha256| format!("{sha256} (SHA-256)")),
        ),
    ]
}
