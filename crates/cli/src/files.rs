//! Writing files so that nobody ever sees half of one, and reading those that users hand in.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};

/// Writes a file under another name in the same folder, then renames it: it is there whole, or not at all.
///
/// # Errors
/// If the folder does not exist or cannot be written. Nothing is left behind then.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let Some(name) = path.file_name() else { bail!("{}: this is no file name", path.display()) };
    // `is_temporary` knows this name.
    let temporary = path.with_file_name(format!(".{}.{}.tmp", name.display(), std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut file = File::create_new(&temporary)?;
        file.write_all(bytes)?;
        // Before the name is its own: after a power failure, too, it is the old file or the new one.
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().with_context(|| {
        // What cannot be removed was never made, or the disk is gone.
        let _ = fs::remove_file(&temporary);
        let folder = parent(path);
        if folder.is_dir() {
            format!("{}: cannot be written", path.display())
        } else {
            format!("{}: cannot be written, because there is no folder {}", path.display(), folder.display())
        }
    })
}

/// Whether this is the name under which a program that was killed was just writing one of the files `of`.
pub(crate) fn is_temporary(name: &str, of: &[&str]) -> bool {
    let written = name.strip_prefix('.').and_then(|name| name.strip_suffix(".tmp")?.rsplit_once('.'));
    written.is_some_and(|(file, process)| of.contains(&file) && process.parse::<u32>().is_ok())
}

/// Removes what programs that were killed left of the files `of`.
///
/// # Errors
/// If that cannot be done.
pub(crate) fn remove_temporaries(dir: &Path, of: &[&str]) -> anyhow::Result<()> {
    for path in entries(dir)?.iter().filter(|name| is_temporary(name, of)).map(|name| dir.join(name)) {
        fs::remove_file(&path).with_context(|| format!("{}: cannot be removed", path.display()))?;
    }
    Ok(())
}

/// The content of a text file of at most `limit` bytes.
///
/// # Errors
/// If it cannot be read, is longer, or is no text.
pub(crate) fn read_text(path: &Path, limit: u64) -> anyhow::Result<String> {
    let bytes = read(path, limit)?;
    String::from_utf8(bytes).ok().with_context(|| format!("{}: this is no text (UTF-8)", path.display()))
}

/// The content of a file of at most `limit` bytes.
///
/// # Errors
/// If it cannot be read, is longer, or is a pipe or device, which might never end.
pub(crate) fn read(path: &Path, limit: u64) -> anyhow::Result<Vec<u8>> {
    let unreadable = || format!("{}: cannot be read", path.display());
    if !fs::metadata(path).with_context(unreadable)?.is_file() {
        bail!("{}: this is no regular file but a folder, a pipe or a device; give a file", path.display());
    }
    let mut bytes = Vec::new();
    File::open(path).with_context(unreadable)?.take(limit + 1).read_to_end(&mut bytes).with_context(unreadable)?;
    if bytes.len() as u64 > limit {
        bail!("{}: longer than {limit} bytes, so it is not what is expected here", path.display());
    }
    Ok(bytes)
}

/// In hexadecimal, as `sha256sum` prints it.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The folder that a path is in; `.` for a bare name.
pub(crate) fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Names of what is in a folder, sorted.
///
/// # Errors
/// If the folder cannot be read.
pub(crate) fn entries(dir: &Path) -> anyhow::Result<Vec<String>> {
    let unreadable = || format!("{}: cannot be read", dir.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).with_context(unreadable)? {
        names.push(entry.with_context(unreadable)?.file_name().display().to_string());
    }
    names.sort();
    Ok(names)
}
