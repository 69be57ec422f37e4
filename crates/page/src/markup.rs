//! The little HTML that everything here is made of. It is well-formed XML too, so that a test can parse it.

/// Text between tags or in an attribute.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// What stands in a table's cell, already escaped, and how.
pub enum Cell {
    /// The head of its row.
    Head(String),
    Number(String),
    Words(String),
    /// With a class that colours it.
    Marked(String, &'static str),
}

/// A table in a box that scrolls where it is too wide. Heads are texts, cells are markup.
pub fn table(caption: &str, heads: &[String], rows: &[Vec<Cell>]) -> String {
    let number = |column: usize| rows.first().is_some_and(|row| matches!(row[column], Cell::Number(_)));
    let class = |column| if number(column) { " class=\"number\"" } else { "" };
    let head = |(n, head): (usize, &String)| format!("<th scope=\"col\"{}>{}</th>", class(n), escape(head));
    let head: String = heads.iter().enumerate().map(head).collect();
    let mut body = String::new();
    for row in rows {
        body.push_str("<tr>");
        for cell in row {
            body.push_str(&match cell {
                Cell::Head(markup) => format!("<th scope=\"row\">{markup}</th>"),
                Cell::Number(markup) => format!("<td class=\"number\">{markup}</td>"),
                Cell::Words(markup) => format!("<td>{markup}</td>"),
                Cell::Marked(markup, class) => format!("<td class=\"{class}\">{markup}</td>"),
            });
        }
        body.push_str("</tr>\n");
    }
    let caption = escape(caption);
    format!(
        "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"{caption}\"><table><caption>{caption}</caption>\n\
         <thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n"
    )
}

/// A drawing shrinks to this part of its size before it scrolls.
const SMALLEST: f64 = 0.7;

/// A drawing in a box that scrolls where it is too wide.
pub fn drawing(id: &str, title: &str, description: &str, size: (f64, f64), content: &str) -> String {
    let (width, height) = size;
    let (title, description) = (escape(title), escape(description));
    format!(
        "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"{title}\">\
         <svg role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         width=\"{width:.0}\" height=\"{height:.0}\" style=\"min-width: {:.0}px\">\n<title id=\"{id}-title\">{title}</title>\n\
         <desc id=\"{id}-desc\">{description}</desc>\n{content}</svg></div>\n",
        SMALLEST * width
    )
}
