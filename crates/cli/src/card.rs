//! The requirement card as a person reads it.

use gradbook_run::card::Requirement;

/// The card as one line; `None` without promises.
pub(crate) fn line(requirements: &[Requirement]) -> Option<String> {
    let words = requirements.iter().map(|Requirement { text, met }| match met {
        Some(true) => format!("{text} ok"),
        Some(false) => format!("{text} MISSED"),
        None => text.clone(),
    });
    (!requirements.is_empty()).then(|| words.collect::<Vec<_>>().join("   "))
}
