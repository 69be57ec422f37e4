//! The loss curves of all compared rates, and their milestones as a table.

use gradbook_lesson::{DIVERGED, Trajectory};

use super::number::{IN_FORMULA, text};
use gradbook_lesson::{Behaviour, COLOURS, Lesson, SMALLEST, again, halved, label, milestones, plural};
use gradbook_page::markup::{Cell, drawing, escape, table};

/// Size of a drawing, and the plot's place in it; the legend stands right of the plot.
const SIZE: (f64, f64) = (900.0, 420.0);
const LEFT: f64 = 104.0;
const RIGHT: f64 = 725.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 364.0;
/// More points than this are drawn as the smallest and the largest of each group.
const MAX_POINTS: usize = 600;
/// A linear axis ends here if a run leaves for good, in parts of the loss at the start.
const CUT: f64 = 2.0;
/// Marks on each curve.
const MARKS: usize = 8;
const DASHES: [&str; 6] = ["", "9 5", "2 4", "9 4 2 4", "16 5", "16 4 2 4 2 4"];

struct Curve {
    label: String,
    losses: Vec<f64>,
}

/// An axis: the heights that its ends stand for, and where its lines are.
struct Axis {
    low: f64,
    high: f64,
    ticks: Vec<(f64, String)>,
}

pub(super) fn rates(lesson: &Lesson) -> String {
    let curve = |run: &Trajectory| Curve {
        label: label(run.rate),
        losses: run.states.iter().map(|state| state.loss).collect(),
    };
    let curves: Vec<Curve> = lesson.rates.iter().map(curve).collect();
    let updates = lesson.updates();
    let mut all = "<p>The same network from the same parameters, trained once with each rate.".to_owned();
    if lesson.theory.network.can_diverge() {
        let limit = text(DIVERGED, 3);
        all.push_str(&format!(" Where the loss exceeds {limit}, the rate becomes 0 and training stops."));
    }
    all.push_str("</p>\n");
    all.push_str(&linear(&curves, updates));
    all.push_str(&logarithmic(&curves, updates));
    all.push_str(&milestone_table(&curves, updates));
    all
}

fn linear(curves: &[Curve], updates: usize) -> String {
    let largest = curves.iter().flat_map(|curve| &curve.losses).copied().fold(0.0, f64::max);
    let limit = CUT * curves.iter().map(|curve| curve.losses[0]).fold(0.0, f64::max);
    let axis = linear_axis(if largest > limit { limit } else { largest });
    let title = "Loss curves of all learning rates";
    let plot = plot(curves, updates, &axis, "loss E_tot", &|loss| loss);
    let mut figure = drawing("linear", title, &described(curves, updates), SIZE, &plot);
    let gone = curves.iter().filter(|curve| curve.losses.iter().any(|&loss| loss > axis.high));
    let gone: Vec<String> = gone
        .map(|curve| {
            let largest = curve.losses.iter().copied().fold(0.0, f64::max);
            format!("{} leaves this drawing at the top; its largest loss is {}.", curve.label, text(largest, 3))
        })
        .collect();
    if !gone.is_empty() {
        figure.push_str(&format!("<p>{}</p>\n", gone.join(" ")));
    }
    format!("<h3>{title}</h3>\n{figure}")
}

fn logarithmic(curves: &[Curve], updates: usize) -> String {
    let height = |loss: f64| loss.max(SMALLEST).log10();
    let heights = || curves.iter().flat_map(|curve| curve.losses.iter().map(|&loss| height(loss)));
    let (low, high) = (heights().fold(f64::INFINITY, f64::min), heights().fold(f64::NEG_INFINITY, f64::max));
    let axis = logarithmic_axis(low, high);
    let title = "The same on a logarithmic axis: small losses, stalled and diverging runs";
    let plot = plot(curves, updates, &axis, "loss E_tot, logarithmic", &height);
    let figure = drawing("logarithmic", title, &described(curves, updates), SIZE, &plot);
    let floor = match heights().any(|height| height <= SMALLEST.log10()) {
        true => {
            format!("<p>Losses below {} are drawn there: the logarithm of 0 has no place.</p>\n", text(SMALLEST, 3))
        }
        false => String::new(),
    };
    format!("<h3>{title}</h3>\n{figure}{floor}")
}

/// From 0 to `largest`, with steps of 1, 2 or 5 times a power of ten.
fn linear_axis(largest: f64) -> Axis {
    let largest = if largest > 0.0 { largest } else { 1.0 };
    let raw = largest / 5.0;
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|n| n * power).into_iter().find(|&step| step >= raw).unwrap_or(raw);
    let count = (largest / step - 1e-9).ceil() as usize;
    let ticks = (0..=count).map(|n| (n as f64 * step, text(n as f64 * step, IN_FORMULA))).collect();
    Axis { low: 0.0, high: count as f64 * step, ticks }
}

