//! A small training that the tests of whole trainings share.

use gradbook_engine::data::Dataset;
use gradbook_engine::kernels::{Isa, Precision};
use gradbook_engine::model::Model;
use gradbook_engine::network::Network;
use gradbook_engine::rng::Stream;
use gradbook_engine::spec::Spec;
use gradbook_engine::train::{self, Control, Event, History, Options, State};

/// Every kind of randomness and every kind of layer that training has.
pub(crate) const SPEC: &str = r#"
input = [1, 12, 12]
layers = [
  { type = "conv2d", out_channels = 9, kernel_size = 3, padding = 1 }, { type = "batch_norm" }, { type = "relu" },
  { type = "max_pool", kernel_size = 2 }, { type = "dropout", p = 0.2 },
  { type = "conv2d", out_channels = 16, kernel_size = 3, stride = 2 }, { type = "batch_norm" }, { type = "tanh" },
  { type = "avg_pool", kernel_size = 2, stride = 1 }, { type = "flatten" },
  { type = "linear", out_features = 12 }, { type = "sigmoid" }, { type = "linear", out_features = 3 } ]
loss = { type = "cross_entropy", label_smoothing = 0.05 }
[train]
epochs = 2
batch = 20
optimizer = { type = "adam", lr = 0.01, weight_decay = 1e-4, exclude_from_weight_decay = ["bias", "batch_norm"] }
schedule = { type = "one_cycle", max_lr = 0.02 }
augment = { rotation_degrees = 10, shift_pixels = 1, scale = [0.9, 1.1], brightness = 0.2, contrast = 0.2 }
"#;

/// A bright bar, horizontal, vertical or diagonal, on noise: three classes that a small network can tell apart.
pub(crate) fn bars(len: usize, seed: u64) -> Dataset {
    let mut generator = Stream::Shuffle { epoch: 9 }.generator(seed);
    let (mut images, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..len {
        let (label, place) = (generator.below(3) as u8, 3 + generator.below(6) as usize);
        for y in 0..12 {
            for x in 0..12 {
                let bright = match label {
                    0 => y == place,
                    1 => x == place,
                    _ => (x + 12 - y) % 12 == place,
                };
                images.push(if bright { 255 } else { generator.below(120) as u8 });
            }
        }
        labels.push(label);
    }
    Dataset::grey(images, labels, [12, 12], 3)
}

pub(crate) fn run(spec: &Spec, options: Options, observer: &mut dyn FnMut(Event<'_>) -> Control) -> (Model, History) {
    let network = Network::new(spec).unwrap();
    let mut state = State::new(spec.train.as_ref().unwrap(), Model::new(&network, &spec.init, options.seed)).unwrap();
    go_on(spec, &mut state, options, observer);
    (state.model, state.history)
}

pub(crate) fn go_on(spec: &Spec, state: &mut State, options: Options, observer: &mut dyn FnMut(Event<'_>) -> Control) {
    let network = Network::new(spec).unwrap();
    let (training, test) = (bars(203, 1), bars(50, 2));
    train::train(&network, spec.train.as_ref().unwrap(), state, (&training, &test), options, observer).unwrap();
}

pub(crate) fn options(threads: usize, isa: Isa) -> Options {
    Options { seed: 7, threads, isa, precision: Precision::F32 }
}
