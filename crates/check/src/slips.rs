//! Mistakes as changes of the right equation: every typical slip is a small edit of the tree, so the catalogue is a list
//! of edits and holds for every network, activation and loss.
//!
//! Which slip a wrong formula makes is found by trying: the edited equation that comes to the same numbers is the one.

mod edits;

use edits::{
    replaced, with_a_sign, with_another_slope, without_a_factor, without_a_power, without_a_term, without_brackets,
};
use gradbook_lesson::Param;

use super::kind::Kind;
use super::points::{Equation, Timed};
use super::sense::Sense;
use gradbook_lesson::{Expr, Key};

/// An equation with a mistake in it.
#[derive(Clone, Debug)]
pub(crate) struct Slip {
    pub(crate) kind: Kind,
    pub(crate) equation: Equation,
    /// What stands there in place of what.
    pub(crate) instead: Option<(Timed, Timed)>,
    /// What was left out.
    pub(crate) missing: Option<Equation>,
    /// What has a wrong sign, or no brackets.
    pub(crate) around: Option<Equation>,
}

impl Slip {
    fn new(kind: Kind, equation: Equation) -> Slip {
        Slip { kind, equation, instead: None, missing: None, around: None }
    }
}

/// The equations that one mistake makes of the right one, the commonest mistakes first. `rows` are the other steps
/// (counted back) that the wrong formula is known to read.
pub(crate) fn of(sense: &Sense, right: &Equation, rows: &[isize]) -> Vec<Slip> {
    let mut slips = Vec::new();
    let mut leaves: Vec<Timed> = Vec::new();
    for leaf in right.leaves() {
        if !leaves.contains(&leaf) {
            leaves.push(leaf);
        }
    }
    let is_update = leaves.iter().any(|leaf| leaf.key == Key::Rate);
    for leaf in &leaves {
        for (kind, other) in confusions(sense, *leaf, &leaves, rows) {
            let kind = if is_update && kind == Kind::AnotherRow && other.back < leaf.back {
                Kind::UpdatedWeights
            } else {
                kind
            };
            for equation in replaced(right, leaf, &other) {
                slips.push(Slip { instead: Some((other, *leaf)), ..Slip::new(kind, equation) });
            }
        }
    }
    for equation in with_another_slope(right) {
        slips.push(Slip::new(Kind::AnotherSlope, equation));
    }
    for (equation, missing) in without_a_factor(right) {
        slips.push(match missing {
            Expr::Number(factor) if factor < 0.0 => Slip::new(Kind::WrongSign, equation),
            Expr::Number(_) => Slip { missing: Some(missing), ..Slip::new(Kind::WrongFactor, equation) },
            _ => Slip { missing: Some(missing), ..Slip::new(Kind::MissingFactor, equation) },
        });
    }
    for (equation, missing) in without_a_power(right) {
        slips.push(Slip { missing: Some(missing), ..Slip::new(Kind::MissingFactor, equation) });
    }
    for (equation, missing) in without_a_term(right) {
        // What comes back from an output has its target in it; the products of a weighted sum have none.
        let is_back = missing.leaves().iter().any(|leaf| matches!(leaf.key, Key::T(..)));
        let is_path = matches!(missing, Expr::Product(_)) && is_back;
        let kind = if is_path { Kind::MissingPath } else { Kind::MissingTerm };
        slips.push(Slip { missing: Some(missing), ..Slip::new(kind, equation) });
    }
    for (equation, inside) in without_brackets(right) {
        slips.push(Slip { around: Some(inside), ..Slip::new(Kind::MissingBrackets, equation) });
    }
    let sign = if is_update { Kind::Uphill } else { Kind::WrongSign };
    slips.push(Slip::new(Kind::WrongSign, -right.clone()));
    for (equation, of) in with_a_sign(right) {
        slips.push(Slip { around: Some(of).filter(|_| !is_update), ..Slip::new(sign, equation) });
    }
    if !is_update {
        for key in sense.known_columns().map(|(.., key)| key).filter(|key| matches!(key, Key::A(..) | Key::X(..))) {
            let factor = Expr::Of(Timed { key, back: 0 });
            let equation = right.clone() * factor.clone();
            slips.push(Slip { around: Some(factor), ..Slip::new(Kind::ExtraFactor, equation) });
        }
    }
    let outputs = sense.theory().network.outputs() as f64;
    for factor in [2.0, 0.5, outputs, 1.0 / outputs] {
        let equation = Expr::Number(factor) * right.clone();
        slips.push(Slip::new(Kind::WrongFactor, equation));
    }
    // What skips a row takes everything from another one.
    for &back in rows {
        let moved = right.map(&|leaf| if leaf.key == Key::Rate { *leaf } else { Timed { back, ..*leaf } });
        let first = leaves.iter().find(|leaf| leaf.key != Key::Rate && leaf.back != back);
        let instead = first.filter(|_| is_update).map(|leaf| (Timed { back, ..*leaf }, *leaf));
        slips.push(Slip { instead, ..Slip::new(Kind::AnotherRow, moved) });
    }
    // After an update all weights at once are the new ones.
    for later in [1, -1] {
        let moved = right.map(&|leaf| match leaf.key {
            Key::P(_) if !is_update => Timed { back: leaf.back - later, ..*leaf },
            _ => *leaf,
        });
        let kind = if later == 1 { Kind::UpdatedWeights } else { Kind::AnotherRow };
        slips.push(Slip::new(kind, moved));
    }
    let new = right.map(&|leaf| match leaf.key {
        Key::P(p) if !is_update => Timed { key: Key::Next(p), ..*leaf },
        _ => *leaf,
    });
    slips.push(Slip::new(Kind::UpdatedWeights, new));
    slips.retain(|slip| slip.equation != *right);
    slips
}

