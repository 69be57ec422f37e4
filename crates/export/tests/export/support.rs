//! Networks and models to export.

use gradbook_engine::model::Model;
use gradbook_engine::network::Network;
use gradbook_engine::spec::{NormalizeSpec, Spec};

/// A description, its network and a model.
pub(crate) struct Case {
    pub(crate) spec: Spec,
    pub(crate) network: Network,
    pub(crate) model: Model,
}

/// With parameters drawn by the seed, and statistics that are not those of a fresh network.
pub(crate) fn case(text: &str, seed: u64) -> Case {
    let spec: Spec = toml::from_str(text).unwrap();
    let network = Network::new(&spec).unwrap();
    let mut model = Model::new(&network, &spec.init, seed);
    for (at, value) in model.statistics.iter_mut().enumerate() {
        *value += 0.3 * (at as f32).sin();
    }
    Case { spec, network, model }
}

pub(crate) fn all_layers() -> Case {
    case(include_str!("../support/all_layers.toml"), 7)
}

impl Case {
    pub(crate) fn normalize(&self) -> &NormalizeSpec {
        &self.spec.train.as_ref().unwrap().normalize
    }
}
