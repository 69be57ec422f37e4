//! Which activation each layer has: the one that its columns hold, tried in turn.

use gradbook_engine::function::{Function, NEGATIVE_SLOPE};
use gradbook_lesson::{Activation, Key, Layer, Loss, Network, Param, Piece, Reader, SlipKind, Theory};

use super::agreement::agreement;
use super::topology::{Topology, Unclear, UnitColumns};
use crate::compare::{Keys, Points, Scales, Sense, now, slips};
use crate::tables::{Leaf, Reading, Rounding, typical};

/// An activation of a layer that was tried.
struct TriedActivation {
    activation: Activation,
    /// The sum of the shares of its columns that fit.
    score: f64,
    /// What the columns stand for if it is this one.
    keys: Keys,
    /// Whether a column is this activation but for a slip.
    is_slipped: bool,
}

/// The network with each layer's activation. A column whose name says sum but which holds the activation is corrected.
pub(super) fn activations(
    reading: &Reading,
    rounding: &Rounding,
    topology: &Topology,
    keys: &mut Keys,
    constant_inputs: bool,
) -> Result<Network, Unclear> {
    let mut known: Vec<Activation> = Vec::new();
    for (l, layer) in topology.layers.iter().enumerate() {
        let may_be_softmax = l + 1 == topology.layers.len() && layer.len() > 1;
        let candidates = candidates(&slopes(reading, layer))
            .into_iter()
            .filter(|candidate| *candidate != Activation::Softmax || may_be_softmax);
        let trials = candidates.map(|candidate| {
            let network = network(topology, &[known.clone(), vec![candidate]].concat());
            tried(reading, rounding, topology, keys, constant_inputs, network)
        });
        let mut best: Option<TriedActivation> = None;
        // With the same slip in all units; only where nothing else fits.
        let mut mistaken: Option<TriedActivation> = None;
        for trial in trials {
            if trial.score > best.as_ref().map_or(0.0, |best| best.score) {
                best = Some(trial);
            } else if trial.is_slipped && mistaken.is_none() {
                mistaken = Some(trial);
            }
        }
        let Some(found) = best.or(mistaken) else { return Err(unknown(reading, topology, l)) };
        *keys = found.keys;
        known.push(found.activation);
    }
    Ok(network(topology, &known))
}

/// The first layers of the network, as many as have an activation.
fn network(topology: &Topology, activations: &[Activation]) -> Network {
    let (widths, biases) = (topology.widths(), topology.biases());
    let layers = widths[1..].iter().zip(&biases).zip(activations);
    let layer = |((&units, &bias), &activation): ((&usize, &bool), &Activation)| Layer::dense(units, bias, activation);
    let loss = match activations.last() {
        Some(Activation::Softmax) => Loss::CrossEntropy { label_smoothing: 0.0 },
        _ => Loss::SquaredError {},
    };
    Network { inputs: widths[0], layers: layers.map(layer).collect(), loss }
}

/// At most this many slopes of leaky ReLU are tried per layer: more numbers in its formulas mean something else.
const MAX_SLOPES: usize = 4;

/// All activations in the order in which they are tried: of those that fit as well, the first is meant. Leaky ReLUs are
/// tried with these slopes too.
fn candidates(slopes: &[f64]) -> Vec<Activation> {
    let with_slopes = |f: Function| match f {
        Function::LeakyRelu { .. } => {
            let others = slopes.iter().map(|&negative_slope| Function::LeakyRelu { negative_slope });
            [f].into_iter().chain(others).map(Activation::Function).collect()
        }
        Function::Identity => vec![Activation::Softmax, Activation::NONE],
        _ => vec![Activation::Function(f)],
    };
    Function::ALL.into_iter().flat_map(with_slopes).collect()
}

