//! What a user writes: a plain list of layers, a loss, and how to train.
//!
//! These types only hold the words of the description. [`crate::network::Network::new`] turns them into shapes and
//! reports everything that does not fit. Names, defaults and meanings are PyTorch's.

use serde::{Deserialize, Serialize};

use crate::function::NEGATIVE_SLOPE;

mod normalize;
mod setting;

pub use crate::loss::Loss as LossSpec;
pub use normalize::{NormalizeSpec, PerChannel};
pub use setting::SettingError;

/// A network and what to do with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// One line for the listing of shipped networks.
    #[serde(default)]
    pub about: String,
    /// `[features]` or `[channels, height, width]` of one sample.
    pub input: Vec<usize>,
    /// From the input to the output, in order.
    pub layers: Vec<LayerSpec>,
    /// What training makes small.
    pub loss: LossSpec,
    /// How weights and biases start.
    #[serde(default)]
    pub init: InitSpec,
    /// Present if the network can be trained on images.
    pub train: Option<TrainSpec>,
    /// Present if the network can be written as a workbook.
    pub lesson: Option<LessonSpec>,
    /// What the recipe promises.
    pub require: Option<RequireSpec>,
}

/// One layer, named and parametrised as in PyTorch; the number of inputs follows from the layer before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum LayerSpec {
    /// `z = x wᵀ + b`.
    Linear {
        /// Length of the output.
        out_features: usize,
        /// Whether a bias is added.
        #[serde(default = "yes")]
        bias: bool,
    },
    /// Cross-correlation with square kernels, zero padding on all four sides.
    Conv2d {
        /// Maps of the output.
        out_channels: usize,
        /// The side of the kernel.
        kernel_size: usize,
        /// From one output to the next, in input pixels.
        #[serde(default = "one")]
        stride: usize,
        /// Zeros on each side, in pixels.
        #[serde(default)]
        padding: usize,
        /// Whether a bias is added.
        #[serde(default = "yes")]
        bias: bool,
    },
    /// `BatchNorm2d` after maps, `BatchNorm1d` after vectors.
    BatchNorm {
        /// Added to the variance.
        #[serde(default = "batch_norm_eps")]
        eps: f64,
        /// The share of a batch in the running statistics.
        #[serde(default = "batch_norm_momentum")]
        momentum: f64,
    },
    /// `a = max(0, z)`.
    Relu {},
    /// `a = z` above 0, else `negative_slope · z`.
    LeakyRelu {
        /// The slope below 0, from 0 to 1.
        #[serde(default = "leaky_relu_negative_slope")]
        negative_slope: f64,
    },
    /// `a = 1 / (1 + e^-z)`.
    Sigmoid {},
    /// `a = tanh z`.
    Tanh {},
    /// `a = ln(1 + e^z)`.
    Softplus {},
    /// Over all outputs; only as the last layer, under a squared loss.
    Softmax {},
    /// Sets each element to zero with probability `p` and scales the others by `1 / (1 - p)`; training only.
    Dropout {
        /// The probability.
        p: f64,
    },
    /// Windows without padding; `stride` defaults to `kernel_size`.
    MaxPool {
        /// The side of the window.
        kernel_size: usize,
        /// From one window to the next.
        stride: Option<usize>,
    },
    /// Windows without padding; `stride` defaults to `kernel_size`.
    AvgPool {
        /// The side of the window.
        kernel_size: usize,
        /// From one window to the next.
        stride: Option<usize>,
    },
    /// The mean of each channel.
    GlobalAvgPool {},
    /// Maps to one vector, in the order channel, row, column.
    Flatten {},
}

/// How weights (and biases) start. BatchNorm always starts at weight 1, bias 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum InitSpec {
    /// Weights and biases uniform within `± 1 / √fan_in`: what `nn.Linear` and `nn.Conv2d` do.
    Default {},
    /// Weights uniform within `± √(6 / (fan_in + fan_out))`, biases 0.
    XavierUniform {},
    /// Weights normal with variance `2 / (fan_in + fan_out)`, biases 0.
    XavierNormal {},
    /// Weights uniform within `± √(6 / fan_in)`, biases 0: `kaiming_uniform_` for ReLU.
    HeUniform {},
    /// Weights normal with variance `2 / fan_in`, biases 0: `kaiming_normal_` for ReLU.
    HeNormal {},
    /// All weights equal, biases 0.
    Constant {
        /// That of each weight.
        value: f64,
    },
}

