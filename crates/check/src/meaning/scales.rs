//! By which factors a sheet's errors and gradients differ from ½ (t - a)² and its derivative: the majority decides.

use gradbook_lesson::{Activation, Key, Loss};

use super::agreement::agrees;
use super::sheet_meaning::Meaning;
use crate::compare::{Keys, Points, Scales, Sense, right_equation, same};
use crate::names::Role;
use crate::tables::{Leaf, RateLabel, Reading, Rounding, typical};

/// Steps whose numbers are looked at.
const STEPS_TRIED: usize = 6;

/// What can be asked about a table.
struct Asked<'r> {
    reading: &'r Reading<'r>,
    rounding: &'r Rounding,
}

impl Asked<'_> {
    /// By which of these multiples the columns of a kind differ from what they would be by themselves, and whether the
    /// forward columns prove it.
    fn scale(&self, meaning: &Meaning, is: &dyn Fn(Key) -> bool, usual: &[f64]) -> (Option<f64>, bool) {
        // What lies between is calculated from the forward columns, because its own scale is not known yet.
        let between = |key: &Key| matches!(key, Key::G(_) | Key::Own(..) | Key::Da(..) | Key::Dz(..) | Key::Path(..));
        let forward: Keys =
            meaning.keys.iter().map(|keys| keys.iter().copied().filter(|key| !between(key)).collect()).collect();
        let vote = |keys: &Keys| {
            let steps = self.reading.table.steps;
            let mut points = Points::new(&meaning.theory, meaning.scales, meaning.constant_inputs, None, keys, steps);
            points.targets.clone_from(&meaning.targets);
            vote(&Sense::new(self.reading, &points, self.rounding, keys, &[]), &meaning.keys, is, usual)
        };
        // A mistake between is not to spoil what follows from it; but then it is no proof of what the errors are.
        let sure = vote(&forward);
        (sure.or_else(|| vote(&meaning.keys)), sure.is_some())
    }
}

fn is_error(key: Key) -> bool {
    matches!(key, Key::E(..))
}

fn is_total(key: Key) -> bool {
    matches!(key, Key::Loss | Key::Error(_))
}

fn is_gradient(key: Key) -> bool {
    matches!(key, Key::G(_))
}

/// Says how errors and gradients relate to ½ (t - a)² and its derivative.
pub(super) fn find_scales(meaning: &mut Meaning, reading: &Reading, rounding: &Rounding, labels: &[RateLabel]) {
    let asked = Asked { reading, rounding };
    find_loss(meaning, &asked);
    let usual = usual_multiples(meaning);
    let (error, _) = asked.scale(meaning, &is_error, &usual);
    meaning.scales.error = error.unwrap_or(1.0);
    let (total, _) = asked.scale(meaning, &is_total, &usual);
    meaning.scales.error = error.or(total).unwrap_or(1.0);
    meaning.scales.total = total.or(error).unwrap_or(1.0);
    // Gradients of the error that is shown, if they can be that; otherwise of another multiple of it.
    let mut multiples = vec![meaning.scales.total, meaning.scales.error];
    multiples.extend(usual.iter().copied());
    multiples.extend(multiples.clone().iter().map(|c| -c));
    let (gradient, is_sure) = gradient_scale(meaning, &asked, labels, &multiples);
    meaning.scales.gradient = gradient.unwrap_or(meaning.scales.total);
    // Errors of an unknown kind, whose gradients are those of a known one, are errors in the columns of errors.
    let has = |is: &dyn Fn(Key) -> bool| meaning.keys.iter().flatten().any(|key| is(*key));
    let has_gradients = has(&|key| matches!(key, Key::G(_) | Key::Own(..)));
    let is_known = error.is_some() || total.is_some();
    meaning.knows_loss = is_known || is_sure || !(has(&is_error) || has(&is_total) || has_gradients);
    if !is_known {
        let scale = meaning.scales.gradient.abs();
        (meaning.scales.error, meaning.scales.total) = (scale, scale);
    }
    let (delta, _) = asked.scale(meaning, &|key| matches!(key, Key::Dz(..)), &multiples);
    meaning.scales.delta = delta.unwrap_or(meaning.scales.gradient);
    forget_misnamed(meaning, &asked, delta);
}

/// Errors that are no squares may be those of another loss, if the last function is the one that it needs.
fn find_loss(meaning: &mut Meaning, asked: &Asked) {
    // A total of errors is the sum of its columns, whatever these hold.
    let has_errors = meaning.keys.iter().flatten().any(|key| is_error(*key));
    let is_shown = |key: Key| if has_errors { is_error(key) } else { is_total(key) };
    let fits = |meaning: &Meaning| asked.scale(meaning, &is_shown, &usual_multiples(meaning)).0.is_some();
    let network = &meaning.theory.network;
    let last = network.activation(network.last());
    let is_possible = |loss: &Loss| loss.needs().is_some_and(|function| last == Activation::Function(function));
    for loss in Loss::ALL.into_iter().filter(is_possible) {
        if fits(meaning) {
            return;
        }
        let before = std::mem::replace(&mut meaning.theory.network.loss, loss);
        if !fits(meaning) {
            meaning.theory.network.loss = before;
        }
    }
}

