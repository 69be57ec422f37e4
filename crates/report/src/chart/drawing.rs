//! The SVG that charts are made of: shapes, markers, texts that keep their width, the legend and the notes below.
//!
//! Coordinates are pixels, y downwards, rounded to a tenth. Colours stand in `chart.css`; curves differ in colour, dash
//! and marker, so that no one needs to see colours.

use super::Chart;
use super::axis::Axis;
use crate::html::escape;

const STYLE: &str = include_str!("chart.css");

pub(super) const WIDTH: f64 = 760.0;
/// Between two lines of text.
pub(super) const LINE: f64 = 20.0;
const MARGIN: f64 = 14.0;

/// The hues of `chart.css`: the palette of Okabe and Ito (2008) without yellow and black.
const HUES: usize = 6;
const DASHES: [&str; 6] = ["", "9 5", "2 4", "9 4 2 4", "16 5", "16 4 2 4 2 4"];
/// The width of a letter; most fonts' letters are narrower on average.
const LETTER: f64 = 7.8;
/// The length of a legend's sample, and of the gap behind it.
const SAMPLE: f64 = 40.0;
const GAP: f64 = 8.0;

/// A point, in pixels.
pub(super) type Point = (f64, f64);

/// What a legend says: the markup of a sample, `SAMPLE` wide around the origin, and its meaning.
pub(super) struct Entry {
    pub(super) sample: String,
    pub(super) label: String,
}

/// A plot's place.
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

pub(super) struct Drawing {
    content: String,
    /// The end of what was written below the plot.
    bottom: f64,
}

impl Drawing {
    pub(super) fn new() -> Drawing {
        Drawing { content: String::new(), bottom: MARGIN }
    }

    pub(super) fn add(&mut self, markup: &str) {
        self.content.push_str(markup);
        self.content.push('\n');
    }

    pub(super) fn line(&mut self, class: &str, from: Point, to: Point) {
        self.add(&line(class, from, to));
    }

    pub(super) fn text(&mut self, class: &str, at: Point, text: &str) {
        self.add(&format!("<text class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\">{}</text>", at.0, at.1, escape(text)));
    }

    /// Vertical lines at the ticks, their texts below the frame, and the axis' name below those.
    pub(super) fn x_axis(&mut self, axis: &Axis, frame: &Frame, name: &str) {
        for (value, text) in &axis.ticks {
            let x = axis.pixel(*value);
            self.line("grid", (x, frame.top), (x, frame.bottom));
            self.text("middle tabular", (x, frame.bottom + LINE), text);
        }
        self.line("axis", (frame.left, frame.bottom), (frame.right, frame.bottom));
        let middle = (frame.left + frame.right) / 2.0;
        self.text("middle", (middle, frame.bottom + 2.2 * LINE), &format!("{name}{}", axis.words()));
        self.bottom = frame.bottom + 2.8 * LINE;
    }

    /// Horizontal lines at the ticks, their texts left of the frame, and the axis' name left of those.
    pub(super) fn y_axis(&mut self, axis: &Axis, frame: &Frame, name: &str) {
        for (value, text) in &axis.ticks {
            let y = axis.pixel(*value);
            self.line("grid", (frame.left, y), (frame.right, y));
            self.text("end tabular", (frame.left - GAP, y + 5.0), text);
        }
        self.line("axis", (frame.left, frame.top), (frame.left, frame.bottom));
        let middle = (frame.top + frame.bottom) / 2.0;
        self.add(&format!(
            "<text class=\"middle\" transform=\"translate({MARGIN} {middle:.1}) rotate(-90)\">{name}{}</text>",
            axis.words()
        ));
    }

    /// In two columns or more, below all that was written so far.
    pub(super) fn legend(&mut self, entries: &[Entry]) {
        let room = WIDTH - 2.0 * MARGIN;
        let widest = entries.iter().map(|entry| text_width(&entry.label)).fold(0.0, f64::max);
        let column = (SAMPLE + 3.0 * GAP + widest).min(room / 2.0);
        let columns = (room / column).floor() as usize;
        let rows = entries.len().div_ceil(columns);
        for (n, entry) in entries.iter().enumerate() {
            let x = MARGIN + (n / rows) as f64 * column;
            let y = self.bottom + (0.7 + (n % rows) as f64) * LINE;
            self.add(&format!(
                "<g transform=\"translate({:.1} {:.1})\">{}</g>",
                x + SAMPLE / 2.0,
                y - 5.0,
                entry.sample
            ));
            let label = shortened(&entry.label, column - SAMPLE - 2.0 * GAP);
            self.text("", (x + SAMPLE + GAP, y), &label);
        }
        self.bottom += (rows as f64 + 0.3) * LINE;
    }

