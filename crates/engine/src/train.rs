//! Training and evaluation on data sets: epochs of shuffled batches, reported to an observer.
//!
//! There is no clock and no file here. The observer is called after every step and every epoch, and its answer
//! decides whether training continues. Evaluation draws no random number, so observing changes nothing.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::augment::Augment;
use crate::data::Dataset;
use crate::executor::{Executor, Job, Score};
use crate::inputs::Normalization;
use crate::kernels::{Isa, Precision};
use crate::model::Model;
use crate::network::{Network, Shape};
use crate::optimizer::{self, Optimizer, Slice};
use crate::rng::Stream;
use crate::schedule::Schedule;
use crate::shared::{Augmentation, Batch};
use crate::spec::{NormalizeSpec, SettingError, TrainSpec};
use crate::team::{Team, with_team};

/// Images that are evaluated at once, unless the training batch is larger.
pub(crate) const EVAL_BATCH: usize = 128;

/// Settings that do not belong to the recipe.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Decides every random number.
    pub seed: u64,
    /// Changes the speed alone.
    pub threads: usize,
    /// Changes the speed alone.
    pub isa: Isa,
    /// For training; evaluation calculates in f32.
    pub precision: Precision,
}

/// The observer's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Go on.
    Continue,
    /// Evaluate what there is and return.
    Stop,
}

/// What the observer is told.
#[derive(Clone, Copy, Debug)]
pub enum Event<'e> {
    /// After each step, with the current state.
    Step(Step, &'e State),
    /// After each epoch and its evaluation: that epoch, which is the last of the history, the current state, and the
    /// network's outputs for the evaluation images: `[images, outputs]`.
    Epoch(&'e Epoch, &'e State, &'e [f32]),
}

/// One step of the optimizer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Counted from 1.
    pub epoch: usize,
    /// In this epoch, counted from 1.
    pub step: usize,
    /// The last of which may have fewer samples.
    pub steps_per_epoch: usize,
    /// The learning rate of this step.
    pub rate: f64,
    /// The mean loss of this step's batch, before the step.
    pub loss: f64,
    /// The epoch so far, as seen in training (augmented images, dropout, weights of each step).
    pub running: Score,
}

/// One pass over the training images.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Counted from 1.
    pub epoch: usize,
    /// The learning rate of its last step.
    pub rate: f64,
    /// As seen in training.
    pub train: Score,
    /// On the evaluation images, after the epoch, in evaluation mode.
    pub test: Score,
    /// Whether the observer stopped it before its last step.
    pub cut_short: bool,
}

/// A training from its first to its last epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Those that are finished, in order.
    pub epochs: Vec<Epoch>,
}

impl History {
    /// The epoch with the most correct evaluation images; the first one if several are equal.
    pub fn best(&self) -> Option<&Epoch> {
        self.epochs.iter().reduce(|best, epoch| if epoch.test.correct > best.test.correct { epoch } else { best })
    }
}

/// What a training changes from step to step. A training that resumes from a copy ends with the same bits.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// What is trained.
    pub model: Model,
    /// With its moments.
    pub optimizer: Optimizer<f32>,
    /// Steps taken in all epochs.
    pub step: u64,
    /// The finished epochs.
    pub history: History,
    /// The epoch of the last step, if it is not finished, with what training has seen of it so far.
    pub running: Epoch,
}

impl State {
    /// The state before the first step.
    ///
    /// # Errors
    /// If a number in the optimizer's description is out of range.
    pub fn new(spec: &TrainSpec, model: Model) -> Result<State, SettingError> {
        let optimizer = Optimizer::new(&spec.optimizer, model.parameters.len())?;
        Ok(State { model, optimizer, step: 0, history: History::default(), running: Epoch::default() })
    }
}

