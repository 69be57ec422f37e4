//! Every named scalar of a lesson: the only source of the workbook.

/// A worked example: one network, one sample, plain gradient descent at several learning rates, in f64.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The sample's inputs `x`.
    pub x: Vec<f64>,
    /// The sample's targets `t`.
    pub t: Vec<f64>,
    /// Activation after each linear layer, from the input on.
    pub activations: Vec<Activation>,
    /// Whether updates change the biases.
    pub train_biases: bool,
    /// The explained run, at the lesson's own rate.
    pub run: Run,
    /// The runs that are compared, one a learning rate, in the lesson's order.
    pub rates: Vec<Run>,
    /// Central differences of E at the run's first state, in the order of the weights w1, w2, ... over all layers,
    /// then (if biases are trained) the biases b1, b2, ...
    pub checks: Vec<Check>,
}

/// What follows `z = W x + b` of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `a = 1 / (1 + e^-z)`.
    Sigmoid,
    /// `a = tanh z`.
    Tanh,
    /// `a = max(0, z)`.
    Relu,
    /// `a = z`.
    Identity,
}

/// Gradient descent with one learning rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub rate: f64,
    /// State after 0, 1, ... updates; each holds the gradients at that state.
    pub states: Vec<State>,
}

/// The whole calculation at one set of weights.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub layers: Vec<Dense>,
    /// `½ (t - a)²` of each output.
    pub e: Vec<f64>,
    /// The sum of `e`.
    pub e_total: f64,
}

/// One linear layer and its activation: `z = W x + b`, `a = f(z)`; a gradient `dv` is ∂E/∂v.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// `[outputs][inputs]`.
    pub w: Vec<Vec<f64>>,
    /// `[outputs]`, empty if the layer has no biases.
    pub b: Vec<f64>,
    pub z: Vec<f64>,
    pub a: Vec<f64>,
    pub da: Vec<f64>,
    pub dz: Vec<f64>,
    pub dw: Vec<Vec<f64>>,
    pub db: Vec<f64>,
}

/// A central difference `(E(p + h) - E(p - h)) / 2h` of one parameter p.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The step h.
    pub h: f64,
    /// The calculation at p + h (gradients included, though only z, a and E matter).
    pub plus: State,
    /// The calculation at p - h.
    pub minus: State,
    /// The quotient.
    pub difference: f64,
}
