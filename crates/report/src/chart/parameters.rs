//! The frontier: accuracy against the number of parameters, with what others published.

use super::{OURS, mean_mark, published_mark};
use crate::Series;
use crate::summary::Summary;
use gradbook_page::label::{shortened, text_width};
use gradbook_page::markup::{Point, line};
use gradbook_page::number::thousands;
use gradbook_page::{Axis, Canvas, Drawing, Frame, LegendEntry, WIDTH};

const FRAME: Frame = Frame { left: 84.0, right: WIDTH - 48.0, top: 14.0, bottom: 420.0 };
/// The widest name beside a point.
const NAMES: f64 = 200.0;
const HEIGHT: f64 = 16.0;
/// Of a mark, with some room around it.
const RADIUS: f64 = 6.0;
/// How many covered square pixels are as bad as a pixel between a point and its name.
const DISTANCE: f64 = 0.5;
/// A name that is farther from its point gets a line to it.
const FAR: f64 = 5.0;

/// A network in the plot.
struct Spot {
    name: String,
    parameters: usize,
    /// In percent.
    accuracy: f64,
    /// Ends of the interval.
    interval: Option<(f64, f64)>,
    published: bool,
}

/// Of at least two different numbers of parameters, and at least one trial.
pub(super) fn chart(series: &Series, summaries: &[Summary]) -> Option<Drawing> {
    let spots = spots(series, summaries);
    let one_size = spots.iter().all(|spot| spot.parameters == spots[0].parameters);
    if one_size || spots.iter().all(|spot| spot.published) {
        return None;
    }
    let ends = spots.iter().filter_map(|spot| spot.interval).flat_map(|(low, high)| [low, high]);
    let ends = ends.filter(|end| (0.0..100.0).contains(end));
    let accuracies: Vec<f64> = spots.iter().map(|spot| spot.accuracy).chain(ends).collect();
    let parameters: Vec<f64> = spots.iter().map(|spot| spot.parameters as f64).collect();
    let x = Axis::parameters(&parameters, FRAME.left, FRAME.right);
    let y = Axis::accuracies(&accuracies, FRAME.bottom, FRAME.top);

    let mut canvas = Canvas::default();
    canvas.x_axis(&x, &FRAME, "parameters");
    canvas.y_axis(&y, &FRAME, "accuracy in %");
    let places: Vec<Place> = spots.iter().map(|spot| Place::of(spot, &x, &y)).collect();
    for (spot, place) in spots.iter().zip(&places) {
        canvas.add(&mark(spot, place, &y));
    }
    for (label, place) in labels(&spots, &places).iter().zip(&places) {
        let nearest = label.area.nearest(place.at);
        if (nearest.1 - place.at.1).abs() > FAR {
            canvas.line("leader", place.at, nearest);
        }
        canvas.text("label middle", (label.area.x + label.area.width / 2.0, label.area.y + 13.0), &label.text);
    }
    canvas.legend(&legend(&spots));
    canvas.notes(&notes(series));
    let described = spots.iter().map(|spot| {
        let who = if spot.published { " (published by others)" } else { "" };
        format!("{}{who}: {} parameters, {:.3} %", spot.name, thousands(spot.parameters), spot.accuracy)
    });
    let described = described.collect::<Vec<_>>().join("; ");
    Some(canvas.finish("parameters", "Accuracy against parameters", &format!("{described}.")))
}

/// Variants with a trial, then what others published.
fn spots(series: &Series, summaries: &[Summary]) -> Vec<Spot> {
    let ours = summaries.iter().filter_map(|summary| {
        Some(Spot {
            name: summary.variant.name.clone(),
            parameters: summary.variant.parameters,
            accuracy: summary.mean?,
            interval: summary.interval.map(|interval| (interval.low(), interval.high())),
            published: false,
        })
    });
    let published = series.published.iter().map(|published| Spot {
        name: published.name.clone(),
        parameters: published.parameters,
        accuracy: published.accuracy,
        interval: None,
        published: true,
    });
    ours.chain(published).collect()
}

/// Where a spot is drawn, in pixels.
struct Place {
    at: Point,
    /// With the interval.
    area: Area,
}

impl Place {
    fn of(spot: &Spot, x: &Axis, y: &Axis) -> Place {
        let at = (x.pixel(spot.parameters as f64), y.pixel(spot.accuracy));
        let (low, high) = spot.interval.unwrap_or((spot.accuracy, spot.accuracy));
        let top = y.pixel(high).min(at.1 - RADIUS);
        let bottom = y.pixel(low).max(at.1 + RADIUS);
        Place { at, area: Area { x: at.0 - RADIUS, y: top, width: 2.0 * RADIUS, height: bottom - top } }
    }
}

