//! How the learning rate moves: PyTorch's schedulers, in closed form.
//!
//! Momentum and betas are left alone. A schedule that PyTorch defines step by step is written here as a function of the
//! number of steps k; they agree to rounding. Only reduce-on-plateau remembers more than k.

use std::f64::consts::PI;

use crate::spec::{Anneal, Per, ScheduleSpec, SettingError};

/// The learning rate of each batch of a training.
#[derive(Clone, Debug)]
pub struct Schedule {
    spec: ScheduleSpec,
    /// The optimizer's own rate.
    lr: f64,
    /// The schedule's steps in the whole training.
    training_steps: usize,
    /// The schedule's steps so far.
    step: usize,
    plateau: Plateau,
}

/// What `ReduceLROnPlateau` remembers.
#[derive(Clone, Debug)]
struct Plateau {
    rate: f64,
    best: f64,
    bad_epochs: usize,
    cooldown_left: usize,
}

impl Schedule {
    /// A schedule at its start. `lr` is the optimizer's own rate, which one-cycle and cyclic replace.
    ///
    /// # Errors
    /// Numbers that the formulas cannot take, and a one-cycle schedule that is shorter than the training.
    pub fn new(
        spec: &ScheduleSpec,
        lr: f64,
        epochs: usize,
        batches_per_epoch: usize,
    ) -> Result<Schedule, SettingError> {
        let training_steps = match per(spec) {
            Per::Epoch => epochs,
            Per::Batch => epochs.saturating_mul(batches_per_epoch),
        };
        check(spec, training_steps)?;
        let plateau = Plateau { rate: lr, best: f64::INFINITY, bad_epochs: 0, cooldown_left: 0 };
        Ok(Schedule { spec: spec.clone(), lr, training_steps, step: 0, plateau })
    }

    /// The learning rate for the next batch.
    pub fn rate(&self) -> f64 {
        let (lr, k) = (self.lr, self.step);
        match self.spec {
            ScheduleSpec::Constant {} => lr,
            // γ to the number of completed stairs.
            ScheduleSpec::Step { step_size, gamma, .. } => lr * libm::pow(gamma, (k / step_size) as f64),
            ScheduleSpec::Exponential { gamma, .. } => lr * libm::pow(gamma, k as f64),
            ScheduleSpec::Cosine { t_max, eta_min, .. } => cosine(lr, eta_min, k, t_max.unwrap_or(self.training_steps)),
            ScheduleSpec::Cyclic { base_lr, max_lr, step_size_up, step_size_down, .. } => {
                triangle(base_lr, max_lr, k, step_size_up, step_size_down.unwrap_or(step_size_up))
            }
            ScheduleSpec::OneCycle {
                max_lr,
                total_steps,
                pct_start,
                anneal_strategy,
                div_factor,
                final_div_factor,
                ..
            } => {
                let total = total_steps.unwrap_or(self.training_steps);
                let first_lr = max_lr / div_factor;
                one_cycle([first_lr, max_lr, first_lr / final_div_factor], k, total, pct_start, anneal_strategy)
            }
            ScheduleSpec::ReduceOnPlateau { .. } => self.plateau.rate,
            ScheduleSpec::Linear { start_factor, end_factor, total_iters, .. } => {
                let done = k.min(total_iters) as f64 / total_iters as f64;
                lr * (start_factor + (end_factor - start_factor) * done)
            }
        }
    }

    /// To be called after each batch.
    pub fn after_batch(&mut self) {
        if per(&self.spec) == Per::Batch {
            self.step += 1;
        }
    }

    /// To be called after each epoch, following the [`after_batch`](Schedule::after_batch) of its last batch.
    ///
    /// `mean_loss` is the epoch's mean training loss; only `reduce_on_plateau` uses it.
    pub fn after_epoch(&mut self, mean_loss: f64) {
        if per(&self.spec) == Per::Epoch {
            self.step += 1;
        }
        if let ScheduleSpec::ReduceOnPlateau { factor, patience, threshold, cooldown, min_lr } = self.spec {
            self.plateau.after_epoch(mean_loss, factor, patience, threshold, cooldown, min_lr);
        }
    }
}

impl Plateau {
    /// `ReduceLROnPlateau.step` with mode `min` and threshold mode `rel`: an epoch is bad unless its loss is below
    /// `(1 - threshold)` times the best; after more than `patience` bad epochs in a row the rate is multiplied by
    /// `factor`, and the next `cooldown` epochs are not counted. A NaN is never better.
    fn after_epoch(&mut self, loss: f64, factor: f64, patience: usize, threshold: f64, cooldown: usize, min_lr: f64) {
        /// PyTorch's `eps`: smaller changes of the rate are not made.
        const SMALLEST_CHANGE: f64 = 1e-8;

        if loss < self.best * (1.0 - threshold) {
            self.best = loss;
            self.bad_epochs = 0;
        } else {
            self.bad_epochs += 1;
        }
        if self.cooldown_left > 0 {
            self.cooldown_left -= 1;
            self.bad_epochs = 0;
        }
        if self.bad_epochs > patience {
            let reduced = (self.rate * factor).max(min_lr);
            if self.rate - reduced > SMALLEST_CHANGE {
                self.rate = reduced;
            }
            self.cooldown_left = cooldown;
            self.bad_epochs = 0;
        }
    }
}

/// Whether the schedule moves per batch or per epoch.
fn per(spec: &ScheduleSpec) -> Per {
    match *spec {
        ScheduleSpec::Step { per, .. }
        | ScheduleSpec::Exponential { per, .. }
        | ScheduleSpec::Cosine { per, .. }
        | ScheduleSpec::Cyclic { per, .. }
        | ScheduleSpec::OneCycle { per, .. }
        | ScheduleSpec::Linear { per, .. } => per,
        ScheduleSpec::Constant {} | ScheduleSpec::ReduceOnPlateau { .. } => Per::Epoch,
    }
}

