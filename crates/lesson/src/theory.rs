//! A network as equations, without numbers: which quantities there are, what they are called, how each follows from
//! others. What follows from a theory holds for every sample and every set of weights.

use gradbook_engine::spec::OptimizerSpec;

use crate::{Key, Network, Param};

/// A network, how it is updated, and with how many samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Theory {
    /// What is calculated.
    pub network: Network,
    /// The number of samples, all of which take part in every update; at least 1.
    pub samples: usize,
    /// How updates follow gradients.
    pub optimizer: OptimizerSpec,
    /// Whether updates change the biases.
    pub train_biases: bool,
}

impl Theory {
    /// Gradient descent on all weights and biases.
    pub fn new(network: Network, samples: usize) -> Theory {
        Theory { network, samples, optimizer: gradient_descent(), train_biases: true }
    }

    /// Everything that an update changes: all weights, layer by layer, then the biases if they are trained.
    pub fn trained(&self) -> Vec<Param> {
        let layers = 0..self.network.layers.len();
        let weights = layers.clone().flat_map(|l| self.network.weights(l));
        let biases = layers.filter(|_| self.train_biases).flat_map(|l| self.network.biases(l));
        weights.chain(biases).collect()
    }

    /// The parameters of a layer that updates change.
    pub fn trained_of(&self, l: usize) -> Vec<Param> {
        self.network.parameters(l).filter(|p| self.train_biases || matches!(p, Param::W(..))).collect()
    }

    /// What input i of a layer is.
    pub fn input(&self, s: usize, l: usize, i: usize) -> Key {
        if l == 0 { Key::X(s, i) } else { Key::A(s, l - 1, i) }
    }

    /// The error of a sample; with a single output that output's.
    pub fn error(&self, s: usize) -> Key {
        if self.network.outputs() == 1 { Key::E(s, 0) } else { Key::Error(s) }
    }

    /// What the chain rule for a gradient goes through, sample 0 alone: every derivative that it is made of, each after
    /// those that it is made of itself, and the gradient of the sample's error last.
    pub fn chain_rule(&self, p: Param) -> Vec<Key> {
        let (l, j) = (p.layer(), p.unit());
        let mut keys = Vec::new();
        self.visit(Key::Dz(0, l, j), &mut keys);
        keys.extend([Key::Factor(0, p), Key::Own(0, p)]);
        keys
    }

    /// Appends the derivatives that a derivative is made of, then itself.
    fn visit(&self, key: Key, keys: &mut Vec<Key>) {
        let is_derivative =
            |key: &Key| matches!(key, Key::Da(..) | Key::Slope(..) | Key::Jacobian(..) | Key::Dz(..) | Key::Path(..));
        if keys.contains(&key) {
            return;
        }
        for made_of in self.step(key).leaves().into_iter().filter(is_derivative) {
            self.visit(made_of, keys);
        }
        keys.push(key);
    }

    /// The quantities that the optimizer carries from update to update, for one parameter.
    pub fn memory(&self, p: Param) -> Vec<Key> {
        match self.optimizer {
            OptimizerSpec::Sgd { momentum: 0.0, .. } => Vec::new(),
            OptimizerSpec::Sgd { .. } => vec![Key::M(p)],
            OptimizerSpec::Adam { .. } | OptimizerSpec::Adamw { .. } => vec![Key::M(p), Key::V(p)],
        }
    }

    /// The optimizer's settings beside the rate: key, value, what they are.
    pub fn settings(&self) -> Vec<(Key, f64, &'static str)> {
        match self.optimizer {
            OptimizerSpec::Sgd { momentum: 0.0, .. } => Vec::new(),
            OptimizerSpec::Sgd { momentum, .. } => {
                vec![(Key::Momentum, momentum, "how much of its speed a step keeps")]
            }
            OptimizerSpec::Adam { betas: [beta1, beta2], eps, .. }
            | OptimizerSpec::Adamw { betas: [beta1, beta2], eps, .. } => vec![
                (Key::Beta1, beta1, "how much of the mean of gradients a step keeps"),
                (Key::Beta2, beta2, "how much of the mean of squared gradients a step keeps"),
                (Key::Epsilon, eps, "keeps the division defined where gradients vanish"),
            ],
        }
    }
}

fn gradient_descent() -> OptimizerSpec {
    OptimizerSpec::Sgd {
        lr: 1.0,
        momentum: 0.0,
        nesterov: false,
        weight_decay: 0.0,
        exclude_from_weight_decay: Vec::new(),
    }
}
