//! Findings in words, with the formulas as the sheet's author would type them.

use gradbook_lesson::{Expr, Key, SlipKind};

use super::equation::{in_cells, in_symbols, spelled};
use super::symbols::{header, range, row_words, symbol};
use crate::compare::{Sense, Timed};
use crate::judge::{Cause, CellRun, central_difference};
use crate::limits::MAX_GAP;
use crate::read::At;
use crate::report::Finding;
use crate::tables::{Content, Leaf};

/// A run of wrong cells, and those that have a copy of its formula, explained.
pub(super) fn finding(sense: &Sense, runs: &[CellRun]) -> Finding {
    let (reading, run) = (sense.reading, &runs[0]);
    let column = &reading.table.columns[run.column];
    let first = if run.helpers.is_empty() { column.at(run.shown) } else { run.helpers[0] };
    let names =
        |name: &dyn Fn(usize) -> String| runs.iter().map(|run| name(run.column)).collect::<Vec<String>>().join(", ");
    let formula = reading.book.formula(first).map(|text| format!("={text}"));
    let finite = |x: f64| x.is_finite().then_some(x);
    let relative = (run.stored - run.correct.value).abs() / run.correct.value.abs();
    let quantity = names(&|column| header(sense, column));
    let key = sense.keys[run.column].first().copied();
    Finding {
        kind: run.kind.id(),
        places: runs.iter().flat_map(|run| places(sense, run)).collect(),
        hint: run.kind.hint(),
        message: format!("{quantity}: {}", detail(sense, run, runs.len() > 1)),
        formula,
        right_formula: format!("={}", in_cells(sense, &spelled(sense, &run.right, 0), run.shown, column.at(0).sheet)),
        right_symbols: format!("{} = {}", header(sense, run.column), in_symbols(sense, &run.right)),
        stored: finite(run.stored),
        correct: finite(run.correct.value),
        relative_error: finite(relative),
        central_difference: key.and_then(|key| central_difference(sense, key, run.shown)),
        symbol: names(&|column| {
            sense.keys[column].first().map_or_else(|| header(sense, column), |key| sense.theory().text(*key))
        }),
        quantity,
    }
}

/// The wrong cells of a run.
fn cells(sense: &Sense, run: &CellRun) -> Vec<At> {
    let column = &sense.reading.table.columns[run.column];
    if run.helpers.is_empty() { run.steps.clone().map(|step| column.at(step)).collect() } else { run.helpers.clone() }
}

/// Those cells as ranges. What lies further on is a place of its own, as where a table has a block a step.
fn places(sense: &Sense, run: &CellRun) -> Vec<String> {
    let mut ranges: Vec<(At, At)> = Vec::new();
    for at in cells(sense, run) {
        let is_near = |last: &At| at.row.abs_diff(last.row) <= MAX_GAP && at.column.abs_diff(last.column) <= MAX_GAP;
        match ranges.last_mut().filter(|(_, last)| is_near(last)) {
            Some((_, last)) => *last = at,
            None => ranges.push((at, at)),
        }
    }
    ranges.into_iter().map(|(first, last)| range(sense, first, last)).collect()
}

/// What is wrong, in words; if several columns are wrong, what is wrong in the first.
fn detail(sense: &Sense, run: &CellRun, several: bool) -> String {
    let cause = cause(sense, &run.cause);
    match (run.kind, &cause) {
        (SlipKind::Typed, _) => "a typed number among formulas: it does not follow when something changes".to_owned(),
        (SlipKind::Other, _) => "the formula differs from the right one, by no single usual slip".to_owned(),
        (SlipKind::FixedReference, _) => match fixed(sense, run) {
            Some((of, at)) => format!("{}: {of} is always that of {at}", run.kind.hint()),
            None => run.kind.hint().to_owned(),
        },
        (kind, None) => kind.hint().to_owned(),
        (SlipKind::HardCodedRate, Some(cause)) => format!("the learning rate is typed into the formula ({cause})"),
        (SlipKind::AnotherRate, Some(cause)) => format!("another cell is used as learning rate ({cause})"),
        (SlipKind::Uphill, Some(cause)) => {
            format!("the step goes uphill ({cause}): the gradient is added, not subtracted")
        }
        (SlipKind::MissingFactor, _) if is_rate(&run.cause) => "the learning rate is missing".to_owned(),
        (SlipKind::WrongSign, Some(cause)) => format!("the sign of {cause} is wrong"),
        (SlipKind::MissingBrackets, Some(cause)) => format!("brackets are missing around {cause}"),
        (kind, Some(cause)) if several => format!("{}: {cause} in {}", kind.hint(), header(sense, run.column)),
        (kind, Some(cause)) => format!("{}: {cause}", kind.hint()),
    }
}

fn is_rate(cause: &Cause) -> bool {
    matches!(cause, Cause::Missing(Expr::Of(timed)) if timed.key == Key::Rate)
}

/// What a fixed reference holds, and its cell.
fn fixed(sense: &Sense, run: &CellRun) -> Option<(String, String)> {
    let Cause::Instead(other, leaf) = run.cause else { return None };
    let (column, step) = (sense.column(other.key)?, run.steps.end - 1);
    let Content::Formula(tree) = sense.reading.content(run.column, step) else { return None };
    let expected = step.checked_add_signed(-leaf.back);
    let read = tree.leaves().into_iter().find_map(|leaf| match leaf {
        Leaf::Column(of, at) if of == column && Some(at) != expected => Some(at),
        _ => None,
    })?;
    Some((header(sense, column), sense.reading.table.columns[column].at(read).name()))
}

fn cause(sense: &Sense, cause: &Cause) -> Option<String> {
    match cause {
        Cause::Instead(other, leaf) if other.key == leaf.key => {
            let of = symbol(sense, Timed { back: 0, ..*leaf });
            Some(format!("{of} is taken from {}", row_words(other.back)))
        }
        Cause::Instead(other, leaf) => Some(format!(
            "{} in place of {}",
            symbol(sense, Timed { back: other.back - leaf.back, ..*other }),
            symbol(sense, Timed { back: 0, ..*leaf })
        )),
        Cause::Around(part) => Some(in_symbols(sense, part)),
        Cause::Missing(part) => Some(format!("{} is missing", in_symbols(sense, part))),
        Cause::Rate(rate) => Some(format!("{rate}")),
        Cause::Both(first, second) => {
            let parts = [first, second].map(|part| self::cause(sense, part));
            Some(parts.into_iter().flatten().collect::<Vec<_>>().join("; and ")).filter(|text| !text.is_empty())
        }
        Cause::Unknown => None,
    }
}
