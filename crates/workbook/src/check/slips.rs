//! Mistakes as changes of the right equation: every typical slip is a small edit of the tree, so the catalogue is a list
//! of edits and holds for every network, activation and loss.
//!
//! Which slip a wrong formula makes is found by trying: the edited equation that comes to the same numbers is the one.

use gradbook_engine::trace::Param;

use super::points::{Equation, Timed};
use super::sense::Sense;
use crate::lesson::{Expr, Key};

/// What kind of mistake; the words are for people, the names for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    AnotherUnit,
    SumForActivation,
    MissingFactor,
    MissingTerm,
    MissingPath,
    MissingBrackets,
    AnotherSlope,
    AnotherWeight,
    AnotherInput,
    AnotherTarget,
    WrongSign,
    Uphill,
    AnotherGradient,
    UpdatedWeights,
    AnotherRow,
    FixedReference,
    RelativeReference,
    HardCodedRate,
    AnotherRate,
    WrongFactor,
    Typed,
    TextNumber,
    ErrorValue,
    WrongLabel,
    Other,
}

impl Kind {
    /// For programs.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Kind::AnotherUnit => "another_unit",
            Kind::SumForActivation => "sum_for_activation",
            Kind::MissingFactor => "missing_factor",
            Kind::MissingTerm => "missing_term",
            Kind::MissingPath => "missing_path",
            Kind::MissingBrackets => "missing_brackets",
            Kind::AnotherSlope => "another_slope",
            Kind::AnotherWeight => "another_weight",
            Kind::AnotherInput => "another_input",
            Kind::AnotherTarget => "another_target",
            Kind::WrongSign => "wrong_sign",
            Kind::Uphill => "uphill",
            Kind::AnotherGradient => "another_gradient",
            Kind::UpdatedWeights => "updated_weights",
            Kind::AnotherRow => "another_row",
            Kind::FixedReference => "fixed_reference",
            Kind::RelativeReference => "relative_reference",
            Kind::HardCodedRate => "hard_coded_rate",
            Kind::AnotherRate => "another_rate",
            Kind::WrongFactor => "wrong_factor",
            Kind::Typed => "typed_number",
            Kind::TextNumber => "text_number",
            Kind::ErrorValue => "error_value",
            Kind::WrongLabel => "wrong_label",
            Kind::Other => "other",
        }
    }

    /// For people: what to look for, without the answer.
    pub(crate) fn hint(self) -> &'static str {
        match self {
            Kind::AnotherUnit => "another unit's value is used",
            Kind::SumForActivation => "a weighted sum and its activation are confused",
            Kind::MissingFactor => "a factor of the chain rule is missing",
            Kind::MissingTerm => "a term is missing",
            Kind::MissingPath => "not every path to the outputs is added up",
            Kind::MissingBrackets => "brackets are missing",
            Kind::AnotherSlope => "the derivative of another activation is used",
            Kind::AnotherWeight => "another weight is used",
            Kind::AnotherInput => "another input is used",
            Kind::AnotherTarget => "another target is used",
            Kind::WrongSign => "a sign is wrong",
            Kind::Uphill => "the step goes uphill",
            Kind::AnotherGradient => "the gradient of another weight is used",
            Kind::UpdatedWeights => "weights are used that are updated already",
            Kind::AnotherRow => "a number of another row is used",
            Kind::FixedReference => "a reference stayed fixed when the formula was copied",
            Kind::RelativeReference => "a reference moved when the formula was copied",
            Kind::HardCodedRate => "the learning rate is typed into the formula",
            Kind::AnotherRate => "another learning rate is used",
            Kind::WrongFactor => "a constant factor is wrong",
            Kind::Typed => "a number stands where a formula belongs",
            Kind::TextNumber => "a text stands where a number belongs",
            Kind::ErrorValue => "the cell shows an error",
            Kind::WrongLabel => "the label says another learning rate than the one in use",
            Kind::Other => "the formula is another one",
        }
    }
}

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
    for equation in with_another_slope(right) {
        slips.push(Slip::new(Kind::AnotherSlope, equation));
    }
    let sign = if is_update { Kind::Uphill } else { Kind::WrongSign };
    slips.push(Slip::new(Kind::WrongSign, -right.clone()));
    for (equation, of) in with_a_sign(right) {
        slips.push(Slip { around: Some(of).filter(|_| !is_update), ..Slip::new(sign, equation) });
    }
    let outputs = sense.lesson().trace.net.outputs() as f64;
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
    let net = &sense.lesson().trace.net;
    let at = |key| Timed { key, ..leaf };
    let mut others = Vec::new();
    match leaf.key {
        Key::A(s, l, j) => {
            others.push((Kind::SumForActivation, at(Key::Z(s, l, j))));
            for layer in [vec![l], (0..=net.last()).filter(|layer| *layer != l).collect()].concat() {
                for unit in (0..net.widths[layer + 1]).filter(|unit| (layer, *unit) != (l, j)) {
                    others.push((Kind::AnotherUnit, at(Key::A(s, layer, unit))));
                }
            }
            if l == 0 {
                others.extend((0..net.widths[0]).map(|i| (Kind::AnotherInput, at(Key::X(s, i)))));
            }
        }
        Key::Z(s, l, j) => {
            others.extend(
                (0..net.widths[l + 1])
                    .filter(|unit| *unit != j)
                    .map(|unit| (Kind::AnotherUnit, at(Key::Z(s, l, unit)))),
            );
            others.push((Kind::SumForActivation, at(Key::A(s, l, j))));
        }
        Key::X(s, i) => {
            others
                .extend((0..net.widths[0]).filter(|other| *other != i).map(|i| (Kind::AnotherInput, at(Key::X(s, i)))));
            others.extend((0..net.widths[1]).map(|j| (Kind::AnotherInput, at(Key::A(s, 0, j)))));
        }
        Key::T(s, k) => {
            others.extend(
                (0..net.outputs()).filter(|other| *other != k).map(|k| (Kind::AnotherTarget, at(Key::T(s, k)))),
            );
        }
        Key::E(s, k) => {
            others
                .extend((0..net.outputs()).filter(|other| *other != k).map(|k| (Kind::AnotherUnit, at(Key::E(s, k)))));
        }
        Key::P(p) => {
            let layers: Vec<usize> = (0..=net.last()).collect();
            let own = match p {
                Param::W(l, ..) | Param::B(l, _) => l,
            };
            let near = |l: &usize| usize::from(*l != own);
            let mut layers = layers;
            layers.sort_by_key(near);
            for l in layers {
                others.extend(
                    net.weights(l)
                        .chain(net.biases(l))
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
            for l in 0..=net.last() {
                others.extend(
                    net.weights(l)
                        .chain(net.biases(l))
                        .filter(|q| *q != p)
                        .map(|q| (Kind::AnotherWeight, at(Key::Next(q)))),
                );
            }
            others.push((Kind::AnotherRow, at(Key::P(p))));
        }
        Key::G(p) => {
            for l in 0..=net.last() {
                others.extend(
                    net.weights(l)
                        .chain(net.biases(l))
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

/// The tree with another leaf in place of one: everywhere, and within each part alone; in all samples alike.
fn replaced(tree: &Equation, leaf: &Timed, other: &Timed) -> Vec<Equation> {
    let like = |of: &Timed| match sample(of.key) {
        Some(s) if in_sample(leaf.key, s) == of.key && of.back == leaf.back => {
            Timed { key: in_sample(other.key, s), ..*other }
        }
        _ if of == leaf => *other,
        _ => *of,
    };
    let changed = edits(tree, &|part| {
        let changed = part.map(&like);
        if changed == *part { Vec::new() } else { vec![(changed, ())] }
    });
    let mut equations: Vec<Equation> = changed.into_iter().map(|(equation, ())| equation).collect();
    // A leaf that comes once is changed alike in all parts that it is in.
    equations.dedup();
    equations
}

/// The sample that a quantity belongs to.
fn sample(key: Key) -> Option<usize> {
    match key {
        Key::X(s, _) | Key::T(s, _) | Key::Z(s, ..) | Key::A(s, ..) | Key::E(s, _) => Some(s),
        _ => None,
    }
}

/// The same quantity of another sample.
fn in_sample(key: Key, s: usize) -> Key {
    match key {
        Key::X(_, i) => Key::X(s, i),
        Key::T(_, k) => Key::T(s, k),
        Key::Z(_, l, j) => Key::Z(s, l, j),
        Key::A(_, l, j) => Key::A(s, l, j),
        Key::E(_, k) => Key::E(s, k),
        key => key,
    }
}

/// Each with the factor that is missing.
fn without_a_factor(tree: &Equation) -> Vec<(Equation, Equation)> {
    edits(tree, &|part| match part {
        Expr::Product(factors) if factors.len() > 1 => without_each(factors, &Expr::Product),
        Expr::Quotient(x, y) => vec![((**x).clone(), (**y).clone())],
        _ => Vec::new(),
    })
}

/// Each with the exponent that is missing.
fn without_a_power(tree: &Equation) -> Vec<(Equation, Equation)> {
    edits(tree, &|part| match part {
        Expr::Power(x, y) => vec![((**x).clone(), (**y).clone())],
        _ => Vec::new(),
    })
}

/// Each with the term that is missing.
fn without_a_term(tree: &Equation) -> Vec<(Equation, Equation)> {
    edits(tree, &|part| match part {
        Expr::Sum(terms) if terms.len() > 1 => without_each(terms, &Expr::Sum),
        _ => Vec::new(),
    })
}

fn without_each(list: &[Equation], whole: &dyn Fn(Vec<Equation>) -> Equation) -> Vec<(Equation, Equation)> {
    let without = |at: usize| {
        let mut rest = list.to_vec();
        let missing = rest.remove(at);
        (if rest.len() == 1 { rest.remove(0) } else { whole(rest) }, missing)
    };
    (0..list.len()).map(without).collect()
}

/// With `1 - a²` in place of `a (1 - a)` and the other way round, and with the square forgotten.
fn with_another_slope(tree: &Equation) -> Vec<Equation> {
    let one_minus = |x: Equation| Expr::Number(1.0) - x;
    let edited = edits(tree, &|part| match part {
        Expr::Product(factors) => match factors.as_slice() {
            [a @ Expr::Of(_), rest] if *rest == one_minus(a.clone()) => {
                vec![(one_minus(a.clone() * a.clone()), ())]
            }
            _ => Vec::new(),
        },
        Expr::Sum(terms) => match terms.as_slice() {
            [Expr::Number(1.0), Expr::Neg(square)] => match &**square {
                Expr::Product(factors) if factors.len() == 2 && factors[0] == factors[1] => {
                    let a = || factors[0].clone();
                    vec![(a() * one_minus(a()), ()), (one_minus(a()), ())]
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        },
        _ => Vec::new(),
    });
    edited.into_iter().map(|(equation, ())| equation).collect()
}

/// Each with what has the other sign.
fn with_a_sign(tree: &Equation) -> Vec<(Equation, Equation)> {
    edits(tree, &|part| match part {
        Expr::Sum(terms) => {
            let flipped = |at: usize| {
                let mut terms = terms.clone();
                let (plain, flipped) = match &terms[at] {
                    Expr::Neg(x) => ((**x).clone(), (**x).clone()),
                    x => (x.clone(), -x.clone()),
                };
                terms[at] = flipped;
                (Expr::Sum(terms), plain)
            };
            (0..terms.len()).map(flipped).collect()
        }
        Expr::Call(function, arguments) => {
            let flipped = arguments.iter().map(|x| -x.clone()).collect();
            let plain = if let Expr::Neg(x) = &arguments[0] { (**x).clone() } else { arguments[0].clone() };
            vec![(Expr::Call(*function, flipped), plain)]
        }
        _ => Vec::new(),
    })
}

/// Each with what stood in the brackets: `1/1 + e^-z`, `a*1 - a`.
fn without_brackets(tree: &Equation) -> Vec<(Equation, Equation)> {
    edits(tree, &|part| match part {
        Expr::Quotient(x, y) => match &**y {
            Expr::Sum(terms) => {
                let mut open = terms.clone();
                open[0] = Expr::Quotient(x.clone(), Box::new(terms[0].clone()));
                vec![(Expr::Sum(open), (**y).clone())]
            }
            _ => Vec::new(),
        },
        Expr::Product(factors) => {
            let opened = |at: usize| {
                let Expr::Sum(terms) = &factors[at] else { return None };
                // The sign in front of the last term stays in front of the product.
                let last = terms.len() - 1;
                let mut open = terms.clone();
                let product = |before: &[Equation], term: Equation, after: &[Equation]| {
                    let factors = [before, &[term], after].concat();
                    if factors.len() == 1 { factors[0].clone() } else { Expr::Product(factors) }
                };
                open[0] = product(&factors[..at], open[0].clone(), &[]);
                open[last] = match open[last].clone() {
                    Expr::Neg(term) => -product(&[], *term, &factors[at + 1..]),
                    term => product(&[], term, &factors[at + 1..]),
                };
                Some((Expr::Sum(open), factors[at].clone()))
            };
            (0..factors.len()).filter_map(opened).collect()
        }
        _ => Vec::new(),
    })
}

/// All trees in which one part is edited in one of the ways that `edit` knows for it, with what it says of each.
fn edits<T>(tree: &Equation, edit: &dyn Fn(&Equation) -> Vec<(Equation, T)>) -> Vec<(Equation, T)> {
    let mut edited = edit(tree);
    let mut inside = |part: &Equation, whole: &dyn Fn(Equation) -> Equation| {
        edited.extend(edits(part, edit).into_iter().map(|(part, what)| (whole(part), what)));
    };
    let put = |list: &[Equation], at: usize, part: Equation| {
        let mut list = list.to_vec();
        list[at] = part;
        list
    };
    match tree {
        // A slope of ReLU is 0 or 1, so that nothing in it is mistaken one by one.
        Expr::Number(_) | Expr::Of(_) | Expr::If { .. } => {}
        Expr::Neg(x) => inside(x, &|x| -x),
        Expr::Sum(list) => (0..list.len()).for_each(|at| inside(&list[at], &|part| Expr::Sum(put(list, at, part)))),
        Expr::Product(list) => {
            (0..list.len()).for_each(|at| inside(&list[at], &|part| Expr::Product(put(list, at, part))));
        }
        Expr::Call(function, list) => {
            (0..list.len()).for_each(|at| inside(&list[at], &|part| Expr::Call(*function, put(list, at, part))));
        }
        Expr::Quotient(x, y) => {
            inside(x, &|x| Expr::Quotient(Box::new(x), y.clone()));
            inside(y, &|y| Expr::Quotient(x.clone(), Box::new(y)));
        }
        Expr::Power(x, y) => inside(x, &|x| Expr::Power(Box::new(x), y.clone())),
    }
    edited
}
