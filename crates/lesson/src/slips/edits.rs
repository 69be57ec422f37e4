//! All edits of a right equation, each with the kind of mistake that it is.

use super::kind::SlipKind;
use super::trees::{
    HasKey, edited, in_samples, replaced, samples, with_a_sign, with_another_slope, without_a_factor, without_a_power,
    without_a_term, without_brackets,
};
use crate::{Expr, Key};

/// A right equation with one mistake in it.
#[derive(Clone, Debug)]
pub struct Edit<L> {
    /// Which mistake it is.
    pub kind: SlipKind,
    /// The equation with the mistake.
    pub equation: Expr<L>,
    /// What stands there, in place of what.
    pub instead: Option<(L, L)>,
    /// What was left out.
    pub missing: Option<Expr<L>>,
    /// What has a wrong sign, no brackets, or does not belong there.
    pub around: Option<Expr<L>>,
}

/// What surrounds an equation, from which mistakes may take something.
pub struct Surroundings<'s, L> {
    /// What a leaf is confused with, and which mistake that is: [`confusions`](super::confusions) and more.
    pub confusions: &'s dyn Fn(&L) -> Vec<(SlipKind, L)>,
    /// What may be multiplied in by mistake.
    pub factors: &'s [L],
    /// How many outputs the network has: losses divide by it, or do not.
    pub outputs: usize,
}

impl<L> Edit<L> {
    /// An edit of which nothing more is to be said.
    pub fn new(kind: SlipKind, equation: Expr<L>) -> Edit<L> {
        Edit { kind, equation, instead: None, missing: None, around: None }
    }

    fn instead(kind: SlipKind, equation: Expr<L>, other: L, leaf: L) -> Edit<L> {
        Edit { instead: Some((other, leaf)), ..Edit::new(kind, equation) }
    }

    fn missing(kind: SlipKind, equation: Expr<L>, missing: Expr<L>) -> Edit<L> {
        Edit { missing: Some(missing), ..Edit::new(kind, equation) }
    }

    fn around(kind: SlipKind, equation: Expr<L>, around: Expr<L>) -> Edit<L> {
        Edit { around: Some(around), ..Edit::new(kind, equation) }
    }
}

/// The equations that one mistake makes of the right one, the commonest mistakes first.
///
/// ```
/// use gradbook_lesson::{Expr, Key, SlipKind, Surroundings, edits};
///
/// // The error's derivative by the output's activation, a - t.
/// let right = Expr::Of(Key::A(0, 1, 0)) - Expr::Of(Key::T(0, 0));
/// let confusions = |key: &Key| match key {
///     Key::A(..) => vec![(SlipKind::SumForActivation, Key::Z(0, 1, 0))],
///     _ => Vec::new(),
/// };
/// let slips = edits(&right, &Surroundings { confusions: &confusions, factors: &[], outputs: 1 });
/// let sum = slips.iter().find(|slip| slip.kind == SlipKind::SumForActivation).unwrap();
/// assert_eq!(sum.equation, Expr::Of(Key::Z(0, 1, 0)) - Expr::Of(Key::T(0, 0)));
/// ```
pub fn edits<L: HasKey>(right: &Expr<L>, surroundings: &Surroundings<L>) -> Vec<Edit<L>> {
    let mut edits = Vec::new();
    confused(right, surroundings, &mut edits);
    left_out(right, &mut edits);
    wrong_signs(right, &mut edits);
    factors(right, surroundings, &mut edits);
    edits.retain(|edit| edit.equation != *right);
    edits
}

/// The equations that one mistake makes of a right one that adds up samples, if it is made in all samples alike.
pub fn edits_in_all_samples<L: HasKey>(right: &Expr<L>) -> Vec<Edit<L>> {
    let of_sum = |part: &Expr<L>| {
        let Expr::Sum(terms) = part else { return Vec::new() };
        let Some(samples) = samples(terms) else { return Vec::new() };
        let mut edits = Vec::new();
        left_out(&terms[0], &mut edits);
        wrong_signs(&terms[0], &mut edits);
        let all = |edit: Edit<L>| (Expr::Sum(samples.iter().map(|s| in_samples(&edit.equation, *s)).collect()), edit);
        edits.into_iter().map(all).collect()
    };
    edited(right, &of_sum).into_iter().map(|(equation, edit)| Edit { equation, ..edit }).collect()
}

