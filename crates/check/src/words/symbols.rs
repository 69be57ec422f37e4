//! What the author of a sheet calls quantities, cells and sheets.

use gradbook_lesson::Key;

use crate::compare::{RateSource, Sense, Timed};
use crate::names::Role;
use crate::read::At;

/// What the author calls a column.
pub(super) fn header(sense: &Sense, column: usize) -> String {
    let at = sense.reading.table.columns[column].header;
    let text = sense.reading.book.text(at).unwrap_or_default();
    let text = text.trim().trim_end_matches([':', '=']).trim().replace('\n', " ");
    // A name in two rows is not told by one of them.
    let is_whole = Role::of(&text).is_some_and(|role| role == *sense.reading.table.columns[column].role.whole());
    match (sense.keys[column].first(), sense.reading.table.columns[column].role.whole()) {
        // By the author's own number of the weight.
        (Some(Key::G(_)), Role::Derivative(_, by)) if !is_whole && sense.reading.table.find(by).is_some() => {
            let by = sense.reading.table.find(by).map_or(text, |by| header(sense, by));
            format!("∂E/∂{by}")
        }
        (Some(Key::Next(_)), Role::Next(of)) if Role::of(&text).as_ref() == Some(of) => format!("{text} new"),
        (Some(key), _) if !is_whole => sense.theory().text(*key),
        _ => text,
    }
}

/// The author's name of a quantity.
pub(super) fn symbol(sense: &Sense, timed: Timed) -> String {
    let name = match (timed.key, sense.rate, sense.column(timed.key)) {
        (Key::Rate, RateSource::Number(rate), _) => format!("{rate}"),
        (Key::Rate, ..) => "rate".to_owned(),
        (_, _, Some(column)) => header(sense, column),
        (key, ..) => sense.theory().text(key),
    };
    if timed.back == 0 { name } else { format!("{name} of {}", row_words(timed.back)) }
}

pub(super) fn row_words(back: isize) -> String {
    match back {
        1 => "the row before".to_owned(),
        -1 => "the next row".to_owned(),
        0 => "the same row".to_owned(),
        2 => "two rows before".to_owned(),
        back if back > 0 => format!("{back} rows before"),
        back => format!("{} rows after", -back),
    }
}

pub(super) fn sheet_name(sense: &Sense, sheet: usize) -> String {
    quoted(&sense.reading.book.sheets[sheet].name)
}

/// A sheet's name as formulas write it.
pub(super) fn quoted(name: &str) -> String {
    let plain = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    if plain { name.to_owned() } else { format!("'{}'", name.replace('\'', "''")) }
}

/// `Sheet1!X8:X75`.
pub(super) fn range(sense: &Sense, first: At, last: At) -> String {
    let name = sheet_name(sense, first.sheet);
    if first == last { format!("{name}!{}", first.name()) } else { format!("{name}!{}:{}", first.name(), last.name()) }
}
