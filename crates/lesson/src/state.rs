//! Forward and backward through all layers at one set of parameters.

use std::ops::{Index, IndexMut};

use gradbook_engine::function::Real;

use crate::{Activation, Network, Param, Sample};

/// The whole calculation at one set of parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The weights and biases.
    pub parameters: Parameters,
    /// One a sample.
    pub passes: Vec<Pass>,
    /// The mean over the samples of their errors.
    pub loss: f64,
    /// ∂loss/∂p of every parameter p, trained or not.
    pub gradient: Parameters,
    /// The learning rate of the update that follows; 0 after divergence.
    pub rate: f64,
    /// The optimizer's first moments (or its momentum) with this state's gradient in them, in the order of
    /// [`crate::Theory::trained`]; empty if it keeps none.
    pub m: Vec<f64>,
    /// The second moments likewise.
    pub v: Vec<f64>,
}

/// One sample's way through the network; all but `e` and `error` are `[layer][unit]`. A gradient `dv` is that of this
/// sample's own error, ∂E/∂v.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// Weighted sums.
    pub z: Vec<Vec<f64>>,
    /// Activations.
    pub a: Vec<Vec<f64>>,
    /// ∂E/∂a.
    pub da: Vec<Vec<f64>>,
    /// ∂E/∂z.
    pub dz: Vec<Vec<f64>>,
    /// The error of each output.
    pub e: Vec<f64>,
    /// The sum of `e`.
    pub error: f64,
}

/// A number for every weight and bias: the parameters themselves, or their gradients.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// `[layer][output][input]`.
    pub w: Vec<Vec<Vec<f64>>>,
    /// `[layer][output]`, an empty list for a layer without biases.
    pub b: Vec<Vec<f64>>,
}

impl Parameters {
    /// A number for each parameter, asked for layer by layer: first the weights, then the biases.
    pub fn from_fn(network: &Network, mut of: impl FnMut(Param) -> f64) -> Parameters {
        let (mut w, mut b) = (Vec::new(), Vec::new());
        for l in 0..network.layers.len() {
            let inputs = network.inputs(l);
            let row = |j: usize| (0..inputs).map(|i| of(Param::W(l, j, i))).collect();
            w.push((0..network.units(l)).map(row).collect());
            b.push(network.biases(l).map(&mut of).collect());
        }
        Parameters { w, b }
    }
}

impl Index<Param> for Parameters {
    type Output = f64;

    fn index(&self, p: Param) -> &f64 {
        match p {
            Param::W(l, j, i) => &self.w[l][j][i],
            Param::B(l, j) => &self.b[l][j],
        }
    }
}

impl IndexMut<Param> for Parameters {
    fn index_mut(&mut self, p: Param) -> &mut f64 {
        match p {
            Param::W(l, j, i) => &mut self.w[l][j][i],
            Param::B(l, j) => &mut self.b[l][j],
        }
    }
}

impl Activation {
    /// `a = f(z)` of a whole layer.
    pub fn values(self, z: &[f64]) -> Vec<f64> {
        match self {
            Activation::Function(function) => z.iter().map(|&z| function.value(z)).collect(),
            Activation::Softmax => {
                // The largest is taken off everywhere, which changes no share.
                let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let exponentials: Vec<f64> = z.iter().map(|&z| Real::exp(z - largest)).collect();
                let total = sum(exponentials.iter().copied());
                exponentials.iter().map(|e| e / total).collect()
            }
        }
    }

    /// ∂E/∂z of a whole layer from `da` = ∂E/∂a.
    ///
    /// Unit by unit `∂E/∂z = ∂E/∂a · f'(z)`, with f' expressed by a where that is shorter; the slope of ReLU at 0 is 0.
    /// Softmax's units depend on each other: `∂E/∂z_k = a_k (∂E/∂a_k - Σ_m a_m ∂E/∂a_m)`.
    fn backward(self, z: &[f64], a: &[f64], da: &[f64]) -> Vec<f64> {
        match self {
            // Without a function the slope is 1.
            Activation::Function(function) => (0..z.len()).map(|j| da[j] * function.slope(z[j], a[j])).collect(),
            Activation::Softmax => {
                let mean = dot(a, da);
                (0..z.len()).map(|k| a[k] * (da[k] - mean)).collect()
            }
        }
    }
}

