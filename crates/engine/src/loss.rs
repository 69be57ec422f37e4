//! The losses of one sample and their gradients: one table.
//!
//! The error of one output and its target is written once, over [`Real`], for the trainer and for the equations
//! of lessons. Even the f32 engine computes losses in f64: ten values per sample cost nothing, and the logarithm stays
//! accurate.

use serde::{Deserialize, Serialize};

use crate::function::{Function, Real};
use crate::layer::Layer;

/// What training makes small: the error of one sample, which is averaged over the samples of a batch. t are the targets
/// and a the outputs, K of each.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Loss {
    /// `-Σ q ln softmax(z)` of logits z: softmax is part of it. With label smoothing ε, `q = (1 - ε) t + ε / K`.
    /// PyTorch's `CrossEntropyLoss`.
    CrossEntropy {
        /// The share of the targets that is spread evenly over all classes.
        /// ε: how much of each target is spread over all classes.
        #[serde(default)]
        label_smoothing: f64,
    },
    /// `Σ ½ (t - a)²` over the outputs, the form of backpropagation classes.
    SquaredError {},
    /// The mean of `(t - a)²` over the outputs. PyTorch's `MSELoss`.
    MeanSquaredError {},
    /// The mean of `-(t ln a + (1 - t) ln(1 - a))` over the outputs, which are those of a sigmoid. PyTorch's `BCELoss`.
    BinaryCrossEntropy {},
}

/// The facts about a loss: a row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The `type` in descriptions, which options and files also use.
    pub name: &'static str,
    /// For people.
    pub words: &'static str,
    /// What a network's outputs are with this loss, unless its last layer is a softmax.
    pub outputs: &'static str,
    /// What a sample's targets must be.
    pub targets: Targets,
}

/// What a sample's targets must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// Any numbers.
    Numbers,
    /// Numbers from 0 to 1 that add up to 1: a probability for each class.
    Shares,
    /// Numbers from 0 to 1: a probability for each output.
    Probabilities,
}

/// How far rounding may take the sum of probabilities away from 1.
const SUM_TOLERANCE: f64 = 1e-9;

/// What the gradient of binary cross-entropy is divided by at least. PyTorch has 1e-12 in single precision.
const SMALLEST_DIVISOR: f64 = 1e-12_f32 as f64;

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
            Targets::Probabilities if t.iter().all(|t| (0.0..=1.0).contains(t)) => Ok(()),
            Targets::Probabilities => Err("are not all from 0 to 1; they are probabilities".into()),
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
            Targets::Probabilities => t.iter_mut().for_each(|t| *t = t.abs() / 2.0),
        }
    }
}

