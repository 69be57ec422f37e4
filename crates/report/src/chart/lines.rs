//! Lines against the epoch in one frame: what the charts of a series and those of runs are made of.

use super::axis::Axis;
use super::drawing::{Drawing, Entry, Frame, Point, curve, marker};

/// Higher losses are those of a training that diverged: drawn, they would press all others into one line.
const DIVERGED: f64 = 100.0;
/// Marks on each line.
const MARKS: usize = 8;

/// A line of a chart; its number decides how it looks.
pub(super) struct Line {
    pub(super) name: String,
    /// Epoch and value; none where there is no finite one.
    pub(super) points: Vec<(f64, Option<f64>)>,
}

impl Line {
    pub(super) fn is_empty(&self) -> bool {
        self.points.iter().all(|(_, value)| value.is_none())
    }

    /// The last value there is, in words.
    pub(super) fn described(&self) -> String {
        let last = self.points.iter().rev().find_map(|(epoch, value)| value.map(|value| (epoch, value)));
        last.map_or_else(String::new, |(epoch, value)| format!("{}: {value:.4} after epoch {epoch}", self.name))
    }

    /// Points without a gap between them.
    fn runs(&self, x: &Axis, y: &Axis) -> Vec<Vec<Point>> {
        let runs = self.points.split(|(_, value)| value.is_none()).filter(|run| !run.is_empty());
        let point = |&(epoch, value): &(f64, Option<f64>)| value.map(|value| (x.pixel(epoch), y.pixel(value)));
        runs.map(|run| run.iter().filter_map(point).collect()).collect()
    }
}

/// A loss that can be drawn.
pub(super) fn drawable(loss: f64) -> Option<f64> {
    (loss <= DIVERGED).then_some(loss)
}

/// Axes and lines; `None`, and nothing drawn, without any value.
pub(super) fn plot(
    drawing: &mut Drawing,
    frame: &Frame,
    lines: &[Line],
    y_name: &str,
    y_axis: fn(&[f64], f64, f64) -> Axis,
) -> Option<()> {
    let points = || lines.iter().flat_map(|line| &line.points);
    let last = points().map(|(epoch, _)| *epoch).reduce(f64::max)?;
    let values: Vec<f64> = points().filter_map(|(_, value)| *value).collect();
    if values.is_empty() {
        return None;
    }
    let x = Axis::epochs(last.ceil() as usize, frame.left, frame.right);
    let y = y_axis(&values, frame.bottom, frame.top);
    drawing.x_axis(&x, frame, "epoch");
    drawing.y_axis(&y, frame, y_name);
    for (look, line) in lines.iter().enumerate() {
        let runs = line.runs(&x, &y);
        drawing.add(&curve(look, &runs));
        for at in marked(&runs, look, lines.len()) {
            drawing.add(&marker(look, at));
        }
    }
    Some(())
}

/// What the lines are.
pub(super) fn entries(lines: &[Line]) -> Vec<Entry> {
    let entry = |(look, line): (usize, &Line)| {
        let sample = format!("{}{}", curve(look, &[vec![(-20.0, 0.0), (20.0, 0.0)]]), marker(look, (0.0, 0.0)));
        Entry { sample, label: line.name.clone() }
    };
    lines.iter().enumerate().map(entry).collect()
}

/// Where line number `look` of so many has marks: on single points, and at places of its own, so that equal lines can be
/// seen to be several. Where there is one line, marks would only hide it, unless its points are few.
fn marked(runs: &[Vec<Point>], look: usize, lines: usize) -> Vec<Point> {
    let points: usize = runs.iter().map(Vec::len).sum();
    let every = match lines {
        1 if points > 3 * MARKS => usize::MAX,
        1 | 2 => points.div_ceil(3 * MARKS).max(1),
        _ => points.div_ceil(MARKS).max(2),
    };
    let mut marked = Vec::new();
    for run in runs {
        let chosen = run
            .iter()
            .enumerate()
            .filter(|(n, _)| run.len() == 1 || every < usize::MAX && (n + look).is_multiple_of(every));
        marked.extend(chosen.map(|(_, at)| *at));
    }
    marked
}
