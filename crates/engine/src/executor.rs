//! Runs the plan of a network on a batch, in f32 or with convolutions in bf16.
//!
//! The batch is cut into shards of [`SHARD`] consecutive samples, whatever the number of threads. A shard owns all
//! tensors of its samples, so a thread that locks it has everything it writes; what the shards share changes
//! only between phases. Each shard sums its own parameter gradients, and these are added in a fixed binary tree, so
//! nothing depends on which thread did what.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde::{Deserialize, Serialize};

use crate::inputs::Normalization;
use crate::kernels::{Isa, Precision};
use crate::layer::batch_norm::Coefficients;
use crate::layer::packed::{self, Packed};
use crate::layer::{BatchNorm, Layer};
use crate::model::Model;
use crate::network::Network;
use crate::pass::Pass;
use crate::plan::{Op, Phase, Plan, SHARD, as_convolution, weight_gradients};
use crate::shard::{Ahead, Findings, Shard};
use crate::shared::{Batch, Shared};
use crate::team::Team;

/// Everything that is needed to run a network on batches of up to a fixed size.
pub(crate) struct Executor<'d> {
    network: &'d Network,
    plan: Plan,
    isa: Isa,
    precision: Precision,
    shards: Vec<Mutex<Shard>>,
    /// One per shard.
    findings: Vec<Mutex<Findings>>,
    shared: RwLock<Shared<'d>>,
}

/// Which phase all threads are in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Job {
    /// Phase of a training step.
    Train(usize),
    Eval,
}

impl Job {
    /// Whether the batch is visited from its end. Every second phase is, so that it starts with the samples at which
    /// the previous phase stopped, which are still in the cache.
    fn walks_from_end(self) -> bool {
        matches!(self, Job::Train(phase) if phase % 2 == 1)
    }
}

/// What a pass over a batch found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Number of samples.
    pub samples: usize,
    /// Sum of the samples' losses.
    pub loss: f64,
    /// Samples whose largest output is the target's.
    pub correct: usize,
}

impl Score {
    /// Adds the score of further samples.
    pub fn add(&mut self, other: Score) {
        self.samples += other.samples;
        self.loss += other.loss;
        self.correct += other.correct;
    }

    /// Correct samples as a fraction; 0 without samples.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.samples.max(1) as f64
    }

    /// The mean of the samples' losses; 0 without samples.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.samples.max(1) as f64
    }
}

