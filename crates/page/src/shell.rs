//! A whole page: one HTML file that needs nothing else.
//!
//! No script, no link to anything outside; colours follow the reader's choice of light or dark, and paper is white.

use crate::drawing::{CHART_COLOURS, CHART_STYLE};
use crate::markup::escape;
use crate::palette::variables;

const STYLE: &str = include_str!("style.css");

/// A page before it is written.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// A plain text: the title and the headline.
    pub title: &'a str,
    /// Style rules that only this page has, behind those that all have.
    pub style: &'a str,
    /// Markup below the headline.
    pub header: &'a str,
    /// The id of each part, and the plain text of the link to it.
    pub contents: &'a [(String, String)],
    /// Markup.
    pub main: &'a str,
}

impl Page<'_> {
    /// The content of its file.
    pub fn html(&self) -> String {
        let Page { title, style, header, contents, main } = self;
        let title = escape(title);
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
             <meta name=\"color-scheme\" content=\"light dark\"/>\n<title>{title}</title>\n\
             <style>\n{}{STYLE}{CHART_STYLE}{CHART_COLOURS}{style}</style>\n</head>\n\
             <body>\n<header>\n<h1>{title}</h1>\n{header}</header>\n{}<main>\n{main}</main>\n\
             <footer><p>Made by gradbook.</p></footer>\n</body>\n</html>\n",
            variables(),
            navigation(contents),
        )
    }
}

fn navigation(contents: &[(String, String)]) -> String {
    if contents.is_empty() {
        return String::new();
    }
    let link = |(id, text): &(String, String)| format!("<li><a href=\"#{}\">{}</a></li>\n", escape(id), escape(text));
    let links: String = contents.iter().map(link).collect();
    format!("<nav aria-label=\"Contents\"><ul>\n{links}</ul></nav>\n")
}