impl Default for InitSpec {
    fn default() -> Self {
        InitSpec::Default {}
    }
}

/// How to train on a set of images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainSpec {
    /// Passes over the training images.
    pub epochs: usize,
    /// Samples per step; the last step of an epoch takes what is left.
    pub batch: usize,
    /// How parameters follow gradients.
    pub optimizer: OptimizerSpec,
    /// How the learning rate moves.
    #[serde(default)]
    pub schedule: ScheduleSpec,
    /// Random changes of the training images.
    #[serde(default)]
    pub augment: AugmentSpec,
    /// What pixels or features become before the first layer.
    #[serde(default)]
    pub normalize: NormalizeSpec,
}

/// How parameters follow gradients.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum OptimizerSpec {
    /// `torch.optim.SGD`; weight decay is added to the gradient.
    Sgd {
        /// The learning rate.
        lr: f64,
        /// The share of the last update that is kept.
        #[serde(default)]
        momentum: f64,
        /// Whether the gradient is taken ahead of the momentum.
        #[serde(default)]
        nesterov: bool,
        /// How strongly parameters are pulled towards 0.
        #[serde(default)]
        weight_decay: f64,
        /// What is not pulled.
        #[serde(default)]
        exclude_from_weight_decay: Vec<ParameterKind>,
    },
    /// `torch.optim.Adam`; weight decay is added to the gradient.
    Adam {
        /// The learning rate.
        lr: f64,
        /// Shares of the old means of gradients and of their squares.
        #[serde(default = "adam_betas")]
        betas: [f64; 2],
        /// Added to the denominator.
        #[serde(default = "adam_eps")]
        eps: f64,
        /// How strongly parameters are pulled towards 0.
        #[serde(default)]
        weight_decay: f64,
        /// What is not pulled.
        #[serde(default)]
        exclude_from_weight_decay: Vec<ParameterKind>,
    },
    /// `torch.optim.AdamW`; weight decay shrinks the parameter itself.
    Adamw {
        /// The learning rate.
        lr: f64,
        /// Shares of the old means of gradients and of their squares.
        #[serde(default = "adam_betas")]
        betas: [f64; 2],
        /// Added to the denominator.
        #[serde(default = "adam_eps")]
        eps: f64,
        /// How strongly parameters are pulled towards 0.
        #[serde(default = "adamw_weight_decay")]
        weight_decay: f64,
        /// What is not pulled.
        #[serde(default)]
        exclude_from_weight_decay: Vec<ParameterKind>,
    },
}

/// What a parameter is, for exclusion from weight decay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterKind {
    /// The weight of a linear or convolutional layer.
    Weight,
    /// The bias of a linear or convolutional layer.
    Bias,
    /// Weight and bias of a BatchNorm.
    BatchNorm,
}