/// The numbers between 0 and 1 in the formulas of a layer's activations, or in cells that they refer to.
fn slopes(reading: &Reading, layer: &[UnitColumns]) -> Vec<f64> {
    let mut numbers: Vec<f64> = Vec::new();
    for column in layer.iter().filter_map(|unit| unit.activation.or(unit.sum)) {
        let Some((tree, _)) = typical(reading, column) else { continue };
        tree.pieces(Reader::Person, &mut |piece| match piece {
            Piece::Number(number) => numbers.push(number),
            Piece::Of { leaf: Leaf::Cell(at), .. } => numbers.push(reading.cell_value(*at)),
            Piece::Of { leaf: Leaf::Column(..), .. } | Piece::Text(_) => {}
        });
    }
    numbers.retain(|number| *number > 0.0 && *number < 1.0 && *number != NEGATIVE_SLOPE);
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.dedup();
    numbers.truncate(MAX_SLOPES);
    numbers
}

fn unknown(reading: &Reading, topology: &Topology, l: usize) -> Unclear {
    let unit = &topology.layers[l][0];
    let header = [unit.activation, unit.sum].into_iter().flatten().next();
    let place = header.map_or(String::new(), |at| format!(" ({})", reading.table.columns[at].header.name()));
    let functions = Function::ALL.into_iter().filter(|function| function.layer().is_some());
    let words: Vec<&str> = functions.map(|function| function.entry().word).collect();
    let words = words.join(", ");
    Unclear(format!("the activation of layer {}{place} is none of {words}, softmax and none at all", l + 1))
}

/// How the last layer of a network that ends there fits its columns.
fn tried(
    reading: &Reading,
    rounding: &Rounding,
    topology: &Topology,
    keys: &Keys,
    constant_inputs: bool,
    network: Network,
) -> TriedActivation {
    let (l, activation) = (network.last(), network.activation(network.last()));
    let theory = Theory::new(network, topology.samples);
    // What lies behind this layer is not known yet.
    let so_far = |key: &Key| match *key {
        Key::Z(_, of, _) | Key::A(_, of, _) | Key::P(Param::W(of, ..) | Param::B(of, _)) => of <= l,
        Key::X(..) => true,
        _ => false,
    };
    let known_keys =
        |keys: &Keys| -> Keys { keys.iter().map(|keys| keys.iter().copied().filter(so_far).collect()).collect() };
    let steps = reading.table.steps;
    let points = Points::new(&theory, Scales::NONE, constant_inputs, None, &known_keys(keys), steps);
    let mut trial = TriedActivation { activation, score: 0.0, keys: keys.clone(), is_slipped: false };
    for (j, unit) in topology.layers[l].iter().enumerate() {
        let [z, a] = [Key::Z(0, l, j), Key::A(0, l, j)];
        let mut holds = |column: usize, key: Key| {
            // Not yet known itself, so that it is not compared with itself.
            let mut others = known_keys(&trial.keys);
            others[column].clear();
            let sense = Sense::new(reading, &points, rounding, &others, &[]);
            trial.is_slipped |= is_slip(&sense, column, key);
            Some(agreement(&sense, column, key)).filter(|share| *share > 0.5)
        };
        let (share, keys) = match (unit.sum, unit.activation) {
            (_, Some(column)) => (holds(column, a), None),
            (Some(column), None) => match holds(column, z) {
                Some(share) if activation == Activation::NONE => (Some(share), Some((column, vec![z, a]))),
                _ => (holds(column, a), Some((column, vec![a]))),
            },
            _ => (None, None),
        };
        if let (Some(_), Some((column, keys))) = (share, keys) {
            trial.keys[column] = keys;
        }
        trial.score += share.unwrap_or(0.0);
    }
    trial
}

/// Whether a column's formula is that of an activation but for a sign or brackets.
fn is_slip(sense: &Sense, column: usize, key: Key) -> bool {
    let Some((tree, step)) = typical(sense.reading, column).filter(|_| matches!(key, Key::A(..))) else { return false };
    let Some(values) = sense.formula_values(&tree, step) else { return false };
    let slips = slips(sense, &now(&sense.theory().step(key)), &[]);
    let mut slips = slips.iter().filter(|slip| matches!(slip.kind, SlipKind::WrongSign | SlipKind::MissingBrackets));
    slips.any(|slip| sense.points.gives(&slip.equation, &values, step as isize))
}
