//! How parameters follow gradients: `torch.optim.SGD`, `Adam` and `AdamW`.
//!
//! Scalars (bias corrections, the decay factor) are computed in f64 and rounded once; everything per element is plain
//! arithmetic in `R` without fused multiply-adds, so that the bits are the same on every machine.

use std::ops::{Add, Div, Mul, Range, Sub};

use crate::spec::{OptimizerSpec, ParameterKind, SettingError};

/// Numbers an optimizer works on: f32 in training, f64 in the reference.
pub trait Real:
    Copy + Default + PartialOrd + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    /// The nearest representable number.
    fn from_f64(x: f64) -> Self;
    /// √x.
    fn sqrt(self) -> Self;
    /// |x|.
    fn abs(self) -> Self;
}

impl Real for f32 {
    fn from_f64(x: f64) -> f32 {
        x as f32
    }
    /// √x.
    fn sqrt(self) -> f32 {
        f32::sqrt(self)
    }
    /// |x|.
    fn abs(self) -> f32 {
        f32::abs(self)
    }
}

impl Real for f64 {
    fn from_f64(x: f64) -> f64 {
        x
    }
    /// √x.
    fn sqrt(self) -> f64 {
        f64::sqrt(self)
    }
    /// |x|.
    fn abs(self) -> f64 {
        f64::abs(self)
    }
}

/// Consecutive parameters of one kind in the flat parameter buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Its place in the buffer.
    pub range: Range<usize>,
    /// Decides whether weight decay applies to it.
    pub kind: ParameterKind,
}

/// An optimizer and its memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimizer<R> {
    spec: OptimizerSpec,
    /// SGD: the momentum buffer. Adam: the running mean of gradients. One per parameter, or empty if unused.
    m: Vec<R>,
    /// Adam: the running mean of squared gradients. One per parameter, or empty if unused.
    v: Vec<R>,
    /// Number of steps taken.
    step: u64,
}

impl<R: Real> Optimizer<R> {
    /// An optimizer for this many `parameters`, with zero moments.
    ///
    /// # Errors
    /// Rates, factors or an `eps` outside the ranges that PyTorch accepts.
    pub fn new(spec: &OptimizerSpec, parameters: usize) -> Result<Optimizer<R>, SettingError> {
        check(spec)?;
        let (m, v) = match spec {
            OptimizerSpec::Sgd { momentum: 0.0, .. } => (0, 0),
            OptimizerSpec::Sgd { .. } => (parameters, 0),
            OptimizerSpec::Adam { .. } | OptimizerSpec::Adamw { .. } => (parameters, parameters),
        };
        Ok(Optimizer { spec: spec.clone(), m: vec![R::default(); m], v: vec![R::default(); v], step: 0 })
    }

    /// An optimizer after `step` steps, with the [`moments`](Optimizer::moments) that it had then.
    ///
    /// # Errors
    /// Those of [`Optimizer::new`], and a number of moments other than this optimizer keeps.
    pub fn resumed(
        spec: &OptimizerSpec,
        parameters: usize,
        (m, v): (Vec<R>, Vec<R>),
        step: u64,
    ) -> Result<Optimizer<R>, SettingError> {
        let fresh = Optimizer::<R>::new(spec, parameters)?;
        let (found, kept) = ([m.len(), v.len()], [fresh.m.len(), fresh.v.len()]);
        let fix = format!("this optimizer keeps {kept:?} moments of {parameters} parameters");
        SettingError::unless(found == kept, "moments", found, fix)?;
        Ok(Optimizer { m, v, step, ..fresh })
    }

    /// First and second moments, one per parameter; empty where the method has none.
    pub fn moments(&self) -> (&[R], &[R]) {
        (&self.m, &self.v)
    }

