//! Times training steps of gradbook's network `classic` in burn, on one batch of MNIST that lies ready in memory.
//!
//!     RAYON_NUM_THREADS=2 cargo run --release -- DIR [STEPS]
//!
//! DIR holds MNIST's training files, unpacked. After ten steps of warm-up come five repetitions of STEPS steps; one
//! JSON object is printed, with the keys of `../pytorch.py`.

use std::fs;
use std::time::Instant;

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::pool::{AdaptiveAvgPool2d, AdaptiveAvgPool2dConfig, MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Dropout, DropoutConfig, Linear, LinearConfig, PaddingConfig2d, Relu};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};

const PARAMETERS: usize = 19_512;
const BATCH: usize = 128;
const CHANNELS: usize = 16;
const HIDDEN: [usize; 2] = [100, 50];
const WARM_UP_STEPS: usize = 10;
const REPETITIONS: usize = 5;
const EPOCH_IMAGES: f64 = 60_000.0;

/// `crates/run/networks/classic.toml`.
#[derive(Module, Debug)]
struct Classic {
    /// Two for each size of the maps: 28 x 28, 14 x 14, 7 x 7.
    convolutions: Vec<(Conv2d, BatchNorm)>,
    pool: MaxPool2d,
    dropout: Dropout,
    mean: AdaptiveAvgPool2d,
    hidden: Vec<(Linear, BatchNorm)>,
    output: Linear,
}

impl Classic {
    fn new(device: &Device) -> Self {
        let convolution = |inputs| {
            let same = PaddingConfig2d::Explicit(1, 1, 1, 1);
            let layer = Conv2dConfig::new([inputs, CHANNELS], [3, 3]).with_padding(same).init(device);
            (layer, BatchNormConfig::new(CHANNELS).init(device))
        };
        let hidden = |inputs, outputs| {
            (LinearConfig::new(inputs, outputs).init(device), BatchNormConfig::new(outputs).init(device))
        };
        Classic {
            convolutions: (0..6).map(|layer| convolution(if layer == 0 { 1 } else { CHANNELS })).collect(),
            pool: MaxPool2dConfig::new([2, 2]).init(),
            dropout: DropoutConfig::new(0.1).init(),
            mean: AdaptiveAvgPool2dConfig::new([1, 1]).init(),
            hidden: vec![hidden(CHANNELS, HIDDEN[0]), hidden(HIDDEN[0], HIDDEN[1])],
            output: LinearConfig::new(HIDDEN[1], 10).init(device),
        }
    }

    /// Images `[batch, 1, 28, 28]` to logits `[batch, 10]`.
    fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let mut x = images;
        for (layer, (convolution, norm)) in self.convolutions.iter().enumerate() {
            x = Relu::new().forward(norm.forward(convolution.forward(x)));
            if layer % 2 == 1 {
                x = self.pool.forward(x);
            }
            if layer == 1 || layer == 3 {
                x = self.dropout.forward(x);
            }
        }
        let mut x = self.mean.forward(x).flatten(1, 3);
        for (linear, norm) in &self.hidden {
            x = Relu::new().forward(norm.forward(linear.forward(x)));
        }
        self.output.forward(x)
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let data = arguments.next().expect("usage: burn-peer DIR [STEPS]; DIR holds MNIST's training files, unpacked");
    let steps: usize = arguments.next().map_or(10, |steps| steps.parse().expect("STEPS is a whole number"));
    let threads = std::env::var("RAYON_NUM_THREADS").ok().and_then(|threads| threads.parse::<usize>().ok());
    let threads = threads.expect("set RAYON_NUM_THREADS to the number of threads");

    let device = Device::flex().autodiff();
    device.seed(1);
    let (images, labels) = first_batch(&data, &device);
    let mut network = Classic::new(&device);
    // burn counts the running means and variances of BatchNorms too, which are not trained.
    let statistics = 2 * (6 * CHANNELS + HIDDEN[0] + HIDDEN[1]);
    assert_eq!(network.num_params() - statistics, PARAMETERS, "the network differs from gradbook's");
    let mut adam = AdamConfig::new().with_epsilon(1e-8).init();
    let loss = CrossEntropyLossConfig::new().init(&device);

    let mut last_loss = f32::NAN;
    let mut train = |steps: usize| {
        for _ in 0..steps {
            let error = loss.forward(network.forward(images.clone()), labels.clone());
            let gradients = GradientsParams::from_grads(error.backward(), &network);
            network = adam.step(1e-2, network.clone(), gradients);
            last_loss = error.into_scalar();
        }
    };
    train(WARM_UP_STEPS);
    let mut repetitions = Vec::new();
    for _ in 0..REPETITIONS {
        let start = Instant::now();
        train(steps);
        repetitions.push(start.elapsed().as_secs_f64() / (steps * BATCH) as f64 * EPOCH_IMAGES);
    }
    assert!(last_loss.is_finite(), "training diverged");

    let mut sorted = repetitions.clone();
    sorted.sort_by(f64::total_cmp);
    println!(
        r#"{{"program": "burn", "version": "{}", "mode": "flex", "network": "classic",
 "parameters": {PARAMETERS}, "batch": {BATCH}, "threads": {threads}, "steps": {steps}, "loss": {last_loss},
 "repetitions": {repetitions:?}, "seconds_per_epoch": {}, "peak_rss_bytes": {}}}"#,
        burn_version(),
        sorted[REPETITIONS / 2],
        peak_rss_bytes(),
    );
}

/// The first images, normalised, and their labels.
fn first_batch(folder: &str, device: &Device) -> (Tensor<4>, Tensor<1, Int>) {
    let read =
        |name: &str| fs::read(format!("{folder}/{name}")).unwrap_or_else(|error| panic!("{folder}/{name}: {error}"));
    let (pixels, labels) = (read("train-images-idx3-ubyte"), read("train-labels-idx1-ubyte"));
    let normalised = |&pixel: &u8| (f32::from(pixel) / 255.0 - 0.1307) / 0.3081;
    // IDX files begin with 16 bytes before images and 8 before labels.
    let pixels: Vec<f32> = pixels[16..][..BATCH * 28 * 28].iter().map(normalised).collect();
    let labels: Vec<i64> = labels[8..][..BATCH].iter().map(|&label| i64::from(label)).collect();
    let images = Tensor::from_data(TensorData::new(pixels, [BATCH, 1, 28, 28]), device);
    (images, Tensor::from_data(TensorData::new(labels, [BATCH]), device))
}

/// From the lock file, as a crate cannot ask for the version of another one.
fn burn_version() -> &'static str {
    let after_name = include_str!("../Cargo.lock").split("name = \"burn\"\nversion = \"").nth(1);
    after_name.and_then(|rest| rest.split('"').next()).expect("burn is in Cargo.lock")
}

/// The most memory that this process has occupied, as Linux counts it; `null` on other systems.
fn peak_rss_bytes() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: Option<u64> = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    kilobytes.map_or("null".into(), |kilobytes| (kilobytes * 1024).to_string())
}