/// How the learning rate moves: PyTorch's schedulers. `per` says whether a step is an epoch or a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ScheduleSpec {
    /// The rate stays.
    Constant {},
    /// `StepLR`.
    Step {
        /// Steps with the same rate.
        step_size: usize,
        /// The factor of each change.
        #[serde(default = "tenth")]
        gamma: f64,
        /// What a step is.
        #[serde(default = "per_epoch")]
        per: Per,
    },
    /// `ExponentialLR`.
    Exponential {
        /// The factor of each change.
        gamma: f64,
        /// What a step is.
        #[serde(default = "per_epoch")]
        per: Per,
    },
    /// `CosineAnnealingLR`; `t_max` defaults to the whole training.
    Cosine {
        /// Steps to the lowest rate.
        t_max: Option<usize>,
        /// The lowest rate.
        #[serde(default)]
        eta_min: f64,
        /// What a step is.
        #[serde(default = "per_epoch")]
        per: Per,
    },
    /// `CyclicLR`, mode `triangular`, momentum left alone.
    Cyclic {
        /// The lowest rate.
        base_lr: f64,
        /// The highest rate.
        max_lr: f64,
        /// Steps from the lowest to the highest rate.
        #[serde(default = "cyclic_step_size_up")]
        step_size_up: usize,
        /// Steps back; as many, if nothing is said.
        step_size_down: Option<usize>,
        /// What a step is.
        #[serde(default = "per_batch")]
        per: Per,
    },
    /// `OneCycleLR`, momentum left alone; `total_steps` defaults to the whole training.
    OneCycle {
        /// The highest rate.
        max_lr: f64,
        /// Steps of the whole cycle.
        total_steps: Option<usize>,
        /// The fraction of them in which the rate rises.
        #[serde(default = "one_cycle_pct_start")]
        pct_start: f64,
        /// The curve of the rate.
        #[serde(default)]
        anneal_strategy: Anneal,
        /// The highest rate divided by the first.
        #[serde(default = "one_cycle_div_factor")]
        div_factor: f64,
        /// The first rate divided by the last.
        #[serde(default = "one_cycle_final_div_factor")]
        final_div_factor: f64,
        /// What a step is.
        #[serde(default = "per_batch")]
        per: Per,
    },
    /// `ReduceLROnPlateau`, mode `min`, threshold mode `rel`, watching the epoch's mean training loss.
    ReduceOnPlateau {
        /// What the rate is multiplied by.
        #[serde(default = "tenth")]
        factor: f64,
        /// Epochs without a better loss that are tolerated.
        #[serde(default = "plateau_patience")]
        patience: usize,
        /// The relative decrease that counts as better.
        #[serde(default = "plateau_threshold")]
        threshold: f64,
        /// Epochs after a change in which none are counted.
        #[serde(default)]
        cooldown: usize,
        /// The lowest rate.
        #[serde(default)]
        min_lr: f64,
    },
    /// `LinearLR`: a warm-up from `start_factor` times the rate to `end_factor` times the rate in `total_iters` steps.
    Linear {
        /// The factor of the first step.
        #[serde(default = "linear_start_factor")]
        start_factor: f64,
        /// The factor of the last step, and from there on.
        #[serde(default = "linear_end_factor")]
        end_factor: f64,
        /// Steps from the one to the other.
        #[serde(default = "linear_total_iters")]
        total_iters: usize,
        /// What a step is.
        #[serde(default = "per_epoch")]
        per: Per,
    },
}

impl Default for ScheduleSpec {
    fn default() -> Self {
        ScheduleSpec::Constant {}
    }
}

/// What a schedule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// A pass over the training samples.
    Epoch,
    /// A step of the optimizer.
    Batch,
}

/// The curve between two rates of a one-cycle schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anneal {
    /// Half a cosine wave.
    #[default]
    Cos,
    /// A straight line.
    Linear,
}

/// Random changes of each training image; all off by default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AugmentSpec {
    /// Rotation about the centre, uniform within plus or minus this many degrees.
    pub rotation_degrees: f64,
    /// Shift in x and in y, uniform within plus or minus this many pixels.
    pub shift_pixels: f64,
    /// Enlargement, uniform between the two factors.
    pub scale: [f64; 2],
    /// Sometimes only the centre is taken and zoomed back to full size.
    pub centre_crop: Option<CentreCropSpec>,
    /// Pixels are multiplied by a factor uniform within `1 ± brightness`.
    pub brightness: f64,
    /// Distances to the image's mean grey are multiplied by a factor uniform within `1 ± contrast`.
    pub contrast: f64,
    /// The last so many epochs see the images as they are.
    pub plain_last_epochs: usize,
}

impl Default for AugmentSpec {
    fn default() -> Self {
        AugmentSpec {
            rotation_degrees: 0.0,
            shift_pixels: 0.0,
            scale: [1.0, 1.0],
            centre_crop: None,
            brightness: 0.0,
            contrast: 0.0,
            plain_last_epochs: 0,
        }
    }
}

impl AugmentSpec {
    /// Whether every image stays as it is.
    pub fn is_identity(&self) -> bool {
        let AugmentSpec { rotation_degrees, shift_pixels, scale, centre_crop, brightness, contrast, .. } = self;
        let crops = centre_crop.as_ref().is_some_and(|crop| crop.p > 0.0);
        let ranges = [*rotation_degrees, *shift_pixels, *brightness, *contrast];
        !crops && *scale == [1.0, 1.0] && ranges == [0.0; 4]
    }
}

