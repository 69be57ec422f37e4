//! A run as its page shows it: the content of the run folder, and the model's answers for the evaluated images.

pub(crate) mod inside;
pub mod series;

use std::collections::BTreeMap;
use std::path::Path;

use gradbook_engine::data::Dataset;
use gradbook_engine::kernels::Isa;
use gradbook_engine::model::Model;
use gradbook_engine::network::{Network, Shape};
use gradbook_engine::optimizer;
use gradbook_engine::predict::with_predictor;
use gradbook_engine::schedule::Schedule;
use gradbook_engine::spec::{LossSpec, Spec, TrainSpec};
use gradbook_report::{Answers, LayerRow, Promise, Reached, RunEpoch, RunReport, ShownRun, report, run_curves};

use crate::card::{self, Requirement};
use crate::data::Evaluation;
use crate::description::to_toml;
use crate::error::RunError;
use crate::files::{FileError, write_atomically};
use crate::folder::names::{CURVES_FILE, REPORT_FILE};
use crate::folder::records::{EpochRecord, Record, RunResult};
use crate::layers::rows;
use crate::report::inside::{filters, inside};
use crate::source::{Source, SourceError};
use crate::stop::Stop;
use crate::words::{self, plural, rounded, thousands};

/// Points of the curve of the learning rate.
const RATES: usize = 240;

/// The content of the run folder of a training that has finished at least one epoch.
pub struct RunFacts<'t> {
    /// The description.
    pub source: &'t Source,
    /// The source's network.
    pub network: &'t Network,
    /// What was used besides the description.
    pub record: &'t Record,
    /// The finished epochs, at least one.
    pub epochs: &'t [EpochRecord],
    /// `None` if the training was killed.
    pub result: Option<&'t RunResult>,
    /// How many images it trains on, if that is known.
    pub train_images: Option<usize>,
}

/// A model and its answers.
pub struct ModelAnswers<'a> {
    /// The weights.
    pub model: &'a Model,
    /// The SHA-256 of their file.
    pub model_sha256: &'a str,
    /// The images that were evaluated.
    pub set: &'a Dataset,
    /// The network's outputs for the images of `set`: `[images, outputs]`.
    pub outputs: &'a [f32],
    /// The image of the set that is shown on its way through the network; by default the first one that is recognised.
    pub image: Option<usize>,
}

/// The network's outputs for a set: `[images, outputs]`.
///
/// # Errors
/// If the network does not fit the images.
pub fn outputs(
    source: &Source,
    network: &Network,
    model: &Model,
    set: &Dataset,
    threads: usize,
    isa: Isa,
) -> Result<Vec<f32>, RunError> {
    let mut outputs = vec![0.0; set.len() * network.output().len()];
    let normalize = &source.train_spec()?.normalize;
    with_predictor(network, normalize, model, set, threads, isa, |predictor| {
        predictor.predict(0..set.len(), &mut outputs)
    })
    .map_err(|problem| RunError::Training { origin: source.origin.clone(), problem })?;
    Ok(outputs)
}

/// Writes the page and the curves into the run folder.
///
/// # Errors
/// If they cannot be written.
pub fn write(dir: &Path, contents: &RunReport<'_>) -> Result<(), FileError> {
    write_atomically(&dir.join(REPORT_FILE), report(contents).as_bytes())?;
    match run_curves(&contents.run) {
        Some(chart) => write_atomically(&dir.join(CURVES_FILE), chart.file().as_bytes()),
        None => Ok(()),
    }
}

