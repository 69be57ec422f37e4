//! The network as a drawing: circles for units, lines for weights, with the numbers before the first update.

use gradbook_lesson::Param;

use gradbook_lesson::{Key, Lesson, Snapshot};
use gradbook_page::Drawing;
use gradbook_page::markup::{Point, label, line};
use gradbook_page::number::written;

/// A layer with more units shows its first ones, dots, and its last.
const SHOWN_UNITS: usize = 10;
const RADIUS: f64 = 27.0;
/// From unit to unit of a layer that labels need.
const SPACING: f64 = 112.0;
/// Labels closer than this would cover each other.
const LABEL_HEIGHT: f64 = 17.0;
/// From a circle to the text beside it, and from label to label on a line.
const GAP: f64 = 12.0;
/// Room above and below the outermost circles' centres, for two labels.
const MARGIN: f64 = 76.0;
/// Room left and right.
const SIDE: f64 = 20.0;
const SHORTEST_EDGE: f64 = 215.0;
const DIGITS: usize = 4;
/// About the width of a letter, rather more.
const LETTER: f64 = 8.2;

/// A layer of circles; layer 0 are the inputs.
struct Column {
    x: f64,
    /// The units that are shown, with their heights.
    units: Vec<(usize, f64)>,
    hidden: usize,
    spacing: f64,
}

/// The side of its circle on which a unit's labels stand.
#[derive(Clone, Copy)]
enum Side {
    Above,
    Below,
}

impl Column {
    /// The side that fewer edges cross: upper units have most of theirs below them. No two units' labels share the room
    /// between their circles, and none stand where the dots are.
    fn side(&self, row: usize) -> Side {
        let above = if self.hidden > 0 { self.units.len() - 1 } else { self.units.len().div_ceil(2) };
        if row < above { Side::Above } else { Side::Below }
    }
}

pub(super) fn network(lesson: &Lesson, now: &Snapshot) -> String {
    let columns = columns(lesson, now);
    let bottom = |column: &Column| column.units.last().map_or(0.0, |unit| unit.1);
    let height = columns.iter().map(bottom).fold(0.0, f64::max) + MARGIN;
    let outputs = (0..lesson.theory.network.outputs()).flat_map(|k| beside(lesson, columns.len() - 1, k));
    let beside_outputs = width_of(lesson, outputs, now);
    let width = columns.last().map_or(0.0, |column| column.x) + RADIUS + GAP + beside_outputs + SIDE;
    let (mut edges, mut labels, mut units) = (Vec::new(), Vec::new(), Vec::new());
    for l in 0..=lesson.theory.network.last() {
        let (from, to) = (&columns[l], &columns[l + 1]);
        let place = label_place(from, to);
        for &(j, y_to) in &to.units {
            for &(i, y_from) in &from.units {
                let (x1, x2) = (from.x, to.x);
                edges.push(line("edge", (x1, y_from), (x2, y_to)));
                if let Some(place) = place {
                    let (x, y) = (x1 + place * (x2 - x1), y_from + place * (y_to - y_from));
                    let p = Key::P(Param::W(l, j, i));
                    labels.push(label("label", (x, y + 4.5), &equality(lesson, p, now)));
                }
            }
        }
    }
    for (n, column) in columns.iter().enumerate() {
        for (row, &(j, y)) in column.units.iter().enumerate() {
            units.push(unit(lesson, n, j, (column.x, y), column.side(row), now));
        }
        if column.hidden > 0 {
            let y = (column.units[column.units.len() - 2].1 + column.units[column.units.len() - 1].1) / 2.0;
            units.push(label("dots", (column.x, y + 5.0), &format!("⋮ {} more", column.hidden)));
        }
    }
    let description = format!(
        "{} Units are circles from the inputs on the left to the outputs on the right; every unit of a layer is connected \
         with every unit of the next.",
        lesson.theory.described()
    );
    let drawing = Drawing {
        name: "network-drawing",
        class: "network",
        title: format!("The {} network", lesson.theory.network.layout()),
        description,
        size: (width, height),
        content: [edges, labels, units].concat().join("\n"),
    };
    drawing.on_page()
}

