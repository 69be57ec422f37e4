//! The sheet's error, calculated by the engine: its finite differences, and where it would end with right formulas.

use gradbook_lesson::{Key, Param, Parameters, Sample, State};

use crate::compare::Sense;

/// As in the workbook's own checks.
const DIFFERENCE_STEP: f64 = 1e-5;

/// The numbers of a step as the engine takes them.
fn state_of(sense: &Sense, step: usize) -> Option<(Vec<Sample>, Parameters)> {
    let network = &sense.theory().network;
    let number = |key| sense.number(key, step, 0).value;
    let samples: Vec<Sample> = (0..sense.theory().samples)
        .map(|s| Sample {
            x: (0..network.inputs).map(|i| number(Key::X(s, i))).collect(),
            t: (0..network.outputs()).map(|k| number(Key::T(s, k))).collect(),
        })
        .collect();
    let parameters = Parameters::from_fn(network, |p| number(Key::P(p)));
    let all = samples.iter().flat_map(|sample| sample.x.iter().chain(&sample.t));
    let finite = all.chain(parameters.w.iter().flatten().flatten()).chain(parameters.b.iter().flatten());
    finite.into_iter().all(|number| number.is_finite()).then_some((samples, parameters))
}

/// The quotient of differences of the sheet's error, which knows nothing of the chain rule.
pub(crate) fn central_difference(sense: &Sense, key: Key, step: usize) -> Option<f64> {
    let Key::G(p) = key else { return None };
    let network = &sense.theory().network;
    let (samples, parameters) = state_of(sense, step)?;
    let loss = |h: f64| {
        let mut moved = parameters.clone();
        for tied in sense.points.tied(p) {
            moved[tied] += h;
        }
        State::at(network, &samples, &moved).loss
    };
    let difference = (loss(DIFFERENCE_STEP) - loss(-DIFFERENCE_STEP)) / (2.0 * DIFFERENCE_STEP);
    Some(difference * sense.points.scales.gradient).filter(|x| x.is_finite())
}

/// The error in the last row, as it is and as it would be if every update were right.
pub(crate) fn losses(sense: &Sense) -> (Option<f64>, Option<f64>) {
    let (network, last) = (&sense.theory().network, sense.reading.table.steps - 1);
    let finite = |x: f64| x.is_finite().then_some(x);
    let present = finite(sense.number(Key::Loss, last, 0).value);
    let all: Vec<Param> = (0..=network.last()).flat_map(|l| network.parameters(l)).collect();
    // What stays the same in all rows is trained nevertheless if it has a gradient and others like it are updated.
    let moves = |p: Param| sense.column(Key::P(p)).is_some_and(|column| !sense.reading.is_constant(column));
    let is_weight = |p: &Param| matches!(p, Param::W(..));
    let trained = |p: Param| {
        let mut alike = all.iter().filter(|other| is_weight(other) == is_weight(&p));
        moves(p) || sense.column(Key::G(p)).is_some() && alike.any(|other| moves(*other))
    };
    let rate = |p, step| sense.in_layer_of(Key::P(p)).number(Key::Rate, step, 0).value;
    let Some((samples, mut parameters)) = state_of(sense, 0).filter(|_| sense.points.constant_inputs) else {
        return (present, None);
    };
    for step in 0..last {
        let state = State::at(network, &samples, &parameters);
        for &p in all.iter().filter(|p| trained(**p)) {
            let gradient: f64 = sense.points.tied(p).into_iter().map(|p| state.gradient[p]).sum();
            parameters[p] -= rate(p, step) * sense.points.scales.gradient.abs() * gradient;
        }
    }
    let loss = State::at(network, &samples, &parameters).loss * sense.points.scales.total;
    (present, if last > 0 { finite(loss) } else { None })
}
