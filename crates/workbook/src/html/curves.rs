//! The loss curves of all compared rates, and their milestones as a table.

use gradbook_lesson::{DIVERGED, Trajectory};

use super::IN_FORMULA;
use gradbook_lesson::{Behaviour, Lesson, SMALLEST, halved, label, milestones, plural};
use gradbook_page::lines::{PlotLine, legend, plot};
use gradbook_page::markup::{TableCell, escape, table};
use gradbook_page::number::written;
use gradbook_page::{Axis, Canvas, Frame, WIDTH};

const FRAME: Frame = Frame { left: 84.0, right: WIDTH - 20.0, top: 22.0, bottom: 364.0 };
/// A linear axis ends here if a run leaves for good, in parts of the loss at the start.
const CUT: f64 = 2.0;

struct Curve {
    label: String,
    losses: Vec<f64>,
}

impl Curve {
    fn largest(&self) -> f64 {
        self.losses.iter().copied().fold(0.0, f64::max)
    }
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
        let limit = written(DIVERGED, 3);
        all.push_str(&format!(" Where the loss exceeds {limit}, the rate becomes 0 and training stops."));
    }
    all.push_str("</p>\n");
    all.push_str(&linear(&curves, updates));
    all.push_str(&logarithmic(&curves, updates));
    all.push_str(&milestone_table(&curves, updates));
    all
}

fn linear(curves: &[Curve], updates: usize) -> String {
    let limit = CUT * curves.iter().map(|curve| curve.losses[0]).fold(0.0, f64::max);
    let axis = |losses: &[f64], from, to| {
        let largest = losses.iter().copied().fold(0.0, f64::max).min(limit);
        Axis::from_zero(&[largest], from, to)
    };
    let title = "Loss curves of all learning rates";
    let drawing = drawing("linear", title, curves, updates, axis);
    let gone = curves.iter().filter(|curve| curve.largest() > limit);
    let gone = gone.map(|curve| {
        let largest = written(curve.largest(), 3);
        format!("{} leaves this drawing at the top; its largest loss is {largest}.", curve.label)
    });
    let gone: Vec<String> = gone.collect();
    let gone = if gone.is_empty() { String::new() } else { format!("<p>{}</p>\n", gone.join(" ")) };
    format!("<h3>{title}</h3>\n{drawing}{gone}")
}

fn logarithmic(curves: &[Curve], updates: usize) -> String {
    let title = "The same on a logarithmic axis: small losses, stalled and diverging runs";
    let drawing = drawing("logarithmic", title, curves, updates, Axis::logarithmic);
    let floor = match curves.iter().any(|curve| curve.losses.iter().any(|&loss| loss <= SMALLEST)) {
        true => {
            format!("<p>Losses below {} are drawn there: the logarithm of 0 has no place.</p>\n", written(SMALLEST, 3))
        }
        false => String::new(),
    };
    format!("<h3>{title}</h3>\n{drawing}{floor}")
}

/// All curves, with an axis that `y_axis` makes.
fn drawing(
    name: &'static str,
    title: &str,
    curves: &[Curve],
    updates: usize,
    y_axis: impl Fn(&[f64], f64, f64) -> Axis,
) -> String {
    let points = |losses: &[f64]| (0..).zip(losses).map(|(n, loss)| (f64::from(n), Some(loss.max(SMALLEST)))).collect();
    let line = |curve: &Curve| PlotLine { name: curve.label.clone(), points: points(&curve.losses) };
    let lines: Vec<PlotLine> = curves.iter().map(line).collect();
    let mut canvas = Canvas::default();
    let drawn = plot(&mut canvas, &FRAME, &lines, ("number of updates", "loss E_tot"), y_axis);
    if drawn.is_none() {
        return String::new();
    }
    canvas.legend(&legend(&lines));
    canvas.finish(name, title, &described(curves, updates)).on_page()
}

fn described(curves: &[Curve], updates: usize) -> String {
    let ends = curves.iter().map(|curve| {
        let (first, last) = (curve.losses[0], curve.losses[curve.losses.len() - 1]);
        format!("{}: from {} to {}", curve.label, written(first, 4), written(last, 4))
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
    let rows: Vec<Vec<TableCell>> = curves
        .iter()
        .map(|curve| {
            let mut row = vec![TableCell::Head(escape(&curve.label))];
            row.extend(counts.iter().map(|&n| TableCell::Number(written(curve.losses[n], IN_FORMULA))));
            let halved = halved(&curve.losses).map_or(format!("not in {updates}"), |n| n.to_string());
            row.extend([TableCell::Number(halved), TableCell::Words(Behaviour::of(&curve.losses).words().to_owned())]);
            row
        })
        .collect();
    table("The loss with each learning rate", &heads, &rows)
}
