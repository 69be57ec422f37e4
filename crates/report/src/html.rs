//! A series as a page: one HTML file that needs nothing else, with the table and the charts.
//!
//! No script, no link to anything outside; colours follow the reader's choice of light or dark, and paper is white. It is
//! well-formed XML too, so that a test can parse it.

use crate::table::{Cell, Table, table};
use crate::{Chart, Series, charts};

const STYLE: &str = include_str!("html/page.css");

/// The page as a text.
pub fn html(series: &Series) -> String {
    let title = escape(&series.title);
    let charts: String = charts(series).iter().map(figure).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<header>\n<h1>{title}</h1>\n<p>{}</p>\n{}</header>\n<main>\n{}{charts}{}</main>\n\
         <footer><p>Made by gradbook.</p></footer>\n</body>\n</html>\n",
        escape(&series.about),
        list("protocol", &series.protocol),
        results(&table(series)),
        command(&series.command)
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
        "<section>\n<h2>Results</h2>\n<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Results\">\
         <table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n{}</section>\n",
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

fn figure(chart: &Chart) -> String {
    let title = escape(&chart.title);
    format!(
        "<section>\n<h2>{title}</h2>\n<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"{title}\">\n\
         {}</div>\n</section>\n",
        chart.svg
    )
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
