//! The workbooks that the given files and folders stand for.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::ensure;
use gradbook_run::files;

/// How deeply folders may be nested; links are not followed.
const MAX_DEPTH: usize = 12;
const MAX_FILES: usize = 100_000;

/// A workbook to be checked.
#[derive(Debug, PartialEq)]
pub(super) struct Submission {
    pub(super) path: PathBuf,
    /// Its name: the path, relative to the folder if only one folder was given.
    pub(super) name: String,
    /// Why there is nothing to check: a folder that cannot be read, or has no workbooks.
    pub(super) problem: Option<String>,
}

/// Files in the given order, a folder's files sorted; each once.
///
/// # Errors
/// If there are too many.
pub(super) fn list(given: &[PathBuf]) -> anyhow::Result<Vec<Submission>> {
    let mut found = Vec::new();
    for path in given {
        let before = found.len();
        if path.is_dir() {
            folder(path, 0, &mut found)?;
        } else {
            found.push(Submission::new(path.clone()));
        }
        if found.len() == before {
            let problem = "there is no .xlsx or .xlsm file in this folder; give the folder that holds the workbooks, and \
                           save those of other kinds as .xlsx";
            found.push(Submission { problem: Some(problem.to_owned()), ..Submission::new(path.clone()) });
        }
    }
    let mut seen = HashSet::new();
    found.retain(|submission| {
        // A file that cannot be found is reported when it is read.
        seen.insert(fs::canonicalize(&submission.path).unwrap_or_else(|_| submission.path.clone()))
    });
    if let [dir] = given {
        for submission in &mut found {
            if let Ok(inside) = submission.path.strip_prefix(dir)
                && inside != Path::new("")
            {
                submission.name = inside.display().to_string();
            }
        }
    }
    Ok(found)
}

impl Submission {
    fn new(path: PathBuf) -> Submission {
        Submission { name: path.display().to_string(), path, problem: None }
    }
}

/// All workbooks in a folder, except the files by which Excel marks open ones.
fn folder(dir: &Path, depth: usize, found: &mut Vec<Submission>) -> anyhow::Result<()> {
    ensure!(found.len() < MAX_FILES, "{}: more than {MAX_FILES} workbooks; check them in parts", dir.display());
    let names = match files::entries(dir) {
        Ok(names) => names,
        Err(error) => {
            let error = anyhow::Error::from(error);
            let problem = error.chain().skip(1).map(ToString::to_string).collect::<Vec<_>>().join(": ");
            let problem = Some(format!("this folder cannot be read: {problem}"));
            found.push(Submission { problem, ..Submission::new(dir.to_owned()) });
            return Ok(());
        }
    };
    for name in names {
        let path = dir.join(&name);
        // What has vanished since then needs no check.
        let Ok(kind) = fs::symlink_metadata(&path) else { continue };
        let lower = name.to_lowercase();
        if kind.is_dir() && depth < MAX_DEPTH {
            folder(&path, depth + 1, found)?;
        } else if kind.is_file() && (lower.ends_with(".xlsx") || lower.ends_with(".xlsm")) && !name.starts_with("~$") {
            found.push(Submission::new(path));
        }
    }
    Ok(())
}