    /// Moves the parameters in `slices` against their gradients with learning rate `lr`.
    ///
    /// `params` and `gradients` are the flat buffers, `[parameters]`; parameters outside of all slices stay. Kinds
    /// that the description excludes from weight decay are moved as if it were 0.
    ///
    /// # Panics
    /// If a slice does not lie within `params`, `gradients` and the memory of this optimizer.
    pub fn step(&mut self, lr: f64, slices: &[Slice], params: &mut [R], gradients: &[R]) {
        self.step += 1;
        for Slice { range, kind } in slices {
            let p = &mut params[range.clone()];
            let g = &gradients[range.clone()];
            let decay = |weight_decay: f64, excluded: &[ParameterKind]| match excluded.contains(kind) {
                true => 0.0,
                false => weight_decay,
            };
            match &self.spec {
                OptimizerSpec::Sgd { momentum, nesterov, weight_decay, exclude_from_weight_decay, .. } => {
                    let decay = R::from_f64(decay(*weight_decay, exclude_from_weight_decay));
                    let (lr, momentum_r) = (R::from_f64(lr), R::from_f64(*momentum));
                    if *momentum == 0.0 {
                        sgd(p, g, lr, decay);
                    } else if *nesterov {
                        sgd_nesterov(p, g, &mut self.m[range.clone()], lr, momentum_r, decay);
                    } else {
                        sgd_momentum(p, g, &mut self.m[range.clone()], lr, momentum_r, decay);
                    }
                }
                OptimizerSpec::Adam { betas, eps, weight_decay, exclude_from_weight_decay, .. } => {
                    let decay = decay(*weight_decay, exclude_from_weight_decay);
                    let scalars = AdamScalars::new(lr, *betas, *eps, self.step, decay, 0.0);
                    adam(p, g, &mut self.m[range.clone()], &mut self.v[range.clone()], &scalars);
                }
                OptimizerSpec::Adamw { betas, eps, weight_decay, exclude_from_weight_decay, .. } => {
                    let decay = decay(*weight_decay, exclude_from_weight_decay);
                    let scalars = AdamScalars::new(lr, *betas, *eps, self.step, 0.0, decay);
                    adam(p, g, &mut self.m[range.clone()], &mut self.v[range.clone()], &scalars);
                }
            }
        }
    }
}

/// The optimizer's own learning rate, from which a schedule starts.
pub fn learning_rate(spec: &OptimizerSpec) -> f64 {
    match *spec {
        OptimizerSpec::Sgd { lr, .. } | OptimizerSpec::Adam { lr, .. } | OptimizerSpec::Adamw { lr, .. } => lr,
    }
}

/// The ranges that PyTorch's constructors accept.
fn check(spec: &OptimizerSpec) -> Result<(), SettingError> {
    let not_negative = |key, x: f64| {
        SettingError::unless(x >= 0.0 && x.is_finite(), key, x, "write a finite number that is not negative")
    };
    not_negative("train.optimizer.lr", learning_rate(spec))?;
    match *spec {
        OptimizerSpec::Sgd { momentum, nesterov, weight_decay, .. } => {
            not_negative("train.optimizer.momentum", momentum)?;
            not_negative("train.optimizer.weight_decay", weight_decay)?;
            let fix = "Nesterov's method looks ahead along the momentum: set momentum above 0, or nesterov = false";
            SettingError::unless(!nesterov || momentum > 0.0, "train.optimizer.nesterov", nesterov, fix)
        }
        OptimizerSpec::Adam { betas, eps, weight_decay, .. }
        | OptimizerSpec::Adamw { betas, eps, weight_decay, .. } => {
            // A parameter whose gradient is always 0, such as a bias before BatchNorm, would otherwise move by 0 / 0.
            let fix = "write a positive number, at least 1e-30; 1e-8 is usual";
            SettingError::unless(eps >= 1e-30 && eps.is_finite(), "train.optimizer.eps", eps, fix)?;
            not_negative("train.optimizer.weight_decay", weight_decay)?;
            let fits = betas.iter().all(|beta| (0.0..1.0).contains(beta));
            SettingError::unless(fits, "train.optimizer.betas", betas, "write two numbers from 0 to below 1")
        }
    }
}

/// Moments below this size become exactly 0.
///
/// The moments of a parameter whose gradient has become 0 shrink geometrically and would stay among the denormal
/// numbers, on which processors calculate tens of times more slowly. The smallest normal f32 is 1.2e-38; 1e-30 leaves
/// room for products with factors like 1 - β₂ = 1e-3.
pub(crate) const NEGLIGIBLE: f64 = 1e-30;

/// `x`, or 0 if it is below [`NEGLIGIBLE`]; NaN stays. Compiles to a comparison and a mask.
#[inline(always)]
fn flushed<R: Real>(x: R, negligible: R) -> R {
    if x.abs() < negligible { R::default() } else { x }
}

