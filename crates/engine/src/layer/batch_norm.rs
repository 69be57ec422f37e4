//! BatchNorm: each channel is shifted and scaled to mean 0 and variance 1 over the batch, then by weight and bias.
//!
//! ```text
//! y = w (x - mean) / √(var + eps) + b
//! ```
//!
//! The whole batch is needed twice: for the moments of x, and in the backward pass for two sums over dy. Each
//! sample's share is computed separately in f32 and merged in f64, in the order of the samples: a single chain of f32
//! additions of x² would lose up to 1.6e-2 of the variance.
//!
//! Source: Ioffe, Szegedy, "Batch Normalization" (2015); running statistics as in PyTorch.

use crate::kernels::LANES;
use crate::shape::Shape;

/// `nn.BatchNorm2d` after maps, `nn.BatchNorm1d` after vectors: weight and bias `[channels]`.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchNorm {
    /// Maps, or features of a vector.
    pub channels: usize,
    /// Values of one channel in one sample.
    pub pixels: usize,
    /// Added to the variance.
    pub eps: f64,
    /// Share of the new batch in the running statistics.
    pub momentum: f64,
}

/// What the kernels need for one layer in one step; each `[lanes]`.
#[derive(Clone, Debug)]
pub(crate) struct Coefficients {
    /// `y = (x - mean) scale + shift`.
    pub mean: Vec<f32>,
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
    /// `dx = scale (dy - k - (x - mean) k_x)`.
    pub k: Vec<f32>,
    pub k_x: Vec<f32>,
    /// `1 / √(var + eps)`, in f64.
    inverse_sigma: Vec<f64>,
    /// Values of one channel in the batch so far.
    count: f64,
    /// While a batch is merged: mean and `Σ (x - mean)²`, or `Σ dy` and `Σ dy (x - mean)`.
    sums: [Vec<f64>; 2],
}

impl Coefficients {
    /// Mean, scale and shift.
    pub(crate) fn forward(&self) -> [&[f32]; 3] {
        [&self.mean, &self.scale, &self.shift]
    }

    /// k and k_x.
    pub(crate) fn backward(&self) -> [&[f32]; 2] {
        [&self.k, &self.k_x]
    }
}

impl BatchNorm {
    pub(super) fn new(input: Shape, eps: f64, momentum: f64) -> Result<BatchNorm, String> {
        if !(eps.is_finite() && eps > 0.0) {
            return Err(format!("eps = {eps} must be a positive number; usual is 1e-5"));
        }
        if !(0.0..=1.0).contains(&momentum) {
            return Err(format!("momentum = {momentum} must be between 0 and 1; usual is 0.1"));
        }
        let (channels, height, width) = input.dimensions();
        Ok(BatchNorm { channels, pixels: height * width, eps, momentum })
    }

    pub(crate) fn coefficients(&self) -> Coefficients {
        let lanes = self.channels.next_multiple_of(LANES);
        Coefficients {
            mean: vec![0.0; lanes],
            scale: vec![0.0; lanes],
            shift: vec![0.0; lanes],
            k: vec![0.0; lanes],
            k_x: vec![0.0; lanes],
            inverse_sigma: vec![0.0; lanes],
            count: 0.0,
            sums: [vec![0.0; lanes], vec![0.0; lanes]],
        }
    }

    /// To be called before the first sample of a batch, for moments and for gradient sums.
    pub(crate) fn start(&self, c: &mut Coefficients) {
        c.count = 0.0;
        c.sums.iter_mut().for_each(|sum| sum.fill(0.0));
    }

    /// Merges one sample's mean and `Σ (x - mean)²`.
    ///
    /// Two parts: `δ = mean₂ - mean₁; mean = mean₁ + δ n₂/n; M = M₁ + M₂ + δ² n₁n₂/n`.
    /// Source: Chan, Golub, LeVeque (1979).
    pub(crate) fn add_moments(&self, c: &mut Coefficients, sample_mean: &[f32], sample_m2: &[f32]) {
        let pixels = self.pixels as f64;
        let count = c.count + pixels;
        let (share, cross) = (pixels / count, c.count * pixels / count);
        let [mean, m2] = &mut c.sums;
        let sums = mean.iter_mut().zip(m2).zip(sample_mean.iter().zip(sample_m2)).take(self.channels);
        for ((mean, m2), (sample_mean, sample_m2)) in sums {
            let delta = f64::from(*sample_mean) - *mean;
            *mean += delta * share;
            *m2 += f64::from(*sample_m2) + delta * delta * cross;
        }
        c.count = count;
    }