/// Whole powers of ten around both ends; within one power also 2 and 5 times it.
fn logarithmic_axis(low: f64, high: f64) -> Axis {
    let (low, high) = (low.floor() as i32, (high.ceil() as i32).max(low.floor() as i32 + 1));
    let step = [1, 2, 5, 10, 20].into_iter().find(|step| (high - low) / step <= 9).unwrap_or(50);
    let name = |power: i32| text(10_f64.powi(power), 1);
    let mut ticks: Vec<(f64, String)> =
        (low..=high).filter(|power| power.rem_euclid(step) == 0).map(|power| (f64::from(power), name(power))).collect();
    if high - low <= 2 {
        for power in low..high {
            ticks.extend([2.0, 5.0].map(|n| (f64::from(power) + f64::log10(n), text(n * 10_f64.powi(power), 1))));
        }
    }
    Axis { low: f64::from(low), high: f64::from(high), ticks }
}

/// Axes, curves and legend; `height` is what the vertical axis shows of a loss.
fn plot(curves: &[Curve], updates: usize, axis: &Axis, name: &str, height: &dyn Fn(f64) -> f64) -> String {
    let x_of = |n: f64| LEFT + (RIGHT - LEFT) * n / updates.max(1) as f64;
    let y_of = |value: f64| BOTTOM - (BOTTOM - TOP) * (value - axis.low) / (axis.high - axis.low);
    let mut plot = String::new();
    for (value, name) in &axis.ticks {
        let y = y_of(*value);
        plot.push_str(&format!("<line class=\"grid\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{RIGHT}\" y2=\"{y:.1}\"/>\n"));
        plot.push_str(&format!("<text class=\"tick end\" x=\"{}\" y=\"{:.1}\">{name}</text>\n", LEFT - 8.0, y + 5.0));
    }
    for (n, name) in count_ticks(updates) {
        let x = x_of(n);
        let (end, below) = (BOTTOM + 6.0, BOTTOM + 23.0);
        plot.push_str(&format!("<line class=\"axis\" x1=\"{x:.1}\" y1=\"{BOTTOM}\" x2=\"{x:.1}\" y2=\"{end}\"/>\n"));
        plot.push_str(&format!("<text class=\"tick\" x=\"{x:.1}\" y=\"{below}\">{name}</text>\n"));
    }
    plot.push_str(&format!("<path class=\"axis\" d=\"M{LEFT} {TOP}V{BOTTOM}H{RIGHT}\"/>\n"));
    let (middle_x, middle_y) = ((LEFT + RIGHT) / 2.0, (TOP + BOTTOM) / 2.0);
    plot.push_str(&format!(
        "<text class=\"axis-name\" x=\"{middle_x}\" y=\"{}\">number of updates</text>\n",
        SIZE.1 - 10.0
    ));
    plot.push_str(&format!(
        "<text class=\"axis-name\" transform=\"translate(16 {middle_y}) rotate(-90)\">{name}</text>\n"
    ));

    for (look, curve) in curves.iter().enumerate() {
        let points: Vec<(f64, f64)> =
            curve.losses.iter().enumerate().map(|(n, &loss)| (x_of(n as f64), y_of(height(loss)))).collect();
        let mut marks = String::new();
        for mark in 0..MARKS {
            // Every curve has its marks at places of its own, so that equal curves can be seen to be several.
            let part = (mark as f64 + (look as f64 + 0.5) / curves.len() as f64) / MARKS as f64;
            let at = (part * (points.len() - 1) as f64).round() as usize;
            if points[at].1 >= TOP - 0.5 {
                marks.push_str(&marker(look, points[at]));
            }
        }
        let leaves = points.windows(2).find(|pair| pair[0].1 >= TOP && pair[1].1 < TOP).map(|pair| {
            let part = (pair[0].1 - TOP) / (pair[0].1 - pair[1].1);
            pair[0].0 + part * (pair[1].0 - pair[0].0)
        });
        let arrow = leaves.map_or(String::new(), |x| format!("<path d=\"M{x:.1} {:.1}l-6 10h12z\"/>\n", TOP - 12.0));
        plot.push_str(&format!(
            "<g class=\"curve\" stroke=\"#{0:06X}\" fill=\"#{0:06X}\"><path class=\"line\" stroke-dasharray=\"{1}\" d=\"{2}\"/>\n\
             {marks}{arrow}</g>\n",
            COLOURS[look % COLOURS.len()],
            DASHES[again(look) % DASHES.len()],
            path(&points)
        ));
        plot.push_str(&legend(look, &curve.label));
    }
    plot
}

