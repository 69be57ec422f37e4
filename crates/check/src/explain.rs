//! Findings in words, with the formulas as the sheet's author would type them.

use gradbook_lesson::{Param, Parameters, Sample, State};

use super::book::{At, column_name};
use super::diagnosis::Cause;
use super::judge::Run;
use super::kind::Kind;
use super::points::{Equation, Timed};
use super::reading::{Content, Leaf};
use super::report::Finding;
use super::right;
use super::role::Role;
use super::sense::{RateSource, Sense};
use gradbook_lesson::{Expr, Key, Piece, Reader};

/// Quantities in no column that are calculated from such that ...
const MAX_DEPTH: usize = 6;
/// So many lines that are left free do not part a range.
const MAX_GAP: u32 = 3;
/// As in the workbook's own checks.
const DIFFERENCE_STEP: f64 = 1e-5;

/// A run of wrong cells, and those that have a copy of its formula, explained.
pub(crate) fn finding(sense: &Sense, runs: &[Run]) -> Finding {
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
fn cells(sense: &Sense, run: &Run) -> Vec<At> {
    let column = &sense.reading.table.columns[run.column];
    if run.helpers.is_empty() { run.steps.clone().map(|step| column.at(step)).collect() } else { run.helpers.clone() }
}

/// Those cells as ranges. What lies further on is a place of its own, as where a table has a block a step.
fn places(sense: &Sense, run: &Run) -> Vec<String> {
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

/// What is wrong, in words; of several columns it is that of the first.
fn detail(sense: &Sense, run: &Run, several: bool) -> String {
    let cause = cause(sense, &run.cause);
    match (run.kind, &cause) {
        (Kind::Typed, _) => "a typed number among formulas: it does not follow when something changes".to_owned(),
        (Kind::Other, _) => "the formula is another one than the right one, by no single usual slip".to_owned(),
        (Kind::FixedReference, _) => match fixed(sense, run) {
            Some((of, at)) => format!("{}: {of} is always that of {at}", run.kind.hint()),
            None => run.kind.hint().to_owned(),
        },
        (kind, None) => kind.hint().to_owned(),
        (Kind::HardCodedRate, Some(cause)) => format!("the learning rate is typed into the formula ({cause})"),
        (Kind::AnotherRate, Some(cause)) => format!("another cell is used as learning rate ({cause})"),
        (Kind::Uphill, Some(cause)) => format!("the step goes uphill ({cause}): the gradient is added, not subtracted"),
        (Kind::MissingFactor, _) if is_rate(&run.cause) => "the learning rate is missing".to_owned(),
        (Kind::WrongSign, Some(cause)) => format!("the sign of {cause} is wrong"),
        (Kind::MissingBrackets, Some(cause)) => format!("brackets are missing around {cause}"),
        (kind, Some(cause)) if several => format!("{}: {cause} in {}", kind.hint(), header(sense, run.column)),
        (kind, Some(cause)) => format!("{}: {cause}", kind.hint()),
    }
}

fn is_rate(cause: &Cause) -> bool {
    matches!(cause, Cause::Missing(Expr::Of(timed)) if timed.key == Key::Rate)
}

/// What a fixed reference holds, and its cell.
fn fixed(sense: &Sense, run: &Run) -> Option<(String, String)> {
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

fn row_words(back: isize) -> String {
    match back {
        1 => "the row before".to_owned(),
        -1 => "the next row".to_owned(),
        0 => "the same row".to_owned(),
        2 => "two rows before".to_owned(),
        back if back > 0 => format!("{back} rows before"),
        back => format!("{} rows after", -back),
    }
}

/// What the author calls a column.
pub(crate) fn header(sense: &Sense, column: usize) -> String {
    let at = sense.reading.table.columns[column].header;
    let text = sense.reading.book.text(at).unwrap_or_default();
    let text = text.trim().trim_end_matches([':', '=']).trim().replace('\n', " ");
    // A name in two rows is not told by one of them.
    let is_whole = Role::of(&text).is_some_and(|role| role == *sense.reading.table.columns[column].role.whole());
    match (sense.keys[column].first(), sense.reading.table.columns[column].role.whole()) {
        // By the author's own number of the weight.
        (Some(Key::G(_)), Role::Derivative(_, by)) if !is_whole && sense.reading.table.find(by).is_some() => {
            let by = sense.reading.table.find(by).map_or(text, |by| header(sense, by));
            format!("∂E/∂{by}")
        }
        (Some(Key::Next(_)), Role::Next(of)) if Role::of(&text).as_ref() == Some(of) => format!("{text} new"),
        (Some(key), _) if !is_whole => sense.theory().text(*key),
        _ => text,
    }
}

/// The author's name of a quantity.
fn symbol(sense: &Sense, timed: Timed) -> String {
    let name = match (timed.key, sense.rate, sense.column(timed.key)) {
        (Key::Rate, RateSource::Number(rate), _) => format!("{rate}"),
        (Key::Rate, ..) => "rate".to_owned(),
        (_, _, Some(column)) => header(sense, column),
        (key, ..) => sense.theory().text(key),
    };
    if timed.back == 0 { name } else { format!("{name} of {}", row_words(timed.back)) }
}

/// An equation in the author's names. What belongs to the row before is an update's, and said by the formula.
pub(crate) fn in_symbols(sense: &Sense, equation: &Equation) -> String {
    written(equation, &|timed| symbol(sense, Timed { back: 0, ..*timed }))
}

/// An equation in which quantities that stand in no column are written out.
fn spelled(sense: &Sense, equation: &Equation, depth: usize) -> Equation {
    let leaf = |timed: &Timed| {
        let equation = match timed.key {
            Key::Rate => None,
            key if depth == MAX_DEPTH || sense.column(key).is_some() => None,
            key => right::equation(sense, key),
        };
        let Some(equation) = equation else { return Ok::<Equation, ()>(Expr::Of(*timed)) };
        let moved = equation.map(&|inner| Timed { back: inner.back + timed.back, ..*inner });
        Ok(spelled(sense, &moved, depth + 1))
    };
    equation.bind(&mut { leaf }).unwrap_or_else(|()| equation.clone())
}

/// An equation as it is typed into the cell of a step, on that sheet.
fn in_cells(sense: &Sense, equation: &Equation, step: usize, own: usize) -> String {
    let text = written(equation, &|timed| {
        let leaf = match (timed.key, sense.rate) {
            (Key::Rate, RateSource::Number(rate)) => return format!("{rate}"),
            (Key::Rate, RateSource::Leaf(leaf)) => Some(leaf),
            (key, _) => sense.column(key).map(|column| Leaf::Column(column, 0)),
        };
        let place = |at: At, fixed: bool| {
            let sheet = if at.sheet == own { String::new() } else { format!("{}!", sheet_name(sense, at.sheet)) };
            let name = if fixed { format!("${}${}", column_name(at.column), at.row + 1) } else { at.name() };
            format!("{sheet}{name}")
        };
        match leaf {
            Some(Leaf::Cell(at)) => place(at, true),
            Some(Leaf::Column(column, _)) => {
                let column = &sense.reading.table.columns[column];
                let at = step.saturating_add_signed(-timed.back);
                place(column.at(at), column.is_single())
            }
            None => symbol(sense, *timed),
        }
    });
    // As it is typed.
    text.replace(" + ", "+").replace(" - ", "-")
}

/// Without the brackets of products in products.
fn flat(equation: &Equation) -> Equation {
    match equation {
        Expr::Product(factors) => {
            let spliced = |factor: &Equation| match flat(factor) {
                Expr::Product(inner) => inner,
                factor => vec![factor],
            };
            Expr::Product(factors.iter().flat_map(spliced).collect())
        }
        Expr::Sum(terms) => Expr::Sum(terms.iter().map(flat).collect()),
        Expr::Neg(x) => -flat(x),
        Expr::Quotient(x, y) => flat(x) / flat(y),
        other => other.clone(),
    }
}

fn written(equation: &Equation, leaf: &dyn Fn(&Timed) -> String) -> String {
    let mut text = String::new();
    flat(equation).pieces(Reader::Person, &mut |piece| match piece {
        Piece::Text(part) => text.push_str(part),
        Piece::Number(number) => text.push_str(&number.to_string()),
        Piece::Of { leaf: timed, .. } => text.push_str(&leaf(timed)),
    });
    text
}

fn sheet_name(sense: &Sense, sheet: usize) -> String {
    quoted(&sense.reading.book.sheets[sheet].name)
}

/// A sheet's name as formulas write it.
pub(crate) fn quoted(name: &str) -> String {
    let plain = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    if plain { name.to_owned() } else { format!("'{}'", name.replace('\'', "''")) }
}

/// `Sheet1!X8:X75`.
pub(crate) fn range(sense: &Sense, first: At, last: At) -> String {
    let name = sheet_name(sense, first.sheet);
    if first == last { format!("{name}!{}", first.name()) } else { format!("{name}!{}:{}", first.name(), last.name()) }
}

/// The numbers of a step as the engine takes them.
pub(crate) fn state_of(sense: &Sense, step: usize) -> Option<(Vec<Sample>, Parameters)> {
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
fn central_difference(sense: &Sense, key: Key, step: usize) -> Option<f64> {
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

/// The network and its conventions in one line.
pub(crate) fn network(sense: &Sense) -> String {
    use gradbook_lesson::{Activation, Loss};
    let network = &sense.theory().network;
    let activation = |activation: &Activation| match activation {
        Activation::Function(function) => function.entry().word,
        Activation::Softmax => "softmax",
    };
    let activations: Vec<&str> = network.layers.iter().map(|layer| activation(&layer.activation)).collect();
    let biases = if network.layers.iter().any(|layer| layer.bias) { ", with biases" } else { "" };
    let scales = sense.points.scales;
    let factor = |scale: f64| match scale {
        1.0 => "½ ".to_owned(),
        2.0 => String::new(),
        scale => format!("{} ", scale / 2.0),
    };
    let loss = match network.loss {
        Loss::SquaredError {} => format!("E = {}Σ (t - a)²", factor(scales.total)),
        Loss::MeanSquaredError {} => "E = mean of (t - a)²".to_owned(),
        Loss::CrossEntropy { .. } => "E = -Σ t ln a".to_owned(),
        Loss::BinaryCrossEntropy {} if network.outputs() > 1 && scales.total == 1.0 => {
            "E = mean of -(t ln a + (1 - t) ln(1 - a))".to_owned()
        }
        Loss::BinaryCrossEntropy {} => "E = -Σ (t ln a + (1 - t) ln(1 - a))".to_owned(),
    };
    format!("{}, {}{biases}; {loss}", network.layout(), activations.join(", "))
}
