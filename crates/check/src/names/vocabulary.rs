//! Looking words up.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::entry::{Entry, Language, Says};
use super::spellings::VOCABULARY;

/// The lines with a spelling.
pub(super) fn entries(spelling: &str) -> &'static [&'static Entry] {
    static BY_SPELLING: LazyLock<HashMap<&str, Vec<&Entry>>> = LazyLock::new(|| {
        let mut lines: HashMap<&str, Vec<&Entry>> = HashMap::new();
        VOCABULARY.iter().for_each(|entry| lines.entry(entry.spelling).or_default().push(entry));
        lines
    });
    BY_SPELLING.get(spelling).map_or(&[], Vec::as_slice)
}

/// All spellings that say this, in the table's order.
pub(super) fn spellings(says: Says) -> &'static [&'static str] {
    static BY_SENSE: LazyLock<HashMap<Says, Vec<&str>>> = LazyLock::new(|| {
        let mut lines: HashMap<Says, Vec<&str>> = HashMap::new();
        VOCABULARY.iter().for_each(|entry| lines.entry(entry.says).or_default().push(entry.spelling));
        lines
    });
    BY_SENSE.get(&says).map_or(&[], Vec::as_slice)
}

/// Whether a spelling can say this.
pub(super) fn can_say(spelling: &str, says: Says) -> bool {
    entries(spelling).iter().any(|entry| entry.says == says)
}

/// The text in lower case with its foreign words in English.
pub(super) fn in_english(text: &str) -> String {
    let foreign = |entry: &&Entry| match (entry.language, entry.says) {
        (Language::Notation | Language::English, _) => None,
        (_, Says::Means(english)) => Some(english),
        _ => None,
    };
    static PHRASES: LazyLock<Vec<&Entry>> =
        LazyLock::new(|| VOCABULARY.iter().filter(|entry| entry.spelling.contains(' ')).collect());
    let mut text = text.to_owned();
    for phrase in PHRASES.iter() {
        text = text.replace(phrase.spelling, foreign(phrase).unwrap_or(phrase.spelling));
    }
    let mut english = String::new();
    let mut rest = text.as_str();
    while let Some(letter) = rest.chars().next() {
        let is_letter = letter.is_alphabetic();
        let end = rest.find(|letter: char| letter.is_alphabetic() != is_letter).unwrap_or(rest.len());
        let word = &rest[..end];
        english.push_str(entries(word).iter().find_map(foreign).unwrap_or(word));
        rest = &rest[end..];
    }
    english
}