fn columns(lesson: &Lesson, now: &Snapshot) -> Vec<Column> {
    let widths = lesson.theory.network.widths();
    let shown = |n: usize| n.min(SHOWN_UNITS);
    let mut columns: Vec<Column> = Vec::new();
    let height = widths.iter().map(|&n| (shown(n) - 1) as f64 * SPACING).fold(0.0, f64::max);
    for &n in &widths {
        // Small layers stand less apart than they could, large ones set the height.
        let spacing = if shown(n) > 1 { (height / (shown(n) - 1) as f64).min(1.3 * SPACING) } else { 0.0 };
        let top = MARGIN + (height - spacing * (shown(n) - 1) as f64) / 2.0;
        let index = |row: usize| if row + 1 == shown(n) { n - 1 } else { row };
        let units = (0..shown(n)).map(|row| (index(row), top + row as f64 * spacing)).collect();
        columns.push(Column { x: 0.0, units, hidden: n - shown(n), spacing });
    }
    let inputs = (0..widths[0]).flat_map(|i| beside(lesson, 0, i));
    columns[0].x = SIDE + width_of(lesson, inputs, now) + GAP + RADIUS;
    for l in 1..columns.len() {
        columns[l].x = columns[l - 1].x + edge_width(lesson, &columns, l - 1, now);
    }
    columns
}

/// How far column `l + 1` is from column `l`, so that no label of a unit lies on an edge or an edge's label.
fn edge_width(lesson: &Lesson, columns: &[Column], l: usize, now: &Snapshot) -> f64 {
    let (from, to) = (&columns[l], &columns[l + 1]);
    let mut width = SHORTEST_EDGE;
    if let Some(place) = label_place(from, to) {
        let edges = width_of(lesson, lesson.theory.network.weights(l).map(Key::P), now);
        for (n, part) in [(l, place), (l + 1, 1.0 - place)] {
            let labels = (0..lesson.theory.network.widths()[n]).flat_map(|j| stacked(lesson, n, j));
            let unit = width_of(lesson, labels, now).max(2.0 * RADIUS);
            width = width.max(((edges + unit) / 2.0 + GAP) / part);
        }
    }
    // So many edges are anywhere; labels have a background.
    if from.hidden + to.hidden == 0 {
        width = width.max(clear_of_labels(lesson, l, (from, to), now));
        width = width.max(clear_of_labels(lesson, l + 1, (to, from), now));
    }
    width
}

/// How wide edges must be to pass the labels of column `n`, which is `near`.
///
/// A label reaches as far as h to the side of the circles' centres. An edge that starts d away from it, and falls or
/// rises by y towards it on its way, is y h / width nearer where the label ends: less than d if the width is above
/// y h / d.
fn clear_of_labels(lesson: &Lesson, n: usize, (near, far): (&Column, &Column), now: &Snapshot) -> f64 {
    let mut width: f64 = 0.0;
    for (row, &(j, y)) in near.units.iter().enumerate() {
        for (place, key) in stacked(lesson, n, j).into_iter().enumerate() {
            let half = width_of(lesson, [key], now) / 2.0 + 3.0;
            let baseline = y + baseline(near.side(row), place);
            let (top, bottom) = (baseline - 14.0, baseline + 5.0);
            for &(_, start) in &near.units {
                let distance = if start < top { top - start } else { bottom - start };
                let clear = far.units.iter().map(|&(_, end)| (end - start) * half / distance);
                width = clear.fold(width, f64::max);
            }
        }
    }
    width
}

/// What stands above or below a circle, the nearest first.
fn stacked(lesson: &Lesson, column: usize, j: usize) -> Vec<Key> {
    let network = &lesson.theory.network;
    let Some(l) = column.checked_sub(1) else { return Vec::new() };
    let activation = (l < network.last()).then_some(Key::A(0, l, j));
    activation.into_iter().chain(network.layers[l].bias.then_some(Key::P(Param::B(l, j)))).collect()
}