    /// To be called after the last sample: sets what the forward pass needs, and moves the running statistics (all
    /// means, then all variances) towards the mean and the unbiased variance.
    pub(crate) fn finish_moments(&self, c: &mut Coefficients, w: &[f32], b: &[f32], running: &mut [f32]) {
        let (running_mean, running_var) = running.split_at_mut(self.channels);
        for channel in 0..self.channels {
            let (mean, m2) = (c.sums[0][channel], c.sums[1][channel]);
            let towards = |running: &mut f32, new: f64| {
                *running = ((1.0 - self.momentum) * f64::from(*running) + self.momentum * new) as f32;
            };
            towards(&mut running_mean[channel], mean);
            towards(&mut running_var[channel], m2 / (c.count - 1.0).max(1.0));
            self.set(c, channel, mean, m2 / c.count, w, b);
        }
    }

    /// For evaluation: the running statistics replace the batch's.
    pub(crate) fn set_from_running(&self, c: &mut Coefficients, w: &[f32], b: &[f32], running: &[f32]) {
        for channel in 0..self.channels {
            let (mean, variance) = (running[channel], running[self.channels + channel]);
            self.set(c, channel, f64::from(mean), f64::from(variance), w, b);
        }
    }

    fn set(&self, c: &mut Coefficients, channel: usize, mean: f64, variance: f64, w: &[f32], b: &[f32]) {
        c.inverse_sigma[channel] = 1.0 / (variance + self.eps).sqrt();
        c.mean[channel] = mean as f32;
        c.scale[channel] = (f64::from(w[channel]) * c.inverse_sigma[channel]) as f32;
        c.shift[channel] = b[channel];
    }

    /// Weights and biases of the layer before, with this BatchNorm folded in: `w' = w scale`, `b' = (b - mean) scale +
    /// shift`. `w` is `[channels, ..]`, `b` `[channels]` or empty.
    pub(crate) fn fold(&self, c: &Coefficients, w: &[f32], b: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let each = w.len() / self.channels;
        let weights = w.chunks_exact(each).zip(&c.scale).flat_map(|(w, scale)| w.iter().map(move |w| w * scale));
        let biases = (0..self.channels).map(|channel| {
            let b = b.get(channel).map_or(0.0, |b| f64::from(*b));
            let distance = b - f64::from(c.mean[channel]);
            (distance * f64::from(c.scale[channel]) + f64::from(c.shift[channel])) as f32
        });
        (weights.collect(), biases.collect())
    }

    /// Adds one sample's `Σ dy` and `Σ dy (x - mean)`.
    pub(crate) fn add_gradient_sums(&self, c: &mut Coefficients, sample_sum: &[f32], sample_sum_x: &[f32]) {
        let [sum, sum_x] = &mut c.sums;
        let sums = sum.iter_mut().zip(sum_x).zip(sample_sum.iter().zip(sample_sum_x)).take(self.channels);
        for ((sum, sum_x), (sample_sum, sample_sum_x)) in sums {
            *sum += f64::from(*sample_sum);
            *sum_x += f64::from(*sample_sum_x);
        }
        c.count += self.pixels as f64;
    }

    /// To be called after the last sample: `db = Σ dy`, `dw = Σ dy x̂` with `x̂ = (x - mean) / σ`, and the coefficients
    /// of `dx = w / σ (dy - Σ dy / m - x̂ Σ dy x̂ / m)` with m values in a channel.
    pub(crate) fn finish_gradient_sums(&self, c: &mut Coefficients, dw: &mut [f32], db: &mut [f32]) {
        for channel in 0..self.channels {
            let (sum, sum_x) = (c.sums[0][channel], c.sums[1][channel]);
            let inverse_sigma = c.inverse_sigma[channel];
            db[channel] = sum as f32;
            dw[channel] = (sum_x * inverse_sigma) as f32;
            c.k[channel] = (sum / c.count) as f32;
            c.k_x[channel] = (sum_x * inverse_sigma * inverse_sigma / c.count) as f32;
        }
    }
}