fn mark(spot: &Spot, place: &Place, axis: &Axis) -> String {
    let x = place.at.0;
    if spot.published {
        return published_mark(place.at);
    }
    let class = format!("line {OURS}");
    let mut mark = mean_mark(place.at);
    if let Some((low, high)) = spot.interval {
        mark.push_str(&line(&class, (x, axis.pixel(low)), (x, axis.pixel(high))));
        // An interval that goes beyond the axis has no end to show.
        for end in [low, high].into_iter().filter(|&end| axis.contains(end)) {
            let y = axis.pixel(end);
            mark.push_str(&line(&class, (x - 4.0, y), (x + 4.0, y)));
        }
    }
    mark
}

struct Label {
    text: String,
    area: Area,
}

/// A name beside, above or below each place: where it covers little of what is there already, and is near.
fn labels(spots: &[Spot], places: &[Place]) -> Vec<Label> {
    let mut labels: Vec<Label> = Vec::new();
    for (spot, place) in spots.iter().zip(places) {
        // Beside another point, a name would seem to be that one's.
        let others = places.iter().filter(|other| other.at != place.at).map(|other| other.area.widened(2.0 * RADIUS));
        let taken: Vec<Area> = others.chain([place.area]).chain(labels.iter().map(|label| label.area)).collect();
        let text = shortened(&spot.name, NAMES);
        let width = text_width(&text);
        let (x, y) = place.at;
        let columns = [x - 2.0 * RADIUS - width, x + 2.0 * RADIUS, x - width / 2.0];
        let rows = [0.0, -14.0, 14.0, -28.0, 28.0, -42.0, 42.0, -56.0, 56.0].map(|shift| y - HEIGHT / 2.0 + shift);
        let areas = rows.into_iter().flat_map(|y| columns.map(|x| Area { x, y, width, height: HEIGHT }));
        let cost = |area: &Area| {
            let covered: f64 = taken.iter().map(|other| area.overlap(other)).sum();
            let away = (area.y + HEIGHT / 2.0 - y).abs();
            covered + area.outside(&FRAME) + DISTANCE * away
        };
        let area = areas.min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap_or(place.area);
        labels.push(Label { text, area });
    }
    labels
}

/// A rectangle, in pixels.
#[derive(Clone, Copy)]
struct Area {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Area {
    /// In square pixels.
    fn overlap(&self, other: &Area) -> f64 {
        let width = (self.x + self.width).min(other.x + other.width) - self.x.max(other.x);
        let height = (self.y + self.height).min(other.y + other.height) - self.y.max(other.y);
        width.max(0.0) * height.max(0.0)
    }

    /// With a margin on the left and on the right.
    fn widened(&self, margin: f64) -> Area {
        Area { x: self.x - margin, width: self.width + 2.0 * margin, ..*self }
    }

    /// The point of the rectangle that is nearest to another point.
    fn nearest(&self, (x, y): Point) -> Point {
        (x.clamp(self.x, self.x + self.width), y.clamp(self.y, self.y + self.height))
    }

    /// In square pixels.
    fn outside(&self, frame: &Frame) -> f64 {
        let Frame { left, right, top, bottom } = *frame;
        let inside = Area { x: left, y: top, width: right - left, height: bottom - top };
        self.width * self.height - self.overlap(&inside)
    }
}

fn legend(spots: &[Spot]) -> Vec<LegendEntry> {
    let ours = format!("{}{}", line(&format!("line {OURS}"), (0.0, -9.0), (0.0, 9.0)), mean_mark((0.0, 0.0)));
    let mut entries = vec![LegendEntry { sample: ours, label: "mean over seeds, 95 % interval".to_owned() }];
    if spots.iter().any(|spot| spot.published) {
        let sample = published_mark((0.0, 0.0));
        entries.push(LegendEntry { sample, label: "published by others (below)".to_owned() });
    }
    entries
}

/// What the published numbers are.
fn notes(series: &Series) -> Vec<String> {
    let note = |published: &crate::Published| {
        let note = if published.note.is_empty() { String::new() } else { format!(": {}", published.note) };
        format!("{}, {:.2} %{note}", published.name, published.accuracy)
    };
    series.published.iter().map(note).collect()
}
