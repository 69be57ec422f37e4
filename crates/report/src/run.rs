//! One training, ready to be shown: on a page of its own, or beside others.

use crate::answers::Answers;

/// How a training went. All texts are plain: they are escaped for the format that they end in.
#[derive(Clone, Debug)]
pub struct ShownRun {
    /// The name of its description.
    pub recipe: String,
    /// What its random numbers come from.
    pub seed: u64,
    /// What it is called among other runs; each has another label.
    pub label: String,
    /// A line on the recipe; may be empty.
    pub about: String,
    /// What stands at its end.
    pub reached: Reached,
    /// Trained numbers of the network.
    pub parameters: usize,
    /// Of the forward pass of one image.
    pub multiply_adds: usize,
    /// Without evaluation.
    pub train_seconds: f64,
    /// The name of the data, which may be that of a folder.
    pub data: String,
    /// Of its content, if that has no name of its own.
    pub data_sha256: Option<String>,
    /// How it was calculated, such as `f32, 2 threads, avx512`.
    pub calculated: String,
    /// The recipe in words, subject and words; all runs have the same subjects in the same order.
    pub recipe_words: Vec<(&'static str, String)>,
    /// In the order of training.
    pub epochs: Vec<RunEpoch>,
    /// The learning rate at moments of the training, which are counted in epochs.
    pub rates: Vec<(f64, f64)>,
    /// The smallest loss that there can be, if that is not 0.
    pub least_loss: Option<f64>,
}

/// What stands at the end of a training.
#[derive(Clone, Debug)]
pub struct Reached {
    /// Images that were recognised.
    pub correct: usize,
    /// Images that were evaluated.
    pub total: usize,
    /// Such as `test images`.
    pub evaluated_on: String,
    /// Whole epochs.
    pub epochs: usize,
    /// Epochs of the description.
    pub epochs_planned: usize,
    /// Why that is not all that was planned, if so.
    pub stopped: Option<String>,
    /// Whether its numbers grew until they were none.
    pub diverged: bool,
    /// The highest of any epoch, a fraction.
    pub best_accuracy: f64,
    /// Where that was, from 1.
    pub best_epoch: usize,
}

impl Reached {
    /// A fraction; 0 without images.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.total.max(1) as f64
    }
}

/// Where a run stood after an epoch. Losses may be infinite or not a number; accuracies are fractions.
#[derive(Clone, Copy, Debug)]
pub struct RunEpoch {
    /// From 1.
    pub epoch: usize,
    /// The mean over the epoch, while the weights changed.
    pub train_loss: f64,
    /// Over the epoch, while the weights changed.
    pub train_accuracy: f64,
    /// On the evaluated images, as is `accuracy`.
    pub loss: f64,
    /// On the evaluated images.
    pub accuracy: f64,
}

/// A run and all that its page shows.
#[derive(Clone, Debug)]
pub struct RunReport<'r> {
    /// What was trained, and how it went.
    pub run: ShownRun,
    /// Of the recipe.
    pub promises: Vec<Promise>,
    /// What the network says to the evaluated images.
    pub answers: Answers<'r>,
    /// Where the answers came to other numbers than the training: what differs.
    pub contradiction: Option<String>,
    /// The weights of the first layer that has any, if they can be seen as images.
    pub filters: Option<Maps>,
    /// One image on its way through the network.
    pub inside: Option<Inside>,
    /// From the input to the output.
    pub layers: Vec<LayerRow>,
    /// Name and value: version, threads, memory and so on.
    pub environment: Vec<(&'static str, String)>,
    /// The command that repeats the run to the bit.
    pub command: String,
    /// The whole description, as a file that such a command takes.
    pub description: String,
}

/// A promise of the recipe.
#[derive(Clone, Debug)]
pub struct Promise {
    /// In words.
    pub text: String,
    /// `None` as long as only a whole run can tell.
    pub met: Option<bool>,
}

/// Small pictures of real numbers, all of one size and on one scale.
#[derive(Clone, Debug)]
pub struct Maps {
    /// What they are.
    pub title: String,
    /// Of each, in pixels.
    pub height: usize,
    /// Of each, in pixels.
    pub width: usize,
    /// `[maps, height, width]`.
    pub values: Vec<f64>,
}

/// One image on its way through the network.
#[derive(Clone, Debug)]
pub struct Inside {
    /// Its number among the evaluated images.
    pub image: usize,
    /// From the input to the output.
    pub layers: Vec<Maps>,
    /// Layers that were left out, because there would be too much to see.
    pub left_out: usize,
}

/// A row of the layer table.
#[derive(Clone, Debug)]
pub struct LayerRow {
    /// Its type and settings.
    pub layer: String,
    /// The shape of its output.
    pub output: String,
    /// Its trained numbers.
    pub parameters: usize,
    /// Of the forward pass of one image.
    pub multiply_adds: usize,
    /// Side of the square of input pixels behind one output; none without images.
    pub receptive_field: Option<usize>,
}