    /// Sentences, each from a new line.
    pub(super) fn notes(&mut self, notes: &[String]) {
        for line in notes.iter().flat_map(|note| wrapped(note, WIDTH - 2.0 * MARGIN)) {
            self.bottom += LINE;
            self.text("quiet", (MARGIN, self.bottom), &line);
        }
    }

    /// `description` is for those who do not see the drawing.
    pub(super) fn finish(self, name: &'static str, title: &str, description: &str) -> Chart {
        let height = self.bottom + MARGIN;
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" role=\"img\" \
             aria-labelledby=\"{name}-title {name}-desc\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" \
             height=\"{height:.0}\">\n<title id=\"{name}-title\">{}</title>\n<desc id=\"{name}-desc\">{}</desc>\n\
             <style>\n{STYLE}</style>\n{}</svg>\n",
            escape(title),
            escape(description),
            self.content
        );
        Chart { name, title: title.to_owned(), svg }
    }
}

/// The colour of curve number `look`.
pub(super) fn hue(look: usize) -> String {
    format!("hue-{}", look % HUES)
}

/// Other dashes and markers than before where colours repeat.
fn again(look: usize) -> usize {
    look + look / HUES
}

pub(super) fn line(class: &str, from: Point, to: Point) -> String {
    let ((x1, y1), (x2, y2)) = (from, to);
    format!("<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>")
}

/// A curve through runs of points, with nothing between the runs.
pub(super) fn curve(look: usize, runs: &[Vec<Point>]) -> String {
    let run = |points: &Vec<Point>| {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        format!("M{}", points.join("L"))
    };
    let path: String = runs.iter().filter(|points| points.len() > 1).map(run).collect();
    let dash = DASHES[again(look) % DASHES.len()];
    format!("<path class=\"line {}\" stroke-dasharray=\"{dash}\" d=\"{path}\"/>", hue(look))
}

/// The marker of curve number `look`.
pub(super) fn marker(look: usize, at: Point) -> String {
    let (x, y) = at;
    let path = match again(look) % 6 {
        0 => return circle(&format!("mark {}", hue(look)), at),
        1 => format!("M{:.1} {:.1}h7v7h-7z", x - 3.5, y - 3.5),
        2 => format!("M{x:.1} {:.1}l5 5l-5 5l-5 -5z", y - 5.0),
        3 => format!("M{x:.1} {:.1}l4.5 8h-9z", y - 5.0),
        4 => format!("M{:.1} {:.1}l8 8m0 -8l-8 8", x - 4.0, y - 4.0),
        _ => format!("M{x:.1} {:.1}v10m-5 -5h10", y - 5.0),
    };
    format!("<path class=\"mark {}\" d=\"{path}\"/>", hue(look))
}

pub(super) fn circle(class: &str, at: Point) -> String {
    format!("<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\"/>", at.0, at.1)
}

/// The mark of other people's numbers.
pub(super) fn diamond(class: &str, at: Point) -> String {
    format!("<path class=\"{class}\" d=\"M{:.1} {:.1}l6 6l-6 6l-6 -6z\"/>", at.0, at.1 - 6.0)
}

/// An estimate, in pixels.
pub(super) fn text_width(text: &str) -> f64 {
    text.chars().map(letter_width).sum()
}

/// Letters of East Asian scripts are square.
fn letter_width(letter: char) -> f64 {
    if letter >= '\u{2e80}' { 14.0 } else { LETTER }
}

/// Cut at the end where it is too wide.
pub(super) fn shortened(text: &str, width: f64) -> String {
    if text_width(text) <= width {
        return text.to_owned();
    }
    let mut used = LETTER;
    let fits = |letter: &char| {
        used += letter_width(*letter);
        used <= width
    };
    let kept: String = text.chars().take_while(fits).collect();
    format!("{}…", kept.trim_end())
}

/// In lines, broken between words.
fn wrapped(text: &str, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if text_width(line) + LETTER + text_width(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(shortened(word, width)),
        }
    }
    lines
}
