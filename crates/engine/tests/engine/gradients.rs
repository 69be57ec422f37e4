//! The gradients of the f64 reference against central differences, for every layer, and a test of this test.
//!
//! The scalar is a random projection of the output; every parameter and every input is moved. Inputs near a kink of
//! ReLU or max-pooling are drawn again. The comparison is signed and of the worst element, never a mean.

use gradbook_engine::function::Function;
use gradbook_engine::layer::{Layer, Pool};
use gradbook_engine::network::Network;
use gradbook_engine::reference::{Gradients, Mode, Reference, batch_loss};
use gradbook_engine::rng::{Generator, Stream};
use gradbook_engine::spec::{LossSpec, Spec};

const MODE: Mode = Mode::Train { seed: 4, step: 2 };
const SAMPLES: usize = 3;
/// Smallest allowed distance of an input from a kink; the steps of the differences are much smaller.
const KINK: f64 = 1e-3;
const STEP: f64 = 1e-5;

/// Odd and prime shapes; every layer occurs, and ReLU and max-pooling also follow other layers.
fn networks() -> Vec<Network> {
    let stacks: [(&[usize], &str); 10] = [
        (
            &[7],
            r#"{"type":"linear","out_features":5},{"type":"sigmoid"},{"type":"linear","out_features":3,"bias":false}"#,
        ),
        (&[11], r#"{"type":"relu"},{"type":"linear","out_features":6},{"type":"tanh"},{"type":"softmax"}"#),
        (
            &[5],
            r#"{"type":"linear","out_features":4},{"type":"batch_norm"},{"type":"tanh"},{"type":"dropout","p":0.4},
                  {"type":"linear","out_features":2}"#,
        ),
        (
            &[2, 5, 7],
            r#"{"type":"conv2d","out_channels":3,"kernel_size":3,"padding":1},{"type":"batch_norm","eps":1e-3},
                  {"type":"sigmoid"},{"type":"avg_pool","kernel_size":2},{"type":"flatten"},
                  {"type":"linear","out_features":3}"#,
        ),
        (
            &[1, 11, 9],
            r#"{"type":"conv2d","out_channels":2,"kernel_size":5,"stride":2,"padding":2,"bias":false},
                  {"type":"tanh"},{"type":"conv2d","out_channels":3,"kernel_size":2,"stride":3},{"type":"global_avg_pool"}"#,
        ),
        (
            &[3, 7, 5],
            r#"{"type":"max_pool","kernel_size":2},{"type":"conv2d","out_channels":2,"kernel_size":1},
                  {"type":"flatten"}"#,
        ),
        (
            &[1, 7, 7],
            r#"{"type":"max_pool","kernel_size":3,"stride":2},{"type":"batch_norm"},{"type":"flatten"},
                  {"type":"linear","out_features":2}"#,
        ),
        (
            &[2, 5, 5],
            r#"{"type":"relu"},{"type":"dropout","p":0.3},{"type":"avg_pool","kernel_size":3,"stride":1},
                  {"type":"batch_norm","momentum":0.3},{"type":"global_avg_pool"}"#,
        ),
        (
            &[3],
            r#"{"type":"linear","out_features":5},{"type":"leaky_relu","negative_slope":0.2},
                  {"type":"linear","out_features":3},{"type":"softplus"}"#,
        ),
        (
            &[1, 7, 5],
            r#"{"type":"conv2d","out_channels":2,"kernel_size":3,"padding":1},{"type":"batch_norm"},{"type":"relu"},
                  {"type":"max_pool","kernel_size":2},{"type":"flatten"},{"type":"linear","out_features":3},{"type":"relu"}"#,
        ),
    ];
    let network = |(input, layers): (&[usize], &str)| {
        let json = format!(r#"{{"input":{input:?},"layers":[{layers}],"loss":{{"type":"squared_error"}}}}"#);
        let spec: Spec = serde_json::from_str(&json).expect("the test's description is valid");
        Network::new(&spec).expect("the test's network is valid")
    };
    stacks.map(network).to_vec()
}

/// One network with random parameters, inputs and projection.
struct Problem<'n> {
    network: &'n Network,
    parameters: Vec<f64>,
    x: Vec<f64>,
    r: Vec<f64>,
}

impl<'n> Problem<'n> {
    /// The first of the seed's draws that keeps away from every kink.
    fn new(network: &'n Network, seed: u64) -> Problem<'n> {
        let mut draws = (0..1000).map(|draw| Problem::draw(network, 1000 * seed + draw));
        draws.find(Problem::keeps_away_from_kinks).expect("one of a thousand draws is away from all kinks")
    }

    fn draw(network: &'n Network, seed: u64) -> Problem<'n> {
        let mut generator = Stream::Shuffle { epoch: 0 }.generator(seed);
        let mut normals = |len: usize| (0..len).map(|_| generator.normal()).collect::<Vec<f64>>();
        let parameters = normals(network.parameters());
        let r = normals(SAMPLES * network.output().len());
        let x = distinct(SAMPLES * network.input.len(), &mut generator);
        Problem { network, parameters, x, r }
    }

    /// No input of a ReLU is near 0, and no two of the largest values of a window are near each other (except for the
    /// zeros that ReLU made, which pass no gradient).
    fn keeps_away_from_kinks(&self) -> bool {
        let mut reference = Reference::new(self.network, self.parameters.clone());
        let tape = reference.forward(&self.x, SAMPLES, MODE);
        self.network.nodes.iter().zip(&tape.values).all(|(node, x)| match &node.layer {
            Layer::Activation(function) if function.has_kink() => x.iter().all(|x| x.abs() > KINK),
            Layer::MaxPool(pool) => x.chunks(pool.in_height * pool.in_width).all(|map| gaps_are_wide(pool, map)),
            _ => true,
        })
    }

    /// The scalar `Σ r y`.
    fn value(&self, parameters: &[f64], x: &[f64]) -> f64 {
        let mut reference = Reference::new(self.network, parameters.to_vec());
        let tape = reference.forward(x, SAMPLES, MODE);
        tape.values.last().unwrap().iter().zip(&self.r).map(|(y, r)| y * r).sum()
    }

    fn gradients(&self) -> Gradients {
        let mut reference = Reference::new(self.network, self.parameters.clone());
        let tape = reference.forward(&self.x, SAMPLES, MODE);
        reference.backward(&tape, &self.r)
    }

    fn differences(&self) -> Gradients {
        let parameter = |p: &[f64]| self.value(p, &self.x);
        let input = |x: &[f64]| self.value(&self.parameters, x);
        Gradients {
            parameters: central_differences(&self.parameters, &parameter),
            input: central_differences(&self.x, &input),
        }
    }
}

/// Whether the two largest values of each window of a map are apart.
fn gaps_are_wide(pool: &Pool, map: &[f64]) -> bool {
    (0..pool.out_height * pool.out_width).all(|output| {
        let corner = output / pool.out_width * pool.stride * pool.in_width + output % pool.out_width * pool.stride;
        let place = |at: usize| map[corner + at / pool.width * pool.in_width + at % pool.width];
        let mut values: Vec<f64> = (0..pool.height * pool.width).map(place).collect();
        values.sort_by(|a, b| b.total_cmp(a));
        values[0] == 0.0 || values[0] - values[1] > KINK
    })
}

/// Values further than a kink from zero and from each other, so that no difference moves a ReLU or a maximum across
/// one.
fn distinct(len: usize, generator: &mut Generator) -> Vec<f64> {
    let mut values: Vec<f64> = Vec::new();
    while values.len() < len {
        let value = generator.normal();
        if value.abs() > KINK && values.iter().all(|other| (other - value).abs() > KINK) {
            values.push(value);
        }
    }
    values
}

/// `(f(v + h) - f(v - h)) / 2h` for each element, with Richardson's step against the error in h².
fn central_differences(values: &[f64], f: &dyn Fn(&[f64]) -> f64) -> Vec<f64> {
    let mut moved = values.to_vec();
    let mut difference = |index: usize, h: f64| {
        moved[index] = values[index] + h;
        let plus = f(&moved);
        moved[index] = values[index] - h;
        let minus = f(&moved);
        moved[index] = values[index];
        (plus - minus) / (2.0 * h)
    };
    let extrapolated = |index| (4.0 * difference(index, STEP * 10.0) - difference(index, STEP * 20.0)) / 3.0;
    (0..values.len()).map(extrapolated).collect()
}

/// `|a - n| <= 1e-9 + 1e-6 max(|a|, |n|)` for every element.
fn agree(analytic: &[f64], numeric: &[f64]) -> bool {
    analytic.len() == numeric.len()
        && analytic.iter().zip(numeric).all(|(a, n)| (a - n).abs() <= 1e-9 + 1e-6 * a.abs().max(n.abs()))
}

#[test]
fn every_gradient_matches_central_differences() {
    for (number, network) in networks().iter().enumerate() {
        let problem = Problem::new(network, number as u64);
        let (analytic, numeric) = (problem.gradients(), problem.differences());
        assert!(agree(&analytic.parameters, &numeric.parameters), "network {number}: parameters");
        assert!(agree(&analytic.input, &numeric.input), "network {number}: input");
    }
}

#[test]
fn every_loss_gradient_matches_central_differences() {
    let losses = [
        LossSpec::CrossEntropy { label_smoothing: 0.0 },
        LossSpec::CrossEntropy { label_smoothing: 0.1 },
        LossSpec::SquaredError {},
        LossSpec::MeanSquaredError {},
    ];
    let outputs = 5;
    let a = distinct(SAMPLES * outputs, &mut Stream::Shuffle { epoch: 1 }.generator(2));
    let mut t = vec![0.0; a.len()];
    (0..SAMPLES).for_each(|sample| t[sample * outputs + sample] = 1.0);
    for loss in losses {
        let (_, analytic) = batch_loss(loss, &a, &t, outputs);
        let numeric = central_differences(&a, &|a| batch_loss(loss, a, &t, outputs).0);
        assert!(agree(&analytic, &numeric), "{loss:?}");
    }

    // Binary cross-entropy takes probabilities; its gradient with respect to what the sigmoid gets is written apart.
    let loss = LossSpec::BinaryCrossEntropy {};
    let sigmoid = |z: &[f64]| z.iter().map(|&z| Function::Sigmoid.value(z)).collect::<Vec<f64>>();
    let (z, a) = (a.clone(), sigmoid(&a));
    let (_, analytic) = batch_loss(loss, &a, &t, outputs);
    assert!(agree(&analytic, &central_differences(&a, &|a| batch_loss(loss, a, &t, outputs).0)), "{loss:?}");
    let mut analytic = vec![0.0; z.len()];
    for ((a, t), dz) in a.chunks(outputs).zip(t.chunks(outputs)).zip(analytic.chunks_mut(outputs)) {
        assert!(loss.through_its_function(a, t, SAMPLES, dz));
    }
    let numeric = central_differences(&z, &|z| batch_loss(loss, &sigmoid(z), &t, outputs).0);
    assert!(agree(&analytic, &numeric), "{loss:?} through the sigmoid");
}

/// A check that cannot fail proves nothing: each kind of mistake in a weight's gradient must be seen.
#[test]
fn planted_mistakes_are_caught() {
    for (number, network) in networks().iter().enumerate() {
        let problem = Problem::new(network, number as u64);
        let (right, numeric) = (problem.gradients().parameters, problem.differences().parameters);
        for tensor in &network.tensors {
            let range = tensor.range.clone();
            let planted = |change: &dyn Fn(&mut [f64])| {
                let mut wrong = right.clone();
                change(&mut wrong[range.clone()]);
                wrong
            };
            // A bias before BatchNorm has gradient 0, in which only an added term shows.
            if right[range.clone()].iter().all(|g| *g == 0.0) {
                assert!(!agree(&planted(&|g| g[0] += 1e-6), &numeric), "{number} {}: added term", tensor.name);
                continue;
            }
            assert!(!agree(&planted(&|g| g.iter_mut().for_each(|g| *g = -*g)), &numeric), "sign");
            assert!(!agree(&planted(&|g| g.iter_mut().for_each(|g| *g *= 1.01)), &numeric), "factor");
            // One of the three samples' terms is left out.
            let without_last = |problem: &Problem<'_>| {
                let outputs = network.output().len();
                let mut r = problem.r.clone();
                r[(SAMPLES - 1) * outputs..].fill(0.0);
                let shorter = Problem { r, parameters: problem.parameters.clone(), x: problem.x.clone(), network };
                shorter.gradients().parameters
            };
            assert!(!agree(&planted(&|g| g.copy_from_slice(&without_last(&problem)[range.clone()])), &numeric), "term");
            if let [rows, columns] = tensor.shape[..]
                && rows > 1
                && columns > 1
            {
                let transposed = |g: &mut [f64]| {
                    let old = g.to_vec();
                    (0..rows * columns).for_each(|i| g[i] = old[i % rows * columns + i / rows]);
                };
                assert!(!agree(&planted(&transposed), &numeric), "{number} {}: transpose", tensor.name);
            }
        }
    }
}
