//! Many workbooks at once: who has which mistakes, and which mistakes are the commonest.

use std::collections::BTreeMap;

use super::page::document;
use super::report::{Report, Verdict};
use crate::exercise::{Marks, PartMarks};
use crate::html::markup::{Cell, escape, table};

/// One workbook of many.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its path from the folder that was checked.
    pub file: String,
    /// Its page, relative to the class's page.
    pub page: Option<String>,
    /// What was found, or why the file could not be read.
    pub outcome: Result<Report, String>,
}

/// Of a mistake: in how many workbooks, which cells, what kind.
struct Common<'e> {
    workbooks: usize,
    quantity: &'e str,
    hint: &'static str,
}

impl Entry {
    /// `right`, `wrong`, `nothing` or `unreadable`.
    pub fn word(&self) -> &'static str {
        match self.outcome.as_ref().map(Report::verdict) {
            Ok(Verdict::Right) => "right",
            Ok(Verdict::Wrong) => "wrong",
            Ok(Verdict::Partly) => "partly",
            Ok(Verdict::Nothing) => "nothing",
            Err(_) => "unreadable",
        }
    }

    fn mistakes(&self) -> String {
        match &self.outcome {
            Ok(Report { marks: Some(marks), .. }) => {
                let part = |part: &PartMarks| format!("{}: {} of {}", part.title, part.right, part.blanks.len());
                marks.parts.iter().map(part).collect::<Vec<_>>().join("; ")
            }
            Ok(report) => {
                let words = report.findings.iter().map(|finding| format!("{} ({})", finding.quantity, finding.hint));
                words.collect::<Vec<_>>().join("; ")
            }
            Err(error) => error.clone(),
        }
    }

    fn count(&self, of: impl Fn(&Report) -> usize) -> usize {
        self.outcome.as_ref().map_or(0, of)
    }
}

/// A row a workbook (RFC 4180).
pub fn csv(entries: &[Entry]) -> String {
    let mut text = "file,verdict,marks,of,mistakes,cells_right,cells_wrong,cells_undecided,kinds,words\n".to_owned();
    for entry in entries {
        let sum = |of: fn(&super::TableReport) -> usize| entry.count(|report| report.tables.iter().map(of).sum());
        let kinds = entry.outcome.as_ref().map_or(String::new(), |report| {
            report.findings.iter().map(|finding| finding.kind).collect::<Vec<_>>().join(" ")
        });
        let marks = entry.outcome.as_ref().ok().and_then(|report| report.marks.as_ref()).map(Marks::total);
        let (marks, of) = marks.map_or_else(Default::default, |(right, all)| (right.to_string(), all.to_string()));
        let fields = [
            quoted(&entry.file),
            entry.word().to_owned(),
            marks,
            of,
            entry.count(|report| report.findings.len()).to_string(),
            sum(|table| table.right).to_string(),
            sum(|table| table.wrong).to_string(),
            sum(|table| table.undecided).to_string(),
            kinds,
            quoted(&entry.mistakes()),
        ];
        text += &(fields.join(",") + "\n");
    }
    text
}

/// A cell that begins like a formula would be one in a spreadsheet; file names come from others.
fn quoted(field: &str) -> String {
    let harmless = if field.starts_with(['=', '+', '-', '@']) { format!("'{field}") } else { field.to_owned() };
    if harmless.contains([',', '"', '\n', '\r']) { format!("\"{}\"", harmless.replace('"', "\"\"")) } else { harmless }
}

/// How many workbooks are right, wrong, without anything to judge, unreadable; and the commonest mistakes.
pub fn summary(entries: &[Entry]) -> String {
    let count = |word: &str| entries.iter().filter(|entry| entry.word() == word).count();
    let mut lines = vec![format!(
        "{} workbooks: {} right, {} wrong, {} with nothing to judge, {} unreadable",
        entries.len(),
        count("right"),
        count("wrong"),
        count("nothing"),
        count("unreadable")
    )];
    for Common { workbooks, quantity, hint } in commonest(entries).into_iter().take(5) {
        lines.push(format!("  in {workbooks}: {quantity}, {hint}"));
    }
    lines.join("\n")
}

fn commonest(entries: &[Entry]) -> Vec<Common<'_>> {
    let mut counts: BTreeMap<(&str, &'static str), usize> = BTreeMap::new();
    for entry in entries {
        let Ok(report) = &entry.outcome else { continue };
        let mut own: Vec<(&str, &'static str)> =
            report.findings.iter().map(|finding| (finding.symbol.as_str(), finding.hint)).collect();
        own.sort_unstable();
        own.dedup();
        for mistake in own {
            *counts.entry(mistake).or_default() += 1;
        }
    }
    let common = counts.into_iter().map(|((quantity, hint), workbooks)| Common { workbooks, quantity, hint });
    let mut common: Vec<Common> = common.collect();
    common.sort_by_key(|mistake| std::cmp::Reverse(mistake.workbooks));
    common
}

/// The class on one page, with a link to each workbook's.
pub fn class_page(folder: &str, entries: &[Entry]) -> String {
    let lines = summary(entries);
    let mut body = format!("<p>{}</p>\n", escape(lines.lines().next().unwrap_or_default()));
    let common = commonest(entries);
    if !common.is_empty() {
        let row = |mistake: &Common| {
            vec![
                Cell::Number(mistake.workbooks.to_string()),
                Cell::Words(escape(mistake.quantity)),
                Cell::Words(escape(mistake.hint)),
            ]
        };
        let rows: Vec<Vec<Cell>> = common.iter().take(20).map(row).collect();
        let heads = ["workbooks", "quantity", "mistake"].map(str::to_owned);
        body +=
            &format!("<section>\n<h2>The commonest mistakes</h2>\n{}</section>\n", table("Mistakes", &heads, &rows));
    }
    let row = |entry: &Entry| {
        let name = escape(&entry.file);
        let linked = entry.page.as_ref().map(|page| format!("<a href=\"{}\">{name}</a>", escape(page)));
        let colour = match entry.word() {
            "right" => "ok",
            "wrong" => "wrong",
            _ => "kink",
        };
        vec![
            Cell::Head(linked.unwrap_or(name)),
            Cell::Marked(entry.word().to_owned(), colour),
            Cell::Words(escape(&entry.mistakes())),
        ]
    };
    let rows: Vec<Vec<Cell>> = entries.iter().map(row).collect();
    let heads = ["workbook", "verdict", "mistakes"].map(str::to_owned);
    body += &format!("<section>\n<h2>All workbooks</h2>\n{}</section>\n", table("Workbooks", &heads, &rows));
    document(&format!("Backpropagation sheets: {folder}"), &body)
}
