//! Where the time of a training step goes: real steps, announced operation by operation.
//!
//! There is no clock here: the observer may have one. What it measures between two calls from one thread belongs to the
//! first of them.

use crate::data::Dataset;
use crate::executor::Job;
use crate::network::Network;
use crate::plan::{Op, Plan};
use crate::spec::TrainSpec;
use crate::train::{Control, Event, Options, State, TrainError, train_by};

/// What begins now. Numbers are those of layers; work on layers fused with a BatchNorm counts as the BatchNorm's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// One sample's input: augmentation and normalisation.
    Assembly,
    /// One sample's pass through a layer.
    Forward(usize),
    /// The same in the backward pass, because the output was not kept.
    ForwardAgain(usize),
    /// One sample's gradient of a layer's input.
    InputGradient(usize),
    /// One sample's part of the gradient of a layer's weights.
    WeightGradient(usize),
    /// One sample's loss and the gradient of the outputs.
    Loss,
    /// A part of a phase is done. What follows is for the whole batch: moments are merged, gradients added.
    Between,
    /// A step is done. What follows belongs to the next one: its images are chosen, its weights packed.
    Step,
}

/// Trains from `state` on like [`crate::train::train`] without evaluation, and tells `observer` of each piece of work before
/// it begins, from the thread that does it; of [`Work::Step`], from the calling thread. What it answers to that counts.
///
/// # Errors
/// If the network does not fit the images, or a number of the description cannot work.
pub fn profile(
    network: &Network,
    spec: &TrainSpec,
    state: &mut State,
    train: &Dataset,
    options: Options,
    observer: &(dyn Fn(Work) -> Control + Sync),
) -> Result<(), TrainError> {
    let phases = announcements(&Plan::new(network, options.precision));
    let nothing = train.without_samples();
    let mut after_step = |event: Event<'_>| match event {
        Event::Step(..) => observer(Work::Step),
        Event::Epoch(..) => Control::Continue,
    };
    train_by(network, spec, state, (train, &nothing), options, &mut after_step, &|executor, job, shard| {
        let Job::Train(phase) = job else { return executor.work(job, shard) };
        executor.watched_work(job, shard, |place| {
            observer(phases[phase][place]);
        });
        observer(Work::Between);
    })?;
    Ok(())
}

/// What to announce before each operation of each phase.
fn announcements(plan: &Plan) -> Vec<Vec<Work>> {
    let mut backward = false;
    let mut work = |op: &Op| {
        backward |= *op == Op::Loss;
        match *op {
            Op::Load => Work::Assembly,
            Op::Forward(layer) | Op::Moments(layer) | Op::Folded(layer) => Work::Forward(layer),
            Op::Normalize(layer) if backward => Work::ForwardAgain(layer),
            Op::Normalize(layer) => Work::Forward(layer),
            Op::Loss | Op::Score => Work::Loss,
            Op::WeightGradient(layer) | Op::GradientSums(layer) => Work::WeightGradient(layer),
            Op::Backward(layer) | Op::InputGradient(layer) | Op::NormalizeGradient(layer) => Work::InputGradient(layer),
        }
    };
    plan.train.iter().map(|phase| phase.ops.iter().map(&mut work).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    use crate::kernels::{Isa, Precision};
    use crate::model::Model;
    use crate::spec::Spec;
    use crate::train::train;

    /// 20 images of 8 x 8, in batches of 10: a full shard and a short one.
    fn images() -> Dataset {
        let images = (0..20 * 64).map(|at| (at * 37 % 256) as u8).collect();
        Dataset::grey(images, (0..20).map(|image| image % 3).collect(), [8, 8], 3)
    }

    fn description() -> Spec {
        let json = r#"{
            "input": [1, 8, 8],
            "layers": [
                {"type": "conv2d", "out_channels": 4, "kernel_size": 3}, {"type": "batch_norm"}, {"type": "relu"},
                {"type": "conv2d", "out_channels": 9, "kernel_size": 3}, {"type": "relu"},
                {"type": "max_pool", "kernel_size": 2}, {"type": "flatten"}, {"type": "linear", "out_features": 3}
            ],
            "loss": {"type": "cross_entropy"},
            "train": {
                "epochs": 9, "batch": 10, "augment": {"rotation_degrees": 20.0, "shift_pixels": 1.0},
                "optimizer": {"type": "sgd", "lr": 0.1}
            }
        }"#;
        serde_json::from_str(json).expect("the test's description is valid")
    }

    #[test]
    fn every_operation_of_every_sample_is_announced_and_the_training_is_the_usual_one() {
        let (spec, set) = (description(), images());
        let network = Network::new(&spec).unwrap();
        let train_spec = spec.train.as_ref().unwrap();
        let plan = Plan::new(&network, Precision::F32);
        let seen = Mutex::new(Vec::new());
        let options = Options { seed: 1, threads: 2, isa: Isa::best(), precision: Precision::F32 };
        let mut profiled = State::new(train_spec, Model::new(&network, &spec.init, 1)).unwrap();
        profile(&network, train_spec, &mut profiled, &set, options, &|work| {
            let mut seen = seen.lock().unwrap();
            seen.push(work);
            let steps = seen.iter().filter(|work| **work == Work::Step).count();
            if steps == 3 { Control::Stop } else { Control::Continue }
        })
        .unwrap();

        let seen = seen.into_inner().unwrap();
        let count = |wanted: Work| seen.iter().filter(|work| **work == wanted).count();
        let operations: usize = plan.train.iter().map(|phase| phase.ops.len()).sum();
        // Three steps, ten samples; two shards in each phase.
        let between = 3 * 2 * plan.train.len();
        assert_eq!(seen.len(), 3 * 10 * operations + between + 3);
        assert_eq!([Work::Step, Work::Between, Work::Assembly, Work::Loss].map(count), [3, between, 30, 30]);
        for layer in 0..network.nodes.len() {
            let forward = if plan.places[layer].fused { 0 } else { 30 };
            assert!(count(Work::Forward(layer)) >= forward, "layer {layer}");
            if !network.nodes[layer].tensors.is_empty() {
                assert_eq!(count(Work::WeightGradient(layer)), 30, "layer {layer}");
            }
        }
        // From the second convolution's input on: the images need no gradient.
        assert_eq!([Work::InputGradient(3), Work::InputGradient(0)].map(count), [30, 0]);

        let mut usual = State::new(train_spec, Model::new(&network, &spec.init, 1)).unwrap();
        let mut steps = 0;
        train(&network, train_spec, &mut usual, (&set, &set), options, &mut |event| {
            steps += usize::from(matches!(event, Event::Step(..)));
            if steps == 3 { Control::Stop } else { Control::Continue }
        })
        .unwrap();
        assert_eq!(profiled.model, usual.model);
    }
}
