//! Mistakes as changes of the right equation: every typical slip is a small edit of the tree, so the catalogue is a list
//! of edits and holds for every network, activation and loss.
//!
//! Which slip a wrong formula makes is found by trying: the edited equation that comes to the same numbers is the one.

mod edits;

use edits::{
    replaced, with_a_sign, with_another_slope, without_a_factor, without_a_power, without_a_term, without_brackets,
};
use gradbook_lesson::{Expr, Key};

use super::confusions::confusions;
use super::equation::{Equation, Timed};
use super::sense::Sense;
use super::slip_kind::SlipKind;

/// An equation with a mistake in it.
#[derive(Clone, Debug)]
pub(crate) struct Slip {
    pub(crate) kind: SlipKind,
    pub(crate) equation: Equation,
    /// What stands there in place of what.
    pub(crate) instead: Option<(Timed, Timed)>,
    /// What was left out.
    pub(crate) missing: Option<Equation>,
    /// What has a wrong sign, or no brackets.
    pub(crate) around: Option<Equation>,
}

impl Slip {
    fn new(kind: SlipKind, equation: Equation) -> Slip {
        Slip { kind, equation, instead: None, missing: None, around: None }
    }

    fn instead(kind: SlipKind, equation: Equation, other: Timed, leaf: Timed) -> Slip {
        Slip { instead: Some((other, leaf)), ..Slip::new(kind, equation) }
    }

    fn missing(kind: SlipKind, equation: Equation, missing: Equation) -> Slip {
        Slip { missing: Some(missing), ..Slip::new(kind, equation) }
    }

    fn around(kind: SlipKind, equation: Equation, around: Equation) -> Slip {
        Slip { around: Some(around), ..Slip::new(kind, equation) }
    }
}

/// The equations that one mistake makes of the right one, the commonest mistakes first. `rows` are the other steps
/// (counted back) that the wrong formula is known to read.
pub(crate) fn slips(sense: &Sense, right: &Equation, rows: &[isize]) -> Vec<Slip> {
    let mut leaves: Vec<Timed> = Vec::new();
    for leaf in right.leaves() {
        if !leaves.contains(&leaf) {
            leaves.push(leaf);
        }
    }
    let is_update = leaves.iter().any(|leaf| leaf.key == Key::Rate);
    let mut slips = Vec::new();
    confused_leaves(sense, right, &leaves, rows, &mut slips);
    left_out(right, &mut slips);
    wrong_signs(right, is_update, &mut slips);
    factors(sense, right, is_update, &mut slips);
    rows_and_updates(right, &leaves, rows, &mut slips);
    slips.retain(|slip| slip.equation != *right);
    slips
}

/// Another quantity in place of one.
fn confused_leaves(sense: &Sense, right: &Equation, leaves: &[Timed], rows: &[isize], slips: &mut Vec<Slip>) {
    let is_update = leaves.iter().any(|leaf| leaf.key == Key::Rate);
    for leaf in leaves {
        for (kind, other) in confusions(sense, *leaf, leaves, rows) {
            let is_updated = is_update && kind == SlipKind::AnotherRow && other.back < leaf.back;
            let kind = if is_updated { SlipKind::UpdatedWeights } else { kind };
            let wrong = replaced(right, leaf, &other).into_iter();
            slips.extend(wrong.map(|equation| Slip::instead(kind, equation, other, *leaf)));
        }
    }
}

/// Something that is not there: the slope's other half, a factor, a term, brackets.
fn left_out(right: &Equation, slips: &mut Vec<Slip>) {
    slips.extend(with_another_slope(right).into_iter().map(|equation| Slip::new(SlipKind::AnotherSlope, equation)));
    slips.extend(without_a_factor(right).into_iter().map(|(equation, missing)| match missing {
        Expr::Number(factor) if factor < 0.0 => Slip::new(SlipKind::WrongSign, equation),
        Expr::Number(_) => Slip::missing(SlipKind::WrongFactor, equation, missing),
        _ => Slip::missing(SlipKind::MissingFactor, equation, missing),
    }));
    let powers = without_a_power(right).into_iter();
    slips.extend(powers.map(|(equation, missing)| Slip::missing(SlipKind::MissingFactor, equation, missing)));
    for (equation, missing) in without_a_term(right) {
        // What comes back from an output has its target in it; the products of a weighted sum have none.
        let is_back = missing.leaves().iter().any(|leaf| matches!(leaf.key, Key::T(..)));
        let is_path = matches!(missing, Expr::Product(_)) && is_back;
        let kind = if is_path { SlipKind::MissingPath } else { SlipKind::MissingTerm };
        slips.push(Slip::missing(kind, equation, missing));
    }
    let open = without_brackets(right).into_iter();
    slips.extend(open.map(|(equation, inside)| Slip::around(SlipKind::MissingBrackets, equation, inside)));
}

fn wrong_signs(right: &Equation, is_update: bool, slips: &mut Vec<Slip>) {
    slips.push(Slip::new(SlipKind::WrongSign, -right.clone()));
    slips.extend(with_a_sign(right).into_iter().map(|(equation, of)| {
        if is_update { Slip::new(SlipKind::Uphill, equation) } else { Slip::around(SlipKind::WrongSign, equation, of) }
    }));
}

/// Factors too many, and constants of other conventions.
fn factors(sense: &Sense, right: &Equation, is_update: bool, slips: &mut Vec<Slip>) {
    let keys = sense.known_columns().map(|(.., key)| key).filter(|_| !is_update);
    for key in keys.filter(|key| matches!(key, Key::A(..) | Key::X(..))) {
        let factor = Expr::Of(Timed { key, back: 0 });
        let equation = right.clone() * factor.clone();
        slips.push(Slip::around(SlipKind::ExtraFactor, equation, factor));
    }
    let outputs = sense.theory().network.outputs() as f64;
    let factors = [2.0, 0.5, outputs, 1.0 / outputs];
    slips.extend(factors.map(|factor| Slip::new(SlipKind::WrongFactor, Expr::Number(factor) * right.clone())));
}

/// Everything from another row, or all weights at once after their update.
fn rows_and_updates(right: &Equation, leaves: &[Timed], rows: &[isize], slips: &mut Vec<Slip>) {
    let is_update = leaves.iter().any(|leaf| leaf.key == Key::Rate);
    for &back in rows {
        let moved = right.map(&|leaf| if leaf.key == Key::Rate { *leaf } else { Timed { back, ..*leaf } });
        let first = leaves.iter().find(|leaf| leaf.key != Key::Rate && leaf.back != back);
        let instead = first.filter(|_| is_update).map(|leaf| (Timed { back, ..*leaf }, *leaf));
        slips.push(Slip { instead, ..Slip::new(SlipKind::AnotherRow, moved) });
    }
    for later in [1, -1] {
        let moved = right.map(&|leaf| match leaf.key {
            Key::P(_) if !is_update => Timed { back: leaf.back - later, ..*leaf },
            _ => *leaf,
        });
        let kind = if later == 1 { SlipKind::UpdatedWeights } else { SlipKind::AnotherRow };
        slips.push(Slip::new(kind, moved));
    }
    let new = right.map(&|leaf| match leaf.key {
        Key::P(p) if !is_update => Timed { key: Key::Next(p), ..*leaf },
        _ => *leaf,
    });
    slips.push(Slip::new(SlipKind::UpdatedWeights, new));
}
