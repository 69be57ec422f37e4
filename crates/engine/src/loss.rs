//! The losses of one sample and their gradients, in f64.
//!
//! Even the f32 engine computes them in f64: ten values per sample cost nothing, and the logarithm stays accurate.

use crate::spec::LossSpec;

/// The loss of outputs `a` against targets `t` (both `[outputs]`), divided by `samples`, the size of the batch over
/// which losses are averaged; `da`, its gradient with respect to `a`, is overwritten.
///
/// Cross-entropy: `a` holds logits z and `t` probabilities (a class is a row with one 1). With label smoothing ε over
/// K classes `q = (1 - ε) t + ε / K`, the loss is `-Σ q ln softmax(z)` and the gradient `softmax(z) - q` because
/// `Σ q = 1`. Source: Szegedy et al. (2016), section 7; PyTorch's `cross_entropy`.
///
/// Squared error: `Σ ½ (t - a)²`, gradient `a - t`. Mean squared error: `Σ (t - a)² / K`, gradient `2 (a - t) / K`.
pub fn loss(spec: &LossSpec, a: &[f64], t: &[f64], samples: usize, da: &mut [f64]) -> f64 {
    let share = 1.0 / samples as f64;
    let outputs = a.len() as f64;
    let mut loss = 0.0;
    match *spec {
        LossSpec::CrossEntropy { label_smoothing } => {
            let largest = a.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mut sum = 0.0;
            for (da, a) in da.iter_mut().zip(a) {
                *da = libm::exp(a - largest);
                sum += *da;
            }
            let log_sum = libm::log(sum);
            for ((da, a), t) in da.iter_mut().zip(a).zip(t) {
                let q = (1.0 - label_smoothing) * t + label_smoothing / outputs;
                loss -= q * (a - largest - log_sum) * share;
                *da = (*da / sum - q) * share;
            }
        }
        LossSpec::SquaredError {} => {
            for ((da, a), t) in da.iter_mut().zip(a).zip(t) {
                loss += 0.5 * (t - a) * (t - a) * share;
                *da = (a - t) * share;
            }
        }
        LossSpec::MeanSquaredError {} => {
            for ((da, a), t) in da.iter_mut().zip(a).zip(t) {
                loss += (t - a) * (t - a) / outputs * share;
                *da = 2.0 * (a - t) / outputs * share;
            }
        }
    }
    loss
}
