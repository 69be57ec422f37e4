//! The numbers of a network: trained parameters and BatchNorm's running statistics, in f32.

use crate::init;
use crate::layer::Layer;
use crate::network::Network;
use crate::rng::Stream;
use crate::spec::{InitSpec, ParameterKind};

/// The numbers that training changes and files store.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// [`Network::parameters`] values, sliced by [`Network::tensors`].
    pub parameters: Vec<f32>,
    /// [`Network::statistics_len`] values, sliced by [`Network::statistics`].
    pub statistics: Vec<f32>,
    /// How many batches the running statistics have seen.
    pub batches_tracked: u64,
}

impl Model {
    /// A fresh model; every tensor draws from its own stream of `seed`.
    pub fn new(network: &Network, spec: &InitSpec, seed: u64) -> Model {
        let mut parameters = vec![0.0; network.parameters()];
        for node in &network.nodes {
            let Some((fan_in, fan_out)) = fans(&node.layer) else {
                // BatchNorm starts as the identity: weight 1, bias 0.
                network.weight_and_bias_mut(node, &mut parameters).0.fill(1.0);
                continue;
            };
            for index in node.tensors.clone() {
                let tensor = &network.tensors[index];
                let mut generator = Stream::Init { tensor: index as u64 }.generator(seed);
                let values = &mut parameters[tensor.range.clone()];
                match tensor.kind {
                    ParameterKind::Bias => init::initial_biases(spec, fan_in, &mut generator, values),
                    _ => init::initial_weights(spec, fan_in, fan_out, &mut generator, values),
                }
            }
        }
        let statistics = fresh_statistics(network).iter().map(|&value| value as f32).collect();
        Model { parameters, statistics, batches_tracked: 0 }
    }
}

/// Running means 0, running variances 1.
pub(crate) fn fresh_statistics(network: &Network) -> Vec<f64> {
    let value = |name: &str| if name.ends_with("running_var") { 1.0 } else { 0.0 };
    network.statistics.iter().flat_map(|tensor| tensor.range.clone().map(|_| value(&tensor.name))).collect()
}

/// `fan_in` and `fan_out` of a layer, including the kernel's area; `None` for BatchNorm.
fn fans(layer: &Layer) -> Option<(usize, usize)> {
    match layer {
        Layer::Linear(linear) => Some((linear.inputs, linear.outputs)),
        Layer::Conv2d(conv) => {
            let area = conv.kernel * conv.kernel;
            Some((conv.in_channels * area, conv.out_channels * area))
        }
        _ => None,
    }
}
