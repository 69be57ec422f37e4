//! How well a column fits what it is taken for.

use gradbook_lesson::Key;

use crate::compare::{Sense, now, right_equation, same};
use crate::tables::typical;

/// To tell ReLU from no activation, one step in which they differ has to be among those that are looked at.
const STEPS_COMPARED: usize = 64;

/// Whether most of a column is what `key` ought to be.
pub(crate) fn agrees(sense: &Sense, column: usize, key: Key) -> bool {
    agreement(sense, column, key) > 0.5
}

/// Which share of a column is what `key` ought to be.
pub(super) fn agreement(sense: &Sense, column: usize, key: Key) -> f64 {
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
            if let Key::M(_) = key { right_equation(sense, key) } else { Some(now(&sense.theory().step(key))) };
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
