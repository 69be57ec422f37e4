//! The oracle: every layer and loss as naive loops in f64, in the order in which the workbook adds.
//!
//! Slow on purpose and never optimised. Tensors are in PyTorch's layouts: activations `[samples, channels, height,
//! width]`, convolution weights `[out, in, ky, kx]`. What the kernels compute is judged by this file; this file is
//! judged by finite differences and by PyTorch's numbers.

use crate::layer::{BatchNorm, Conv2d, Dropout, Layer, Linear, Pool};
use crate::loss::Loss;
use crate::network::{Network, Node};

/// Whether BatchNorm uses the batch and dropout is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Batch statistics; dropout masks from the stream of this seed and step.
    Train {
        /// Decides the dropout masks, together with the step.
        seed: u64,
        /// Counted over all epochs.
        step: u64,
    },
    /// Running statistics; no dropout.
    Eval,
}

/// A network with its parameters and running statistics in f64.
#[derive(Clone, Debug)]
pub struct Reference<'n> {
    network: &'n Network,
    /// [`Network::parameters`] values.
    pub parameters: Vec<f64>,
    /// [`Network::statistics_len`] values.
    pub statistics: Vec<f64>,
}

/// What a forward pass leaves for the backward pass.
#[derive(Clone, Debug)]
pub struct Tape {
    samples: usize,
    mode: Mode,
    /// The input, then each layer's output.
    pub values: Vec<Vec<f64>>,
    /// For each BatchNorm the mean and variance it used, else empty.
    moments: Vec<Vec<(f64, f64)>>,
}

/// Gradients of a scalar.
#[derive(Clone, Debug)]
pub struct Gradients {
    /// In the order of the parameter buffer.
    pub parameters: Vec<f64>,
    /// With respect to the inputs.
    pub input: Vec<f64>,
}

