//! Where the learning rate of the updates comes from.

use super::sheet_meaning::Meaning;
use crate::compare::{RateSource, Sense};
use crate::names::Role;
use crate::tables::{Content, Leaf, RateLabel, Reading, Rounding};
use gradbook_lesson::{Key, Param, Piece, Reader};

/// One for each layer: that of all updates, unless most updates of a layer use another cell that is called a
/// learning rate.
pub(super) fn of_layers(
    meaning: &Meaning,
    reading: &Reading,
    rounding: &Rounding,
    labels: &[RateLabel],
) -> Vec<RateSource> {
    let is_named = |leaf: &Leaf| labels.iter().any(|label| label.at.is_some_and(|at| *leaf == Leaf::Cell(at)));
    let (leaves, formulas) = leaves(meaning, reading, None);
    let most = leaves.iter().map(|(_, count)| *count).max();
    let common: Vec<Leaf> = leaves.iter().filter(|(_, count)| Some(*count) == most).map(|(leaf, _)| *leaf).collect();
    // If there are several, the one that is called a rate. What one update alone multiplies by may be anything.
    let leaf = common.iter().find(|leaf| is_named(leaf)).or(common.first().filter(|_| most > Some(1))).copied();
    let rate = match leaf {
        Some(leaf) => RateSource::Leaf(leaf),
        None if formulas > 0 => match meaning.with(reading, rounding, |sense| literal(sense, meaning)) {
            RateSource::Number(1.0) => forgotten(meaning, reading, labels).unwrap_or(RateSource::Number(1.0)),
            literal => literal,
        },
        None => meaning.with(reading, rounding, |sense| typed(sense, meaning, labels)),
    };
    let of_layer = |layer: usize| {
        let (leaves, formulas) = self::leaves(meaning, reading, Some(layer));
        let own = leaves.iter().find(|(leaf, count)| 2 * count > formulas && formulas > 1 && is_named(leaf));
        own.map_or(rate, |(leaf, _)| RateSource::Leaf(*leaf))
    };
    (0..=meaning.theory.network.last()).map(of_layer).collect()
}

/// The rate that a sheet names, if no update has a factor.
fn forgotten(meaning: &Meaning, reading: &Reading, labels: &[RateLabel]) -> Option<RateSource> {
    let mut named = labels.iter().filter(|label| label.sheet == reading.table.sheet && label.is_sure);
    let label = named.next().filter(|label| named.next().is_none() && label.value != 1.0)?;
    let has_factor = meaning.updates(reading).into_iter().any(|(column, step)| has_one(reading, column, step));
    (!has_factor).then_some(RateSource::Leaf(Leaf::Cell(label.at?)))
}

/// Whether a 1 is typed into the formula of a cell.
pub(crate) fn has_one(reading: &Reading, column: usize, step: usize) -> bool {
    let mut has_one = false;
    if let Some(tree) = reading.book.tree(reading.table.columns[column].at(step)) {
        tree.pieces(Reader::Person, &mut |piece| has_one |= matches!(piece, Piece::Number(1.0)));
    }
    has_one
}

/// What the updates of a layer (or of all) refer to that may be a learning rate, how many of them do, and how many
/// updates are formulas.
fn leaves(meaning: &Meaning, reading: &Reading, layer: Option<usize>) -> (Vec<(Leaf, usize)>, usize) {
    let of_layer = |key: &Key| match key {
        Key::P(p) | Key::Next(p) | Key::M(p) => match p {
            Param::W(l, ..) | Param::B(l, _) => layer.is_none_or(|layer| layer == *l),
        },
        _ => false,
    };
    let mut counts: Vec<(Leaf, usize)> = Vec::new();
    let mut formulas = 0;
    for (column, step) in meaning.updates(reading) {
        let Content::Formula(tree) = reading.content(column, step) else { continue };
        if !meaning.keys[column].first().is_some_and(of_layer) {
            continue;
        }
        formulas += 1;
        for leaf in tree.leaves() {
            let leaf = match leaf {
                Leaf::Cell(at) if reading.cell_value(at) != 0.0 => leaf,
                Leaf::Column(column, _) if *reading.table.columns[column].role.whole() == Role::Rate => {
                    Leaf::Column(column, 0)
                }
                _ => continue,
            };
            match counts.iter_mut().find(|(other, _)| *other == leaf) {
                Some((_, count)) => *count += 1,
                None => counts.push((leaf, 1)),
            }
        }
    }
    (counts, formulas)
}