impl Loss {
    /// All, parameters being the defaults.
    pub const ALL: [Loss; 4] = [
        Loss::SquaredError {},
        Loss::MeanSquaredError {},
        Loss::CrossEntropy { label_smoothing: 0.0 },
        Loss::BinaryCrossEntropy {},
    ];

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
            Loss::BinaryCrossEntropy {} => Entry {
                name: "binary_cross_entropy",
                words: "binary cross-entropy",
                outputs: "probabilities",
                targets: Targets::Probabilities,
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
            Loss::BinaryCrossEntropy {} if outputs == 1 => "how much the target surprises the network".into(),
            Loss::BinaryCrossEntropy {} => {
                "how much the target surprises the network, divided by the number of outputs".into()
            }
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
            Loss::BinaryCrossEntropy {} => {
                let share = if outputs == 1 { String::new() } else { format!("/{outputs}") };
                format!(
                    "E{k} = -(t{k} ln {a} + (1 - t{k}) ln(1 - {a})){share}; the derivative of ln {a} is 1/{a}, that of \
                     ln(1 - {a}) is -1/(1 - {a})"
                )
            }
        }
    }

    /// The error of one of `outputs` outputs: of the probability a under cross-entropy, without label smoothing.
    pub fn value<R: Real>(self, t: R, a: R, outputs: usize) -> R {
        match self {
            Loss::CrossEntropy { .. } => -(t * a.ln()),
            Loss::SquaredError {} => R::number(0.5) * (t - a).squared(),
            Loss::MeanSquaredError {} => divided((t - a).squared(), outputs),
            Loss::BinaryCrossEntropy {} => divided(binary_cross_entropy(t, a, R::ln), outputs),
        }
    }

    /// Its slope `∂E/∂a`.
    pub fn slope<R: Real>(self, t: R, a: R, outputs: usize) -> R {
        match self {
            Loss::CrossEntropy { .. } => -(t / a),
            Loss::SquaredError {} => a - t,
            Loss::MeanSquaredError {} => divided(R::number(2.0) * (a - t), outputs),
            Loss::BinaryCrossEntropy {} => divided((a.clone() - t) / (a.clone() * (R::number(1.0) - a)), outputs),
        }
    }

    /// The function that has to be the last layer. (Cross-entropy contains its softmax.)
    pub fn needs(self) -> Option<Function> {
        match self {
            Loss::BinaryCrossEntropy {} => Some(Function::Sigmoid),
            Loss::CrossEntropy { .. } | Loss::SquaredError {} | Loss::MeanSquaredError {} => None,
        }
    }

    /// `∂E/∂z`, where z becomes a through the function that this loss needs before it, softmax for cross-entropy: the
    /// function's slope cancels in the product, and nothing is divided by what may be 0. `None` if the loss needs none.
    pub fn slope_through_its_function<R: Real>(self, t: R, a: R, outputs: usize) -> Option<R> {
        match self {
            Loss::CrossEntropy { .. } => Some(a - t),
            Loss::BinaryCrossEntropy {} => Some(divided(a - t, outputs)),
            Loss::SquaredError {} | Loss::MeanSquaredError {} => None,
        }
    }

    /// What is wrong with its parameters, or with the layer that gives the outputs, and how to mend it.
    ///
    /// # Errors
    /// If a network cannot be trained so.
    pub fn check(self, last: &Layer) -> Result<(), String> {
        if let Some(function) = self.needs()
            && *last != Layer::Activation(function)
        {
            return Err(format!("it takes {} and needs {function} as the last layer", self.entry().outputs));
        }
        match self {
            Loss::CrossEntropy { .. } if *last == Layer::Softmax => {
                Err("it contains the softmax; remove the softmax layer at the end".into())
            }
            Loss::CrossEntropy { label_smoothing } if !(0.0..1.0).contains(&label_smoothing) => {
                Err(format!("label_smoothing = {label_smoothing} must be at least 0 and below 1"))
            }
            Loss::CrossEntropy { .. }
            | Loss::SquaredError {}
            | Loss::MeanSquaredError {}
            | Loss::BinaryCrossEntropy {} => Ok(()),
        }
    }

    /// Overwrites `dz`, `[outputs]`, with the gradient of [`Loss::of_sample`] with respect to the sums behind which the
    /// function is that this loss needs. Gives whether there is one; if not, `dz` is left as it is.
    pub fn through_its_function(self, a: &[f64], t: &[f64], samples: usize, dz: &mut [f64]) -> bool {
        if self.needs().is_none() {
            return false;
        }
        for ((dz, &a_k), &t_k) in dz.iter_mut().zip(a).zip(t) {
            let slope = self.slope_through_its_function(t_k, a_k, a.len());
            *dz = slope.expect("it needs a function") / samples as f64;
        }
        true
    }

    /// The loss of a network's outputs `a` against targets `t` (both `[outputs]`), divided by `samples`, the size of the
    /// batch over which losses are averaged; `da`, its gradient with respect to `a`, is overwritten.
    ///
    /// Under cross-entropy `a` holds logits z, and the gradient is `softmax(z) - q` because `Σ q = 1`.
    /// Source: Szegedy et al. (2016), section 7; PyTorch's `cross_entropy`. Under binary cross-entropy no logarithm is
    /// less than -100, and the gradient is divided by 1e-12 at least, as in PyTorch.
    pub fn of_sample(self, a: &[f64], t: &[f64], samples: usize, da: &mut [f64]) -> f64 {
        let share = 1.0 / samples as f64;
        match self {
            Loss::CrossEntropy { label_smoothing } => cross_entropy_of_logits(label_smoothing, a, t, share, da),
            Loss::BinaryCrossEntropy {} => {
                let share = share / a.len() as f64;
                let mut loss = 0.0;
                for ((da, &a), &t) in da.iter_mut().zip(a).zip(t) {
                    loss += binary_cross_entropy(t, a, |x| libm::log(x).max(-100.0)) * share;
                    *da = (a - t) / (a * (1.0 - a)).max(SMALLEST_DIVISOR) * share;
                }
                loss
            }
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

/// `-(t ln a + (1 - t) ln(1 - a))`.
fn binary_cross_entropy<R: Real>(t: R, a: R, ln: impl Fn(R) -> R) -> R {
    let rest = |x: R| R::number(1.0) - x;
    -(t.clone() * ln(a.clone()) + rest(t) * ln(rest(a)))
}

/// `x / n`, and x itself if n is 1.
fn divided<R: Real>(x: R, n: usize) -> R {
    if n == 1 { x } else { x / R::number(n as f64) }
}