/// Everything that the page of a run shows; `command` repeats the run.
///
/// # Errors
/// None, if the description could be trained.
pub fn contents<'a>(
    told: &RunFacts<'_>,
    answered: &ModelAnswers<'a>,
    command: String,
) -> Result<RunReport<'a>, RunError> {
    let RunFacts { source, network, record, result, .. } = told;
    let ModelAnswers { model, set, .. } = *answered;
    let spec = &source.spec;
    let run = run(told, format!("{} seed {}", record.recipe, record.seed))?;
    let (Some(pixels), Shape::Map { channels: 1, height, width }) = (set.bytes(), set.shape) else {
        return Err(RunError::NotGrey(set.shape));
    };
    let answers = Answers {
        outputs: answered.outputs,
        classes: network.output().len(),
        labels: &set.labels,
        pixels,
        height,
        width,
        logits: matches!(spec.loss, LossSpec::CrossEntropy { .. }),
    };
    let is_right = |&image: &usize| answers.predicted(image) == Some(usize::from(set.labels[image]));
    let image = answered.image.or_else(|| (0..set.len()).find(is_right));
    let image = image.or((!set.is_empty()).then_some(0));
    let normalize = &source.train_spec()?.normalize;
    let promise = |Requirement { text, met }| Promise { text, met };
    let reached = result.and_then(card::Reached::by);
    let layer = |row: crate::layers::Row<'_>| LayerRow {
        layer: words::layer(row.layer),
        output: row.output,
        parameters: row.parameters,
        multiply_adds: row.multiply_adds,
        receptive_field: row.receptive_field,
    };
    Ok(RunReport {
        contradiction: contradiction(&answers, &run.reached),
        promises: card::requirements(spec, network, reached.as_ref()).into_iter().map(promise).collect(),
        answers,
        filters: filters(network, spec, model, set),
        inside: image.and_then(|image| inside(network, spec, normalize, model, set, image)),
        layers: rows(network, spec).into_iter().map(layer).collect(),
        environment: environment(told, answered.model_sha256),
        command,
        description: to_toml(spec)?,
        run,
    })
}

/// How the training went; `label` distinguishes it from others on the same page.
///
/// # Errors
/// If the description has no recipe.
pub fn run(told: &RunFacts<'_>, label: String) -> Result<ShownRun, SourceError> {
    let RunFacts { source, network, record, epochs, .. } = told;
    let spec = &source.spec;
    let train = source.train_spec()?;
    let epoch = |epoch: &EpochRecord| RunEpoch {
        epoch: epoch.epoch,
        train_loss: epoch.train_loss,
        train_accuracy: epoch.train_accuracy,
        loss: epoch.loss,
        accuracy: epoch.accuracy,
    };
    Ok(ShownRun {
        recipe: record.recipe.clone(),
        seed: record.seed,
        label,
        about: spec.about.clone(),
        reached: self::reached(told, train),
        parameters: network.parameters(),
        multiply_adds: network.multiply_adds(),
        train_seconds: epochs.iter().map(|epoch| epoch.train_seconds).sum(),
        data: record.data.clone(),
        data_sha256: record.data_sha256.clone(),
        calculated: format!("{}, {}, {}", record.precision, plural(record.threads, "thread"), record.isa),
        recipe_words: recipe_words(spec, train),
        epochs: epochs.iter().map(epoch).collect(),
        rates: rates(told, train),
        least_loss: least_loss(&spec.loss, network.output().len()),
    })
}

fn reached(told: &RunFacts<'_>, train: &TrainSpec) -> Reached {
    let last = told.epochs.last().expect("a training that is shown has an epoch");
    let best = |best: &EpochRecord, epoch: &EpochRecord| epoch.correct > best.correct;
    let best = told.epochs.iter().reduce(|first, epoch| if best(first, epoch) { epoch } else { first }).unwrap_or(last);
    let stopped = match told.result {
        None => Some("it was stopped, and can resume".to_owned()),
        Some(result) => result.stopped_by.map(|stop| stop.words().to_owned()),
    };
    Reached {
        diverged: told.result.is_some_and(|result| result.stopped_by == Some(Stop::Diverged)),
        correct: last.correct,
        total: last.total,
        evaluated_on: Evaluation::of(told.record.holdout).words().to_owned(),
        epochs: told.epochs.iter().filter(|epoch| !epoch.cut_short).count(),
        epochs_planned: train.epochs,
        stopped,
        best_accuracy: best.accuracy,
        best_epoch: best.epoch,
    }
}

/// The recipe as pairs of subject and words.
fn recipe_words(spec: &Spec, train: &TrainSpec) -> Vec<(&'static str, String)> {
    let layers: Vec<String> = spec.layers.iter().map(words::layer).collect();
    let mut list = vec![("network", layers.join("; "))];
    let subjects = ["training", "optimizer", "learning rate", "start", "training images", "inputs"];
    for (subject, line) in subjects.into_iter().zip(words::recipe(train, &spec.loss, &spec.init)) {
        // Some lines already begin with their subject.
        let line = line.strip_prefix(&format!("{subject}: ")).unwrap_or(&line).to_owned();
        list.push((subject, line));
    }
    list
}

