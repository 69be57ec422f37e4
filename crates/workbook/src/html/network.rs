//! The network as a drawing: circles for units, lines for weights, with the numbers before the first update.

use gradbook_engine::trace::Param;

use super::markup::{drawing, escape};
use super::number::text;
use crate::lesson::{Key, Lesson, Snapshot};

/// A layer with more units shows its first ones, dots, and its last.
const SHOWN_UNITS: usize = 10;
const RADIUS: f64 = 27.0;
/// From unit to unit of a layer that labels need.
const SPACING: f64 = 112.0;
/// Edge labels closer than this would cover each other.
const LABEL_HEIGHT: f64 = 17.0;
/// Room left of the inputs, above and below.
const LEFT: f64 = 66.0;
const MARGIN: f64 = 62.0;
const DIGITS: usize = 4;
/// About the width of a letter.
const LETTER: f64 = 8.2;

/// A layer of circles; layer 0 are the inputs.
struct Column {
    x: f64,
    /// The units that are shown, with their heights.
    units: Vec<(usize, f64)>,
    hidden: usize,
    spacing: f64,
}

pub(super) fn network(lesson: &Lesson, now: &Snapshot) -> String {
    let columns = columns(lesson, now);
    let bottom = |column: &Column| column.units.last().map_or(0.0, |unit| unit.1);
    let height = columns.iter().map(bottom).fold(0.0, f64::max) + MARGIN + 8.0;
    let width = columns.last().map_or(0.0, |column| column.x) + RADIUS + 20.0 + width_of(beside_outputs(lesson, now));
    let (mut edges, mut labels, mut units) = (String::new(), String::new(), String::new());
    for l in 0..=lesson.trace.net.last() {
        let (from, to) = (&columns[l], &columns[l + 1]);
        let place = label_place(from, to);
        for &(j, y_to) in &to.units {
            for &(i, y_from) in &from.units {
                let (x1, x2) = (from.x, to.x);
                edges.push_str(&format!(
                    "<line class=\"edge\" x1=\"{x1:.0}\" y1=\"{y_from:.1}\" x2=\"{x2:.0}\" y2=\"{y_to:.1}\"/>\n"
                ));
                if let Some(place) = place {
                    let (x, y) = (x1 + place * (x2 - x1), y_from + place * (y_to - y_from));
                    let p = Key::P(Param::W(l, j, i));
                    labels.push_str(&label((x, y + 4.5), "label", &equality(lesson, p, now)));
                }
            }
        }
    }
    for (n, column) in columns.iter().enumerate() {
        for &(j, y) in &column.units {
            units.push_str(&unit(lesson, n, j, (column.x, y), now));
        }
        if column.hidden > 0 {
            let y = (column.units[column.units.len() - 2].1 + column.units[column.units.len() - 1].1) / 2.0;
            units.push_str(&label((column.x, y + 5.0), "dots", &format!("⋮ {} more", column.hidden)));
        }
    }
    let description = format!(
        "{} Units are circles from the inputs on the left to the outputs on the right; every unit of a layer is connected \
         with every unit of the next.",
        lesson.described()
    );
    let content = format!("{edges}{labels}{units}");
    drawing("network-drawing", &format!("The {} network", lesson.widths()), &description, (width, height), &content)
}

fn columns(lesson: &Lesson, now: &Snapshot) -> Vec<Column> {
    let widths = &lesson.trace.net.widths;
    let shown = |n: usize| n.min(SHOWN_UNITS);
    let mut columns: Vec<Column> = Vec::new();
    let height = widths.iter().map(|&n| (shown(n) - 1) as f64 * SPACING).fold(0.0, f64::max);
    for &n in widths {
        // Small layers stand less apart than they could, large ones set the height.
        let spacing = if shown(n) > 1 { (height / (shown(n) - 1) as f64).min(1.3 * SPACING) } else { 0.0 };
        let top = MARGIN + (height - spacing * (shown(n) - 1) as f64) / 2.0;
        let index = |row: usize| if row + 1 == shown(n) { n - 1 } else { row };
        let units = (0..shown(n)).map(|row| (index(row), top + row as f64 * spacing)).collect();
        columns.push(Column { x: LEFT, units, hidden: n - shown(n), spacing });
    }
    for l in 1..columns.len() {
        // Labels near an end need a long edge to be clear of the circles.
        let place = label_place(&columns[l - 1], &columns[l]).unwrap_or(0.5);
        let edges = width_of(lesson.trace.net.weights(l - 1).map(|p| equality(lesson, Key::P(p), now)));
        let near = if place < 0.5 { l - 1 } else { l };
        let units = width_of((0..widths[near]).map(|j| equality(lesson, below(near, j), now))).max(2.0 * RADIUS);
        let needed = ((edges + units) / 2.0 + 4.0) / place.min(1.0 - place);
        columns[l].x = columns[l - 1].x + needed.max(215.0);
    }
    columns
}

/// What stands below a circle.
fn below(column: usize, j: usize) -> Key {
    if column == 0 { Key::X(0, j) } else { Key::A(0, column - 1, j) }
}

fn beside_outputs(lesson: &Lesson, now: &Snapshot) -> Vec<String> {
    let keys = (0..lesson.trace.net.outputs()).flat_map(|k| [Key::T(0, k), Key::E(0, k)]);
    keys.map(|key| equality(lesson, key, now)).collect()
}

/// The width of the longest of some labels.
fn width_of(labels: impl IntoIterator<Item = String>) -> f64 {
    labels.into_iter().map(|label| LETTER * label.chars().count() as f64).fold(0.0, f64::max)
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

fn unit(lesson: &Lesson, column: usize, j: usize, at: (f64, f64), now: &Snapshot) -> String {
    let (x, y) = at;
    let net = &lesson.trace.net;
    let mut unit = String::new();
    let mut circle = |class: &str, name: &str| {
        unit.push_str(&format!("<circle class=\"{class}\" cx=\"{x:.0}\" cy=\"{y:.1}\" r=\"{RADIUS}\"/>\n"));
        unit.push_str(&label((x, y + 5.5), "unit-name", &escape(name)));
    };
    let under = label((x, y + RADIUS + 16.0), "label", &equality(lesson, below(column, j), now));
    if column == 0 {
        circle("input", &lesson.text(Key::X(0, j)));
        return unit + &under;
    }
    let l = column - 1;
    circle("unit", &lesson.text(Key::Z(0, l, j)));
    unit.push_str(&under);
    if net.biases[l] {
        let bias = equality(lesson, Key::P(Param::B(l, j)), now);
        unit.push_str(&label((x, y - RADIUS - 8.0), "label", &bias));
    }
    if l == net.last() {
        for (key, dy) in [(Key::T(0, j), -4.0), (Key::E(0, j), 15.0)] {
            let (x, y) = (x + RADIUS + 12.0, y + dy);
            let text = equality(lesson, key, now);
            unit.push_str(&format!("<text class=\"label start\" x=\"{x:.0}\" y=\"{y:.1}\">{text}</text>\n"));
        }
    }
    unit
}

fn equality(lesson: &Lesson, key: Key, now: &Snapshot) -> String {
    escape(&format!("{} = {}", lesson.text(key), text(now.value(key), DIGITS)))
}

fn label(at: (f64, f64), class: &str, text: &str) -> String {
    format!("<text class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\">{text}</text>\n", at.0, at.1)
}
