//! Every named scalar of a lesson: the only source of the workbook.
//!
//! A lesson is one dense network, one sample, and plain gradient descent, all in f64. The calculation is written here
//! once, in the order of operations that the workbook's formulas have: sums from left to right, no fused
//! multiply-adds. It favours being checked by eye over speed; the trainer's kernels are elsewhere.

mod lesson;

pub use lesson::{MAX_UPDATES, TraceError};
use lesson::{Shape, check_numbers, check_state, expect_length};

use crate::spec::Spec;

/// The step of the central differences.
///
/// Rounding leaves an error of about `ε E / h` in the quotient, the truncated Taylor series one of `E''' h² / 6`. Near
/// the cube root of the machine precision, 6e-6, the two balance: here both are below 1e-10 for losses and third
/// derivatives up to 1, three decimals better than the 1e-6 at which a gradient is called wrong.
pub const CHECK_STEP: f64 = 1e-5;

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

/// All weights and biases of a network, without what is calculated from them.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// `[layer][output][input]`.
    pub w: Vec<Vec<Vec<f64>>>,
    /// `[layer][output]`, an empty list for a layer without biases.
    pub b: Vec<Vec<f64>>,
}

impl Activation {
    /// `f(z)`.
    pub fn value(self, z: f64) -> f64 {
        match self {
            Activation::Sigmoid => 1.0 / (1.0 + libm::exp(-z)),
            Activation::Tanh => libm::tanh(z),
            Activation::Relu => z.max(0.0),
            Activation::Identity => z,
        }
    }

    /// `f'(z)`, expressed by `a = f(z)` where that is shorter. The slope of ReLU at 0 is 0.
    pub fn slope(self, z: f64, a: f64) -> f64 {
        match self {
            Activation::Sigmoid => a * (1.0 - a),
            Activation::Tanh => 1.0 - a * a,
            Activation::Relu => f64::from(z > 0.0),
            Activation::Identity => 1.0,
        }
    }
}

impl State {
    /// Forward and backward through all layers.
    ///
    /// Forward, from the input x on:
    ///
    /// ```text
    /// z_j = w_j1 x_1 + w_j2 x_2 + ... + b_j      a_j = f(z_j)      E = Σ_k ½ (t_k - a_k)²
    /// ```
    ///
    /// Backward, from the last layer on, where `next` is the layer that reads this layer's a:
    ///
    /// ```text
    /// ∂E/∂a_k  = a_k - t_k                                 last layer
    /// ∂E/∂a_j  = Σ_k next.∂E/∂z_k · next.w_kj              other layers
    /// ∂E/∂z_j  = ∂E/∂a_j · f'(z_j)
    /// ∂E/∂w_ji = ∂E/∂z_j · x_i         ∂E/∂b_j = ∂E/∂z_j
    /// ```
    ///
    /// Source: Rumelhart, Hinton, Williams (1986), eqs. 2-7.
    ///
    /// # Panics
    ///
    /// If the parameters do not fit each other, `x`, `t` or `activations`; [`Trace::from_spec`] has checked them.
    pub fn at(x: &[f64], t: &[f64], activations: &[Activation], parameters: &Parameters) -> State {
        let mut layers: Vec<Dense> = Vec::new();
        for (l, f) in activations.iter().enumerate() {
            let inputs = if l == 0 { x } else { &layers[l - 1].a };
            let (w, b) = (&parameters.w[l], &parameters.b[l]);
            let z: Vec<f64> = (0..w.len())
                .map(|j| {
                    let products = dot(&w[j], inputs);
                    if b.is_empty() { products } else { products + b[j] }
                })
                .collect();
            let a = z.iter().map(|&z| f.value(z)).collect();
            layers.push(Dense {
                w: w.clone(),
                b: b.clone(),
                z,
                a,
                da: Vec::new(),
                dz: Vec::new(),
                dw: Vec::new(),
                db: Vec::new(),
            });
        }
        let a = &layers[layers.len() - 1].a;
        assert_eq!(a.len(), t.len(), "one target for each output");
        let e: Vec<f64> = (0..t.len()).map(|k| 0.5 * ((t[k] - a[k]) * (t[k] - a[k]))).collect();
        let e_total = sum(e.iter().copied());

        for l in (0..layers.len()).rev() {
            let da: Vec<f64> = if let Some(next) = layers.get(l + 1) {
                let path = |j: usize| (0..next.dz.len()).map(move |k| next.dz[k] * next.w[k][j]);
                (0..layers[l].a.len()).map(|j| sum(path(j))).collect()
            } else {
                layers[l].a.iter().zip(t).map(|(a, t)| a - t).collect()
            };
            let inputs = if l == 0 { x.to_vec() } else { layers[l - 1].a.clone() };
            let layer = &mut layers[l];
            layer.dz = (0..da.len()).map(|j| da[j] * activations[l].slope(layer.z[j], layer.a[j])).collect();
            layer.dw = layer.dz.iter().map(|dz| inputs.iter().map(|x| dz * x).collect()).collect();
            layer.db = if layer.b.is_empty() { Vec::new() } else { layer.dz.clone() };
            layer.da = da;
        }
        State { layers, e, e_total }
    }

