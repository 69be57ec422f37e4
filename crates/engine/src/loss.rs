//! The losses of one sample and their gradients: one table.
//!
//! What a loss makes of one output and its target is written once, over [`Real`], for the trainer and for the equations
//! of lessons. Even the f32 engine computes losses in f64: ten values per sample cost nothing, and the logarithm stays
//! exact.

use serde::{Deserialize, Serialize};

use crate::function::Real;
use crate::layer::Layer;

/// What training makes small: the error of one sample, which is averaged over the samples of a batch. t are the targets
/// and a the outputs, K of each.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Loss {
    /// `-Σ q ln softmax(z)` of logits z: softmax is part of it. With label smoothing ε, `q = (1 - ε) t + ε / K`.
    /// PyTorch's `CrossEntropyLoss`.
    CrossEntropy {
        #[serde(default)]
        label_smoothing: f64,
    },
    /// `Σ ½ (t - a)²` over the outputs, the form of backpropagation classes.
    SquaredError {},
    /// The mean of `(t - a)²` over the outputs. PyTorch's `MSELoss`.
    MeanSquaredError {},
}

/// What is said of a loss: a row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The `type` that a description uses, which options and files have too.
    pub name: &'static str,
    /// For people.
    pub words: &'static str,
    /// What the values are that a network gives under this loss, unless a softmax is its last layer.
    pub outputs: &'static str,
    /// What the targets of a sample have to be.
    pub targets: Targets,
}

/// What the targets of a sample have to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// Any numbers.
    Numbers,
    /// Numbers from 0 to 1 that add up to 1: a probability for each class.
    Shares,
}

/// What rounding may take from probabilities that add up to 1.
const SUM_TOLERANCE: f64 = 1e-9;

impl Targets {
    /// What is wrong with the targets of a sample, to be read after "the targets".
    ///
    /// # Errors
    /// If they are not of this kind.
    pub fn check(self, t: &[f64]) -> Result<(), String> {
        let sum: f64 = t.iter().sum();
        match self {
            Targets::Numbers => Ok(()),
            Targets::Shares if t.iter().all(|t| *t >= 0.0) && (sum - 1.0).abs() <= SUM_TOLERANCE => Ok(()),
            Targets::Shares => Err(format!("add up to {sum:?}; they are probabilities from 0 to 1 that add up to 1")),
        }
    }

    /// Makes targets of this kind of numbers from -2 to 2, none of which is 0.
    pub fn fit(self, t: &mut [f64]) {
        match self {
            Targets::Numbers => {}
            Targets::Shares => {
                let total: f64 = t.iter().map(|t| t.abs()).sum();
                t.iter_mut().for_each(|t| *t = t.abs() / total);
            }
        }
    }
}

impl Loss {
    /// All, parameters being the defaults.
    pub const ALL: [Loss; 3] =
        [Loss::SquaredError {}, Loss::MeanSquaredError {}, Loss::CrossEntropy { label_smoothing: 0.0 }];

    /// The loss's row.
    pub fn entry(self) -> Entry {
        match self {
            Loss::CrossEntropy { .. } => {
                Entry { name: "cross_entropy", words: "cross-entropy", outputs: "logits", targets: Targets::Shares }
            }
            Loss::SquaredError {} => Entry {
                name: "squared_error",
                words: "half the squared error",
                outputs: "outputs",
                targets: Targets::Numbers,
            },
            Loss::MeanSquaredError {} => Entry {
                name: "mean_squared_error",
                words: "mean squared error",
                outputs: "outputs",
                targets: Targets::Numbers,
            },
        }
    }

    /// The `type` that a description uses.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// The loss of that name, its parameters being the defaults.
    pub fn named(name: &str) -> Option<Loss> {
        Loss::ALL.into_iter().find(|loss| loss.name() == name)
    }

    /// What the error of output number `k` of `outputs` is, as part of a sentence.
    pub fn error_words(self, k: usize, outputs: usize) -> String {
        match self {
            Loss::SquaredError {} => format!("half the squared distance of output {k} to its target"),
            Loss::MeanSquaredError {} if outputs == 1 => "the squared distance to the target".into(),
            Loss::MeanSquaredError {} => "the squared distance to the target, divided by the number of outputs".into(),
            Loss::CrossEntropy { .. } => "how much the target surprises the network; 0 for a target of 0".into(),
        }
    }

