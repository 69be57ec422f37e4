//! What a quantity is confused with.

use gradbook_lesson::{Key, Network, Param};

use super::equation::Timed;
use super::sense::Sense;
use super::slip_kind::SlipKind;

/// A leaf of a right equation, and the quantities that people write in its place.
pub(super) fn confusions(sense: &Sense, leaf: Timed, all: &[Timed], rows: &[isize]) -> Vec<(SlipKind, Timed)> {
    let network = &sense.theory().network;
    let is_update = all.iter().any(|other| other.key == Key::Rate);
    let at = |(kind, key)| (kind, Timed { key, ..leaf });
    let mut others: Vec<(SlipKind, Timed)> = match leaf.key {
        Key::P(p) => {
            let mut others: Vec<(SlipKind, Timed)> =
                other_parameters(network, p).into_iter().map(|q| at((SlipKind::AnotherWeight, Key::P(q)))).collect();
            if !is_update {
                others.push(at((SlipKind::UpdatedWeights, Key::Next(p))));
                others.push((SlipKind::UpdatedWeights, Timed { back: leaf.back - 1, ..leaf }));
            }
            others
        }
        key => of_key(network, key).into_iter().map(at).collect(),
    };
    if leaf.key != Key::Rate {
        let elsewhere = rows.iter().filter(|back| **back != leaf.back);
        others.extend(elsewhere.map(|&back| (SlipKind::AnotherRow, Timed { back, ..leaf })));
    }
    others
}

/// Quantities of the same row.
fn of_key(network: &Network, key: Key) -> Vec<(SlipKind, Key)> {
    let others = |count: usize, own: usize| (0..count).filter(move |other| *other != own);
    let mut confused = Vec::new();
    match key {
        Key::A(s, l, j) => {
            confused.push((SlipKind::SumForActivation, Key::Z(s, l, j)));
            for layer in [l].into_iter().chain(others(network.last() + 1, l)) {
                let units = (0..network.units(layer)).filter(|unit| (layer, *unit) != (l, j));
                confused.extend(units.map(|unit| (SlipKind::AnotherUnit, Key::A(s, layer, unit))));
            }
            if l == 0 {
                confused.extend((0..network.inputs).map(|i| (SlipKind::AnotherInput, Key::X(s, i))));
            }
        }
        Key::Z(s, l, j) => {
            confused.extend(others(network.units(l), j).map(|unit| (SlipKind::AnotherUnit, Key::Z(s, l, unit))));
            confused.push((SlipKind::SumForActivation, Key::A(s, l, j)));
        }
        Key::X(s, i) => {
            confused.extend(others(network.inputs, i).map(|i| (SlipKind::AnotherInput, Key::X(s, i))));
            confused.extend((0..network.units(0)).map(|j| (SlipKind::AnotherInput, Key::A(s, 0, j))));
        }
        Key::T(s, k) => confused.extend(others(network.outputs(), k).map(|k| (SlipKind::AnotherTarget, Key::T(s, k)))),
        Key::E(s, k) => confused.extend(others(network.outputs(), k).map(|k| (SlipKind::AnotherUnit, Key::E(s, k)))),
        Key::Next(p) => {
            let parameters = all_parameters(network).into_iter().filter(|q| *q != p);
            confused.extend(parameters.map(|q| (SlipKind::AnotherWeight, Key::Next(q))));
            confused.push((SlipKind::AnotherRow, Key::P(p)));
        }
        Key::G(p) => {
            let parameters = all_parameters(network).into_iter().filter(|q| *q != p);
            confused.extend(parameters.map(|q| (SlipKind::AnotherGradient, Key::G(q))));
        }
        _ => {}
    }
    confused
}

fn all_parameters(network: &Network) -> Vec<Param> {
    (0..=network.last()).flat_map(|l| network.parameters(l)).collect()
}

/// All others, those of its own layer first.
fn other_parameters(network: &Network, p: Param) -> Vec<Param> {
    let layer = |p: &Param| match p {
        Param::W(l, ..) | Param::B(l, _) => *l,
    };
    let mut others = all_parameters(network);
    others.retain(|q| *q != p);
    others.sort_by_key(|q| layer(q) != layer(&p));
    others
}
