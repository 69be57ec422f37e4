//! Lines against a count, such as the epoch, in one frame.

use crate::axis::Axis;
use crate::drawing::{Canvas, Frame, LegendEntry};
use crate::look::Look;
use crate::markup::Point;

/// Marks on each line.
const MARKS: usize = 8;
/// More points than this are drawn as the highest and the lowest of each group.
const MAX_POINTS: usize = 600;

/// A line of a chart; its number decides how it looks.
#[derive(Clone, Debug)]
pub struct PlotLine {
    /// A plain text.
    pub name: String,
    /// Count and value; none where there is no finite one.
    pub points: Vec<(f64, Option<f64>)>,
}

impl PlotLine {
    /// Whether there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.points.iter().all(|(_, value)| value.is_none())
    }

    /// The last value and its count.
    pub fn last(&self) -> Option<(f64, f64)> {
        self.points.iter().rev().find_map(|&(count, value)| value.map(|value| (count, value)))
    }

    /// Points without a gap between them, in pixels; those of values above the axis are above the frame.
    fn runs(&self, x: &Axis, y: &Axis) -> Vec<Vec<Point>> {
        let runs = self.points.split(|(_, value)| value.is_none()).filter(|run| !run.is_empty());
        let point =
            |&(count, value): &(f64, Option<f64>)| value.map(|value| (x.pixel(count), y.pixel_or_beyond(value)));
        runs.map(|run| run.iter().filter_map(point).collect()).collect()
    }
}

/// Axes and lines; `None`, and nothing drawn, without any value. `y_axis` makes the axis of all values between two pixels;
/// where a line has values above it, it leaves the frame there, under an arrow.
pub fn plot(
    canvas: &mut Canvas,
    frame: &Frame,
    lines: &[PlotLine],
    (x_name, y_name): (&str, &str),
    y_axis: impl Fn(&[f64], f64, f64) -> Axis,
) -> Option<()> {
    let points = || lines.iter().flat_map(|line| &line.points);
    let last = points().map(|(count, _)| *count).reduce(f64::max)?;
    let values: Vec<f64> = points().filter_map(|(_, value)| *value).collect();
    if values.is_empty() {
        return None;
    }
    let x = Axis::counts(last.ceil() as usize, frame.left, frame.right);
    let y = y_axis(&values, frame.bottom, frame.top);
    canvas.x_axis(&x, frame, x_name);
    canvas.y_axis(&y, frame, y_name);
    for (n, line) in lines.iter().enumerate() {
        let look = Look::new(n);
        let runs = line.runs(&x, &y);
        let inside: Vec<Vec<Point>> = runs.iter().flat_map(|run| below(frame.top, &thinned(run))).collect();
        canvas.add(&look.curve(&inside));
        let marked = marked(&runs, n, lines.len());
        for at in marked.into_iter().filter(|at| at.1 >= frame.top - 0.5) {
            canvas.add(&look.mark(at));
        }
        let leaves = runs
            .iter()
            .flat_map(|run| run.windows(2))
            .find(|pair| !is_above(frame.top, pair[0]) && is_above(frame.top, pair[1]));
        if let Some(pair) = leaves {
            canvas.add(&look.arrow(crossing(frame.top, pair[0], pair[1])));
        }
    }
    Some(())
}

/// What the lines are.
pub fn legend(lines: &[PlotLine]) -> Vec<LegendEntry> {
    let entry = |(n, line): (usize, &PlotLine)| {
        let look = Look::new(n);
        let sample = format!("{}{}", look.curve(&[vec![(-20.0, 0.0), (20.0, 0.0)]]), look.mark((0.0, 0.0)));
        LegendEntry { sample, label: line.name.clone() }
    };
    lines.iter().enumerate().map(entry).collect()
}

/// The highest and the lowest point of each group, if there are too many to be told apart.
fn thinned(run: &[Point]) -> Vec<Point> {
    if run.len() <= MAX_POINTS {
        return run.to_vec();
    }
    let group = run.len().div_ceil(MAX_POINTS / 2);
    let by_height = |a: &&Point, b: &&Point| a.1.total_cmp(&b.1);
    let ends = run.chunks(group).filter_map(|group| {
        let (high, low) = (*group.iter().min_by(by_height)?, *group.iter().max_by(by_height)?);
        Some(if high.0 <= low.0 { [high, low] } else { [low, high] })
    });
    ends.flatten().collect()
}

/// The parts of a run below the top of the frame, cut where it crosses that.
fn below(top: f64, run: &[Point]) -> Vec<Vec<Point>> {
    let mut parts: Vec<Vec<Point>> = vec![Vec::new()];
    let mut before: Option<Point> = None;
    for &point in run {
        let part = parts.last_mut().expect("starts with one");
        match before {
            Some(before) if is_above(top, before) != is_above(top, point) => part.push(crossing(top, before, point)),
            _ => {}
        }
        if is_above(top, point) {
            if !part.is_empty() {
                parts.push(Vec::new());
            }
        } else {
            part.push(point);
        }
        before = Some(point);
    }
    parts
}

fn is_above(top: f64, point: Point) -> bool {
    // Rounding must not cut what lies on the edge.
    point.1 < top - 1e-6
}

/// Where the line between two points crosses the top of the frame.
fn crossing(top: f64, from: Point, to: Point) -> Point {
    (from.0 + (from.1 - top) / (from.1 - to.1) * (to.0 - from.0), top)
}

/// Where line number `n` of `lines` has marks: on single points, and at places of its own, so that equal lines can be
/// seen to be several. Where there is one line, marks would only hide it, unless its points are few.
fn marked(runs: &[Vec<Point>], n: usize, lines: usize) -> Vec<Point> {
    let points: usize = runs.iter().map(Vec::len).sum();
    let every = match lines {
        1 if points > 3 * MARKS => usize::MAX,
        1 | 2 => points.div_ceil(3 * MARKS).max(1),
        _ => points.div_ceil(MARKS).max(2),
    };
    let shift = n * (every / lines).max(1);
    let mut marked = Vec::new();
    for run in runs {
        let chosen = run
            .iter()
            .enumerate()
            .filter(|(at, _)| run.len() == 1 || every < usize::MAX && (at + shift).is_multiple_of(every));
        marked.extend(chosen.map(|(_, at)| *at));
    }
    marked
}
