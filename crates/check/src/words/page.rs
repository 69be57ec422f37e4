//! A report as a page: one HTML file without script, in the style of the lessons.

use super::detail::Detail;
use super::marks;
use super::number::number_text;
use super::text::headline;
use crate::report::{BlankMarks, Finding, Outcome, PartMarks, Report, TableReport, Verdict};
use gradbook_page::Page;
use gradbook_page::markup::{TableCell, escape, list, section, table};

/// On a telephone whole rows are seen.
const STYLE: &str = "\
@media (max-width: 46rem) {
  .wide { font-size: 0.8rem; }
  th, td { padding: 0.25rem; }
}
";

/// The page of one file. It may lie beside a class's page, named `class`.
pub fn page(file: &str, report: &Report, detail: Detail, class: Option<&str>) -> String {
    let colour = colour(report.verdict());
    let back = class.map_or(String::new(), |class| format!("<p><a href=\"{}\">All workbooks</a></p>\n", escape(class)));
    let mut body = format!("{back}<p class=\"{colour}\">{}</p>\n", escape(&headline(report)));
    if let Some(marks) = report.marks() {
        body.push_str(&marks.parts.iter().map(|part| part_of_marks(part, detail)).collect::<String>());
    }
    for (number, finding) in (1..).zip(report.findings()) {
        body.push_str(&finding_section(number, finding, detail));
    }
    if !report.tables().is_empty() {
        body.push_str(&section(None, "What was checked", &tables(report.tables(), detail)));
    }
    let notes = match report {
        Report::Marks(of) => marks::notes(of),
        Report::Judgement(judgement) => judgement.notes.clone(),
    };
    for (title, lines) in [("Not judged", report.unjudged()), ("Notes", &notes)] {
        if !lines.is_empty() {
            body.push_str(&section(None, title, &list("notes", lines)));
        }
    }
    document(&format!("Backpropagation sheet: {file}"), &body)
}

/// The class of the style in which a verdict is shown.
pub(super) fn colour(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Right => "ok",
        Verdict::Wrong => "wrong",
        Verdict::Partly | Verdict::Nothing => "kink",
    }
}

/// A place or a path, escaped, that may be broken where its parts end.
pub(super) fn breakable(text: &str) -> String {
    let parts = escape(text);
    let parts: Vec<&str> = parts.split_inclusive(['!', '/', '_']).collect();
    parts.join("<wbr/>")
}

/// The blanks of a part of an exercise.
fn part_of_marks(part: &PartMarks, detail: Detail) -> String {
    let number = |number: Option<f64>| TableCell::Number(number.map_or(String::new(), number_text));
    let row = |blank: &BlankMarks| {
        let verdict = match blank.outcome {
            Outcome::Right => TableCell::Marked("right".to_owned(), "ok"),
            Outcome::Wrong => TableCell::Marked("wrong".to_owned(), "wrong"),
            Outcome::Empty => TableCell::Marked("empty".to_owned(), "kink"),
        };
        let mut cells = vec![
            TableCell::Head(escape(&blank.quantity)),
            TableCell::Words(breakable(&blank.place)),
            verdict,
            number(blank.value),
        ];
        if detail == Detail::Everything {
            cells.push(number(blank.correct));
        }
        cells
    };
    let rows: Vec<Vec<TableCell>> = part.blanks.iter().map(row).collect();
    let mut heads = vec!["quantity", "cell", "verdict", "answer"];
    if detail == Detail::Everything {
        heads.push("right is");
    }
    let heads: Vec<String> = heads.into_iter().map(str::to_owned).collect();
    let title = format!("{}: {} of {}", part.title, part.right, part.blanks.len());
    section(None, &escape(&title), &table(&part.title, &heads, &rows))
}

/// A page with that title.
pub(super) fn document(title: &str, main: &str) -> String {
    Page { title, style: STYLE, header: "", contents: &[], main }.html()
}

fn finding_section(number: usize, finding: &Finding, detail: Detail) -> String {
    let places =
        finding.places.iter().map(|place| format!("<code>{}</code>", escape(place))).collect::<Vec<_>>().join(", ");
    if detail == Detail::Hints {
        let (quantity, hint) = (escape(&finding.quantity), escape(finding.hint));
        return section(None, &format!("{number}. {quantity}"), &format!("<p>{places}: {hint}.</p>\n"));
    }
    let value = |value: Option<f64>| value.map_or(String::new(), |value| escape(&number_text(value)));
    let code = |text: &str| format!("<code>{}</code>", escape(text));
    let row = |name: &str, formula: String, number: String| {
        vec![TableCell::Head(name.to_owned()), TableCell::Words(formula), TableCell::Words(number)]
    };
    let mut rows = vec![
        row("is", finding.formula.as_deref().map(code).unwrap_or_default(), value(finding.stored)),
        row("right", code(&finding.right_formula), value(finding.correct)),
        row("in symbols", escape(&finding.right_symbols), String::new()),
    ];
    if let Some(difference) = finding.central_difference {
        rows.push(row("finite difference", "(E(p + h) - E(p - h)) / 2h".to_owned(), value(Some(difference))));
    }
    let off = finding.relative_error.filter(|error| *error > 0.0);
    let off = off.map_or(String::new(), |error| format!(" The first of them is off by {:.2} %.", 100.0 * error));
    let heads = ["", "formula of the first cell", "number"].map(str::to_owned);
    let table = table("What is there and what belongs there", &heads, &rows);
    section(None, &format!("{number}. {}", escape(&finding.message)), &format!("<p>{places}.{off}</p>\n{table}"))
}

fn tables(tables: &[TableReport], detail: Detail) -> String {
    let heads = [
        "table",
        "network",
        "learning rate",
        "steps",
        "cells right",
        "wrong",
        "too coarse to judge",
        "loss at the end",
        "with right formulas",
    ];
    let number = |number: Option<f64>| TableCell::Number(number.map_or(String::new(), number_text));
    let row = |table: &TableReport| {
        let count = |count: usize| TableCell::Number(count.to_string());
        let right_loss = table.right_loss.filter(|_| detail == Detail::Everything);
        vec![
            TableCell::Head(escape(&table.place)),
            TableCell::Words(escape(&table.network)),
            number(table.rate),
            count(table.steps),
            count(table.right),
            count(table.wrong),
            count(table.undecided),
            number(table.last_loss),
            number(right_loss),
        ]
    };
    let rows: Vec<Vec<TableCell>> = tables.iter().map(row).collect();
    table("Tables", &heads.map(str::to_owned), &rows)
}
