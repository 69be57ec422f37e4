//! Which activation each layer has: the one that its columns hold, tried in turn.

use std::cell::Cell;

use gradbook_engine::function::{Function, NEGATIVE_SLOPE};
use gradbook_lesson::{Activation, Layer, Loss, Network, Param};

use super::kind::Kind;
use super::points::{Points, Scales, now, same};
use super::reading::{Leaf, Reading};
use super::right;
use super::rounding::Rounding;
use super::sense::{Keys, Sense};
use super::slips;
use super::topology::{Topology, Unclear, UnitColumns};
use super::typical::typical;
use gradbook_lesson::{Key, Piece, Reader, Theory};

const CROSS_ENTROPY: Loss = Loss::CrossEntropy { label_smoothing: 0.0 };

/// To tell ReLU from no activation, one step in which they differ has to be among those that are looked at.
const STEPS_COMPARED: usize = 64;

/// The network with each layer's activation. A column whose name says sum but which holds the activation is corrected.
pub(crate) fn activations(
    reading: &Reading,
    rounding: &Rounding,
    topology: &Topology,
    keys: &mut Keys,
    constant_inputs: bool,
) -> Result<Network, Unclear> {
    let mut known: Vec<Activation> = Vec::new();
    for (l, layer) in topology.layers.iter().enumerate() {
        let is_last = l + 1 == topology.layers.len();
        let mut best: Option<(f64, Activation, Keys)> = None;
        // With the same slip in all units; only where nothing else fits.
        let mut mistaken: Option<(f64, Activation, Keys)> = None;
        for candidate in candidates(&slopes(reading, layer)) {
            if candidate == Activation::Softmax && (!is_last || layer.len() < 2) {
                continue;
            }
            let loss = if candidate == Activation::Softmax { CROSS_ENTROPY } else { Loss::SquaredError {} };
            let network =
                network(&topology.widths(), &topology.biases(), &[known.clone(), vec![candidate]].concat(), loss);
            let theory = Theory::new(network, topology.samples);
            let (mut score, mut tried, slipped) = (0.0, keys.clone(), Cell::new(false));
            // What lies behind this layer is not known yet.
            let so_far = |key: &Key| match *key {
                Key::Z(_, of, _) | Key::A(_, of, _) | Key::P(Param::W(of, ..) | Param::B(of, _)) => of <= l,
                Key::X(..) => true,
                _ => false,
            };
            let known_keys = |keys: &Keys| -> Keys {
                keys.iter().map(|keys| keys.iter().copied().filter(so_far).collect()).collect()
            };
            let points = Points::new(&theory, Scales::NONE, constant_inputs, None, &known_keys(keys));
            for (j, unit) in layer.iter().enumerate() {
                let [z, a] = [Key::Z(0, l, j), Key::A(0, l, j)];
                let holds = |column: usize, key: Key| {
                    // Not yet known itself, so that it is not compared with itself.
                    let mut others = known_keys(&tried);
                    others[column].clear();
                    let sense = Sense::new(reading, &points, rounding, &others, &[]);
                    if is_slip(&sense, column, key) {
                        slipped.set(true);
                    }
                    Some(agreement(&sense, column, key)).filter(|share| *share > 0.5)
                };
                let (share, keys) = match (unit.sum, unit.activation) {
                    (_, Some(column)) => (holds(column, a), None),
                    (Some(column), None) => match holds(column, z) {
                        Some(share) if candidate == Activation::NONE => (Some(share), Some((column, vec![z, a]))),
                        _ => (holds(column, a), Some((column, vec![a]))),
                    },
                    _ => (None, None),
                };
                if let (Some(_), Some((column, keys))) = (share, keys) {
                    tried[column] = keys;
                }
                score += share.unwrap_or(0.0);
            }
            if slipped.get() && mistaken.is_none() {
                mistaken = Some((score, candidate, tried.clone()));
            }
            if score > best.as_ref().map_or(0.0, |(score, ..)| *score) {
                best = Some((score, candidate, tried));
            }
        }
        let Some((_, activation, found)) = best.or(mistaken) else {
            let unit = &layer[0];
            let header = [unit.activation, unit.sum].into_iter().flatten().next();
            let place = header.map_or(String::new(), |at| format!(" ({})", reading.table.columns[at].header.name()));
            let functions = Function::ALL.into_iter().filter(|function| function.layer().is_some());
            let words: Vec<&str> = functions.map(|function| function.entry().word).collect();
            return Err(Unclear(format!(
                "the activation of layer {}{place} is none of {}, softmax and none at all",
                l + 1,
                words.join(", ")
            )));
        };
        *keys = found;
        known.push(activation);
    }
    let loss = if known.last() == Some(&Activation::Softmax) { CROSS_ENTROPY } else { Loss::SquaredError {} };
    Ok(network(&topology.widths(), &topology.biases(), &known, loss))
}

/// The first layers of a network, as many as have an activation.
fn network(widths: &[usize], biases: &[bool], activations: &[Activation], loss: Loss) -> Network {
    let layers = widths[1..].iter().zip(biases).zip(activations);
    let layer = |((&units, &bias), &activation): ((&usize, &bool), &Activation)| Layer::dense(units, bias, activation);
    Network { inputs: widths[0], layers: layers.map(layer).collect(), loss }
}

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
    numbers
}

/// Whether a column's formula is that of an activation but for a sign or brackets.
fn is_slip(sense: &Sense, column: usize, key: Key) -> bool {
    let Some((tree, step)) = typical(sense.reading, column).filter(|_| matches!(key, Key::A(..))) else { return false };
    let Some(values) = sense.formula_values(&tree, step) else { return false };
    let slips = slips::of(sense, &now(&sense.theory().step(key)), &[]);
    let mut slips = slips.iter().filter(|slip| matches!(slip.kind, Kind::WrongSign | Kind::MissingBrackets));
    slips.any(|slip| sense.points.gives(&slip.equation, &values, step as isize))
}

/// Whether most of a column is what `key` ought to be.
pub(crate) fn agrees(sense: &Sense, column: usize, key: Key) -> bool {
    agreement(sense, column, key) > 0.5
}

/// Which share of a column is what `key` ought to be.
fn agreement(sense: &Sense, column: usize, key: Key) -> f64 {
    let reading = sense.reading;
    if let Some((tree, step)) = typical(reading, column) {
        let Some(values) = sense.formula_values(&tree, step) else { return 0.0 };
        let mut values = values.iter().enumerate();
        let agrees = values.all(|(trial, value)| same(*value, sense.points.value(key, trial, step as isize)));
        return f64::from(u8::from(agrees));
    }
    let (mut seen, mut agreed) = (0_u32, 0_u32);
    for step in (0..reading.table.steps).step_by(reading.table.steps.div_ceil(STEPS_COMPARED)) {
        let equation =
            if let Key::M(_) = key { right::equation(sense, key) } else { Some(now(&sense.theory().step(key))) };
        let Some(equation) = equation else { return 0.0 };
        let expected = sense.expected(&equation, step);
        let value = reading.value(column, step);
        if value.is_finite() && expected.value.is_finite() {
            seen += 1;
            let slack = 1.5 * (expected.slack + sense.rounding.of(column, step)) + 1e-12;
            agreed += u32::from((value - expected.value).abs() <= slack);
        }
    }
    f64::from(agreed) / f64::from(seen.max(1))
}