/// Gradient descent with weight decay λ added to the gradient.
///
/// ```text
/// p -= lr (g + λ p)
/// ```
fn sgd<R: Real>(p: &mut [R], g: &[R], lr: R, decay: R) {
    for (p, &g) in p.iter_mut().zip(g) {
        *p = *p - lr * (g + decay * *p);
    }
}

/// Gradient descent with momentum μ.
///
/// ```text
/// g' = g + λ p
/// m  = μ m + g'      (the first step gives m = g', as m starts at 0)
/// p -= lr m
/// ```
///
/// Source: Sutskever, Martens, Dahl, Hinton (2013), in PyTorch's form, where `lr` is not part of m.
fn sgd_momentum<R: Real>(p: &mut [R], g: &[R], m: &mut [R], lr: R, momentum: R, decay: R) {
    let negligible = R::from_f64(NEGLIGIBLE);
    for ((p, &g), m) in p.iter_mut().zip(g).zip(m) {
        let g = g + decay * *p;
        let moved = momentum * *m + g;
        *p = *p - lr * moved;
        *m = flushed(moved, negligible);
    }
}

/// Nesterov's momentum: the step looks ahead along the momentum μ.
///
/// ```text
/// g' = g + λ p
/// m  = μ m + g'
/// p -= lr (g' + μ m)
/// ```
///
/// Source: Nesterov (1983); Sutskever et al. (2013), in PyTorch's form.
fn sgd_nesterov<R: Real>(p: &mut [R], g: &[R], m: &mut [R], lr: R, momentum: R, decay: R) {
    let negligible = R::from_f64(NEGLIGIBLE);
    for ((p, &g), m) in p.iter_mut().zip(g).zip(m) {
        let g = g + decay * *p;
        let moved = momentum * *m + g;
        *p = *p - lr * (g + momentum * moved);
        *m = flushed(moved, negligible);
    }
}

/// What all elements share in one step of Adam.
struct AdamScalars {
    betas: [f64; 2],
    eps: f64,
    /// `lr / (1 - β₁ᵗ)`.
    step_size: f64,
    /// `√(1 - β₂ᵗ)`.
    correction: f64,
    /// λ of Adam, added to the gradient.
    decay: f64,
    /// `1 - lr λ` of AdamW, which multiplies the parameter.
    keep: f64,
}

impl AdamScalars {
    /// `step` counts from 1. Powers come from libm, whose bits do not depend on the platform.
    fn new(lr: f64, betas: [f64; 2], eps: f64, step: u64, decay: f64, decoupled_decay: f64) -> AdamScalars {
        let [power1, power2] = betas.map(|beta| libm::pow(beta, step as f64));
        AdamScalars {
            betas,
            eps,
            step_size: lr / (1.0 - power1),
            correction: (1.0 - power2).sqrt(),
            decay,
            keep: 1.0 - lr * decoupled_decay,
        }
    }
}

/// Adam with weight decay λ, and AdamW with decoupled weight decay λ'; one of the two is 0.
///
/// ```text
/// p *= 1 - lr λ'
/// g' = g + λ p
/// m  = β₁ m + (1 - β₁) g'
/// v  = β₂ v + (1 - β₂) g'²
/// p -= lr / (1 - β₁ᵗ) · m / (√v / √(1 - β₂ᵗ) + ε)
/// ```
///
/// Source: Kingma, Ba (2015), algorithm 1; Loshchilov, Hutter (2019), algorithm 2; the position of ε and the
/// grouping of the corrections follow PyTorch.
fn adam<R: Real>(p: &mut [R], g: &[R], m: &mut [R], v: &mut [R], scalars: &AdamScalars) {
    let [beta1, beta2] = scalars.betas.map(R::from_f64);
    let [rest1, rest2] = scalars.betas.map(|beta| R::from_f64(1.0 - beta));
    let [eps, step_size, correction, decay, keep, negligible] =
        [scalars.eps, scalars.step_size, scalars.correction, scalars.decay, scalars.keep, NEGLIGIBLE].map(R::from_f64);
    for (((p, &g), m), v) in p.iter_mut().zip(g).zip(m).zip(v) {
        let kept = *p * keep;
        let g = g + decay * kept;
        let mean = beta1 * *m + rest1 * g;
        let square = beta2 * *v + rest2 * (g * g);
        *p = kept - step_size * (mean / (square.sqrt() / correction + eps));
        *m = flushed(mean, negligible);
        *v = flushed(square, negligible);
    }
}