/// What a quantity is confused with.
fn confusions(sense: &Sense, leaf: Timed, all: &[Timed], rows: &[isize]) -> Vec<(Kind, Timed)> {
    let network = &sense.theory().network;
    let at = |key| Timed { key, ..leaf };
    let mut others = Vec::new();
    match leaf.key {
        Key::A(s, l, j) => {
            others.push((Kind::SumForActivation, at(Key::Z(s, l, j))));
            for layer in [vec![l], (0..=network.last()).filter(|layer| *layer != l).collect()].concat() {
                for unit in (0..network.units(layer)).filter(|unit| (layer, *unit) != (l, j)) {
                    others.push((Kind::AnotherUnit, at(Key::A(s, layer, unit))));
                }
            }
            if l == 0 {
                others.extend((0..network.inputs).map(|i| (Kind::AnotherInput, at(Key::X(s, i)))));
            }
        }
        Key::Z(s, l, j) => {
            others.extend(
                (0..network.units(l)).filter(|unit| *unit != j).map(|unit| (Kind::AnotherUnit, at(Key::Z(s, l, unit)))),
            );
            others.push((Kind::SumForActivation, at(Key::A(s, l, j))));
        }
        Key::X(s, i) => {
            others.extend(
                (0..network.inputs).filter(|other| *other != i).map(|i| (Kind::AnotherInput, at(Key::X(s, i)))),
            );
            others.extend((0..network.units(0)).map(|j| (Kind::AnotherInput, at(Key::A(s, 0, j)))));
        }
        Key::T(s, k) => {
            others.extend(
                (0..network.outputs()).filter(|other| *other != k).map(|k| (Kind::AnotherTarget, at(Key::T(s, k)))),
            );
        }
        Key::E(s, k) => {
            others.extend(
                (0..network.outputs()).filter(|other| *other != k).map(|k| (Kind::AnotherUnit, at(Key::E(s, k)))),
            );
        }
        Key::P(p) => {
            let layers: Vec<usize> = (0..=network.last()).collect();
            let own = match p {
                Param::W(l, ..) | Param::B(l, _) => l,
            };
            let near = |l: &usize| usize::from(*l != own);
            let mut layers = layers;
            layers.sort_by_key(near);
            for l in layers {
                others.extend(
                    network
                        .weights(l)
                        .chain(network.biases(l))
                        .filter(|q| *q != p)
                        .map(|q| (Kind::AnotherWeight, at(Key::P(q)))),
                );
            }
            if !all.iter().any(|other| other.key == Key::Rate) {
                others.push((Kind::UpdatedWeights, at(Key::Next(p))));
                others.push((Kind::UpdatedWeights, Timed { back: leaf.back - 1, ..leaf }));
            }
        }
        Key::Next(p) => {
            for l in 0..=network.last() {
                others.extend(
                    network
                        .weights(l)
                        .chain(network.biases(l))
                        .filter(|q| *q != p)
                        .map(|q| (Kind::AnotherWeight, at(Key::Next(q)))),
                );
            }
            others.push((Kind::AnotherRow, at(Key::P(p))));
        }
        Key::G(p) => {
            for l in 0..=network.last() {
                others.extend(
                    network
                        .weights(l)
                        .chain(network.biases(l))
                        .filter(|q| *q != p)
                        .map(|q| (Kind::AnotherGradient, at(Key::G(q)))),
                );
            }
        }
        _ => {}
    }
    if leaf.key != Key::Rate {
        others.extend(
            rows.iter().filter(|back| **back != leaf.back).map(|&back| (Kind::AnotherRow, Timed { back, ..leaf })),
        );
    }
    others
}
