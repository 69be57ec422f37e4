//! Training and evaluation on images: epochs of shuffled batches, reported to an observer.
//!
//! There is no clock and no file here. The observer is called after every step and every epoch, and what it answers
//! decides whether training goes on; evaluation draws no random number, so looking changes nothing.

use thiserror::Error;

use crate::augment::Augment;
use crate::data::Dataset;
use crate::executor::{Executor, Job, Score};
use crate::kernels::{Isa, Precision};
use crate::model::Model;
use crate::network::{Network, Shape};
use crate::optimizer::{self, Optimizer, Slice};
use crate::rng::Stream;
use crate::schedule::Schedule;
use crate::shared::{Augmentation, Batch};
use crate::spec::{NormalizeSpec, SettingError, TrainSpec};
use crate::team::{Team, with_team};

/// Images that are evaluated at once, if the training batch is not larger.
pub(crate) const EVAL_BATCH: usize = 128;

/// What does not belong to the recipe.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Decides every random number.
    pub seed: u64,
    /// Changes the speed alone.
    pub threads: usize,
    /// Changes the speed alone.
    pub isa: Isa,
    /// Of training; evaluation calculates in f32.
    pub precision: Precision,
}

/// The observer's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    Continue,
    /// After a step: the next one has the same images once more, changed as they were, and does not assemble them
    /// again. To measure what assembling costs. The first step of an epoch takes its own all the same.
    Again,
    /// Evaluate what there is and return.
    Stop,
}

/// What the observer is told.
#[derive(Clone, Copy, Debug)]
pub enum Event<'e> {
    /// After each step.
    Step(Step),
    /// After each epoch and its evaluation, with the model as it is now.
    Epoch(&'e Epoch, &'e Model),
}

/// One step of the optimizer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Counted from 1.
    pub epoch: usize,
    /// In this epoch, counted from 1.
    pub step: usize,
    pub steps_per_epoch: usize,
    /// The learning rate of this step.
    pub rate: f64,
    /// The epoch so far, as seen in training (augmented images, dropout, weights of each step).
    pub running: Score,
}

/// One pass over the training images.
#[derive(Clone, Debug, PartialEq)]
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    pub epochs: Vec<Epoch>,
}

impl History {
    /// The epoch with the most correct evaluation images; the first of equals.
    pub fn best(&self) -> Option<&Epoch> {
        self.epochs.iter().reduce(|best, epoch| if epoch.test.correct > best.test.correct { epoch } else { best })
    }
}

/// Why a network cannot be trained or evaluated on a set of images.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TrainError {
    #[error(
        "the network takes {network}, the images are {height} x {width}; write input = [1, {height}, {width}] \
         (or [{pixels}]) in the description"
    )]
    Input { network: Shape, height: usize, width: usize, pixels: usize },
    #[error("the network has {outputs} outputs, the data {classes} classes; give the last layer {classes} outputs")]
    Outputs { outputs: usize, classes: usize },
    #[error("there are no training images")]
    NoImages,
    #[error("nothing in this network can be trained: it has no weights; add a linear or conv2d layer")]
    NoWeights,
    #[error(transparent)]
    Setting(#[from] SettingError),
}