/// By which factors the errors of sheets differ from the loss's.
fn usual_multiples(meaning: &Meaning) -> Vec<f64> {
    let outputs = meaning.theory.network.outputs() as f64;
    match meaning.theory.network.loss {
        Loss::SquaredError {} | Loss::MeanSquaredError {} => vec![1.0, 2.0, 2.0 / outputs, 1.0 / outputs, 0.5],
        Loss::CrossEntropy { .. } => vec![1.0, 1.0 / outputs],
        Loss::BinaryCrossEntropy {} => vec![1.0, outputs],
    }
}

/// The scale of the gradients. A column called Δw may hold the gradient, if no other one does, and no rate is in it.
fn gradient_scale(
    meaning: &mut Meaning,
    asked: &Asked,
    labels: &[RateLabel],
    multiples: &[f64],
) -> (Option<f64>, bool) {
    let found = asked.scale(meaning, &is_gradient, multiples);
    let has_gradients = meaning.keys.iter().flatten().any(|key| is_gradient(*key));
    if has_gradients || changes_have_a_rate(meaning, asked.reading, labels) {
        return found;
    }
    let changes = meaning.keys.clone();
    for key in meaning.keys.iter_mut().flatten() {
        if let Key::M(p) = *key {
            *key = Key::G(p);
        }
    }
    let found = asked.scale(meaning, &is_gradient, multiples);
    if found.0.is_none() {
        meaning.keys = changes;
    }
    found
}

/// Names of many uses: what does not fit at all is another quantity.
fn forget_misnamed(meaning: &mut Meaning, asked: &Asked, delta: Option<f64>) {
    let is_slope = |key: &Key| matches!(key, Key::Slope(..));
    let fits = meaning.with(asked.reading, asked.rounding, |sense| {
        sense.known_columns().any(|(column, _, key)| is_slope(&key) && agrees(sense, column, key))
    });
    for (keys, column) in meaning.keys.iter_mut().zip(&asked.reading.table.columns) {
        let is_delta = matches!(column.role.whole(), Role::Delta(_));
        if delta.is_none() && is_delta || !fits && keys.iter().any(is_slope) {
            keys.clear();
        }
    }
}

/// Whether a column of changes refers to something that is called a learning rate.
fn changes_have_a_rate(meaning: &Meaning, reading: &Reading, labels: &[RateLabel]) -> bool {
    let is_rate = |leaf: &Leaf| match leaf {
        Leaf::Cell(at) => labels.iter().any(|label| label.at == Some(*at)),
        Leaf::Column(column, _) => *reading.table.columns[*column].role.whole() == Role::Rate,
    };
    let is_change = |column: &usize| matches!(meaning.keys[*column].first(), Some(Key::M(_)));
    let formulas = (0..meaning.keys.len()).filter(is_change).filter_map(|column| typical(reading, column));
    formulas.into_iter().any(|(tree, _)| tree.leaves().iter().any(is_rate))
}

/// Whether most columns of changes hold what is added to a weight (-1) or what is taken from it.
pub(super) fn change_sign(meaning: &Meaning, reading: &Reading, rounding: &Rounding) -> f64 {
    let agreeing = |sign: f64| {
        let meaning = Meaning { scales: Scales { change: sign, ..meaning.scales }, ..meaning.clone() };
        meaning.with(reading, rounding, |sense| {
            let changes = sense.known_columns().filter(|(.., key)| matches!(key, Key::M(_)));
            changes.filter(|(column, _, key)| agrees(sense, *column, *key)).count()
        })
    };
    if agreeing(1.0) > agreeing(-1.0) { 1.0 } else { -1.0 }
}

/// By which of these multiples most columns of that kind differ from what they would be by themselves.
fn vote(sense: &Sense, keys: &Keys, is: &dyn Fn(Key) -> bool, multiples: &[f64]) -> Option<f64> {
    let mut votes = vec![0_usize; multiples.len()];
    for (column, key) in keys.iter().enumerate().filter_map(|(column, keys)| Some((column, *keys.first()?))) {
        if !is(key) {
            continue;
        }
        let present = sense.points.scales.of(key);
        if let Some((tree, step)) = typical(sense.reading, column) {
            let Some(values) = sense.formula_values(&tree, step) else { continue };
            let fits = |multiple: f64| {
                values.iter().enumerate().all(|(trial, value)| {
                    same(*value, multiple * sense.points.value(key, trial, step as isize) / present)
                })
            };
            if let Some(at) = multiples.iter().position(|multiple| fits(*multiple)) {
                votes[at] += 100;
            }
            continue;
        }
        for step in 0..sense.reading.table.steps.min(STEPS_TRIED) {
            let value = sense.reading.value(column, step);
            let Some(equation) = right_equation(sense, key) else { continue };
            let expected = sense.expected(&equation, step);
            let slack = 1.5 * (expected.slack + sense.rounding.of(column, step)) + 1e-14;
            // Where rounding hides the number, it says nothing.
            if !(expected.value.abs() > 10.0 * slack && value.is_finite()) {
                continue;
            }
            let fits =
                |multiple: f64| (value - multiple / present * expected.value).abs() <= slack * multiple.abs().max(1.0);
            if let Some(at) = multiples.iter().position(|multiple| fits(*multiple)) {
                votes[at] += 1;
            }
        }
    }
    let most = *votes.iter().max()?;
    (most > 0).then(|| multiples[votes.iter().position(|count| *count == most).unwrap_or(0)])
}