/// What stands beside a circle, where no edge is: left of inputs and right of outputs.
fn beside(lesson: &Lesson, column: usize, j: usize) -> Vec<Key> {
    let last = lesson.theory.network.last();
    match column {
        0 => vec![Key::X(0, j)],
        _ if column - 1 == last => vec![Key::A(0, last, j), Key::T(0, j), Key::E(0, j)],
        _ => Vec::new(),
    }
}

/// From a circle's centre down to the baseline of the label at some place, 0 being the nearest.
fn baseline(side: Side, place: usize) -> f64 {
    let further = place as f64 * LABEL_HEIGHT;
    match side {
        Side::Above => -(RADIUS + 8.0 + further),
        Side::Below => RADIUS + 17.0 + further,
    }
}

/// The width of the longest of some labels.
fn width_of(lesson: &Lesson, keys: impl IntoIterator<Item = Key>, now: &Snapshot) -> f64 {
    let letters = |key| equality(lesson, key, now).chars().count() as f64;
    keys.into_iter().map(|key| LETTER * letters(key)).fold(0.0, f64::max)
}

/// Where labels stand on the edges from one layer to the next, as a part of the way, so that all of them are equally far
/// from each other; `None` if that is too close.
///
/// At part f of the way the label of edge i to j is at (1 - f) i s + f j s' with the layers' spacings s and s'. With n
/// and m units these are evenly spaced if m f s' = (1 - f) s, or if n (1 - f) s = f s'.
fn label_place(from: &Column, to: &Column) -> Option<f64> {
    let (n, m) = (from.units.len() as f64, to.units.len() as f64);
    if from.hidden + to.hidden > 0 {
        return None;
    }
    let (s, t) = (from.spacing, to.spacing);
    let candidates = match (s == 0.0, t == 0.0) {
        (true, true) => return Some(0.5),
        (true, false) => [(0.55, 0.55 * t); 2],
        (false, true) => [(0.45, 0.55 * s); 2],
        (false, false) => {
            let (near_from, near_to) = (s / (s + m * t), n * s / (t + n * s));
            [(near_from, near_from * t), (near_to, (1.0 - near_to) * s)]
        }
    };
    let best = if candidates[1].1 > candidates[0].1 + 0.5 { candidates[1] } else { candidates[0] };
    (best.1 >= LABEL_HEIGHT).then_some(best.0)
}

fn unit(lesson: &Lesson, column: usize, j: usize, (x, y): Point, side: Side, now: &Snapshot) -> String {
    let (class, name, anchor, beside_x) = match column {
        0 => ("input", Key::X(0, j), "end", x - RADIUS - GAP),
        _ => ("unit", Key::Z(0, column - 1, j), "start", x + RADIUS + GAP),
    };
    let mut unit = format!("<circle class=\"{class}\" cx=\"{x:.0}\" cy=\"{y:.1}\" r=\"{RADIUS}\"/>\n");
    unit.push_str(&label("unit-name", (x, y + 5.5), &lesson.theory.text(name)));
    for (place, key) in stacked(lesson, column, j).into_iter().enumerate() {
        unit.push_str(&label("label unit-label", (x, y + baseline(side, place)), &equality(lesson, key, now)));
    }
    let keys = beside(lesson, column, j);
    let first = y + 5.0 - (keys.len().max(1) - 1) as f64 / 2.0 * (LABEL_HEIGHT + 1.0);
    for (line, key) in keys.into_iter().enumerate() {
        let at = (beside_x, first + line as f64 * (LABEL_HEIGHT + 1.0));
        unit.push_str(&label(&format!("label unit-label {anchor}"), at, &equality(lesson, key, now)));
    }
    unit
}

fn equality(lesson: &Lesson, key: Key, now: &Snapshot) -> String {
    format!("{} = {}", lesson.theory.text(key), written(now.value(key), DIGITS))
}
