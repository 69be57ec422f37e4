//! Pages: of a series, with the table and the charts; of a run, and of several runs side by side, in the files below. Each
//! is one HTML file that needs nothing else.
//!
//! No script, no link to anything outside; colours follow the reader's choice of light or dark, and paper is white. It is
//! well-formed XML too, so that a test can parse it.

mod answers;
mod comparison;
mod inside;
mod run;

pub use comparison::comparison;
pub use run::report;

use crate::table::{Cell, Table, table};
use crate::{Chart, Series, charts};

const STYLE: &str = include_str!("html/page.css");
const RUN_STYLE: &str = include_str!("html/run.css");

/// The page of a series.
pub fn html(series: &Series) -> String {
    let title = escape(&series.title);
    let charts: String = charts(series).iter().map(section).collect();
    let body = format!(
        "<header>\n<h1>{title}</h1>\n<p>{}</p>\n{}</header>\n<main>\n{}{charts}{}</main>\n",
        escape(&series.about),
        list("protocol", &series.protocol),
        results(&table(series)),
        command(&series.command)
    );
    document(&title, STYLE, &body)
}

/// A whole page around a body; `title` is escaped already.
fn document(title: &str, style: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n<title>{title}</title>\n<style>\n{style}</style>\n</head>\n\
         <body>\n{body}<footer><p>Made by gradbook.</p></footer>\n</body>\n</html>\n"
    )
}

fn results(table: &Table) -> String {
    let class = |column: usize| if column == 0 { "" } else { " class=\"number\"" };
    let head = |(n, head): (usize, &&str)| format!("<th scope=\"col\"{}>{}</th>", class(n), escape(head));
    let heads: String = table.heads.iter().enumerate().map(head).collect();
    let mut rows = String::new();
    for row in &table.rows {
        let cells: String = row.iter().enumerate().map(|(column, content)| cell(column, content)).collect();
        rows.push_str(&format!("<tr>{cells}</tr>\n"));
    }
    let notes: Vec<String> = table.notes.iter().map(|&note| note.to_owned()).collect();
    format!(
        "<section>\n<h2>Results</h2>\n{}{}</section>\n",
        wide("Results", &format!("<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody></table>\n")),
        list("notes", &notes)
    )
}

fn cell(column: usize, cell: &Cell) -> String {
    let text = escape(&cell.text);
    match cell {
        _ if column == 0 => format!("<th scope=\"row\">{text}</th>"),
        Cell { strong: true, .. } => format!("<td class=\"number\"><strong>{text}</strong></td>"),
        Cell { strong: false, .. } => format!("<td class=\"number\">{text}</td>"),
    }
}

fn section(chart: &Chart) -> String {
    format!("<section>\n<h2>{}</h2>\n{}</section>\n", escape(&chart.title), scrolled(chart))
}

/// A chart that scrolls inside its own box where the window is narrow.
fn scrolled(chart: &Chart) -> String {
    wide(&chart.title, &chart.svg)
}

/// What may be wider than the window, in its own box.
fn wide(name: &str, content: &str) -> String {
    format!("<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"{}\">\n{content}</div>\n", escape(name))
}

fn command(command: &str) -> String {
    if command.is_empty() {
        return String::new();
    }
    format!(
        "<section>\n<h2>Make it again</h2>\n<pre class=\"wide\"><code>{}</code></pre>\n</section>\n",
        escape(command)
    )
}

fn list(class: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let items: String = lines.iter().map(|line| format!("<li>{}</li>\n", escape(line))).collect();
    format!("<ul class=\"{class}\">\n{items}</ul>\n")
}

/// A plain text between tags or in an attribute. Characters that XML does not know are left out.
pub(crate) fn escape(text: &str) -> String {
    let known = |character: &char| !character.is_control() || matches!(character, '\n' | '\t');
    let text: String = text.chars().filter(known).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