/// Why a network cannot be trained or evaluated on a data set.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[expect(missing_docs, reason = "the message of each variant says what it and its fields are")]
pub enum TrainError {
    #[error("the network takes {network}, {}", input_words(*.data))]
    Input { network: Shape, data: Shape },
    #[error("the network has {outputs} outputs, the data {classes} classes; give the last layer {classes} outputs")]
    Outputs { outputs: usize, classes: usize },
    #[error("there are no training images")]
    NoImages,
    #[error("nothing in this network can be trained: it has no weights; add a linear or conv2d layer")]
    NoWeights,
    #[error(transparent)]
    Setting(#[from] SettingError),
}

/// Continues the training from `state` as `spec` says, and reports to `observer`.
///
/// `test` is evaluated after each epoch and never trained on; it may be empty. If the observer stops within an
/// epoch, the model is evaluated as it is, and the history ends with that epoch, marked as cut short. No training can
/// resume from this final state, only from a copy that the observer made.
///
/// # Errors
/// If the network does not fit the samples, or a number of the description cannot work.
///
/// # Panics
/// If the state belongs to another training: its steps do not fit its epochs, or it has another number of parameters.
pub fn train(
    network: &Network,
    spec: &TrainSpec,
    state: &mut State,
    (train, test): (&Dataset, &Dataset),
    options: Options,
    observer: &mut dyn FnMut(Event<'_>) -> Control,
) -> Result<(), TrainError> {
    train_by(network, spec, state, (train, test), options, observer, &|executor, job, shard| executor.work(job, shard))
}

/// [`train`], with the parts of each job done by `work`.
pub(crate) fn train_by(
    network: &Network,
    spec: &TrainSpec,
    state: &mut State,
    (train, test): (&Dataset, &Dataset),
    options: Options,
    observer: &mut dyn FnMut(Event<'_>) -> Control,
    work: &(impl Fn(&Executor<'_>, Job, usize) + Sync),
) -> Result<(), TrainError> {
    check_fit(network, train)?;
    check_fit(network, test)?;
    if train.is_empty() {
        return Err(TrainError::NoImages);
    }
    if network.parameters() == 0 {
        return Err(TrainError::NoWeights);
    }
    assert_eq!(state.model.parameters.len(), network.parameters(), "parameters of the state and the network");
    let augment = Augment::of_set(&spec.augment, train)?;
    let normalization = Normalization::new(&spec.normalize, train)?;
    let steps_per_epoch = train.len().div_ceil(spec.batch);
    let mut trainer = Trainer {
        spec,
        steps_per_epoch,
        schedule: schedule(spec, steps_per_epoch, state)?,
        slices: network.tensors.iter().map(|t| Slice { range: t.range.clone(), kind: t.kind }).collect(),
        gradient: vec![0.0; network.parameters()],
        order: (0..train.len() as u32).collect(),
        augment: augment.as_ref(),
        seed: options.seed,
    };
    let executor = Executor::new(network, options.isa, options.precision, spec.batch.min(train.len()).max(EVAL_BATCH));
    executor.shared().seed = options.seed;
    executor.shared().normalization = normalization;
    let mut outputs = vec![0.0; test.len() * executor.outputs()];
    with_team(options.threads, &|job, shard| work(&executor, job, shard), |team| {
        for _ in state.history.epochs.len()..spec.epochs {
            let answer = trainer.epoch(&executor, team, state, train, observer);
            let test = evaluate_on(&executor, team, &state.model, test, &mut outputs);
            state.history.epochs.push(Epoch { test, ..std::mem::take(&mut state.running) });
            if answer == Control::Stop {
                break;
            }
            let record = state.history.epochs.last().expect("just pushed");
            if observer(Event::Epoch(record, state, &outputs)) == Control::Stop {
                break;
            }
        }
        Ok(())
    })
}

/// The schedule after the state's steps.
fn schedule(spec: &TrainSpec, steps_per_epoch: usize, state: &State) -> Result<Schedule, SettingError> {
    let rate = optimizer::learning_rate(&spec.optimizer);
    let mut schedule = Schedule::new(&spec.schedule, rate, spec.epochs, steps_per_epoch)?;
    for epoch in &state.history.epochs {
        (0..steps_per_epoch).for_each(|_| schedule.after_batch());
        schedule.after_epoch(epoch.train.mean_loss());
    }
    (0..steps_of(&state.history, steps_per_epoch, state.step)).for_each(|_| schedule.after_batch());
    Ok(schedule)
}

/// How many of all `steps` belong to the epoch after the history.
fn steps_of(history: &History, steps_per_epoch: usize, steps: u64) -> usize {
    let finished = history.epochs.len() * steps_per_epoch;
    let begun = (steps as usize).checked_sub(finished).filter(|&begun| begun <= steps_per_epoch);
    begun.expect("the steps of a state belong to its epochs")
}

/// The score of `model` on `set`, in evaluation mode.
///
/// # Errors
/// If the network does not fit the samples, or `normalize` their channels.
pub fn evaluate(
    network: &Network,
    normalize: &NormalizeSpec,
    model: &Model,
    set: &Dataset,
    threads: usize,
    isa: Isa,
) -> Result<Score, TrainError> {
    check_fit(network, set)?;
    let executor = Executor::new(network, isa, Precision::F32, EVAL_BATCH);
    executor.shared().normalization = Normalization::new(normalize, set)?;
    let work = |job, shard| executor.work(job, shard);
    let mut outputs = vec![0.0; set.len() * executor.outputs()];
    Ok(with_team(threads, &work, |team| evaluate_on(&executor, team, model, set, &mut outputs)))
}

/// What a training needs from step to step besides its state.
struct Trainer<'t> {
    spec: &'t TrainSpec,
    steps_per_epoch: usize,
    schedule: Schedule,
    slices: Vec<Slice>,
    gradient: Vec<f32>,
    /// Numbers of the training images, shuffled in each epoch.
    order: Vec<u32>,
    /// Absent if the samples stay as they are.
    augment: Option<&'t Augment>,
    seed: u64,
}

impl<'t> Trainer<'t> {
    /// The next epoch, or the rest of it, until the observer stops it.
    fn epoch(
        &mut self,
        executor: &Executor<'t>,
        team: &Team<'_, Job>,
        state: &mut State,
        set: &'t Dataset,
        observer: &mut dyn FnMut(Event<'_>) -> Control,
    ) -> Control {
        let epoch = state.history.epochs.len() + 1;
        // Starts from the identity each time, so that an epoch's order depends on nothing before it.
        self.order.iter_mut().zip(0..).for_each(|(place, number)| *place = number);
        Stream::Shuffle { epoch: epoch as u64 }.generator(self.seed).shuffle(&mut self.order);
        let plain = epoch.saturating_add(self.spec.augment.plain_last_epochs) > self.spec.epochs;
        let augment = self.augment.filter(|_| !plain).map(|augment| Augmentation { augment, epoch: epoch as u64 });
        executor.shared().batch =
            Batch::Samples { set, samples: Vec::with_capacity(self.spec.batch.min(set.len())), augment };

        state.running.epoch = epoch;
        let done = steps_of(&state.history, self.steps_per_epoch, state.step);
        for (step, numbers) in self.order.chunks(self.spec.batch).enumerate().skip(done) {
            executor.shared().step = state.step;
            if let Batch::Samples { samples, .. } = &mut executor.shared().batch {
                samples.clear();
                samples.extend_from_slice(numbers);
            }
            let score = executor.train_pass(team, &mut state.model, &mut self.gradient);
            let rate = self.schedule.rate();
            state.optimizer.step(rate, &self.slices, &mut state.model.parameters, &self.gradient);
            self.schedule.after_batch();
            state.step += 1;
            state.running.rate = rate;
            state.running.train.add(score);
            let running = state.running.train;
            let event = Step {
                epoch,
                step: step + 1,
                steps_per_epoch: self.steps_per_epoch,
                rate,
                loss: score.mean_loss(),
                running,
            };
            if observer(Event::Step(event, state)) == Control::Stop {
                state.running.cut_short = step + 1 < self.steps_per_epoch;
                return Control::Stop;
            }
        }
        self.schedule.after_epoch(state.running.train.mean_loss());
        Control::Continue
    }
}

/// Overwrites `outputs`, `[images, outputs]`.
fn evaluate_on<'d>(
    executor: &Executor<'d>,
    team: &Team<'_, Job>,
    model: &Model,
    set: &'d Dataset,
    outputs: &mut [f32],
) -> Score {
    executor.prepare_eval(model);
    let mut total = Score::default();
    let len = executor.outputs();
    for (first, outputs) in (0..set.len()).step_by(EVAL_BATCH).zip(outputs.chunks_mut(EVAL_BATCH * len)) {
        executor.set_samples(set, first as u32..set.len().min(first + EVAL_BATCH) as u32);
        total.add(executor.eval_pass(team));
        for (sample, output) in outputs.chunks_mut(len).enumerate() {
            executor.copy_output(sample, output);
        }
    }
    total
}

/// What the samples are, and what the description should say of them.
fn input_words(data: Shape) -> String {
    let fix = "in the description";
    match data {
        Shape::Vector(features) => format!("the samples have {features} features; write input = [{features}] {fix}"),
        Shape::Map { channels, height, width } => {
            let images = if channels == 1 { format!("{height} x {width}") } else { data.to_string() };
            let len = data.len();
            format!("the images are {images}; write input = [{channels}, {height}, {width}] (or [{len}]) {fix}")
        }
    }
}

pub(crate) fn check_fit(network: &Network, set: &Dataset) -> Result<(), TrainError> {
    let fits = match network.input {
        // Images too, as vectors in the order channel, row, column.
        Shape::Vector(features) => features == set.shape.len(),
        map => map == set.shape,
    };
    if !fits {
        return Err(TrainError::Input { network: network.input, data: set.shape });
    }
    let outputs = network.output().len();
    if outputs < set.classes {
        return Err(TrainError::Outputs { outputs, classes: set.classes });
    }
    Ok(())
}