impl<'n> Reference<'n> {
    /// Running means 0, running variances 1.
    pub fn new(network: &'n Network, parameters: Vec<f64>) -> Reference<'n> {
        assert_eq!(parameters.len(), network.parameters());
        Reference { network, parameters, statistics: crate::model::fresh_statistics(network) }
    }

    /// Runs the network on `x` (`[samples, input]`); in training mode updates the running statistics.
    pub fn forward(&mut self, x: &[f64], samples: usize, mode: Mode) -> Tape {
        assert_eq!(x.len(), samples * self.network.input.len());
        let mut tape = Tape { samples, mode, values: vec![x.to_vec()], moments: Vec::new() };
        for (index, node) in self.network.nodes.iter().enumerate() {
            let x = &tape.values[index];
            let (w, b) = self.network.weight_and_bias(node, &self.parameters);
            let mut moments = Vec::new();
            let y = match &node.layer {
                Layer::Linear(linear) => linear_forward(linear, x, w, b),
                Layer::Conv2d(conv) => conv2d_forward(conv, x, w, b),
                Layer::BatchNorm(norm) => {
                    let running = &mut self.statistics[self.network.statistics_range(node)];
                    moments = match mode {
                        Mode::Train { .. } => batch_norm_moments(norm, x, samples, running),
                        Mode::Eval => (0..norm.channels).map(|c| (running[c], running[norm.channels + c])).collect(),
                    };
                    batch_norm_forward(norm, x, w, b, &moments)
                }
                Layer::Activation(function) => x.iter().map(|&z| function.value(z)).collect(),
                Layer::Softmax => x.chunks(node.output.len()).flat_map(softmax).collect(),
                Layer::Dropout(dropout) => dropout_apply(dropout, node, index, x, mode),
                Layer::MaxPool(pool) => pool_forward(pool, x, |window| window.fold(f64::NEG_INFINITY, f64::max)),
                Layer::AvgPool(pool) | Layer::GlobalAvgPool(pool) => {
                    pool_forward(pool, x, |window| window.sum::<f64>() / (pool.height * pool.width) as f64)
                }
                Layer::Flatten => x.clone(),
            };
            tape.values.push(y);
            tape.moments.push(moments);
        }
        tape
    }

    /// The chain rule from `dy`, the gradient of a scalar with respect to the network's output.
    pub fn backward(&self, tape: &Tape, dy: &[f64]) -> Gradients {
        let mut gradients = vec![0.0; self.parameters.len()];
        let mut dy = dy.to_vec();
        for (index, node) in self.network.nodes.iter().enumerate().rev() {
            let (x, y) = (&tape.values[index], &tape.values[index + 1]);
            let (w, _) = self.network.weight_and_bias(node, &self.parameters);
            let (dw, mut db) = self.network.weight_and_bias_mut(node, &mut gradients);
            // A bias that BatchNorm subtracts again has gradient exactly 0; summing would leave rounding noise.
            if self.network.bias_cancels(index) {
                db = &mut [];
            }
            dy = match &node.layer {
                Layer::Linear(linear) => linear_backward(linear, x, w, &dy, dw, db),
                Layer::Conv2d(conv) => conv2d_backward(conv, x, w, &dy, dw, db),
                Layer::BatchNorm(norm) => match tape.mode {
                    Mode::Train { .. } => {
                        batch_norm_backward(norm, x, w, &tape.moments[index], tape.samples, &dy, dw, db)
                    }
                    Mode::Eval => panic!("the backward pass belongs to training mode"),
                },
                Layer::Activation(function) => {
                    x.iter().zip(y).zip(&dy).map(|((&z, &a), &da)| da * function.slope(z, a)).collect()
                }
                Layer::Softmax => softmax_backward(y, &dy, node.output.len()),
                Layer::Dropout(dropout) => dropout_apply(dropout, node, index, &dy, tape.mode),
                Layer::MaxPool(pool) => max_pool_backward(pool, x, &dy),
                Layer::AvgPool(pool) | Layer::GlobalAvgPool(pool) => avg_pool_backward(pool, x.len(), &dy),
                Layer::Flatten => dy,
            };
        }
        Gradients { parameters: gradients, input: dy }
    }
}

/// `z = x wᵀ + b`: products added from the first input to the last, the bias last.
///
/// `x [samples, inputs]`, `w [outputs, inputs]`, `b [outputs]` or empty; gives `z [samples, outputs]`.
fn linear_forward(linear: &Linear, x: &[f64], w: &[f64], b: &[f64]) -> Vec<f64> {
    let mut z = Vec::new();
    for x in x.chunks(linear.inputs) {
        for o in 0..linear.outputs {
            let row = &w[o * linear.inputs..][..linear.inputs];
            let sum: f64 = x.iter().zip(row).map(|(x, w)| x * w).sum();
            z.push(sum + b.get(o).unwrap_or(&0.0));
        }
    }
    z
}

/// `dw += dzᵀ x`, `db += Σ_batch dz`, gives `dx = dz w`. Source: Rumelhart, Hinton, Williams (1986), eqs. 4-7.
fn linear_backward(linear: &Linear, x: &[f64], w: &[f64], dz: &[f64], dw: &mut [f64], db: &mut [f64]) -> Vec<f64> {
    let mut dx = vec![0.0; x.len()];
    for ((x, dx), dz) in x.chunks(linear.inputs).zip(dx.chunks_mut(linear.inputs)).zip(dz.chunks(linear.outputs)) {
        for o in 0..linear.outputs {
            for i in 0..linear.inputs {
                dw[o * linear.inputs + i] += dz[o] * x[i];
                dx[i] += dz[o] * w[o * linear.inputs + i];
            }
            if let Some(db) = db.get_mut(o) {
                *db += dz[o];
            }
        }
    }
    dx
}

/// Calls `visit(z, x, w)` with the offsets of every product in `z[n,o,y,p] = Σ x[n,i,y s + ky - pad,p s + kx - pad]
/// w[o,i,ky,kx]`, for each output in the order ky, input channel, kx.
fn conv2d_products(conv: &Conv2d, samples: usize, mut visit: impl FnMut(usize, usize, usize)) {
    let (_, rows, columns) = conv.output().dimensions();
    let k = conv.kernel;
    for n in 0..samples {
        for o in 0..conv.out_channels {
            for y in 0..rows {
                for p in 0..columns {
                    let z = ((n * conv.out_channels + o) * rows + y) * columns + p;
                    for ky in 0..k {
                        for i in 0..conv.in_channels {
                            for kx in 0..k {
                                let (row, column) = (y * conv.stride + ky, p * conv.stride + kx);
                                let row = row.wrapping_sub(conv.padding);
                                let column = column.wrapping_sub(conv.padding);
                                if row < conv.height && column < conv.width {
                                    let x = ((n * conv.in_channels + i) * conv.height + row) * conv.width + column;
                                    visit(z, x, ((o * conv.in_channels + i) * k + ky) * k + kx);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Cross-correlation with zero padding: `z = Σ x w + b`.
fn conv2d_forward(conv: &Conv2d, x: &[f64], w: &[f64], b: &[f64]) -> Vec<f64> {
    let samples = x.len() / (conv.in_channels * conv.height * conv.width);
    let mut z = vec![0.0; samples * conv.output().len()];
    conv2d_products(conv, samples, |at_z, at_x, at_w| z[at_z] += x[at_x] * w[at_w]);
    let pixels = conv.output().len() / conv.out_channels;
    for (index, z) in z.iter_mut().enumerate() {
        *z += b.get(index / pixels % conv.out_channels).unwrap_or(&0.0);
    }
    z
}

/// `dw += Σ dz x`, `db += Σ dz`, gives `dx = Σ dz w`: the products of the forward pass, seen from each factor.
fn conv2d_backward(conv: &Conv2d, x: &[f64], w: &[f64], dz: &[f64], dw: &mut [f64], db: &mut [f64]) -> Vec<f64> {
    let samples = x.len() / (conv.in_channels * conv.height * conv.width);
    let mut dx = vec![0.0; x.len()];
    conv2d_products(conv, samples, |at_z, at_x, at_w| {
        dw[at_w] += dz[at_z] * x[at_x];
        dx[at_x] += dz[at_z] * w[at_w];
    });
    let pixels = conv.output().len() / conv.out_channels;
    for (index, dz) in dz.iter().enumerate() {
        if let Some(db) = db.get_mut(index / pixels % conv.out_channels) {
            *db += dz;
        }
    }
    dx
}

/// Mean and (biased) variance of each channel over samples and pixels; moves the running statistics towards the mean
/// and the unbiased variance, as PyTorch does. `running` holds all means, then all variances.
fn batch_norm_moments(norm: &BatchNorm, x: &[f64], samples: usize, running: &mut [f64]) -> Vec<(f64, f64)> {
    let count = (samples * norm.pixels) as f64;
    let channel = |c: usize| {
        let of_sample = move |n: usize| &x[(n * norm.channels + c) * norm.pixels..][..norm.pixels];
        (0..samples).flat_map(of_sample)
    };
    let mut moments = Vec::new();
    for c in 0..norm.channels {
        let mean = channel(c).sum::<f64>() / count;
        let variance = channel(c).map(|x| (x - mean) * (x - mean)).sum::<f64>() / count;
        // Of a single value PyTorch knows no variance and refuses; here it is 0.
        let unbiased = variance * count / (count - 1.0).max(1.0);
        for (at, new) in [(c, mean), (norm.channels + c, unbiased)] {
            running[at] = (1.0 - norm.momentum) * running[at] + norm.momentum * new;
        }
        moments.push((mean, variance));
    }
    moments
}

/// `y = w (x - mean) / √(variance + eps) + b`, with `w`, `b` and the moments of each channel.
fn batch_norm_forward(norm: &BatchNorm, x: &[f64], w: &[f64], b: &[f64], moments: &[(f64, f64)]) -> Vec<f64> {
    let normalise = |(index, x): (usize, &f64)| {
        let c = index / norm.pixels % norm.channels;
        let (mean, variance) = moments[c];
        w[c] * (x - mean) / libm::sqrt(variance + norm.eps) + b[c]
    };
    x.iter().enumerate().map(normalise).collect()
}

/// With `x̂ = (x - mean) / σ` and m values in a channel:
/// `dw += Σ dy x̂`, `db += Σ dy`, gives `dx = w / σ (dy - Σ dy / m - x̂ Σ dy x̂ / m)`.
///
/// Source: Ioffe, Szegedy (2015), section 3, with the three paths through x, mean and variance collected.
fn batch_norm_backward(
    norm: &BatchNorm,
    x: &[f64],
    w: &[f64],
    moments: &[(f64, f64)],
    samples: usize,
    dy: &[f64],
    dw: &mut [f64],
    db: &mut [f64],
) -> Vec<f64> {
    let count = (samples * norm.pixels) as f64;
    let mut dx = vec![0.0; x.len()];
    for c in 0..norm.channels {
        let (mean, variance) = moments[c];
        let sigma = libm::sqrt(variance + norm.eps);
        let indices = || {
            (0..samples).flat_map(|n| {
                let start = (n * norm.channels + c) * norm.pixels;
                start..start + norm.pixels
            })
        };
        let (mut sum, mut sum_x) = (0.0, 0.0);
        for i in indices() {
            sum += dy[i];
            sum_x += dy[i] * (x[i] - mean) / sigma;
        }
        dw[c] += sum_x;
        db[c] += sum;
        for i in indices() {
            dx[i] = w[c] / sigma * (dy[i] - sum / count - (x[i] - mean) / sigma * sum_x / count);
        }
    }
    dx
}

/// `a_i = e^z_i / Σ e^z_j`, shifted by the largest z so that nothing overflows.
fn softmax(z: &[f64]) -> Vec<f64> {
    let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = z.iter().map(|z| libm::exp(z - largest)).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

/// `dz_i = a_i (da_i - Σ_j da_j a_j)`.
fn softmax_backward(a: &[f64], da: &[f64], outputs: usize) -> Vec<f64> {
    let mut dz = Vec::new();
    for (a, da) in a.chunks(outputs).zip(da.chunks(outputs)) {
        let inner: f64 = a.iter().zip(da).map(|(a, da)| a * da).sum();
        dz.extend(a.iter().zip(da).map(|(a, da)| a * (da - inner)));
    }
    dz
}

/// `y = x m` with the mask m of the sample's own stream; the same forward (on x) and backward (on dy).
fn dropout_apply(dropout: &Dropout, node: &Node, layer: usize, x: &[f64], mode: Mode) -> Vec<f64> {
    let Mode::Train { seed, step } = mode else { return x.to_vec() };
    let (channels, height, width) = node.input.dimensions();
    let pixels = height * width;
    let mut y = x.to_vec();
    for (sample, y) in y.chunks_mut(node.input.len()).enumerate() {
        let mut keep = dropout.mask(seed, step, layer, sample);
        for pixel in 0..pixels {
            for c in 0..channels {
                y[c * pixels + pixel] *= if keep.next() { dropout.survivor() } else { 0.0 };
            }
        }
    }
    y
}

/// Offsets in x of the window behind output (row, column) of one map, row by row.
fn window(pool: &Pool, map: usize, row: usize, column: usize) -> impl Iterator<Item = usize> + '_ {
    let corner = (map * pool.in_height + row * pool.stride) * pool.in_width + column * pool.stride;
    (0..pool.height).flat_map(move |y| (0..pool.width).map(move |x| corner + y * pool.in_width + x))
}

/// Calls `visit(output offset, map, row, column)` for every output of every map.
fn pool_outputs(pool: &Pool, maps: usize, mut visit: impl FnMut(usize, usize, usize, usize)) {
    for map in 0..maps {
        for row in 0..pool.out_height {
            for column in 0..pool.out_width {
                visit((map * pool.out_height + row) * pool.out_width + column, map, row, column);
            }
        }
    }
}

/// One value from each window.
fn pool_forward(pool: &Pool, x: &[f64], value: impl Fn(&mut dyn Iterator<Item = f64>) -> f64) -> Vec<f64> {
    let mut y = Vec::new();
    pool_outputs(pool, x.len() / (pool.in_height * pool.in_width), |_, map, row, column| {
        y.push(value(&mut window(pool, map, row, column).map(|at| x[at])));
    });
    y
}

/// The whole gradient goes to the first largest value of the window.
fn max_pool_backward(pool: &Pool, x: &[f64], dy: &[f64]) -> Vec<f64> {
    let mut dx = vec![0.0; x.len()];
    pool_outputs(pool, x.len() / (pool.in_height * pool.in_width), |at_y, map, row, column| {
        let first_largest = window(pool, map, row, column).reduce(|a, b| if x[b] > x[a] { b } else { a });
        dx[first_largest.expect("a window has values")] += dy[at_y];
    });
    dx
}

/// Every value of the window gets the same share.
fn avg_pool_backward(pool: &Pool, len: usize, dy: &[f64]) -> Vec<f64> {
    let mut dx = vec![0.0; len];
    pool_outputs(pool, len / (pool.in_height * pool.in_width), |at_y, map, row, column| {
        for at in window(pool, map, row, column) {
            dx[at] += dy[at_y] / (pool.height * pool.width) as f64;
        }
    });
    dx
}

/// The loss of a whole batch (`a`, `t`: `[samples, outputs]`) and its gradient with respect to `a`.
pub fn batch_loss(loss: Loss, a: &[f64], t: &[f64], outputs: usize) -> (f64, Vec<f64>) {
    let mut da = vec![0.0; a.len()];
    let samples = a.len() / outputs;
    let rows = a.chunks(outputs).zip(t.chunks(outputs)).zip(da.chunks_mut(outputs));
    let loss = rows.map(|((a, t), da)| loss.of_sample(a, t, samples, da)).sum();
    (loss, da)
}
