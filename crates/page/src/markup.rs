//! The HTML and SVG that pages and drawings are made of. It is well-formed XML too, so that a test can parse it.
//!
//! Coordinates of SVG are pixels, y downwards, rounded to a tenth.

/// A plain text between tags or in an attribute. Control characters that XML does not know are left out.
pub fn escape(text: &str) -> String {
    let known = |character: &char| !character.is_control() || matches!(character, '\n' | '\t');
    let text: String = text.chars().filter(known).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A part of a page under a heading, which is markup. With an `id`, links lead to it.
pub fn section(id: Option<&str>, heading: &str, content: &str) -> String {
    let id = id.map_or(String::new(), |id| format!(" id=\"{id}\""));
    format!("<section{id}>\n<h2>{heading}</h2>\n{content}</section>\n")
}

/// Plain texts as a list; nothing without any.
pub fn list(class: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let items: String = lines.iter().map(|line| format!("<li>{}</li>\n", escape(line))).collect();
    format!("<ul class=\"{class}\">\n{items}</ul>\n")
}

/// What may be wider than the window, in a box that scrolls.
pub fn scrolling(name: &str, content: &str) -> String {
    format!("<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"{}\">\n{content}</div>\n", escape(name))
}

/// What stands in a table's cell, as markup, and how.
#[derive(Clone, Debug)]
pub enum TableCell {
    /// The head of its row.
    Head(String),
    /// Set to the right, with digits of equal width.
    Number(String),
    /// Set to the left.
    Words(String),
    /// With a class that colours it.
    Marked(String, &'static str),
}

impl TableCell {
    fn markup(&self) -> String {
        match self {
            TableCell::Head(markup) => format!("<th scope=\"row\">{markup}</th>"),
            TableCell::Number(markup) => format!("<td class=\"number\">{markup}</td>"),
            TableCell::Words(markup) => format!("<td>{markup}</td>"),
            TableCell::Marked(markup, class) => format!("<td class=\"{class}\">{markup}</td>"),
        }
    }
}

/// A table in a box that scrolls where it is too wide. Caption and heads are plain texts; each row has a cell for each head.
pub fn table(caption: &str, heads: &[String], rows: &[Vec<TableCell>]) -> String {
    let number = |column: usize| rows.first().is_some_and(|row| matches!(row[column], TableCell::Number(_)));
    let class = |column| if number(column) { " class=\"number\"" } else { "" };
    let head = |(n, head): (usize, &String)| format!("<th scope=\"col\"{}>{}</th>", class(n), escape(head));
    let heads: String = heads.iter().enumerate().map(head).collect();
    let row = |row: &Vec<TableCell>| format!("<tr>{}</tr>\n", row.iter().map(TableCell::markup).collect::<String>());
    let body: String = rows.iter().map(row).collect();
    let table = format!(
        "<table><caption>{}</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}</tbody></table>\n",
        escape(caption)
    );
    scrolling(caption, &table)
}

/// A place in a drawing.
pub type Point = (f64, f64);

/// A straight line.
pub fn line(class: &str, from: Point, to: Point) -> String {
    let ((x1, y1), (x2, y2)) = (from, to);
    format!("<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>")
}

/// A circle of the size of a marker.
pub fn circle(class: &str, at: Point) -> String {
    format!("<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\"/>", at.0, at.1)
}

/// A shape that starts at a point and goes on with `steps` relative to it, as SVG has them: `l5 5h-10z`.
pub fn path(class: &str, from: Point, steps: &str) -> String {
    format!("<path class=\"{class}\" d=\"M{:.1} {:.1}{steps}\"/>", from.0, from.1)
}

/// A plain text whose baseline begins at a point, unless the class says that it ends there or has its middle there.
pub fn label(class: &str, at: Point, text: &str) -> String {
    format!("<text class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\">{}</text>", at.0, at.1, escape(text))
}
