//! Writing files so that nobody ever sees half of one, and reading files that users supply.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use thiserror::Error;

/// What went wrong with which file or folder; the system's reason, if there is one, is the source.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "each text says it; `path` is the file or folder")]
pub enum FileError {
    #[error("{path}: this is not a file name")]
    Name { path: PathBuf },
    #[error("{path}: cannot be written")]
    Write { path: PathBuf, source: io::Error },
    #[error("{path}: cannot be written, because there is no folder {folder}")]
    NoFolder { path: PathBuf, folder: PathBuf, source: io::Error },
    #[error("{path}: this folder cannot be created")]
    MakeFolder { path: PathBuf, source: io::Error },
    #[error("{path}: cannot be replaced")]
    Replace { path: PathBuf, source: io::Error },
    #[error("{path}: cannot be removed")]
    Remove { path: PathBuf, source: io::Error },
    #[error("{path}: cannot be read")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path}: this is not a regular file but a folder, a pipe or a device; give a file")]
    NotRegular { path: PathBuf },
    #[error("{path}: longer than {limit} bytes, so it is not what is expected here")]
    TooLong { path: PathBuf, limit: u64 },
    #[error("{path}: this is not UTF-8 text")]
    NotText { path: PathBuf },
}

/// Writes a file under another name in the same folder, then renames it, so that it is there completely or not at all.
///
/// # Errors
/// If the folder does not exist or cannot be written. In that case nothing is left behind.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let Some(name) = path.file_name() else { return Err(FileError::Name { path: path.to_owned() }) };
    // `is_temporary` knows this name.
    let temporary = path.with_file_name(format!(".{}.{}.tmp", name.display(), std::process::id()));
    let write = || -> io::Result<()> {
        let mut file = File::create_new(&temporary)?;
        file.write_all(bytes)?;
        // Before the file gets its name, so that even after a power failure it is the old file or the new one.
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().map_err(|source| {
        // If it cannot be removed, it was never created, or the disk is gone.
        let _ = fs::remove_file(&temporary);
        let (path, folder) = (path.to_owned(), parent(path));
        if folder.is_dir() { FileError::Write { path, source } } else { FileError::NoFolder { path, folder, source } }
    })
}

/// Creates a folder and its parents where they are missing.
///
/// # Errors
/// If that cannot be done.
pub fn make_folder(path: &Path) -> Result<(), FileError> {
    fs::create_dir_all(path).map_err(|source| FileError::MakeFolder { path: path.to_owned(), source })
}

/// Whether this is the temporary name of one of the files `of`, left by a program that was killed.
pub fn is_temporary(name: &str, of: &[&str]) -> bool {
    let written = name.strip_prefix('.').and_then(|name| name.strip_suffix(".tmp")?.rsplit_once('.'));
    written.is_some_and(|(file, process)| of.contains(&file) && process.parse::<u32>().is_ok())
}

/// Removes the temporary files that killed programs left of the files `of`.
///
/// # Errors
/// If that cannot be done.
pub fn remove_temporaries(dir: &Path, of: &[&str]) -> Result<(), FileError> {
    for path in entries(dir)?.iter().filter(|name| is_temporary(name, of)).map(|name| dir.join(name)) {
        fs::remove_file(&path).map_err(|source| FileError::Remove { path, source })?;
    }
    Ok(())
}

/// The content of a text file of at most `limit` bytes.
///
/// # Errors
/// If it cannot be read, is longer, or is not UTF-8 text.
pub fn read_text(path: &Path, limit: u64) -> Result<String, FileError> {
    String::from_utf8(read(path, limit)?).map_err(|_| FileError::NotText { path: path.to_owned() })
}

/// The content of a file of at most `limit` bytes.
///
/// # Errors
/// If it cannot be read, is longer, or is a pipe or device, which might never end.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let unreadable = |source| FileError::Read { path: path.to_owned(), source };
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(FileError::NotRegular { path: path.to_owned() });
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(unreadable)?.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(FileError::TooLong { path: path.to_owned(), limit });
    }
    Ok(bytes)
}

/// The SHA-256 in hexadecimal, as `sha256sum` prints it.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The folder that a path is in; `.` for a bare name.
pub fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The sorted names of a folder's entries.
///
/// # Errors
/// If the folder cannot be read.
pub fn entries(dir: &Path) -> Result<Vec<String>, FileError> {
    let unreadable = |source| FileError::Read { path: dir.to_owned(), source };
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        names.push(entry.map_err(unreadable)?.file_name().display().to_string());
    }
    names.sort();
    Ok(names)
}
