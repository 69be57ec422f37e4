//! A tree with one mistake in it, in all the ways that there are.

use crate::{Expr, Key};

/// A leaf of an equation: a quantity, perhaps one of a certain step.
pub trait HasKey: Clone + PartialEq {
    /// The quantity.
    fn key(&self) -> Key;

    /// Another quantity in the same place.
    fn with_key(&self, key: Key) -> Self;
}

impl HasKey for Key {
    fn key(&self) -> Key {
        *self
    }

    fn with_key(&self, key: Key) -> Key {
        key
    }
}

/// The tree with another leaf in place of one: everywhere, and within each part alone; in all samples alike.
pub(super) fn replaced<L: HasKey>(tree: &Expr<L>, leaf: &L, other: &L) -> Vec<Expr<L>> {
    let like = |of: &L| match sample(of.key()) {
        Some(s) if leaf.with_key(in_sample(leaf.key(), s)) == *of => other.with_key(in_sample(other.key(), s)),
        _ if of == leaf => other.clone(),
        _ => of.clone(),
    };
    let changed = edited(tree, &|part| {
        let changed = part.map(&like);
        if changed == *part { Vec::new() } else { vec![(changed, ())] }
    });
    let mut equations: Vec<Expr<L>> = changed.into_iter().map(|(equation, ())| equation).collect();
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

/// An equation about one sample, of another one.
pub(super) fn in_samples<L: HasKey>(tree: &Expr<L>, s: usize) -> Expr<L> {
    tree.map(&|leaf| leaf.with_key(in_sample(leaf.key(), s)))
}

/// The samples of terms that are one and the same equation, each of another sample; `None` if they are not.
pub(super) fn samples<L: HasKey>(terms: &[Expr<L>]) -> Option<Vec<usize>> {
    let of = |term: &Expr<L>| term.leaves().iter().find_map(|leaf| sample(leaf.key()));
    let samples: Vec<usize> = terms.iter().map(of).collect::<Option<_>>()?;
    let is_same = |(term, s): (&Expr<L>, &usize)| in_samples(&terms[0], *s) == *term;
    let differ = samples.windows(2).all(|pair| pair[0] != pair[1]);
    (terms.len() > 1 && differ && terms.iter().zip(&samples).all(is_same)).then_some(samples)
}

/// Each with the factor that is missing.
pub(super) fn without_a_factor<L: HasKey>(tree: &Expr<L>) -> Vec<(Expr<L>, Expr<L>)> {
    edited(tree, &|part| match part {
        Expr::Product(factors) if factors.len() > 1 => without_each(factors, &Expr::Product),
        Expr::Quotient(x, y) => vec![((**x).clone(), (**y).clone())],
        _ => Vec::new(),
    })
}

/// Each with the exponent that is missing.
pub(super) fn without_a_power<L: HasKey>(tree: &Expr<L>) -> Vec<(Expr<L>, Expr<L>)> {
    edited(tree, &|part| match part {
        Expr::Power(x, y) => vec![((**x).clone(), (**y).clone())],
        _ => Vec::new(),
    })
}

/// Each with the term that is missing.
pub(super) fn without_a_term<L: HasKey>(tree: &Expr<L>) -> Vec<(Expr<L>, Expr<L>)> {
    edited(tree, &|part| match part {
        Expr::Sum(terms) if terms.len() > 1 => without_each(terms, &Expr::Sum),
        _ => Vec::new(),
    })
}

fn without_each<L: HasKey>(list: &[Expr<L>], whole: &dyn Fn(Vec<Expr<L>>) -> Expr<L>) -> Vec<(Expr<L>, Expr<L>)> {
    let without = |at: usize| {
        let mut rest = list.to_vec();
        let missing = rest.remove(at);
        (if rest.len() == 1 { rest.remove(0) } else { whole(rest) }, missing)
    };
    (0..list.len()).map(without).collect()
}

/// With `1 - a²` in place of `a (1 - a)` and the other way round, and with the square forgotten.
pub(super) fn with_another_slope<L: HasKey>(tree: &Expr<L>) -> Vec<Expr<L>> {
    let one_minus = |x: Expr<L>| Expr::Number(1.0) - x;
    let edited = edited(tree, &|part| match part {
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
pub(super) fn with_a_sign<L: HasKey>(tree: &Expr<L>) -> Vec<(Expr<L>, Expr<L>)> {
    edited(tree, &|part| match part {
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
pub(super) fn without_brackets<L: HasKey>(tree: &Expr<L>) -> Vec<(Expr<L>, Expr<L>)> {
    edited(tree, &|part| match part {
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
                let product = |before: &[Expr<L>], term: Expr<L>, after: &[Expr<L>]| {
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
pub(super) fn edited<L: HasKey, T>(tree: &Expr<L>, edit: &dyn Fn(&Expr<L>) -> Vec<(Expr<L>, T)>) -> Vec<(Expr<L>, T)> {
    let mut found = edit(tree);
    let mut inside = |part: &Expr<L>, whole: &dyn Fn(Expr<L>) -> Expr<L>| {
        found.extend(edited(part, edit).into_iter().map(|(part, what)| (whole(part), what)));
    };
    let put = |list: &[Expr<L>], at: usize, part: Expr<L>| {
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
    found
}
