//! A network, its data and its training, as small as they can be: what files that belong to a training are read for.

use std::sync::LazyLock;

use gradbook_engine::data::Dataset;
use gradbook_engine::model::Model;
use gradbook_engine::network::Network;
use gradbook_engine::spec::TrainSpec;
use gradbook_run::folder::records::{self, Record};
use gradbook_run::source::Source;

pub(crate) const DESCRIPTION: &str = r#"
input = [1, 6, 6]
layers = [
    { type = "conv2d", out_channels = 2, kernel_size = 3 },
    { type = "batch_norm" },
    { type = "relu" },
    { type = "dropout", p = 0.1 },
    { type = "global_avg_pool" },
    { type = "linear", out_features = 3 },
]
loss = { type = "cross_entropy", label_smoothing = 0.1 }

[train]
epochs = 2
batch = 2
optimizer = { type = "adam", lr = 0.01 }
schedule = { type = "reduce_on_plateau" }

[run]
recipe = "tiny"
seed = 1
version = "0.1.0"
data = "mnist"
holdout = false
precision = "f32"
threads = 1
isa = "portable"
cpu_features = []
"#;

/// Of its training.
pub(crate) const FINGERPRINT: &str = "tiny";

pub(crate) struct Tiny {
    pub(crate) source: Source,
    pub(crate) record: Record,
    pub(crate) network: Network,
    pub(crate) spec: TrainSpec,
    pub(crate) model: Model,
    pub(crate) train: Dataset,
    pub(crate) test: Dataset,
}

impl Tiny {
    pub(crate) fn get() -> &'static Tiny {
        static TINY: LazyLock<Tiny> = LazyLock::new(Tiny::new);
        &TINY
    }

    fn new() -> Tiny {
        let (spec, record) = records::parse_description("tiny.toml", DESCRIPTION).expect("a description");
        let source = Source { name: "tiny".to_owned(), origin: "tiny.toml".to_owned(), spec, run: None };
        let network = source.network().expect("a network");
        Tiny {
            record: record.expect("a record"),
            spec: source.train_spec().expect("a recipe").clone(),
            model: Model::new(&network, &source.spec.init, 1),
            network,
            source,
            train: images(5),
            test: images(3),
        }
    }
}

/// So many images of three classes.
fn images(count: usize) -> Dataset {
    let images = (0..count * 36).map(|pixel| (pixel * 7 % 256) as u8).collect();
    let labels = (0..count).map(|image| (image % 3) as u8).collect();
    Dataset::grey(images, labels, [6, 6], 3)
}
