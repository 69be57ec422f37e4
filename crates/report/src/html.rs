//! Pages: of a series, with the table and the charts; of a run, and of several runs side by side, in the files below.

mod answers;
mod comparison;
mod inside;
mod run;

pub use comparison::comparison;
pub use run::report;

use crate::results::{ResultCell, results};
use crate::{Series, charts};
use gradbook_page::markup::{TableCell, escape, list, section, table};
use gradbook_page::{Drawing, Page};

/// What all of these pages have; wide tables and long lists of facts.
const STYLE: &str = include_str!("html/report.css");

/// The page of a series.
pub fn html(series: &Series) -> String {
    let chart = |chart: &Drawing| section(None, &escape(&chart.title), &chart.on_page());
    let charts: String = charts(series).iter().map(chart).collect();
    let header = format!("<p>{}</p>\n{}", escape(&series.about), list("protocol", &series.protocol));
    let main = format!("{}{charts}{}", table_and_notes(series), command(&series.command));
    let style = format!("{STYLE}{LANDSCAPE}");
    Page { title: &series.title, style: &style, header: &header, contents: &[], main: &main }.html()
}

/// A series' table has many columns.
const LANDSCAPE: &str = "@media print { @page { size: landscape; } svg { max-height: 150mm; } }\n";

fn table_and_notes(series: &Series) -> String {
    let results = results(series);
    let heads: Vec<String> = results.heads.iter().map(|&head| head.to_owned()).collect();
    let cell = |(column, ResultCell { text, strong }): (usize, &ResultCell)| match (column, escape(text)) {
        (0, text) => TableCell::Head(text),
        (_, text) if *strong => TableCell::Number(format!("<strong>{text}</strong>")),
        (_, text) => TableCell::Number(text),
    };
    let row = |row: &Vec<ResultCell>| row.iter().enumerate().map(cell).collect();
    let rows: Vec<Vec<TableCell>> = results.rows.iter().map(row).collect();
    let notes: Vec<String> = results.notes.iter().map(|&note| note.to_owned()).collect();
    section(None, "Results", &format!("{}{}", table("Results", &heads, &rows), list("notes", &notes)))
}

fn command(command: &str) -> String {
    if command.is_empty() { String::new() } else { section(None, "Make it again", &file(command)) }
}

/// Lines as they stand in a file or are typed.
fn file(text: &str) -> String {
    format!("<pre class=\"wide\"><code>{}</code></pre>\n", escape(text))
}
