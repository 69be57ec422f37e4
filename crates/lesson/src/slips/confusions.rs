//! What a quantity is confused with.

use super::kind::SlipKind;
use crate::{Key, Network, Param};

/// The quantities of a network that people write in place of one, with the kind of mistake that it is.
pub fn confusions(network: &Network, key: Key) -> Vec<(SlipKind, Key)> {
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
        Key::P(p) => {
            let parameters = other_parameters(network, p).into_iter();
            confused.extend(parameters.map(|q| (SlipKind::AnotherWeight, Key::P(q))));
        }
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
