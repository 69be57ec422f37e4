//! Files that are refused before they can cost much: other kinds of files, bombs, impossible places.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::unreadable::Unreadable;
use crate::limits::{MAX_ARCHIVE_ENTRIES, MAX_FILE_BYTES, MAX_UNPACKED_BYTES};

/// In the XML of sheets alone.
const SHEET: &[u8] = b"sheetData";

/// Whether these bytes are worth reading as a workbook.
///
/// # Errors
/// If they are of another kind, damaged, or beyond the limits.
pub(super) fn accept(bytes: &[u8]) -> Result<(), Unreadable> {
    refuse_others(bytes)?;
    refuse_bombs(bytes)
}

/// Files that people mistake for such a workbook, each with its own answer.
fn refuse_others(bytes: &[u8]) -> Result<(), Unreadable> {
    match bytes {
        [] => Err(Unreadable::NoWorkbook("the file is empty")),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => {
            Err(Unreadable::NoWorkbook("it is of Excel's old kind .xls, or locked with a password"))
        }
        [b'P', b'K', ..] if bytes.len() > MAX_FILE_BYTES => Err(Unreadable::too_large(
            format!("the file has {} MB", bytes.len() >> 20),
            format!("{} MB", MAX_FILE_BYTES >> 20),
        )),
        [b'P', b'K', ..] => Ok(()),
        _ => Err(Unreadable::NoWorkbook("its first bytes are those of another kind of file")),
    }
}

/// Unpacks everything once and keeps nothing, because what a file says of its sizes need not be true.
fn refuse_bombs(bytes: &[u8]) -> Result<(), Unreadable> {
    let damaged = |error: zip::result::ZipError| Unreadable::Damaged(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if archive.len() > MAX_ARCHIVE_ENTRIES {
        return Err(Unreadable::too_large(
            format!("it consists of {} parts", archive.len()),
            format!("{MAX_ARCHIVE_ENTRIES} parts"),
        ));
    }
    if archive.index_for_name("mimetype").is_some() {
        return Err(Unreadable::NoWorkbook("it is an OpenDocument file"));
    }
    if archive.index_for_name("xl/workbook.xml").is_none() && archive.index_for_name("[Content_Types].xml").is_none() {
        return Err(Unreadable::NoWorkbook("it is a zip archive without a workbook"));
    }
    let mut left = MAX_UNPACKED_BYTES;
    for part in 0..archive.len() {
        let file = archive.by_index(part).map_err(damaged)?;
        let mut content = Vec::new();
        let read = file.take(left + 1).read_to_end(&mut content);
        let read = read.map_err(|error| Unreadable::Damaged(error.to_string()))? as u64;
        if read > left {
            let limit = format!("{} MB", MAX_UNPACKED_BYTES >> 20);
            return Err(Unreadable::too_large("unpacked it would be very large".to_owned(), limit));
        }
        refuse_impossible(&content)?;
        left -= read;
    }
    Ok(())
}

/// Numbers in the XML of a sheet that the reader of workbooks would take at their word.
fn refuse_impossible(content: &[u8]) -> Result<(), Unreadable> {
    if attributes(content, b"si").any(|number| longest(number, u8::is_ascii_digit) > 6) {
        return Err(Unreadable::Damaged("a formula that cells share has an impossible number".to_owned()));
    }
    let is_sheet = content.windows(SHEET.len()).any(|window| window == SHEET);
    let is_far = |place: &[u8]| longest(place, u8::is_ascii_digit) > 7 || longest(place, u8::is_ascii_alphabetic) > 3;
    if is_sheet && (attributes(content, b"r").any(is_far) || attributes(content, b"ref").any(is_far)) {
        return Err(Unreadable::beyond_the_sheet());
    }
    Ok(())
}

/// The values of an attribute. The reader makes room for the numbers in some, and counts on from others.
fn attributes<'x>(xml: &'x [u8], name: &'x [u8]) -> impl Iterator<Item = &'x [u8]> {
    let signs = xml.iter().enumerate().filter(|(_, byte)| **byte == b'=').map(|(at, _)| at);
    signs.filter_map(move |at| {
        let before = xml[..at].trim_ascii_end().strip_suffix(name)?;
        let quoted = xml[at + 1..].trim_ascii_start();
        let (quote, value) = quoted.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
        let is_whole = before.last().is_some_and(u8::is_ascii_whitespace);
        is_whole.then(|| value.split(|byte| byte == quote).next().unwrap_or_default())
    })
}

/// How many such bytes follow each other; zeros before a number do not count.
fn longest(value: &[u8], is: fn(&u8) -> bool) -> usize {
    let runs = value.split(|byte| !is(byte));
    runs.map(|run| run.iter().skip_while(|byte| **byte == b'0').count()).max().unwrap_or(0)
}