impl<'d> Executor<'d> {
    /// Lays out all buffers for batches of up to `batch` samples. Training is done with `precision`, evaluation in f32.
    pub(crate) fn new(network: &'d Network, isa: Isa, precision: Precision, batch: usize) -> Executor<'d> {
        let plan = Plan::new(network, precision);
        let count = batch.div_ceil(SHARD);
        let shards = (0..count).map(|_| Mutex::new(Shard::new(network, &plan))).collect();
        let findings = (0..count).map(|_| Mutex::new(Findings::new(network))).collect();
        let packed = network.nodes.iter().zip(&plan.places).map(|(node, place)| {
            let conv = as_convolution(node)?;
            let packed = Packed::new(&conv, precision, plan.buffers[place.input].values.layout.lanes);
            Some((conv, packed))
        });
        let norms = network.nodes.iter().map(|node| match &node.layer {
            Layer::BatchNorm(norm) => Some(norm.coefficients()),
            _ => None,
        });
        let shared = Shared {
            batch: Batch::Values { x: &[], t: &[] },
            normalization: Normalization::default(),
            seed: 0,
            step: 0,
            packed: packed.collect(),
            norms: norms.collect(),
        };
        Executor { network, plan, isa, precision, shards, findings, shared: RwLock::new(shared) }
    }

    /// What the next pass works on. To be called only between passes.
    pub(crate) fn shared(&self) -> RwLockWriteGuard<'_, Shared<'d>> {
        self.shared.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> RwLockReadGuard<'_, Shared<'d>> {
        self.shared.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn samples(&self, shared: &Shared<'_>) -> usize {
        shared.batch.len(self.network.output().len())
    }

    fn shard(&self, index: usize) -> MutexGuard<'_, Shard> {
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn findings(&self, index: usize) -> MutexGuard<'_, Findings> {
        self.findings[index].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The memory for a part of a job. Evaluation keeps nothing in it, so any unused one will do: with as many
    /// memories as threads, all of them stay in the caches.
    fn memory(&self, job: Job, index: usize) -> MutexGuard<'_, Shard> {
        match job {
            Job::Train(_) => self.shard(index),
            Job::Eval => {
                self.shards.iter().find_map(|shard| shard.try_lock().ok()).unwrap_or_else(|| self.shard(index))
            }
        }
    }

    /// One part of a job: what the team's threads call.
    pub(crate) fn work(&self, job: Job, shard: usize) {
        self.watched_work(job, shard, |_| {});
    }

    /// As [`Executor::work`], but calls `watch` before each operation with its place in the phase.
    pub(crate) fn watched_work(&self, job: Job, shard: usize, mut watch: impl FnMut(usize)) {
        let phase = match job {
            Job::Train(phase) => &self.plan.train[phase],
            Job::Eval => &self.plan.eval,
        };
        let shared = self.read();
        let first = shard * SHARD;
        let samples = SHARD.min(self.samples(&shared) - first);
        let (mut shard, mut findings) = (self.memory(job, shard), self.findings(shard));
        if let Job::Train(0) = job {
            shard.parameters.fill(0.0);
        }
        let pass = Pass {
            network: self.network,
            plan: &self.plan,
            isa: self.isa,
            shared: &shared,
            training: matches!(job, Job::Train(_)),
            first,
        };
        // Last come, first served, as in `Team::run`.
        let from_end = job.walks_from_end();
        let nth = |n: usize| if from_end { samples - 1 - n } else { n };
        for node in weight_gradients(&phase.ops) {
            pass.start_weight_gradient(node, &mut shard);
        }
        for n in 0..samples {
            let next = (n + 1 < samples).then(|| nth(n + 1));
            for (place, (&op, rooms)) in phase.ops.iter().zip(&phase.ahead).enumerate() {
                watch(place);
                pass.run(op, nth(n), &Ahead { rooms, sample: next }, &mut shard, &mut findings);
            }
        }
        for node in weight_gradients(&phase.ops) {
            pass.finish_weight_gradient(node, &mut shard);
        }
    }

    /// Forward and backward on the current batch: overwrites `gradient` with the mean loss's gradient (in the order
    /// of the parameter buffer) and moves the running statistics.
    pub(crate) fn train_pass(&self, team: &Team<'_, Job>, model: &mut Model, gradient: &mut [f32]) -> Score {
        self.pack(model, self.precision);
        let shards = self.samples(&self.read()).div_ceil(SHARD);
        gradient.fill(0.0);
        for (phase, Phase { ops, .. }) in self.plan.train.iter().enumerate() {
            let job = Job::Train(phase);
            team.run(job, shards, job.walks_from_end());
            match ops.last() {
                Some(&Op::Moments(node)) => self.merge_moments(node, shards, model),
                Some(&Op::GradientSums(node)) => self.merge_gradient_sums(node, shards, gradient),
                _ => {}
            }
        }
        model.batches_tracked += 1;
        self.add_gradients(shards, gradient);
        self.score(shards)
    }

    fn pack(&self, model: &Model, precision: Precision) {
        let mut shared = self.shared();
        for (index, (node, packed)) in self.network.nodes.iter().zip(&mut shared.packed).enumerate() {
            if let Some((conv, packed)) = packed {
                let (w, b) = self.network.weight_and_bias(node, &model.parameters);
                packed.pack(self.isa, precision, conv, self.x_lanes(index), w, b);
            }
        }
    }

    /// Lanes of a node's input.
    fn x_lanes(&self, node: usize) -> usize {
        self.plan.buffers[self.plan.places[node].input].values.layout.lanes
    }

    fn merge_moments(&self, index: usize, shards: usize, model: &mut Model) {
        let node = &self.network.nodes[index];
        let (w, b) = self.network.weight_and_bias(node, &model.parameters);
        let running = &mut model.statistics[self.network.statistics_range(node)];
        self.merge(index, shards, BatchNorm::add_moments, |norm, c| norm.finish_moments(c, w, b, running));
    }

    fn merge_gradient_sums(&self, index: usize, shards: usize, gradient: &mut [f32]) {
        let (dw, db) = self.network.weight_and_bias_mut(&self.network.nodes[index], gradient);
        self.merge(index, shards, BatchNorm::add_gradient_sums, |norm, c| norm.finish_gradient_sums(c, dw, db));
    }

    /// Adds up every sample's two BatchNorm sums, in the order of the samples.
    fn merge(
        &self,
        index: usize,
        shards: usize,
        add: impl Fn(&BatchNorm, &mut Coefficients, &[f32], &[f32]),
        finish: impl FnOnce(&BatchNorm, &mut Coefficients),
    ) {
        let mut shared = self.shared();
        let samples = self.samples(&shared);
        let (Layer::BatchNorm(norm), Some(coefficients)) = (&self.network.nodes[index].layer, &mut shared.norms[index])
        else {
            unreachable!("the plan merges only BatchNorm");
        };
        let lanes = coefficients.mean.len();
        norm.start(coefficients);
        for shard in 0..shards {
            let [first, second] = &self.shard(shard).sums[index];
            for at in (0..SHARD.min(samples - shard * SHARD)).map(|sample| sample * lanes) {
                add(norm, coefficients, &first[at..][..lanes], &second[at..][..lanes]);
            }
        }
        finish(norm, coefficients);
    }

    /// Adds the shards' parameter gradients in a binary tree and copies the sum into PyTorch's order.
    fn add_gradients(&self, shards: usize, gradient: &mut [f32]) {
        let mut distance = 1;
        while distance < shards {
            for left in (0..shards - distance).step_by(2 * distance) {
                let (mut to, from) = (self.shard(left), self.shard(left + distance));
                for (to, from) in to.parameters.iter_mut().zip(&from.parameters) {
                    *to += from;
                }
            }
            distance *= 2;
        }
        let sum = &self.shard(0).parameters;
        let shared = self.read();
        for (index, (node, packed)) in self.network.nodes.iter().zip(&shared.packed).enumerate() {
            if let Some((conv, _)) = packed {
                let (dw, db) = self.network.weight_and_bias_mut(node, gradient);
                let sum = &sum[self.plan.places[index].gradient.clone()];
                packed::unpack_gradient(conv, self.x_lanes(index), sum, dw, db);
            }
        }
    }

    fn score(&self, shards: usize) -> Score {
        let samples = self.samples(&self.read());
        let mut score = Score { samples, ..Score::default() };
        for index in 0..shards {
            let findings = self.findings(index);
            let count = SHARD.min(samples - index * SHARD);
            score.loss += findings.losses[..count].iter().sum::<f64>();
            score.correct += findings.correct[..count].iter().filter(|&&correct| correct).count();
        }
        score
    }
}

mod evaluation;
#[cfg(test)]
mod tests;