/// Half a cosine from `lr` down to `eta_min` in `t_max` steps, then up again, and so on.
///
/// ```text
/// η_min + (η - η_min) (1 + cos(π k / T)) / 2
/// ```
///
/// Source: Loshchilov, Hutter (2017), eq. 5. PyTorch's step-by-step form gives the same numbers, even beyond `t_max`.
fn cosine(lr: f64, eta_min: f64, k: usize, t_max: usize) -> f64 {
    eta_min + (lr - eta_min) * (1.0 + libm::cos(PI * k as f64 / t_max as f64)) / 2.0
}

/// From `base_lr` up to `max_lr` in `up` steps, down again in `down` steps, repeated. Source: Smith (2017).
fn triangle(base_lr: f64, max_lr: f64, k: usize, up: usize, down: usize) -> f64 {
    let k = k % (up + down);
    let height = if k <= up { k as f64 / up as f64 } else { (up + down - k) as f64 / down as f64 };
    base_lr + (max_lr - base_lr) * height
}

/// From the first rate up to the highest at step `pct_start · total - 1` (which need not be whole), then down to the
/// last at step `total - 1`. Source: Smith, Topin (2018), in the two phases of PyTorch.
fn one_cycle([first, max, last]: [f64; 3], k: usize, total: usize, pct_start: f64, anneal: Anneal) -> f64 {
    let (k, end) = (k as f64, total as f64 - 1.0);
    let peak = pct_start * total as f64 - 1.0;
    let (from, to, begin, end) = if k <= peak { (first, max, 0.0, peak) } else { (max, last, peak, end) };
    // A phase of length 0 is at its end; PyTorch divides by zero here.
    let done = if end > begin { (k - begin) / (end - begin) } else { 1.0 };
    match anneal {
        Anneal::Cos => to + (from - to) / 2.0 * (1.0 + libm::cos(PI * done)),
        Anneal::Linear => from + (to - from) * done,
    }
}

/// Refuses numbers for which the formulas above do not hold. `training_steps` is the length of the training in the
/// schedule's steps.
fn check(spec: &ScheduleSpec, training_steps: usize) -> Result<(), SettingError> {
    let at_least_one = |key, n: usize| SettingError::unless(n > 0, key, n, "write a whole number of at least 1");
    let rate = |key, x: f64| SettingError::unless(x >= 0.0 && x.is_finite(), key, x, "write a rate of 0 or more");
    let gamma =
        |x: f64| SettingError::unless(x > 0.0 && x.is_finite(), "train.schedule.gamma", x, "write a factor above 0");
    let divisor = |key, x: f64| SettingError::unless(x > 0.0 && x.is_finite(), key, x, "write a divisor above 0");
    match *spec {
        ScheduleSpec::Constant {} => Ok(()),
        ScheduleSpec::Step { step_size, gamma: factor, .. } => {
            at_least_one("train.schedule.step_size", step_size)?;
            gamma(factor)
        }
        ScheduleSpec::Exponential { gamma: factor, .. } => gamma(factor),
        ScheduleSpec::Cosine { t_max, eta_min, .. } => {
            at_least_one("train.schedule.t_max", t_max.unwrap_or(training_steps))?;
            rate("train.schedule.eta_min", eta_min)
        }
        ScheduleSpec::Cyclic { base_lr, max_lr, step_size_up, .. } => {
            rate("train.schedule.base_lr", base_lr)?;
            rate("train.schedule.max_lr", max_lr)?;
            at_least_one("train.schedule.step_size_up", step_size_up)
        }
        ScheduleSpec::OneCycle { max_lr, total_steps, pct_start, div_factor, final_div_factor, .. } => {
            rate("train.schedule.max_lr", max_lr)?;
            let total = total_steps.unwrap_or(training_steps);
            at_least_one("train.schedule.total_steps", total)?;
            let fix = format!("the training takes {training_steps} steps: write at least that many, or leave it out");
            SettingError::unless(total >= training_steps, "train.schedule.total_steps", total, fix)?;
            let fix = "write a fraction from 0 to 1: the part of the steps before the highest rate";
            SettingError::unless((0.0..=1.0).contains(&pct_start), "train.schedule.pct_start", pct_start, fix)?;
            divisor("train.schedule.div_factor", div_factor)?;
            divisor("train.schedule.final_div_factor", final_div_factor)
        }
        ScheduleSpec::ReduceOnPlateau { factor, threshold, min_lr, .. } => {
            let fits = factor > 0.0 && factor < 1.0;
            SettingError::unless(fits, "train.schedule.factor", factor, "write a factor between 0 and 1")?;
            let fix = "write a fraction from 0 to below 1: the least improvement that counts";
            SettingError::unless((0.0..1.0).contains(&threshold), "train.schedule.threshold", threshold, fix)?;
            rate("train.schedule.min_lr", min_lr)
        }
        ScheduleSpec::Linear { start_factor, end_factor, total_iters, .. } => {
            let fits = start_factor > 0.0 && start_factor <= 1.0;
            let fix = "write a factor above 0, at most 1";
            SettingError::unless(fits, "train.schedule.start_factor", start_factor, fix)?;
            let fits = (0.0..=1.0).contains(&end_factor);
            SettingError::unless(fits, "train.schedule.end_factor", end_factor, "write a factor from 0 to 1")?;
            at_least_one("train.schedule.total_iters", total_iters)
        }
    }
}