fn legend(look: usize, label: &str) -> String {
    let (x, y) = (RIGHT + 18.0, TOP + 12.0 + 25.0 * look as f64);
    format!(
        "<g class=\"curve\" stroke=\"#{0:06X}\" fill=\"#{0:06X}\"><path class=\"line\" stroke-dasharray=\"{1}\" d=\"M{x} {y}h44\"/>\
         {2}</g><text class=\"tick start\" x=\"{3}\" y=\"{4}\">{5}</text>\n",
        COLOURS[look % COLOURS.len()],
        DASHES[again(look) % DASHES.len()],
        marker(look, (x + 22.0, y)),
        x + 52.0,
        y + 5.0,
        escape(label)
    )
}

/// Points as a path that is cut where it leaves at the top.
fn path(points: &[(f64, f64)]) -> String {
    let group = points.len().div_ceil(MAX_POINTS / 2);
    let mut kept: Vec<(f64, f64)> = Vec::new();
    if points.len() <= MAX_POINTS {
        kept.extend_from_slice(points);
    } else {
        for group in points.chunks(group) {
            let by_height = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
            let (Some(high), Some(low)) = (group.iter().min_by(by_height), group.iter().max_by(by_height)) else {
                continue;
            };
            kept.extend(if high.0 <= low.0 { [*high, *low] } else { [*low, *high] });
        }
    }
    let mut path = String::new();
    let mut inside = false;
    for pair in kept.windows(2) {
        let ((x1, y1), (x2, y2)) = (pair[0], pair[1]);
        // Where the line between both crosses the top.
        let crossing = || x1 + (y1 - TOP) / (y1 - y2) * (x2 - x1);
        let (starts, ends) = (y1 >= TOP, y2 >= TOP);
        if !starts && !ends {
            inside = false;
            continue;
        }
        if !inside {
            path.push_str(&if starts { format!("M{x1:.1} {y1:.1}") } else { format!("M{:.1} {TOP:.1}", crossing()) });
        }
        path.push_str(&if ends { format!("L{x2:.1} {y2:.1}") } else { format!("L{:.1} {TOP:.1}", crossing()) });
        inside = ends;
    }
    path
}

fn marker(look: usize, at: (f64, f64)) -> String {
    let (x, y) = at;
    match again(look) % 6 {
        0 => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\"/>"),
        1 => format!("<path d=\"M{:.1} {:.1}h8v8h-8z\"/>", x - 4.0, y - 4.0),
        2 => format!("<path d=\"M{x:.1} {:.1}l5.5 5.5l-5.5 5.5l-5.5 -5.5z\"/>", y - 5.5),
        3 => format!("<path d=\"M{x:.1} {:.1}l5.5 9.5h-11z\"/>", y - 6.0),
        4 => format!("<path class=\"line\" d=\"M{:.1} {:.1}l8 8m0 -8l-8 8\"/>", x - 4.0, y - 4.0),
        _ => format!("<path class=\"line\" d=\"M{x:.1} {:.1}v10m-5 -5h10\"/>", y - 5.0),
    }
}

fn count_ticks(updates: usize) -> Vec<(f64, String)> {
    let steps = (0..).flat_map(|power| [1, 2, 5].map(|n| n * 10_usize.pow(power)));
    let step = steps.into_iter().find(|step| updates / step <= 10).unwrap_or(updates);
    (0..=updates).step_by(step).map(|n| (n as f64, n.to_string())).collect()
}

fn described(curves: &[Curve], updates: usize) -> String {
    let ends = curves.iter().map(|curve| {
        let (first, last) = (curve.losses[0], curve.losses[curve.losses.len() - 1]);
        format!("{}: from {} to {}", curve.label, text(first, 4), text(last, 4))
    });
    format!("The loss during {}. {}.", plural(updates, "update"), ends.collect::<Vec<_>>().join("; "))
}

fn milestone_table(curves: &[Curve], updates: usize) -> String {
    let counts = milestones(updates);
    let head = |&n: &usize| {
        if n == 0 { "loss at the start".to_owned() } else { format!("loss after {}", plural(n, "update")) }
    };
    let mut heads = vec!["learning rate".to_owned()];
    heads.extend(counts.iter().map(head));
    heads.extend(["updates to halve the loss", "what the loss does"].map(str::to_owned));
    let rows: Vec<Vec<Cell>> = curves
        .iter()
        .map(|curve| {
            let mut row = vec![Cell::Head(escape(&curve.label))];
            row.extend(counts.iter().map(|&n| Cell::Number(text(curve.losses[n], IN_FORMULA))));
            let halved = halved(&curve.losses).map_or(format!("not in {updates}"), |n| n.to_string());
            row.extend([Cell::Number(halved), Cell::Words(Behaviour::of(&curve.losses).words().to_owned())]);
            row
        })
        .collect();
    table("The loss with each learning rate", &heads, &rows)
}