/// Whether an equation is that of an update: it has the learning rate in it.
fn is_update<L: HasKey>(right: &Expr<L>) -> bool {
    right.leaves().iter().any(|leaf| leaf.key() == Key::Rate)
}

/// Another quantity in place of one.
fn confused<L: HasKey>(right: &Expr<L>, surroundings: &Surroundings<L>, edits: &mut Vec<Edit<L>>) {
    let mut leaves: Vec<L> = Vec::new();
    for leaf in right.leaves() {
        if !leaves.contains(&leaf) {
            leaves.push(leaf);
        }
    }
    for leaf in &leaves {
        for (kind, other) in (surroundings.confusions)(leaf) {
            let wrong = replaced(right, leaf, &other).into_iter();
            edits.extend(wrong.map(|equation| Edit::instead(kind, equation, other.clone(), leaf.clone())));
        }
    }
}

/// Something that is not there: the slope's other half, a factor, a term, brackets.
fn left_out<L: HasKey>(right: &Expr<L>, edits: &mut Vec<Edit<L>>) {
    edits.extend(with_another_slope(right).into_iter().map(|equation| Edit::new(SlipKind::AnotherSlope, equation)));
    edits.extend(without_a_factor(right).into_iter().map(|(equation, missing)| match missing {
        Expr::Number(factor) if factor < 0.0 => Edit::new(SlipKind::WrongSign, equation),
        Expr::Number(_) => Edit::missing(SlipKind::WrongFactor, equation, missing),
        _ => Edit::missing(SlipKind::MissingFactor, equation, missing),
    }));
    let powers = without_a_power(right).into_iter();
    edits.extend(powers.map(|(equation, missing)| Edit::missing(SlipKind::MissingFactor, equation, missing)));
    for (equation, missing) in without_a_term(right) {
        // What comes back from an output has its target in it; the products of a weighted sum have none.
        let is_back = missing.leaves().iter().any(|leaf| matches!(leaf.key(), Key::T(..)));
        let is_path = matches!(missing, Expr::Product(_)) && is_back;
        let kind = if is_path { SlipKind::MissingPath } else { SlipKind::MissingTerm };
        edits.push(Edit::missing(kind, equation, missing));
    }
    let open = without_brackets(right).into_iter();
    edits.extend(open.map(|(equation, inside)| Edit::around(SlipKind::MissingBrackets, equation, inside)));
}

fn wrong_signs<L: HasKey>(right: &Expr<L>, edits: &mut Vec<Edit<L>>) {
    let is_update = is_update(right);
    edits.push(Edit::new(SlipKind::WrongSign, -right.clone()));
    edits.extend(with_a_sign(right).into_iter().map(|(equation, of)| {
        if is_update { Edit::new(SlipKind::Uphill, equation) } else { Edit::around(SlipKind::WrongSign, equation, of) }
    }));
}

/// Factors too many, and constants of other conventions.
fn factors<L: HasKey>(right: &Expr<L>, surroundings: &Surroundings<L>, edits: &mut Vec<Edit<L>>) {
    let extra = surroundings.factors.iter().filter(|_| !is_update(right));
    edits.extend(extra.map(|leaf| {
        let factor = Expr::Of(leaf.clone());
        Edit::around(SlipKind::ExtraFactor, right.clone() * factor.clone(), factor)
    }));
    let outputs = surroundings.outputs as f64;
    let constants = [2.0, 0.5, outputs, 1.0 / outputs];
    edits.extend(constants.map(|factor| Edit::new(SlipKind::WrongFactor, Expr::Number(factor) * right.clone())));
}
