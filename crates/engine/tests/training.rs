//! Whole trainings on small made-up images: equal bits, no allocation in a step, no denormal numbers, real learning.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use gradbook_engine::data::Dataset;
use gradbook_engine::kernels::Isa;
use gradbook_engine::model::Model;
use gradbook_engine::network::Network;
use gradbook_engine::rng::Stream;
use gradbook_engine::spec::Spec;
use gradbook_engine::train::{self, Control, Event, History, Options, TrainError};

/// Counts allocations of all threads.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: hands every call on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the allocator's contract.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the allocator's contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Every kind of randomness and every kind of layer that training has.
const SPEC: &str = r#"
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
fn bars(len: usize, seed: u64) -> Dataset {
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
    Dataset { images, labels, height: 12, width: 12, classes: 3 }
}

fn run(spec: &Spec, options: Options, observer: &mut dyn FnMut(Event<'_>) -> Control) -> (Model, History) {
    let network = Network::new(spec).unwrap();
    let mut model = Model::new(&network, &spec.init, options.seed);
    let (training, test) = (bars(203, 1), bars(50, 2));
    let train = spec.train.as_ref().unwrap();
    let history = train::train(&network, train, &mut model, (&training, &test), options, observer).unwrap();
    (model, history)
}

fn options(threads: usize, isa: Isa) -> Options {
    Options { seed: 7, threads, isa }
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_threads_and_instruction_set() {
    let spec: Spec = toml::from_str(SPEC).unwrap();
    let (model, history) = run(&spec, options(1, Isa::best()), &mut |_| Control::Continue);
    // 2 epochs of 10 batches of 20 images and one of 3: 22 steps.
    assert_eq!(history.epochs[1].train.samples, 203);
    for isa in Isa::available() {
        for threads in [1, 2, 3] {
            let other = run(&spec, options(threads, isa), &mut |_| Control::Continue);
            assert!(other == (model.clone(), history.clone()), "{} with {threads} threads", isa.name());
        }
    }
    let (other, _) = run(&spec, Options { seed: 8, ..options(1, Isa::best()) }, &mut |_| Control::Continue);
    assert_ne!(other, model);
}

#[test]
fn a_step_allocates_nothing() {
    let spec: Spec = toml::from_str(SPEC).unwrap();
    let mut counts = Vec::with_capacity(100);
    run(&spec, options(1, Isa::best()), &mut |event| {
        if let Event::Step(step) = event
            && step.epoch == 2
        {
            counts.push(ALLOCATIONS.load(Ordering::Relaxed));
        }
        Control::Continue
    });
    // Other tests of this file allocate at the same time, so some steps must be free of it, not all.
    let quiet = counts.windows(2).filter(|pair| pair[0] == pair[1]).count();
    assert!(quiet > 0, "every step allocated: {counts:?}");
}

#[test]
fn training_learns_and_stops_where_the_observer_says() {
    let mut spec: Spec = toml::from_str(SPEC).unwrap();
    spec.train.as_mut().unwrap().epochs = 12;
    let (_, history) = run(&spec, options(2, Isa::best()), &mut |_| Control::Continue);
    let last = &history.epochs[11];
    assert!(last.test.accuracy() > 0.9, "accuracy {}", last.test.accuracy());

    let mut steps = 0;
    let (_, history) = run(&spec, options(2, Isa::best()), &mut |event| {
        steps += usize::from(matches!(event, Event::Step(_)));
        if steps == 14 { Control::Stop } else { Control::Continue }
    });
    assert_eq!((steps, history.epochs.len()), (14, 2));
    assert!(history.epochs[1].cut_short && !history.epochs[0].cut_short);
    assert_eq!(history.epochs[1].test.samples, 50);
}

#[test]
fn evaluation_changes_nothing_in_training() {
    let spec: Spec = toml::from_str(SPEC).unwrap();
    let (model, _) = run(&spec, options(2, Isa::best()), &mut |_| Control::Continue);
    let network = Network::new(&spec).unwrap();
    let mut unseen = Model::new(&network, &spec.init, 7);
    let (training, nothing) = (bars(203, 1), bars(0, 2));
    let train = spec.train.as_ref().unwrap();
    let sets = (&training, &nothing);
    train::train(&network, train, &mut unseen, sets, options(2, Isa::best()), &mut |_| Control::Continue).unwrap();
    assert!(model == unseen, "the model depends on what was evaluated");
}

#[test]
fn images_that_do_not_fit_are_refused_with_both_sizes() {
    let spec: Spec = toml::from_str(&SPEC.replace("[1, 12, 12]", "[1, 13, 12]")).unwrap();
    let network = Network::new(&spec).unwrap();
    let mut model = Model::new(&network, &spec.init, 1);
    let data = bars(10, 1);
    let result = train::train(
        &network,
        spec.train.as_ref().unwrap(),
        &mut model,
        (&data, &data),
        options(1, Isa::best()),
        &mut |_| Control::Continue,
    );
    let message = result.unwrap_err().to_string();
    assert!(matches!(result_kind(&network, &data), TrainError::Input { .. }));
    assert!(message.contains("1 x 13 x 12") && message.contains("12 x 12"), "{message}");
}

fn result_kind(network: &Network, data: &Dataset) -> TrainError {
    let model = Model::new(network, &Default::default(), 1);
    train::evaluate(network, &Default::default(), &model, data, 1, Isa::best()).unwrap_err()
}
