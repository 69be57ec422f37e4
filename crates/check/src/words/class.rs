//! Many workbooks at once: who has which mistakes, and which mistakes are the commonest.

use std::collections::BTreeMap;

use super::page::{breakable, colour, document};
use super::text::headline;
use crate::report::{Finding, Marks, PartMarks, Report, TableReport, Verdict};
use gradbook_page::markup::{TableCell, escape, section, table};

/// One workbook of many.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its path, from the folder if a single one was checked.
    pub file: String,
    /// Its page, relative to the class's page.
    pub page: Option<String>,
    /// What was found, or why the file could not be read.
    pub outcome: Result<Report, String>,
}

/// A mistake: in how many workbooks it is, of which quantity, of what kind.
struct Common<'e> {
    workbooks: usize,
    quantity: &'e str,
    hint: &'static str,
}

impl Entry {
    /// `right`, `wrong`, `partly`, `nothing` or `unreadable`.
    pub fn word(&self) -> &'static str {
        self.outcome.as_ref().map_or("unreadable", |report| word(report.verdict()))
    }

    fn report(&self) -> Option<&Report> {
        self.outcome.as_ref().ok()
    }

    fn marks(&self) -> Option<&Marks> {
        self.report()?.marks()
    }

    fn findings(&self) -> &[Finding] {
        self.report().map_or(&[], Report::findings)
    }

    fn mistakes(&self) -> String {
        joined(self.findings().iter().map(|finding| format!("{} ({})", finding.quantity, finding.hint)))
    }

    /// The marks of each part.
    fn parts(&self) -> String {
        let part = |part: &PartMarks| format!("{}: {} of {}", part.title, part.right, part.blanks.len());
        joined(self.marks().into_iter().flat_map(|marks| &marks.parts).map(part))
    }

    /// Numbers of the exercise that are others now.
    fn changed(&self) -> String {
        joined(self.marks().into_iter().flat_map(|marks| &marks.changed).map(ToString::to_string))
    }

    /// Answers that were taken from the measurements.
    fn copied(&self) -> String {
        joined(self.marks().into_iter().flat_map(Marks::copied).map(|blank| blank.quantity.clone()))
    }

    /// Why it, or a part of it, was not judged.
    fn not_judged(&self) -> String {
        match &self.outcome {
            Err(error) => error.clone(),
            Ok(report) if report.unjudged().is_empty() && report.verdict() == Verdict::Nothing => headline(report),
            Ok(report) => joined(report.unjudged().iter().cloned()),
        }
    }
}

/// The verdict in the table.
fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Right => "right",
        Verdict::Wrong => "wrong",
        Verdict::Partly => "partly",
        Verdict::Nothing => "nothing",
    }
}

fn joined(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join("; ")
}

/// A row a workbook (RFC 4180).
pub fn csv(entries: &[Entry]) -> String {
    let mut text = "file,verdict,marks,of,parts,changed,copied,mistakes,cells_right,cells_wrong,cells_undecided,kinds,\
                    words,not_judged\n"
        .to_owned();
    for entry in entries {
        let tables = entry.report().map_or(&[][..], Report::tables);
        let sum = |of: fn(&TableReport) -> usize| tables.iter().map(of).sum::<usize>().to_string();
        let kinds: Vec<&str> = entry.findings().iter().map(|finding| finding.kind).collect();
        let marks = entry.marks().map(Marks::total);
        let (marks, of) = marks.map_or_else(Default::default, |(right, all)| (right.to_string(), all.to_string()));
        let fields = [
            quoted(&entry.file),
            entry.word().to_owned(),
            marks,
            of,
            quoted(&entry.parts()),
            quoted(&entry.changed()),
            quoted(&entry.copied()),
            entry.findings().len().to_string(),
            sum(|table| table.right),
            sum(|table| table.wrong),
            sum(|table| table.undecided),
            kinds.join(" "),
            quoted(&entry.mistakes()),
            quoted(&entry.not_judged()),
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
    let workbooks = if entries.len() == 1 { "workbook" } else { "workbooks" };
    let mut lines = vec![format!(
        "{} {workbooks}: {} right, {} wrong, {} judged in part, {} with nothing to judge, {} unreadable",
        entries.len(),
        count("right"),
        count("wrong"),
        count("partly"),
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
        let mut own: Vec<(&str, &'static str)> =
            entry.findings().iter().map(|finding| (finding.symbol.as_str(), finding.hint)).collect();
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
                TableCell::Number(mistake.workbooks.to_string()),
                TableCell::Words(escape(mistake.quantity)),
                TableCell::Words(escape(mistake.hint)),
            ]
        };
        let rows: Vec<Vec<TableCell>> = common.iter().take(20).map(row).collect();
        let heads = ["workbooks", "quantity", "mistake"].map(str::to_owned);
        let heading = "The commonest mistakes";
        body += &section(None, heading, &table(heading, &heads, &rows));
    }
    body += &section(None, "All workbooks", &workbooks(entries));
    document(&format!("Backpropagation sheets: {folder}"), &body)
}

/// A column that not all tables have: its head, and what stands there.
type Column = (&'static str, fn(&Entry) -> String);

fn workbooks(entries: &[Entry]) -> String {
    let columns: [Column; 3] =
        [("mistakes", Entry::mistakes), ("exercise", exercise), ("not judged", Entry::not_judged)];
    let used = |(_, text): &Column| entries.iter().any(|entry| !text(entry).is_empty());
    let columns: Vec<Column> = columns.into_iter().filter(used).collect();
    let row = |entry: &Entry| {
        let name = breakable(&entry.file);
        let linked = entry.page.as_ref().map(|page| format!("<a href=\"{}\">{name}</a>", escape(page)));
        let colour = entry.report().map_or("kink", |report| colour(report.verdict()));
        let mut cells =
            vec![TableCell::Head(linked.unwrap_or(name)), TableCell::Marked(entry.word().to_owned(), colour)];
        cells.extend(columns.iter().map(|(_, text)| TableCell::Words(escape(&text(entry)))));
        cells
    };
    let rows: Vec<Vec<TableCell>> = entries.iter().map(row).collect();
    let heads = ["workbook", "verdict"].into_iter().chain(columns.iter().map(|(head, _)| *head));
    table("All workbooks", &heads.map(str::to_owned).collect::<Vec<_>>(), &rows)
}

/// The marks, and what a teacher should know beside them.
fn exercise(entry: &Entry) -> String {
    let Some(marks) = entry.marks() else { return String::new() };
    let (right, all) = marks.total();
    let mut texts = vec![format!("{right} of {all}")];
    texts.extend(marks.learner.iter().cloned());
    for (what, text) in [("", entry.parts()), ("changed: ", entry.changed()), ("copied: ", entry.copied())] {
        if !text.is_empty() {
            texts.push(format!("{what}{text}"));
        }
    }
    texts.join("; ")
}
