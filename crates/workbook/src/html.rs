//! The lesson as a page: one HTML file that needs nothing else, with the same derivation as the workbook.
//!
//! No script, no link to anything outside. Equations are MathML, drawings are SVG; colours follow the reader's choice of
//! light or dark, and paper is white. Unlike the workbook it does not calculate: it shows one update.

mod checks;
mod curves;
mod math;
mod network;
mod row;
mod steps;

use gradbook_lesson::{Key, Lesson, Section, Snapshot, plural, worked_examples};

use checks::{Checks, checks};
use gradbook_page::Page;
use gradbook_page::markup::{TableCell, escape, table};
use gradbook_page::number::written;

const STYLE: &str = include_str!("html/lesson.css");
/// Digits of numbers inside formulas.
const IN_FORMULA: usize = 6;
/// Digits of a quantity's own value: a slip that hides behind six shows in nine.
const OF_VALUE: usize = 9;

/// The page as a text.
pub(crate) fn write(lesson: &Lesson) -> String {
    let now = Snapshot::after(lesson, &lesson.run, 0);
    let parts = lesson.theory.derivation();
    let checks = checks(lesson, &now);
    let mut main = String::new();
    let network = format!("{}{}", shown_sample(lesson), network::network(lesson, &now));
    main.push_str(&section("The network", "", &network));
    main.push_str(&section(
        "Start",
        "the numbers before the first update",
        &format!("{ROUNDED}{}", steps::start(lesson, &now)),
    ));
    main.push_str(&steps::parts(lesson, &parts, &now));
    main.push_str(&section(RATES, "how they change the loss", &curves::rates(lesson)));
    main.push_str(&section(CHECKS, "is every one right?", &checks.table));
    main.push_str(&section(
        "Notation",
        "",
        &pairs("Symbols and words", ["symbol", "what it means"], &lesson.theory.notation()),
    ));
    let examples =
        pairs("Published and correct numbers", ["example", "what is published, what is correct"], &worked_examples());
    main.push_str(&section("Known worked examples", "where they differ from the correct numbers", &examples));
    let (header, contents) = (introduction(lesson, &checks), contents(&parts));
    Page { title: &lesson.title(), style: STYLE, header: &header, contents: &contents, main: &main }.html()
}

const RATES: &str = "Learning rates";
const CHECKS: &str = "Gradient checks";

const ROUNDED: &str = "<p>Where numbers are plugged in below they are rounded to six digits; each result is that of the \
                       unrounded ones.</p>\n";

/// What this is, and what it comes to.
fn introduction(lesson: &Lesson, checks: &Checks) -> String {
    let states = &lesson.run.states;
    let updates = lesson.updates();
    let loss = escape(&lesson.theory.text(Key::Loss));
    format!(
        "<p>{}</p>\n<p>{}</p>\n\
         <p class=\"{}\">{} <a href=\"#{}\">See the checks.</a></p>\n\
         <p>The loss {loss} is {} now and {} after {} with the learning rate {}.</p>\n",
        escape(&lesson.theory.described()),
        escape(&lesson.theory.gradient_words()),
        checks.class,
        escape(&checks.sentence),
        slug(CHECKS),
        written(states[0].loss, OF_VALUE),
        written(states[updates].loss, OF_VALUE),
        plural(updates, "update"),
        written(lesson.run.rate, OF_VALUE)
    )
}

/// The id and the title of every part that is worth a link.
fn contents(parts: &[Section]) -> Vec<(String, String)> {
    let titles =
        ["The network", "Start"].into_iter().chain(parts.iter().map(|part| &*part.title)).chain([RATES, CHECKS]);
    titles.map(|title| (slug(title), title.to_owned())).collect()
}

fn shown_sample(lesson: &Lesson) -> String {
    let samples = lesson.theory.samples;
    let sample = match samples {
        1 => String::new(),
        _ => format!(
            " Explained is sample 1 of {samples}; an update follows the mean of the gradients of all {samples}."
        ),
    };
    format!(
        "<p>A circle bears the name of its weighted sum; beside it stand its activation and its bias, on a line its weight \
         (unless there are too many), all before the first update.{sample}</p>\n"
    )
}

fn section(title: &str, about: &str, content: &str) -> String {
    let about = if about.is_empty() { String::new() } else { format!(": <small>{about}</small>") };
    let class = if title == RATES { " class=\"new-page\"" } else { "" };
    format!("<section id=\"{}\"{class}>\n<h2>{title}{about}</h2>\n{content}</section>\n", slug(title))
}

fn pairs(caption: &str, heads: [&str; 2], pairs: &[(&str, &str)]) -> String {
    let row = |&(left, right): &(&str, &str)| vec![TableCell::Head(escape(left)), TableCell::Words(escape(right))];
    let rows: Vec<Vec<TableCell>> = pairs.iter().map(row).collect();
    table(caption, &heads.map(str::to_owned), &rows)
}

/// A title as the name of its place in the page.
fn slug(title: &str) -> String {
    title.to_lowercase().replace(' ', "-")
}