/// The learning rate over the schedule; if the number of steps is not known, the rate of each epoch's last step.
fn rates(told: &RunFacts<'_>, train: &TrainSpec) -> Vec<(f64, f64)> {
    let whole = || told.epochs.iter().filter(|epoch| !epoch.cut_short);
    let steps = told.train_images.map_or(0, |images| images.div_ceil(train.batch));
    let schedule = Schedule::new(&train.schedule, optimizer::learning_rate(&train.optimizer), train.epochs, steps);
    let (true, Ok(mut schedule)) = (steps > 0, schedule) else {
        return told.epochs.iter().map(|epoch| (epoch.epoch as f64, epoch.rate)).collect();
    };
    let every = (whole().count() * steps).div_ceil(RATES).max(1);
    let (mut rates, mut step) = (Vec::new(), 0);
    for epoch in whole() {
        for _ in 0..steps {
            if step % every == 0 {
                rates.push((step as f64 / steps as f64, schedule.rate()));
            }
            schedule.after_batch();
            step += 1;
        }
        schedule.after_epoch(epoch.train_loss);
    }
    rates.extend(told.epochs.last().map(|epoch| (epoch.epoch as f64, epoch.rate)));
    rates
}

/// With label smoothing, the entropy of the smoothed targets: no loss can be smaller.
fn least_loss(loss: &LossSpec, outputs: usize) -> Option<f64> {
    let LossSpec::CrossEntropy { label_smoothing } = *loss else { return None };
    let other = label_smoothing / outputs as f64;
    let right = 1.0 - label_smoothing + other;
    let entropy = |q: f64| -q * q.ln();
    (label_smoothing > 0.0).then(|| entropy(right) + (outputs - 1) as f64 * entropy(other))
}

/// How the answers differ from those that the training counted, if they do.
fn contradiction(answers: &Answers<'_>, reached: &Reached) -> Option<String> {
    let predicted: Option<Vec<usize>> = (0..answers.labels.len()).map(|image| answers.predicted(image)).collect();
    let right =
        predicted?.iter().zip(answers.labels).filter(|(answer, label)| **answer == usize::from(**label)).count();
    let total = answers.labels.len();
    ((right, total) != (reached.correct, reached.total)).then(|| {
        format!(
            "evaluated for this page, the model recognises {} of {} images, but at the end of its training it was {} of {}: \
             model, data or program have changed since.",
            thousands(right),
            thousands(total),
            thousands(reached.correct),
            thousands(reached.total)
        )
    })
}

/// The environment as pairs of name and value.
fn environment(told: &RunFacts<'_>, model_sha256: &str) -> Vec<(&'static str, String)> {
    let RunFacts { record, result, .. } = told;
    let seconds = |seconds: f64| format!("{} s", rounded(seconds, 4));
    let mut list = vec![
        ("program", format!("gradbook {}", record.version)),
        ("precision", record.precision.clone()),
        ("threads", record.threads.to_string()),
        ("instruction set", record.isa.clone()),
        ("processor features", record.cpu_features.join(", ")),
        ("data", record.data.clone()),
    ];
    list.extend(record.data_sha256.clone().map(|sha256| ("SHA-256 of the data", sha256)));
    list.push(("training", seconds(told.epochs.iter().map(|epoch| epoch.train_seconds).sum())));
    if let Some(result) = result {
        list.push(("training and evaluation", seconds(result.wall_seconds)));
        let megabytes = |bytes: u64| format!("{:.0} MB (of the whole process)", bytes as f64 / 1e6);
        list.extend(result.peak_rss_bytes.map(|bytes| ("peak memory", megabytes(bytes))));
    }
    list.push(("SHA-256 of the model", model_sha256.to_owned()));
    list
}

/// Names that distinguish several runs, made from their folders.
pub fn labels(runs: &[(&Record, String)]) -> Vec<String> {
    let short = |record: &Record| format!("{} seed {}", record.recipe, record.seed);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    runs.iter().for_each(|(record, _)| *seen.entry(short(record)).or_default() += 1);
    let label = |(record, dir): &(&Record, String)| {
        let label = short(record);
        if seen[&label] == 1 { label } else { format!("{label} ({dir})") }
    };
    runs.iter().map(label).collect()
}
