//! A series as Markdown, with a table as GitHub reads it.

use crate::Series;
use crate::results::{ResultCell, results};

/// Headline, protocol, table, what the columns mean, and the command.
pub fn markdown(series: &Series) -> String {
    let table = results(series);
    let mut text = format!("# {}\n\n{}\n\n", escape(&series.title), escape(&series.about));
    for line in &series.protocol {
        text.push_str(&format!("- {}\n", escape(line)));
    }
    if !series.protocol.is_empty() {
        text.push('\n');
    }
    let alignments = std::iter::once(":--").chain(std::iter::repeat("--:")).take(table.heads.len());
    text.push_str(&line(table.heads.iter().map(|head| escape(head))));
    text.push_str(&line(alignments.map(str::to_owned)));
    for row in &table.rows {
        text.push_str(&line(row.iter().map(cell)));
    }
    for note in table.notes {
        text.push_str(&format!("\n{}\n", escape(note)));
    }
    if !series.command.is_empty() {
        // Indented, a block of code needs no fence that the command could contain.
        let command: Vec<String> = series.command.lines().map(|line| format!("    {line}\n")).collect();
        text.push_str(&format!("\nMade by:\n\n{}", command.concat()));
    }
    text
}

fn line(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

fn cell(cell: &ResultCell) -> String {
    let text = escape(&cell.text);
    if cell.strong { format!("**{text}**") } else { text }
}

/// A plain text in one line, so that it is shown as it is: GitHub takes none of it for emphasis, a link, HTML, a formula
/// or the end of a cell.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before = ' ';
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        // An underscore inside a word emphasises nothing.
        let inside = before.is_alphanumeric() && characters.peek().is_some_and(|next| next.is_alphanumeric());
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '\n' | '\r' => escaped.push(' '),
            '\\' | '`' | '*' | '[' | ']' | '|' | '~' | '$' => escaped.extend(['\\', character]),
            '_' if !inside => escaped.push_str("\\_"),
            _ => escaped.push(character),
        }
        before = character;
    }
    escaped
}
