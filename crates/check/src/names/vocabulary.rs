//! Looking words up.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::says::{Language, Says, Spelling};
use super::spellings::VOCABULARY;

/// The lines with a spelling.
pub(super) fn lines(spelling: &str) -> &'static [&'static Spelling] {
    static BY_SPELLING: LazyLock<HashMap<&str, Vec<&Spelling>>> = LazyLock::new(|| {
        let mut found: HashMap<&str, Vec<&Spelling>> = HashMap::new();
        VOCABULARY.iter().for_each(|line| found.entry(line.text).or_default().push(line));
        found
    });
    BY_SPELLING.get(spelling).map_or(&[], Vec::as_slice)
}

/// All spellings that say this, in the table's order.
pub(super) fn spellings(says: Says) -> &'static [&'static str] {
    static BY_SENSE: LazyLock<HashMap<Says, Vec<&str>>> = LazyLock::new(|| {
        let mut found: HashMap<Says, Vec<&str>> = HashMap::new();
        VOCABULARY.iter().for_each(|line| found.entry(line.says).or_default().push(line.text));
        found
    });
    BY_SENSE.get(&says).map_or(&[], Vec::as_slice)
}

/// Whether a spelling can say this.
pub(super) fn can_say(spelling: &str, says: Says) -> bool {
    lines(spelling).iter().any(|line| line.says == says)
}

/// The text in lower case with its foreign words in English.
pub(super) fn in_english(text: &str) -> String {
    let foreign = |line: &&Spelling| match (line.language, line.says) {
        (Language::Notation | Language::English, _) => None,
        (_, Says::Means(english)) => Some(english),
        _ => None,
    };
    static PHRASES: LazyLock<Vec<&Spelling>> =
        LazyLock::new(|| VOCABULARY.iter().filter(|line| line.text.contains(' ')).collect());
    let mut text = text.to_owned();
    for phrase in PHRASES.iter() {
        text = text.replace(phrase.text, foreign(phrase).unwrap_or(phrase.text));
    }
    let mut english = String::new();
    let mut rest = text.as_str();
    while let Some(letter) = rest.chars().next() {
        let is_letter = letter.is_alphabetic();
        let end = rest.find(|letter: char| letter.is_alphabetic() != is_letter).unwrap_or(rest.len());
        let word = &rest[..end];
        english.push_str(lines(word).iter().find_map(foreign).unwrap_or(word));
        rest = &rest[end..];
    }
    english
}