/// Trains `model` as `spec` says and reports to `observer`.
///
/// `test` is evaluated after each epoch and never trained on; it may be empty.
///
/// # Errors
/// If the network does not fit the images, or a number of the description cannot work.
pub fn train(
    network: &Network,
    spec: &TrainSpec,
    model: &mut Model,
    (train, test): (&Dataset, &Dataset),
    options: Options,
    observer: &mut dyn FnMut(Event<'_>) -> Control,
) -> Result<History, TrainError> {
    train_by(network, spec, model, (train, test), options, observer, &|executor, job, shard| executor.work(job, shard))
}

/// [`train`], with the parts of each job done by `work`.
pub(crate) fn train_by(
    network: &Network,
    spec: &TrainSpec,
    model: &mut Model,
    (train, test): (&Dataset, &Dataset),
    options: Options,
    observer: &mut dyn FnMut(Event<'_>) -> Control,
    work: &(impl Fn(&Executor<'_>, Job, usize) + Sync),
) -> Result<History, TrainError> {
    check_fit(network, train)?;
    check_fit(network, test)?;
    if train.is_empty() {
        return Err(TrainError::NoImages);
    }
    if network.parameters() == 0 {
        return Err(TrainError::NoWeights);
    }
    let augment = Augment::new(&spec.augment, train.height, train.width)?;
    let steps_per_epoch = train.len().div_ceil(spec.batch);
    let mut trainer = Trainer {
        spec,
        steps_per_epoch,
        schedule: Schedule::new(
            &spec.schedule,
            optimizer::learning_rate(&spec.optimizer),
            spec.epochs,
            steps_per_epoch,
        )?,
        optimizer: Optimizer::new(&spec.optimizer, network.parameters())?,
        slices: network.tensors.iter().map(|t| Slice { range: t.range.clone(), kind: t.kind }).collect(),
        gradient: vec![0.0; network.parameters()],
        order: (0..train.len() as u32).collect(),
        augment: &augment,
        seed: options.seed,
        step: 0,
    };
    let executor = Executor::new(network, options.isa, options.precision, spec.batch.min(train.len()).max(EVAL_BATCH));
    executor.shared().seed = options.seed;
    executor.shared().pixel = pixel_values(&spec.normalize);
    with_team(options.threads, &|job, shard| work(&executor, job, shard), |team| {
        let mut history = History::default();
        for epoch in 1..=spec.epochs {
            let (mut record, answer) = trainer.epoch(epoch, &executor, team, model, train, observer);
            record.test = evaluate_on(&executor, team, model, test);
            history.epochs.push(record);
            if answer == Control::Stop {
                break;
            }
            let record = &history.epochs[epoch - 1];
            if observer(Event::Epoch(record, model)) == Control::Stop {
                break;
            }
        }
        Ok(history)
    })
}

/// The score of `model` on `set`, in evaluation mode.
///
/// # Errors
/// If the network does not fit the images.
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
    executor.shared().pixel = pixel_values(normalize);
    let work = |job, shard| executor.work(job, shard);
    Ok(with_team(threads, &work, |team| evaluate_on(&executor, team, model, set)))
}

/// What a training changes from step to step, but for the model.
struct Trainer<'t> {
    spec: &'t TrainSpec,
    steps_per_epoch: usize,
    schedule: Schedule,
    optimizer: Optimizer<f32>,
    slices: Vec<Slice>,
    gradient: Vec<f32>,
    /// Numbers of the training images, shuffled in each epoch.
    order: Vec<u32>,
    augment: &'t Augment,
    seed: u64,
    step: u64,
}

impl<'t> Trainer<'t> {
    /// One pass over the training images, as far as the observer lets it.
    fn epoch(
        &mut self,
        epoch: usize,
        executor: &Executor<'t>,
        team: &Team<'_, Job>,
        model: &mut Model,
        set: &'t Dataset,
        observer: &mut dyn FnMut(Event<'_>) -> Control,
    ) -> (Epoch, Control) {
        // From the identity each time, so that an epoch's order depends on nothing that came before.
        self.order.iter_mut().zip(0..).for_each(|(place, number)| *place = number);
        Stream::Shuffle { epoch: epoch as u64 }.generator(self.seed).shuffle(&mut self.order);
        let plain = epoch.saturating_add(self.spec.augment.plain_last_epochs) > self.spec.epochs;
        let augment = Augmentation { augment: self.augment, epoch: epoch as u64 };
        let augment = (!plain && !self.augment.is_identity()).then_some(augment);
        executor.shared().batch =
            Batch::Images { set, samples: Vec::with_capacity(self.spec.batch.min(set.len())), augment };

        let mut record = Epoch { epoch, rate: 0.0, train: Score::default(), test: Score::default(), cut_short: false };
        let mut answer = Control::Continue;
        for (step, numbers) in self.order.chunks(self.spec.batch).enumerate() {
            let again = answer == Control::Again;
            executor.shared().step = self.step;
            executor.shared().loaded = again;
            if let Batch::Images { samples, .. } = &mut executor.shared().batch
                && !again
            {
                samples.clear();
                samples.extend_from_slice(numbers);
            }
            let score = executor.train_pass(team, model, &mut self.gradient);
            record.rate = self.schedule.rate();
            self.optimizer.step(record.rate, &self.slices, &mut model.parameters, &self.gradient);
            self.schedule.after_batch();
            self.step += 1;
            record.train.add(score);
            let event = Step {
                epoch,
                step: step + 1,
                steps_per_epoch: self.steps_per_epoch,
                rate: record.rate,
                running: record.train,
            };
            answer = observer(Event::Step(event));
            if answer == Control::Stop {
                record.cut_short = step + 1 < self.steps_per_epoch;
                return (record, Control::Stop);
            }
        }
        self.schedule.after_epoch(record.train.mean_loss());
        (record, Control::Continue)
    }
}

fn evaluate_on<'d>(executor: &Executor<'d>, team: &Team<'_, Job>, model: &Model, set: &'d Dataset) -> Score {
    executor.prepare_eval(model);
    let mut total = Score::default();
    for first in (0..set.len()).step_by(EVAL_BATCH) {
        executor.set_samples(set, first as u32..set.len().min(first + EVAL_BATCH) as u32);
        total.add(executor.eval_pass(team));
    }
    total
}

/// Pixel value to network input: `(pixel / 255 - mean) / std`.
pub(crate) fn pixel_values(normalize: &NormalizeSpec) -> [f32; 256] {
    std::array::from_fn(|pixel| ((pixel as f64 / 255.0 - normalize.mean) / normalize.std) as f32)
}

pub(crate) fn check_fit(network: &Network, set: &Dataset) -> Result<(), TrainError> {
    let (height, width) = (set.height, set.width);
    let fits = match network.input {
        Shape::Vector(features) => features == height * width,
        map => map == Shape::Map { channels: 1, height, width },
    };
    if !fits {
        return Err(TrainError::Input { network: network.input, height, width, pixels: height * width });
    }
    let outputs = network.output().len();
    if outputs < set.classes {
        return Err(TrainError::Outputs { outputs, classes: set.classes });
    }
    Ok(())
}