    /// The parameters at which this state was calculated.
    pub fn parameters(&self) -> Parameters {
        Parameters {
            w: self.layers.iter().map(|layer| layer.w.clone()).collect(),
            b: self.layers.iter().map(|layer| layer.b.clone()).collect(),
        }
    }

    /// The parameters after one update of plain gradient descent: `w⁺ = w - rate · ∂E/∂w`.
    pub fn update(&self, rate: f64, train_biases: bool) -> Parameters {
        let mut next = self.parameters();
        for (l, layer) in self.layers.iter().enumerate() {
            for j in 0..layer.w.len() {
                for i in 0..layer.w[j].len() {
                    next.w[l][j][i] = layer.w[j][i] - rate * layer.dw[j][i];
                }
            }
            if train_biases {
                for j in 0..layer.b.len() {
                    next.b[l][j] = layer.b[j] - rate * layer.db[j];
                }
            }
        }
        next
    }
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

impl Trace {
    /// Calculates the lesson of a network description.
    ///
    /// # Errors
    ///
    /// If the description has no lesson, has layers or a loss that a lesson cannot explain, numbers that do not fit, or
    /// numbers that grow until a spreadsheet cannot calculate them.
    pub fn from_spec(spec: &Spec) -> Result<Trace, TraceError> {
        let lesson = spec.lesson.as_ref().ok_or(TraceError::NoLesson)?;
        let shape = Shape::of(spec)?;
        let first = shape.parameters(lesson)?;
        check_numbers(lesson)?;
        expect_length("lesson.x", lesson.x.len(), shape.inputs, "one number for each input of the network")?;
        let outputs = shape.layers[shape.layers.len() - 1].outputs;
        expect_length("lesson.t", lesson.t.len(), outputs, "one target for each output of the last layer")?;

        let (x, t) = (&lesson.x, &lesson.t);
        let activations: Vec<Activation> = shape.layers.iter().map(|layer| layer.activation).collect();
        let run = |rate: f64| {
            let mut states = vec![State::at(x, t, &activations, &first)];
            for n in 0..lesson.updates {
                states.push(State::at(x, t, &activations, &states[n].update(rate, lesson.train_biases)));
            }
            Run { rate, states }
        };
        let trace = Trace {
            x: x.clone(),
            t: t.clone(),
            train_biases: lesson.train_biases,
            run: run(lesson.rate),
            rates: lesson.rates.iter().map(|&rate| run(rate)).collect(),
            checks: checks(x, t, &activations, &first, lesson.train_biases),
            activations,
        };
        for run in std::iter::once(&trace.run).chain(&trace.rates) {
            for (update, state) in run.states.iter().enumerate() {
                check_state(&shape, state, run.rate, update)?;
            }
        }
        for state in trace.checks.iter().flat_map(|check| [&check.plus, &check.minus]) {
            check_state(&shape, state, trace.run.rate, 0)?;
        }
        Ok(trace)
    }
}

/// The central difference of every weight, then of every trained bias.
fn checks(x: &[f64], t: &[f64], activations: &[Activation], first: &Parameters, train_biases: bool) -> Vec<Check> {
    let h = CHECK_STEP;
    let check = |place: &dyn Fn(&mut Parameters) -> &mut f64| {
        let (mut plus, mut minus) = (first.clone(), first.clone());
        *place(&mut plus) += h;
        *place(&mut minus) -= h;
        let (plus, minus) = (State::at(x, t, activations, &plus), State::at(x, t, activations, &minus));
        let difference = (plus.e_total - minus.e_total) / (2.0 * h);
        Check { h, plus, minus, difference }
    };
    let mut checks = Vec::new();
    for l in 0..first.w.len() {
        for j in 0..first.w[l].len() {
            for i in 0..first.w[l][j].len() {
                checks.push(check(&|p| &mut p.w[l][j][i]));
            }
        }
    }
    for l in (0..first.b.len()).filter(|_| train_biases) {
        for j in 0..first.b[l].len() {
            checks.push(check(&|p| &mut p.b[l][j]));
        }
    }
    checks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Network;
    use crate::reference::{Mode, Reference, batch_loss};
    use crate::spec::{LayerSpec, LessonSpec, LossSpec};

    fn two_linear_layers(lesson: LessonSpec) -> Spec {
        Spec {
            about: String::new(),
            input: vec![2],
            layers: vec![
                LayerSpec::Linear { out_features: 2, bias: false },
                LayerSpec::Sigmoid {},
                LayerSpec::Linear { out_features: 1, bias: true },
            ],
            loss: LossSpec::SquaredError {},
            init: Default::default(),
            train: None,
            lesson: Some(lesson),
            require: None,
        }
    }

    fn lesson() -> LessonSpec {
        LessonSpec {
            x: vec![1.0, 2.0],
            t: vec![0.5],
            weights: vec![vec![0.1, 0.2, 0.3, 0.4], vec![0.5, 0.6]],
            biases: vec![vec![0.7]],
            train_biases: true,
            rate: 0.1,
            rates: vec![0.1, 1.0],
            updates: 3,
        }
    }

    #[test]
    fn every_gradient_agrees_with_its_central_difference() {
        let trace = Trace::from_spec(&two_linear_layers(lesson())).unwrap();
        let layers = &trace.run.states[0].layers;
        let gradients = layers.iter().flat_map(|layer| layer.dw.iter().flatten()).chain(&layers[1].db);
        assert_eq!(trace.checks.len(), 7);
        for (gradient, check) in gradients.zip(&trace.checks) {
            let error = (gradient - check.difference).abs();
            assert!(error <= 1e-10 + 1e-8 * gradient.abs(), "{gradient} and {}", check.difference);
        }
    }

    #[test]
    fn an_error_names_the_place_both_sizes_and_the_fix() {
        let mut wrong = lesson();
        wrong.weights[1].pop();
        let error = Trace::from_spec(&two_linear_layers(wrong)).unwrap_err().to_string();
        let expected = "lesson.weights of layer 2 has 1 entries, but 2 are needed: 1 outputs x 2 inputs, row by row";
        assert_eq!(error, expected);

        let mut wrong = two_linear_layers(lesson());
        wrong.layers[1] = LayerSpec::Dropout { p: 0.1 };
        let error = Trace::from_spec(&wrong).unwrap_err().to_string();
        assert!(error.starts_with("layer 1 (dropout): lessons have nothing random"), "{error}");

        let mut wrong = lesson();
        wrong.rates = vec![0.1, f64::NAN];
        let error = Trace::from_spec(&two_linear_layers(wrong)).unwrap_err().to_string();
        assert_eq!(error, "lesson.rates: NaN is not usable; a learning rate is a number above 0 and at most 1000000");
    }

    #[test]
    fn numbers_that_a_spreadsheet_cannot_calculate_are_refused_with_place_and_fix() {
        let refusal = |lesson| Trace::from_spec(&two_linear_layers(lesson)).unwrap_err().to_string();
        let mut wrong = lesson();
        wrong.t = vec![1e200];
        assert_eq!(refusal(wrong), "lesson.t: 1e200 is not usable; write a number from -1000000 to 1000000");

        let mut wrong = lesson();
        wrong.weights[0][0] = -20_000.0;
        let expected = "rate 0.1, update 0: z of unit 1 of the linear layer 0 is -19999.6, below -700, where \
                        spreadsheets cannot calculate the sigmoid's EXP(-z); use smaller weights or a smaller rate";
        assert_eq!(refusal(wrong), expected);

        let mut wrong = lesson();
        (wrong.rates, wrong.updates) = (vec![0.1, 1e6], 100);
        let error = refusal(wrong);
        assert!(error.starts_with("rate 1000000.0, update "), "{error}");
        assert!(error.ends_with("; use smaller weights or a smaller rate"), "{error}");
    }

    /// The lesson's own calculation and the oracle of all layers are written apart; they must be one.
    #[test]
    fn the_first_state_is_the_references() {
        let spec = two_linear_layers(lesson());
        let trace = Trace::from_spec(&spec).unwrap();
        let network = Network::new(&spec).unwrap();
        let flat = |w: fn(&Dense) -> Vec<f64>, b: fn(&Dense) -> &Vec<f64>| -> Vec<f64> {
            trace.run.states[0].layers.iter().flat_map(|layer| [w(layer), b(layer).clone()].concat()).collect()
        };
        let mut reference = Reference::new(&network, flat(|layer| layer.w.concat(), |layer| &layer.b));
        let tape = reference.forward(&trace.x, 1, Mode::Train { seed: 0, step: 0 });
        let (loss, da) = batch_loss(&spec.loss, tape.values.last().unwrap(), &trace.t, trace.t.len());
        let gradients = reference.backward(&tape, &da).parameters;
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-15 + 1e-14 * a.abs().max(b.abs());
        assert!(close(loss, trace.run.states[0].e_total));
        let expected = flat(|layer| layer.dw.concat(), |layer| &layer.db);
        assert_eq!(gradients.len(), expected.len());
        assert!(gradients.iter().zip(&expected).all(|(a, b)| close(*a, *b)), "{gradients:?} {expected:?}");
    }
}
