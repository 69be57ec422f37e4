//! Whether a cell is right.
//!
//! A formula is compared with the right equation at random points; a typed number with what the numbers beside it give,
//! and is wrong only if rounding does not explain the difference. Either way a column is judged by its own formula and
//! its neighbours' numbers as they are, so what follows from somebody's mistake is not a mistake.

use gradbook_lesson::Key;

use super::cell_run::Counts;
use crate::compare::{Equation, Rounded, Sense, now};
use crate::tables::Content;

/// A number may be off by this multiple of what rounding alone explains: intermediate results were rounded, too.
const SLACK: f64 = 2.0;
/// And by so much of itself, for formulas in another order of operations.
const RELATIVE: f64 = 1e-9;

/// How a cell differs from what it ought to be.
pub(super) enum Difference {
    /// The formula comes to these numbers at the random points.
    Formula(Vec<f64>),
    Number,
    /// A number among formulas.
    Typed,
}

/// How a cell differs; `None` if it does not, or if nothing can be said.
pub(super) fn difference(
    sense: &Sense,
    right: &Equation,
    column: usize,
    step: usize,
    has_formulas: bool,
    counts: &mut Counts,
) -> Option<Difference> {
    let content = sense.reading.content(column, step);
    let found = match content {
        Content::Nothing | Content::Error(_) | Content::Text(_) => return None,
        Content::Formula(tree) => match sense.formula_values(tree, step) {
            Some(values) => (!sense.points.gives(right, &values, step as isize)).then_some(Difference::Formula(values)),
            None => number(sense, right, column, step, counts)?,
        },
        Content::Typed(_) if has_formulas => Some(Difference::Typed),
        // One number of a formula that is not understood proves nothing.
        Content::Unknown(_) if sense.reading.table.steps == 1 => return None,
        Content::Typed(_) | Content::Plugged(_) | Content::Unknown(_) => number(sense, right, column, step, counts)?,
    };
    counts.right += usize::from(found.is_none());
    found
}

/// `None` if nothing can be said; otherwise whether the number is wrong.
fn number(
    sense: &Sense,
    right: &Equation,
    column: usize,
    step: usize,
    counts: &mut Counts,
) -> Option<Option<Difference>> {
    let (value, expected) = (sense.reading.value(column, step), sense.expected(right, step));
    if !value.is_finite() || !expected.value.is_finite() {
        return None;
    }
    let slack = allowed(sense, expected, column, step);
    if (value - expected.value).abs() > slack {
        return if follows(sense, column, step) { Some(None) } else { Some(Some(Difference::Number)) };
    }
    if slack > 0.1 * expected.value.abs() && expected.value != 0.0 {
        counts.undecided += 1;
        return None;
    }
    Some(None)
}

/// Whether a gradient's number follows from the sheet's own column of ∂E/∂z: then the mistake, if there is one, is there.
fn follows(sense: &Sense, column: usize, step: usize) -> bool {
    let Some(key @ (Key::G(_) | Key::Own(..) | Key::Da(..) | Key::Dz(..))) = sense.keys[column].first().copied() else {
        return false;
    };
    let expected = sense.expected(&now(&sense.step(key)), step);
    (sense.reading.value(column, step) - expected.value).abs() <= allowed(sense, expected, column, step)
}

/// How far a number may be from what is expected.
pub(super) fn allowed(sense: &Sense, expected: Rounded, column: usize, step: usize) -> f64 {
    SLACK * (expected.slack + sense.rounding.of(column, step)) + RELATIVE * expected.value.abs() + 1e-15
}
