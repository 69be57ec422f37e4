//! The curves of a run, training and evaluation in one picture; and those of several runs, one line each.

use super::{ValueAxis, drawable, ends};
use crate::run::{RunEpoch, ShownRun};
use gradbook_page::lines::{PlotLine, legend, plot};
use gradbook_page::number::written;
use gradbook_page::{Axis, Canvas, Drawing, Frame, WIDTH};

const LEFT: f64 = 84.0;
const FRAME: Frame = Frame { left: LEFT, right: WIDTH - 20.0, top: 14.0, bottom: 334.0 };
/// Below the first one, with room for the axis between them.
const SECOND: Frame = Frame { top: 414.0, bottom: 734.0, ..FRAME };
const FLAT: Frame = Frame { bottom: 234.0, ..FRAME };

/// A value of an epoch.
type Value = fn(&RunEpoch) -> Option<f64>;

const LOSS: Value = |epoch| drawable(epoch.loss);
const TRAINING_LOSS: Value = |epoch| drawable(epoch.train_loss);
const ACCURACY: Value = |epoch| Some(100.0 * epoch.accuracy);
const TRAINING_ACCURACY: Value = |epoch| Some(100.0 * epoch.train_accuracy);

/// Losses, accuracies and the learning rate, as far as there are any.
pub(crate) fn charts(run: &ShownRun) -> Vec<Drawing> {
    let chart = |name, title: &str, y_name: &str, y_axis: ValueAxis, lines: [PlotLine; 2], notes: &[String]| {
        let mut canvas = Canvas::default();
        plot(&mut canvas, &FRAME, &lines, ("epoch", y_name), y_axis)?;
        canvas.legend(&legend(&lines));
        canvas.notes(notes);
        Some(canvas.finish(name, title, &description(y_name, &lines)))
    };
    let charts = [
        chart("loss", "Loss", "loss", Axis::logarithmic, losses(run), &loss_notes(run)),
        chart("accuracy", "Accuracy", "accuracy in %", Axis::accuracies, accuracies(run), &[]),
        rate(run),
    ];
    charts.into_iter().flatten().collect()
}

/// Losses and accuracies as one drawing for papers; `None` before the first epoch.
pub fn curves(run: &ShownRun) -> Option<Drawing> {
    let (losses, accuracies) = (losses(run), accuracies(run));
    let mut canvas = Canvas::default();
    // Of a training that diverged at once there are only accuracies.
    let second = match plot(&mut canvas, &FRAME, &losses, ("epoch", "loss"), Axis::logarithmic) {
        Some(()) => &SECOND,
        None => &FRAME,
    };
    plot(&mut canvas, second, &accuracies, ("epoch", "accuracy in %"), Axis::accuracies)?;
    canvas.legend(&legend(&accuracies));
    let title = format!("{}, seed {}: loss and accuracy", run.recipe, run.seed);
    let described = format!("{} {}", description("loss", &losses), description("accuracy in %", &accuracies));
    Some(canvas.finish("curves", &title, &described))
}

/// One line a run.
pub(crate) fn comparisons(runs: &[ShownRun]) -> Vec<Drawing> {
    let chart = |name, title: &str, y_name: &str, y_axis: ValueAxis, value: Value| {
        let lines: Vec<PlotLine> = runs.iter().map(|run| line(&run.label, run, value)).collect();
        of_runs(name, title, y_name, y_axis, &FRAME, lines)
    };
    let rates = runs.iter().map(|run| PlotLine { name: run.label.clone(), points: rates(run) }).collect();
    let charts = [
        chart("accuracy", "Accuracy in evaluation", "accuracy in %", Axis::accuracies, ACCURACY),
        chart("loss", "Evaluation loss", "evaluation loss", Axis::logarithmic, LOSS),
        chart("training-loss", "Training loss", "training loss", Axis::logarithmic, TRAINING_LOSS),
        of_runs("rate", "Learning rate", "learning rate", Axis::from_zero, &FLAT, rates),
    ];
    charts.into_iter().flatten().collect()
}

fn of_runs(
    name: &'static str,
    title: &str,
    y_name: &str,
    y_axis: ValueAxis,
    frame: &Frame,
    lines: Vec<PlotLine>,
) -> Option<Drawing> {
    let (missing, lines): (Vec<PlotLine>, Vec<PlotLine>) = lines.into_iter().partition(PlotLine::is_empty);
    let mut canvas = Canvas::default();
    plot(&mut canvas, frame, &lines, ("epoch", y_name), y_axis)?;
    canvas.legend(&legend(&lines));
    if !missing.is_empty() {
        let names: Vec<&str> = missing.iter().map(|line| &*line.name).collect();
        canvas.notes(&[format!("Without a curve: {}.", names.join(", "))]);
    }
    Some(canvas.finish(name, title, &description(y_name, &lines)))
}

fn losses(run: &ShownRun) -> [PlotLine; 2] {
    evaluation_and_training(run, LOSS, TRAINING_LOSS)
}

fn accuracies(run: &ShownRun) -> [PlotLine; 2] {
    evaluation_and_training(run, ACCURACY, TRAINING_ACCURACY)
}

fn evaluation_and_training(run: &ShownRun, evaluation: Value, training: Value) -> [PlotLine; 2] {
    let evaluated = format!("evaluation ({})", run.reached.evaluated_on);
    [line(&evaluated, run, evaluation), line("training", run, training)]
}

fn line(name: &str, run: &ShownRun, value: Value) -> PlotLine {
    let points = run.epochs.iter().map(|epoch| (epoch.epoch as f64, value(epoch))).collect();
    PlotLine { name: name.to_owned(), points }
}

fn loss_notes(run: &ShownRun) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(least) = run.least_loss {
        notes.push(format!("With label smoothing, no loss can be below {}.", written((least * 1e4).round() / 1e4, 9)));
    }
    let gap = run.epochs.iter().find(|epoch| LOSS(epoch).is_none() || TRAINING_LOSS(epoch).is_none());
    if let Some(RunEpoch { epoch, .. }) = gap {
        notes.push(format!("The training diverged: in epoch {epoch} a loss was above 100, NaN or infinite."));
    }
    notes
}

fn rate(run: &ShownRun) -> Option<Drawing> {
    let lines = [PlotLine { name: "learning rate".to_owned(), points: rates(run) }];
    let mut canvas = Canvas::default();
    plot(&mut canvas, &FLAT, &lines, ("epoch", "learning rate"), Axis::from_zero)?;
    Some(canvas.finish("rate", "Learning rate", &description("learning rate", &lines)))
}

fn rates(run: &ShownRun) -> Vec<(f64, Option<f64>)> {
    run.rates.iter().map(|&(epoch, rate)| (epoch, Some(rate).filter(|rate| rate.is_finite()))).collect()
}

fn description(y_name: &str, lines: &[PlotLine]) -> String {
    format!("The {y_name} during the training. {}.", ends(lines))
}
