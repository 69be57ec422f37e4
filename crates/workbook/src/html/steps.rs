//! The derivation: every quantity with its equation, the equation with the present numbers, its value, its meaning.

use gradbook_lesson::Param;

use super::OF_VALUE;
use super::math::{self, Leaf, Symbol};
use super::slug;
use gradbook_lesson::{Expr, Key, Lesson, Line, LineKind, Section, Snapshot};
use gradbook_page::markup::{TableCell, escape, table};
use gradbook_page::number::written;

/// All parts, each a section.
pub(super) fn parts(lesson: &Lesson, parts: &[Section], now: &Snapshot) -> String {
    parts.iter().map(|part| section(lesson, part, now)).collect()
}

fn section(lesson: &Lesson, part: &Section, now: &Snapshot) -> String {
    let class = if part.new_page { " class=\"new-page\"" } else { "" };
    let (title, about) = (escape(&part.title), escape(&part.about));
    let mut section =
        format!("<section id=\"{}\"{class}>\n<h2>{title}: <small>{about}</small></h2>\n", slug(&part.title));
    for sentence in &part.sentences {
        section.push_str(&format!("<p>{}</p>\n", escape(sentence)));
    }
    section.push_str("<ol class=\"steps\">\n");
    for line in &part.lines {
        section.push_str(&step(lesson, line, now));
    }
    section.push_str("</ol>\n</section>\n");
    section
}

fn step(lesson: &Lesson, line: &Line, now: &Snapshot) -> String {
    let Line { key, equation, note, kind } = line;
    let sample = |key: Key| if *kind == LineKind::Mean { lesson.theory.table_sample(key) } else { None };
    let symbol = |key: &Key| Symbol::new(&lesson.theory.name(*key), sample(*key));
    let names = equation.map(&|key| Leaf::Symbol(symbol(key)));
    let numbers = equation.map(&|key| Leaf::Number(now.value(*key)));
    let class = match kind {
        LineKind::Step => "",
        LineKind::Result | LineKind::Mean => " class=\"result\"",
        LineKind::InFull => " class=\"in-full\"",
    };
    let mut work = format!("<div class=\"equation\">{}</div>", math::equals(&names));
    // A number or a single symbol has nothing to plug in but its value.
    let plugged_in = match equation {
        Expr::Number(_) | Expr::Of(_) => String::new(),
        _ => format!("{} ", math::equals(&numbers)),
    };
    if !matches!(equation, Expr::Number(_)) {
        let value = math::equals_number(now.value(*key), OF_VALUE);
        work.push_str(&format!("<div class=\"numbers\">{plugged_in}<b>{value}</b></div>"));
    }
    let note = if note.is_empty() { String::new() } else { format!("<p>{}</p>", escape(note)) };
    format!(
        "<li{class}><div class=\"symbol\">{}</div><div class=\"work\">{work}</div>{note}</li>\n",
        symbol(key).alone()
    )
}

/// What everything starts from: the samples, the parameters, the settings.
pub(super) fn start(lesson: &Lesson, now: &Snapshot) -> String {
    let mut tables = samples(lesson);
    for l in 0..=lesson.theory.network.last() {
        tables.push_str(&parameters(lesson, l, now));
    }
    let value = |x: f64| TableCell::Number(written(x, OF_VALUE));
    let mut settings = vec![vec![
        TableCell::Head(lesson.theory.text(Key::Rate)),
        value(lesson.run.rate),
        TableCell::Words("the learning rate".to_owned()),
    ]];
    for (key, x, about) in lesson.theory.settings() {
        settings.push(vec![
            TableCell::Head(escape(&lesson.theory.text(key))),
            value(x),
            TableCell::Words(escape(about)),
        ]);
    }
    if !lesson.theory.settings().is_empty() {
        let about = TableCell::Words("updates before this one".to_owned());
        settings.push(vec![TableCell::Head(lesson.theory.text(Key::Count)), value(now.value(Key::Count)), about]);
    }
    tables.push_str(&table("Settings", &["setting", "value", "what it is"].map(str::to_owned), &settings));
    format!("<div class=\"tables\">\n{tables}</div>\n")
}

fn samples(lesson: &Lesson) -> String {
    let network = &lesson.theory.network;
    let several = lesson.theory.samples > 1;
    let keys = |s: usize| {
        (0..network.inputs).map(move |i| Key::X(s, i)).chain((0..network.outputs()).map(move |k| Key::T(s, k)))
    };
    let heads: Vec<String> =
        std::iter::once("sample".to_owned()).chain(keys(0).map(|key| lesson.theory.text(key))).collect();
    let mut rows = Vec::new();
    for (s, sample) in lesson.samples.iter().enumerate() {
        let explained = if several && s == 0 { ", explained" } else { "" };
        let mut row = vec![TableCell::Head(format!("{}{explained}", s + 1))];
        row.extend(sample.x.iter().chain(&sample.t).map(|&x| TableCell::Number(written(x, OF_VALUE))));
        rows.push(row);
    }
    table(if several { "Samples: inputs and targets" } else { "The sample: inputs and targets" }, &heads, &rows)
}

fn parameters(lesson: &Lesson, l: usize, now: &Snapshot) -> String {
    let mut rows = Vec::new();
    for p in lesson.theory.network.parameters(l) {
        let what = match p {
            Param::W(_, j, i) => {
                format!(
                    "from {} to {}",
                    lesson.theory.text(lesson.theory.input(0, l, i)),
                    lesson.theory.text(Key::Z(0, l, j))
                )
            }
            Param::B(_, j) => format!("bias of {}", lesson.theory.text(Key::Z(0, l, j))),
        };
        let fixed = if lesson.theory.trained().contains(&p) { "" } else { ", fixed" };
        let symbol = Symbol::new(&lesson.theory.name(Key::P(p)), None).alone();
        let value = written(now.value(Key::P(p)), OF_VALUE);
        rows.push(vec![TableCell::Head(symbol), TableCell::Number(value), TableCell::Words(format!("{what}{fixed}"))]);
    }
    let layer = if l == lesson.theory.network.last() {
        "the output layer".to_owned()
    } else {
        format!("hidden layer {}", l + 1)
    };
    let caption = format!("Parameters into {layer}, before the first update");
    table(&caption, &["parameter", "value", "where"].map(str::to_owned), &rows)
}