    /// Why the slope of that error is what it is; `a` is what the output is called.
    pub fn slope_words(self, k: usize, outputs: usize, a: &str) -> String {
        match self {
            Loss::SquaredError {} => format!(
                "E{k} = ½(t{k} - {a})², so its derivative is -(t{k} - {a}): positive where the output is too high"
            ),
            Loss::MeanSquaredError {} if outputs == 1 => {
                format!(
                    "E{k} = (t{k} - {a})², so its derivative is -2(t{k} - {a}): positive where the output is too high"
                )
            }
            Loss::MeanSquaredError {} => {
                format!("E{k} = (t{k} - {a})²/{outputs}, so its derivative is -2(t{k} - {a})/{outputs}")
            }
            Loss::CrossEntropy { .. } => format!("E{k} = -t{k} ln {a}, and the derivative of ln {a} is 1/{a}"),
        }
    }

    /// The error of one of `outputs` outputs: of the probability a under cross-entropy, without label smoothing.
    pub fn value<R: Real>(self, t: R, a: R, outputs: usize) -> R {
        match self {
            Loss::CrossEntropy { .. } => -(t * a.ln()),
            Loss::SquaredError {} => R::number(0.5) * (t - a).squared(),
            Loss::MeanSquaredError {} => divided((t - a).squared(), outputs),
        }
    }

    /// Its slope `∂E/∂a`.
    pub fn slope<R: Real>(self, t: R, a: R, outputs: usize) -> R {
        match self {
            Loss::CrossEntropy { .. } => -(t / a),
            Loss::SquaredError {} => a - t,
            Loss::MeanSquaredError {} => divided(R::number(2.0) * (a - t), outputs),
        }
    }

    /// `∂E/∂z`, where z becomes a through the function that this loss needs before it, softmax for cross-entropy: the
    /// function's slope cancels in the product, and nothing is divided by what may be 0. `None` if the loss needs none.
    pub fn slope_through_its_function<R: Real>(self, t: R, a: R, _outputs: usize) -> Option<R> {
        match self {
            Loss::CrossEntropy { .. } => Some(a - t),
            Loss::SquaredError {} | Loss::MeanSquaredError {} => None,
        }
    }

    /// What is wrong with its parameters, or with the layer that gives the outputs, and how to mend it.
    ///
    /// # Errors
    /// If a network cannot be trained so.
    pub fn check(self, last: &Layer) -> Result<(), String> {
        match self {
            Loss::CrossEntropy { .. } if *last == Layer::Softmax => {
                Err("it contains the softmax; remove the softmax layer at the end".into())
            }
            Loss::CrossEntropy { label_smoothing } if !(0.0..1.0).contains(&label_smoothing) => {
                Err(format!("label_smoothing = {label_smoothing} must be at least 0 and below 1"))
            }
            Loss::CrossEntropy { .. } | Loss::SquaredError {} | Loss::MeanSquaredError {} => Ok(()),
        }
    }

    /// The loss of a network's outputs `a` against targets `t` (both `[outputs]`), divided by `samples`, the size of the
    /// batch over which losses are averaged; `da`, its gradient with respect to `a`, is overwritten.
    ///
    /// Under cross-entropy `a` holds logits z, and the gradient is `softmax(z) - q` because `Σ q = 1`.
    /// Source: Szegedy et al. (2016), section 7; PyTorch's `cross_entropy`.
    pub fn of_sample(self, a: &[f64], t: &[f64], samples: usize, da: &mut [f64]) -> f64 {
        let share = 1.0 / samples as f64;
        match self {
            Loss::CrossEntropy { label_smoothing } => cross_entropy_of_logits(label_smoothing, a, t, share, da),
            Loss::SquaredError {} | Loss::MeanSquaredError {} => {
                let mut loss = 0.0;
                for ((da, &a_k), &t_k) in da.iter_mut().zip(a).zip(t) {
                    loss += self.value(t_k, a_k, a.len()) * share;
                    *da = self.slope(t_k, a_k, a.len()) * share;
                }
                loss
            }
        }
    }
}

/// `-Σ q ln softmax(z) · share` with `q = (1 - ε) t + ε / K`, and its gradient `(softmax(z) - q) · share`.
fn cross_entropy_of_logits(smoothing: f64, z: &[f64], t: &[f64], share: f64, dz: &mut [f64]) -> f64 {
    let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for (dz, z) in dz.iter_mut().zip(z) {
        *dz = libm::exp(z - largest);
        sum += *dz;
    }
    let log_sum = libm::log(sum);
    let mut loss = 0.0;
    for ((dz, z_k), t) in dz.iter_mut().zip(z).zip(t) {
        let q = (1.0 - smoothing) * t + smoothing / z.len() as f64;
        loss -= q * (z_k - largest - log_sum) * share;
        *dz = (*dz / sum - q) * share;
    }
    loss
}

/// `x / n`, and x itself if n is 1.
fn divided<R: Real>(x: R, n: usize) -> R {
    if n == 1 { x } else { x / R::number(n as f64) }
}