/// With probability `p`, the centre square of `size` pixels is zoomed to the full image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CentreCropSpec {
    /// The side of the square, in pixels.
    pub size: usize,
    /// The probability.
    pub p: f64,
}

/// A worked example for the workbook: gradient descent on a few samples, all of them in every update.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LessonSpec {
    /// The samples' inputs, sample by sample: `[samples, inputs]`.
    pub x: Vec<f64>,
    /// The samples' targets, sample by sample: `[samples, outputs]`.
    pub t: Vec<f64>,
    /// For each linear layer its weights, row by row (`[out_features, in_features]`). If there are none, they and the
    /// biases are drawn as `init` says and rounded to two decimals.
    #[serde(default)]
    pub weights: Vec<Vec<f64>>,
    /// For each linear layer with biases, its biases.
    #[serde(default)]
    pub biases: Vec<Vec<f64>>,
    /// Names the draw of the weights.
    #[serde(default)]
    pub seed: u64,
    /// Whether updates change the biases too.
    #[serde(default = "yes")]
    pub train_biases: bool,
    /// How updates follow gradients; its `lr` is the rate of the explained table. Without weight decay or Nesterov.
    #[serde(default = "lesson_optimizer")]
    pub optimizer: OptimizerSpec,
    /// The learning rates that are compared.
    #[serde(default = "lesson_rates")]
    pub rates: Vec<f64>,
    /// Number of updates in each table.
    #[serde(default = "lesson_updates")]
    pub updates: usize,
}

impl LessonSpec {
    /// A lesson of these samples, with parameters that are drawn and everything else as a description has it by
    /// default.
    pub fn new(x: Vec<f64>, t: Vec<f64>) -> LessonSpec {
        LessonSpec {
            x,
            t,
            weights: Vec::new(),
            biases: Vec::new(),
            seed: 0,
            train_biases: true,
            optimizer: lesson_optimizer(),
            rates: lesson_rates(),
            updates: lesson_updates(),
        }
    }
}

/// What a recipe promises; shown as a card.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequireSpec {
    /// Fewer parameters than this.
    pub parameters_below: Option<usize>,
    /// Fewer epochs than this, or as many as `epochs_at_most`.
    pub epochs_below: Option<usize>,
    /// At most this many epochs.
    pub epochs_at_most: Option<usize>,
    /// At least this accuracy after the last epoch, a fraction.
    pub accuracy: Option<f64>,
    /// Layer types that must occur, by their `type`.
    pub layers: Vec<String>,
}

fn yes() -> bool {
    true
}
fn one() -> usize {
    1
}
fn tenth() -> f64 {
    0.1
}
fn leaky_relu_negative_slope() -> f64 {
    NEGATIVE_SLOPE
}
fn batch_norm_eps() -> f64 {
    1e-5
}
fn batch_norm_momentum() -> f64 {
    0.1
}
fn lesson_optimizer() -> OptimizerSpec {
    let exclude_from_weight_decay = Vec::new();
    OptimizerSpec::Sgd { lr: 1.0, momentum: 0.0, nesterov: false, weight_decay: 0.0, exclude_from_weight_decay }
}
/// Those of the class's loss curves.
fn lesson_rates() -> Vec<f64> {
    vec![0.1, 0.2, 0.5, 0.8, 1.0, 2.0]
}
/// The length of the class's table.
fn lesson_updates() -> usize {
    67
}
fn adam_betas() -> [f64; 2] {
    [0.9, 0.999]
}
fn adam_eps() -> f64 {
    1e-8
}
fn adamw_weight_decay() -> f64 {
    0.01
}
fn per_epoch() -> Per {
    Per::Epoch
}
fn per_batch() -> Per {
    Per::Batch
}
fn cyclic_step_size_up() -> usize {
    2000
}
fn one_cycle_pct_start() -> f64 {
    0.3
}
fn one_cycle_div_factor() -> f64 {
    25.0
}
fn one_cycle_final_div_factor() -> f64 {
    1e4
}
fn plateau_patience() -> usize {
    10
}
fn plateau_threshold() -> f64 {
    1e-4
}
fn linear_start_factor() -> f64 {
    1.0 / 3.0
}
fn linear_end_factor() -> f64 {
    1.0
}
fn linear_total_iters() -> usize {
    5
}
