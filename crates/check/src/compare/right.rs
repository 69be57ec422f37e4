//! What a column ought to hold: the theory's equations, with the sheet's own scales, from quantities that every sheet has.

use gradbook_lesson::Param;

use super::equation::{Equation, Timed, now};
use super::sense::Sense;
use gradbook_lesson::{Expr, Key};

fn number(x: f64) -> Expr<Key> {
    Expr::Number(x)
}

fn times(factor: f64, equation: Expr<Key>) -> Expr<Key> {
    match factor {
        1.0 => equation,
        -1.0 => -equation,
        _ => number(factor) * equation,
    }
}

/// The right equation of a quantity; `None` for what is given and not calculated.
///
/// Gradients are written out from activations, weights, targets and inputs, whatever columns the sheet has between.
pub(crate) fn equation(sense: &Sense, key: Key) -> Option<Equation> {
    let theory = sense.theory();
    let network = &theory.network;
    let scale = sense.points.scales.of(key);
    let of = Expr::Of;
    // What comes back to a hidden unit's activation from one unit of the next layer.
    let path = |s, l: usize, j, k| theory.dz_in_full(s, l + 1, k) * of(Key::P(Param::W(l + 1, k, j)));
    let own = |s: usize, p: Param| match p {
        Param::W(l, j, i) => theory.dz_in_full(s, l, j) * of(theory.input(s, l, i)),
        Param::B(l, j) => theory.dz_in_full(s, l, j),
    };
    Some(match key {
        Key::Z(..) | Key::A(..) | Key::E(..) | Key::Error(_) | Key::Loss | Key::Slope(..) => now(&sense.step(key)),
        Key::G(p) => {
            let gradients = sense.points.tied(p).into_iter().map(|p| theory.mean(|s| own(s, p)));
            now(&times(scale, Expr::sum(gradients)))
        }
        Key::Own(s, p) => now(&times(scale, own(s, p))),
        Key::Da(s, l, j) if l < network.last() => {
            now(&times(scale, Expr::sum((0..network.units(l + 1)).map(|k| path(s, l, j, k)))))
        }
        Key::Da(..) => now(&sense.step(key)),
        Key::Dz(s, l, j) => now(&times(scale, theory.dz_in_full(s, l, j))),
        Key::Path(s, l, j, k) => now(&times(scale, path(s, l, j, k))),
        Key::M(p) => {
            let change = now(&(of(Key::Rate) * of(Key::G(p))));
            if sense.points.scales.change < 0.0 { -change } else { change }
        }
        Key::Next(p) => updated(sense, p, 0),
        Key::P(p) if sense.column(Key::Next(p)).is_some() => Expr::Of(Timed { key: Key::Next(p), back: 1 }),
        Key::P(p) => updated(sense, p, 1),
        _ => return None,
    })
}

/// `p - rate · gradient`, from numbers that many steps before; plus, if the sheet's gradients point downhill.
fn updated(sense: &Sense, p: Param, back: isize) -> Equation {
    let of = |key| Expr::Of(Timed { key, back });
    let change = of(Key::Rate) * of(Key::G(p));
    if sense.points.scales.gradient < 0.0 { of(Key::P(p)) + change } else { of(Key::P(p)) - change }
}