impl State {
    /// Forward and backward of every sample. `rate`, `m` and `v` are left for the training to fill.
    ///
    /// Forward, from the input x on:
    ///
    /// ```text
    /// z_j = w_j1 x_1 + w_j2 x_2 + ... + b_j      a_j = f(z_j)      E = Σ_k E_k(t_k, a_k)
    /// ```
    ///
    /// Backward, from the last layer on, where `next` is the layer that reads this layer's a:
    ///
    /// ```text
    /// ∂E/∂a_k  = E_k'(t_k, a_k)                            last layer
    /// ∂E/∂a_j  = Σ_k next.∂E/∂z_k · next.w_kj              other layers
    /// ∂E/∂z_j  = ∂E/∂a_j · f'(z_j)                         (softmax: see its backward)
    /// ∂E/∂w_ji = ∂E/∂z_j · x_i         ∂E/∂b_j = ∂E/∂z_j
    /// ```
    ///
    /// After a softmax with cross-entropy, whose targets add up to 1, ∂E/∂z_k is a_k - t_k.
    /// Source: Rumelhart, Hinton, Williams (1986), eqs. 2-7; Bridle (1990) for softmax.
    ///
    /// # Panics
    ///
    /// If parameters and samples do not fit the network; [`crate::Lesson::from_spec`] has checked them.
    pub fn at(network: &Network, samples: &[Sample], parameters: &Parameters) -> State {
        let passes: Vec<Pass> = samples.iter().map(|sample| pass(network, sample, parameters)).collect();
        let count = samples.len() as f64;
        // x / 1 is x: a single sample's numbers are its own.
        let mean = |of: &dyn Fn(usize) -> f64| sum((0..samples.len()).map(of)) / count;
        let loss = mean(&|s| passes[s].error);
        let mut gradient = parameters.clone();
        for l in 0..network.layers.len() {
            let inputs = |s: usize| if l == 0 { &samples[s].x } else { &passes[s].a[l - 1] };
            for p in network.parameters(l) {
                gradient[p] = mean(&|s| match p {
                    Param::W(_, j, i) => passes[s].dz[l][j] * inputs(s)[i],
                    Param::B(_, j) => passes[s].dz[l][j],
                });
            }
        }
        State { parameters: parameters.clone(), passes, loss, gradient, rate: 0.0, m: Vec::new(), v: Vec::new() }
    }
}

fn pass(network: &Network, sample: &Sample, parameters: &Parameters) -> Pass {
    let (mut z, mut a): (Vec<Vec<f64>>, Vec<Vec<f64>>) = (Vec::new(), Vec::new());
    for l in 0..network.layers.len() {
        let inputs = if l == 0 { &sample.x } else { &a[l - 1] };
        let unit = |j: usize| {
            let products = dot(&parameters.w[l][j], inputs);
            if network.layers[l].bias { products + parameters.b[l][j] } else { products }
        };
        z.push((0..network.units(l)).map(unit).collect());
        a.push(network.activation(l).values(&z[l]));
    }
    let (last, outputs) = (network.last(), network.outputs());
    assert_eq!(outputs, sample.t.len(), "one target for each output");
    let each_output =
        |of: &dyn Fn(f64, f64) -> f64| -> Vec<f64> { sample.t.iter().zip(&a[last]).map(|(&t, &a)| of(t, a)).collect() };
    let e = each_output(&|t, a| network.loss.value(t, a, outputs));
    let error = sum(e.iter().copied());

    let mut da = vec![Vec::new(); z.len()];
    let mut dz = da.clone();
    for l in (0..z.len()).rev() {
        da[l] = if l == last {
            each_output(&|t, a| network.loss.slope(t, a, outputs))
        } else {
            let path = |j: usize, k: usize| dz[l + 1][k] * parameters.w[l + 1][k][j];
            (0..a[l].len()).map(|j| sum((0..network.units(l + 1)).map(|k| path(j, k)))).collect()
        };
        let shorter = |(&t, &a): (&f64, &f64)| network.loss.slope_through_its_function(t, a, outputs);
        let shorter = (l == last).then(|| sample.t.iter().zip(&a[l]).map(shorter).collect::<Option<Vec<f64>>>());
        dz[l] = shorter.flatten().unwrap_or_else(|| network.activation(l).backward(&z[l], &a[l], &da[l]));
    }
    Pass { z, a, da, dz, e, error }
}

/// `a_1 b_1 + a_2 b_2 + ...`, from left to right.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "as many weights as inputs");
    sum(a.iter().zip(b).map(|(a, b)| a * b))
}

/// From left to right, starting with the first term.
fn sum(terms: impl Iterator<Item = f64>) -> f64 {
    terms.reduce(|left, term| left + term).unwrap_or(0.0)
}
