//! Marks as text for a terminal.

use std::fmt;

use super::detail::Detail;
use super::number::number_text;
use crate::report::{BlankMarks, Change, Marks, Outcome, PartMarks};

/// The marks of one file, several lines.
pub(super) fn text(file: &str, marks: &Marks, detail: Detail) -> String {
    let mut lines = vec![format!("{file}: {}", headline(marks))];
    for part in &marks.parts {
        lines.push(format!("  {}: {} of {}", part.title, part.right, part.blanks.len()));
        lines.extend(blank_lines(part, detail));
    }
    lines.extend(notes(marks).iter().map(|note| format!("  note: {note}")));
    lines.join("\n")
}

/// What a teacher should know beside the marks.
pub(super) fn notes(marks: &Marks) -> Vec<String> {
    let mut notes = Vec::new();
    let copied: Vec<&str> = marks.copied().map(|blank| blank.place.as_str()).collect();
    if !copied.is_empty() {
        notes.push(format!("taken from the measurements, not derived: {}", copied.join(", ")));
    }
    if !marks.changed.is_empty() {
        let changes: Vec<String> = marks.changed.iter().map(ToString::to_string).collect();
        let changes = changes.join(", ");
        notes.push(format!("numbers of the exercise were changed, and the marks are for the original ones: {changes}"));
    }
    notes
}

impl fmt::Display for Change {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{} {} → {}", self.quantity, number_text(self.from), number_text(self.to))
    }
}

/// `exercise of Ada, 3 of 8 right`.
pub(super) fn headline(marks: &Marks) -> String {
    let (right, count) = marks.total();
    let learner = marks.learner.as_ref().map_or(String::new(), |name| format!(" of {name}"));
    format!("exercise{learner}, {right} of {count} right")
}

/// What is not right, a line each; all that is empty in one.
fn blank_lines(part: &PartMarks, detail: Detail) -> Vec<String> {
    let wrong = part.blanks.iter().filter(|blank| blank.outcome == Outcome::Wrong);
    let mut lines: Vec<String> = wrong.map(|blank| wrong_line(blank, detail)).collect();
    let empty = part.blanks.iter().filter(|blank| blank.outcome == Outcome::Empty);
    let empty: Vec<String> = empty.map(|blank| format!("{} ({})", blank.quantity, blank.place)).collect();
    if !empty.is_empty() {
        lines.push(format!("    empty  {}", empty.join(", ")));
    }
    lines
}

fn wrong_line(blank: &BlankMarks, detail: Detail) -> String {
    let is = blank.value.map_or("no number".to_owned(), number_text);
    let right = match (detail, blank.correct) {
        (Detail::Everything, Some(correct)) => format!(", right is {}", number_text(correct)),
        _ => String::new(),
    };
    format!("    wrong  {} ({}): {is}{right}", blank.quantity, blank.place)
}
