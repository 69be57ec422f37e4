//! Drawings as SVG, in files of their own or on a page; and the canvas that charts are made on.

use crate::axis::Axis;
use crate::label::{shortened, text_width, wrapped};
use crate::markup::{Point, escape, label, line, scrolling};
use crate::palette::{Paper, literal};

/// A finished drawing.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// The beginning of its ids, which may be the stem of its file's name too.
    pub name: &'static str,
    /// The class under which its style rules stand.
    pub class: &'static str,
    /// A plain text.
    pub title: String,
    /// A plain text for those who do not see the drawing.
    pub description: String,
    /// Width and height, in pixels.
    pub size: (f64, f64),
    /// Markup.
    pub content: String,
}

/// On a page, a drawing shrinks to this part of its size before it scrolls.
const SMALLEST: f64 = 0.7;

pub(crate) const CHART_STYLE: &str = include_str!("chart.css");
pub(crate) const CHART_COLOURS: &str = include_str!("chart_colours.css");

impl Drawing {
    /// A whole SVG file of a chart, light or dark by the reader's choice. It brings its own style and needs nothing else.
    pub fn file(&self) -> String {
        let [light, dark] = [Paper::Light, Paper::Dark].map(|paper| literal(CHART_COLOURS, paper));
        let style = format!(
            "<style>\n{CHART_STYLE}{light}@media screen and (prefers-color-scheme: dark) {{\n{dark}}}\n</style>\n"
        );
        self.element(" xmlns=\"http://www.w3.org/2000/svg\"", &style)
    }

    /// For a [`Page`](crate::Page): in a box that scrolls where it is too wide.
    pub fn on_page(&self) -> String {
        let least = format!(" style=\"min-width: {:.0}px\"", SMALLEST * self.size.0);
        scrolling(&self.title, &self.element(&least, ""))
    }

    fn element(&self, attributes: &str, style: &str) -> String {
        let Drawing { name, class, title, description, size: (width, height), content } = self;
        format!(
            "<svg{attributes} class=\"{class}\" role=\"img\" aria-labelledby=\"{name}-title {name}-desc\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\">\n\
             <title id=\"{name}-title\">{}</title>\n<desc id=\"{name}-desc\">{}</desc>\n{style}{content}</svg>\n",
            escape(title),
            escape(description),
        )
    }
}

/// The width of every chart, in pixels.
pub const WIDTH: f64 = 760.0;
/// Between two lines of text.
const LINE: f64 = 20.0;
const MARGIN: f64 = 14.0;
/// The length of a legend's sample, and of the gap behind it.
const SAMPLE: f64 = 40.0;
const GAP: f64 = 8.0;

/// What a legend says.
#[derive(Clone, Debug)]
pub struct LegendEntry {
    /// Markup, 40 pixels wide around the origin.
    pub sample: String,
    /// What it means, a plain text.
    pub label: String,
}

/// A plot's place on the canvas, in pixels.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// The vertical axis.
    pub left: f64,
    /// The other end of the horizontal axis.
    pub right: f64,
    /// The other end of the vertical axis.
    pub top: f64,
    /// The horizontal axis.
    pub bottom: f64,
}

/// A chart that is being made, [`WIDTH`] wide and as high as it becomes: plots, then the legend and notes below them.
#[derive(Clone, Debug)]
pub struct Canvas {
    content: String,
    /// The end of what was written below the plot.
    bottom: f64,
}

impl Default for Canvas {
    fn default() -> Canvas {
        Canvas { content: String::new(), bottom: MARGIN }
    }
}

impl Canvas {
    /// Some markup.
    pub fn add(&mut self, markup: &str) {
        self.content.push_str(markup);
        self.content.push('\n');
    }

    /// A straight line.
    pub fn line(&mut self, class: &str, from: Point, to: Point) {
        self.add(&line(class, from, to));
    }

    /// A plain text.
    pub fn text(&mut self, class: &str, at: Point, text: &str) {
        self.add(&label(class, at, text));
    }

    /// Vertical lines at the ticks, their texts below the frame, and the axis' name below those.
    pub fn x_axis(&mut self, axis: &Axis, frame: &Frame, name: &str) {
        for (value, text) in axis.ticks() {
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
    pub fn y_axis(&mut self, axis: &Axis, frame: &Frame, name: &str) {
        for (value, text) in axis.ticks() {
            let y = axis.pixel(*value);
            self.line("grid", (frame.left, y), (frame.right, y));
            self.text("end tabular", (frame.left - GAP, y + 5.0), text);
        }
        self.line("axis", (frame.left, frame.top), (frame.left, frame.bottom));
        let middle = (frame.top + frame.bottom) / 2.0;
        self.add(&format!(
            "<text class=\"middle\" transform=\"translate({MARGIN} {middle:.1}) rotate(-90)\">{}{}</text>",
            escape(name),
            axis.words()
        ));
    }

    /// In two columns or more, below all that was written so far.
    pub fn legend(&mut self, entries: &[LegendEntry]) {
        let room = WIDTH - 2.0 * MARGIN;
        let widest = entries.iter().map(|entry| text_width(&entry.label)).fold(0.0, f64::max);
        let column = (SAMPLE + 3.0 * GAP + widest).min(room / 2.0);
        let columns = (room / column).floor() as usize;
        let rows = entries.len().div_ceil(columns);
        for (n, entry) in entries.iter().enumerate() {
            let x = MARGIN + (n / rows) as f64 * column;
            let y = self.bottom + (0.7 + (n % rows) as f64) * LINE;
            let (middle, sample) = (x + SAMPLE / 2.0, &entry.sample);
            self.add(&format!("<g transform=\"translate({middle:.1} {:.1})\">{sample}</g>", y - 5.0));
            let label = shortened(&entry.label, column - SAMPLE - 2.0 * GAP);
            self.text("", (x + SAMPLE + GAP, y), &label);
        }
        self.bottom += (rows as f64 + 0.3) * LINE;
    }

    /// Sentences, each from a new line.
    pub fn notes(&mut self, notes: &[String]) {
        for line in notes.iter().flat_map(|note| wrapped(note, WIDTH - 2.0 * MARGIN)) {
            self.bottom += LINE;
            self.text("quiet", (MARGIN, self.bottom), &line);
        }
    }

    /// All that was drawn; `description` is for those who do not see it.
    pub fn finish(self, name: &'static str, title: &str, description: &str) -> Drawing {
        Drawing {
            name,
            class: "chart",
            title: title.to_owned(),
            description: description.to_owned(),
            size: (WIDTH, self.bottom + MARGIN),
            content: self.content,
        }
    }
}