/// The rate that most updates have as a number in their formula.
fn literal(sense: &Sense, meaning: &Meaning) -> RateSource {
    let descent = meaning.scales.gradient.signum();
    let mut rates: Vec<(f64, usize)> = Vec::new();
    for (column, step) in meaning.updates(sense.reading) {
        let Content::Formula(tree) = sense.reading.content(column, step) else { continue };
        let Some(values) = sense.formula_values(tree, step) else { continue };
        let Some(key) = sense.keys[column].first().copied() else { continue };
        let (p, back) = match key {
            Key::P(p) => (p, 1),
            Key::Next(p) => (p, 0),
            _ => continue,
        };
        let rate = |trial: usize| {
            let step = step as isize - back;
            let gradient = sense.points.value(Key::G(p), trial, step);
            descent * (sense.points.value(Key::P(p), trial, step) - values[trial]) / gradient
        };
        // Where a gradient is 0, any rate would do.
        let implied: Vec<f64> = (0..values.len()).map(rate).filter(|rate| !rate.is_nan()).collect();
        let Some(first) = implied.first().copied() else { continue };
        // Uphill, too.
        let (first, is_one) = (first.abs(), implied.iter().all(|rate| (rate - first).abs() <= 1e-7 * first.abs()));
        if first > 0.0 && is_one {
            match rates.iter_mut().find(|(other, _)| (*other - first).abs() <= 1e-7 * first) {
                Some((_, count)) => *count += 1,
                None => rates.push((first, 1)),
            }
        }
    }
    // One update alone may be of another method.
    let most = rates.iter().max_by_key(|(_, count)| *count).filter(|(_, count)| *count > 1);
    // As it was typed: without the last bits of the calculation.
    most.map_or(RateSource::Unknown, |(rate, _)| RateSource::Number(rounded(*rate)))
}

fn rounded(rate: f64) -> f64 {
    format!("{rate:.6e}").parse().unwrap_or(rate)
}

/// The rate that typed numbers follow: change over gradient, where rounding leaves most of it.
fn typed(sense: &Sense, meaning: &Meaning, labels: &[RateLabel]) -> RateSource {
    let descent = meaning.scales.gradient.signum();
    let mut estimates: Vec<(f64, f64)> = Vec::new();
    for (column, step) in meaning.updates(sense.reading) {
        let (p, before) = match sense.keys[column].first() {
            Some(Key::P(p)) => (*p, step - 1),
            Some(Key::Next(p)) => (*p, step),
            _ => continue,
        };
        let (gradient, old) = (sense.number(Key::G(p), before, 0), sense.number(Key::P(p), before, 0));
        let change = descent * (old.value - sense.reading.value(column, step));
        let slack = old.slack + sense.rounding.of(column, step);
        let rate = change / gradient.value;
        let relative = slack / change.abs() + gradient.slack / gradient.value.abs();
        if rate.is_finite() && relative < 0.25 {
            estimates.push((rate, relative * rate.abs()));
        }
    }
    // One update alone may be of another method.
    if estimates.len() == 1 {
        return RateSource::Unknown;
    }
    estimates.sort_by(|x, y| x.0.total_cmp(&y.0));
    let Some(&(median, _)) = estimates.get(estimates.len() / 2) else { return RateSource::Unknown };
    // The number nearby that most estimates allow: a label's, or one with few digits.
    let short = (1..=4).map(|digits| format!("{median:.*e}", digits - 1).parse().unwrap_or(median));
    let candidates = labels.iter().map(|label| label.value).chain(short).chain([median]);
    let allowed = |rate: f64| estimates.iter().filter(|(x, slack)| (x - rate).abs() <= 1.5 * slack + 1e-9).count();
    let mut best = (0, median);
    for candidate in candidates {
        if allowed(candidate) > best.0 {
            best = (allowed(candidate), candidate);
        }
    }
    // Numbers that agree on none follow another method, or other gradients.
    if 2 * best.0 <= estimates.len() {
        return RateSource::Unknown;
    }
    // A negative one is a wrong sign in the updates.
    RateSource::Number(best.1.abs())
}
