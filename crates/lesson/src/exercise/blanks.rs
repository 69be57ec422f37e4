//! What may be left out of an exercise, what it is called, and in which part it stands.

use std::cmp::Reverse;

use crate::{Activation, Param};

use crate::{Key, Theory};

/// Why a list of names is no choice of blanks.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what it and its fields are")]
pub enum BlankError {
    #[error(
        "`{name}`: nothing of this name can be left blank; write names or ranges with commas between, such as w1..w2, of {known}, \
         or all"
    )]
    Unknown { name: String, known: String },
    #[error("`{range}`: this range runs backwards; write {first}..{last}")]
    Backwards { range: String, first: String, last: String },
}

/// A quantity that the learner finds.
#[derive(Clone, Debug, PartialEq)]
pub struct Blank {
    /// A forward value; a gradient `G`, `Da` or `Dz`.
    pub key: Key,
    /// With the number of its sample, if there are several.
    pub name: String,
    /// What it is in words, without its equation.
    pub about: String,
    /// The part of the exercise that it belongs to.
    pub stage: Stage,
}

/// A part of an exercise; parts are in the order of the derivation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Forward values.
    Forward,
    /// Backward through a layer, from the last on: its units, then its parameters.
    Units(Reverse<usize>),
    /// Gradients of a layer's parameters.
    Parameters(Reverse<usize>),
}

/// What a learner or teacher may name.
struct Choice {
    name: String,
    /// One, or one for each sample.
    keys: Vec<Key>,
    /// Whether `all` means it too.
    usual: bool,
}

/// The blanks of a list of names, in the order in which they can be found.
///
/// # Errors
/// If the lesson has no quantity of such a name, a range runs backwards, or the list is empty.
pub fn chosen(theory: &Theory, list: &str) -> Result<Vec<Blank>, BlankError> {
    let choices = choices(theory);
    let mut keys: Vec<Key> = Vec::new();
    for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        keys.extend(named(theory, &choices, name)?);
    }
    if keys.is_empty() {
        return Err(BlankError::Unknown { name: list.to_owned(), known: known(&choices) });
    }
    let position = |key: &Key| choices.iter().position(|choice| choice.keys.contains(key));
    keys.sort_by_cached_key(|key| (stage(*key), position(key), theory.sample_of(*key)));
    keys.dedup();
    Ok(keys.into_iter().map(|key| blank(theory, key)).collect())
}

/// Everything that can be blank.
pub fn all(theory: &Theory) -> Vec<Blank> {
    choices(theory).into_iter().flat_map(|choice| choice.keys).map(|key| blank(theory, key)).collect()
}

fn named(theory: &Theory, choices: &[Choice], name: &str) -> Result<Vec<Key>, BlankError> {
    let unknown = || BlankError::Unknown { name: name.to_owned(), known: known(choices) };
    if name == "all" {
        return Ok(choices.iter().filter(|choice| choice.usual).flat_map(|choice| choice.keys.clone()).collect());
    }
    // `h1[2]` is of sample 2 alone.
    let (range, sample) = match name.strip_suffix(']').and_then(|rest| rest.split_once('[')) {
        Some((range, number)) => {
            let number = number.parse().ok().filter(|number| (1..=theory.samples).contains(number));
            (range, Some(number.ok_or_else(unknown)? - 1))
        }
        None => (name, None),
    };
    let at = |name: &str| choices.iter().position(|choice| choice.name == name.trim()).ok_or_else(unknown);
    let (first, last) = match range.split_once("..") {
        Some((first, last)) => (at(first)?, at(last)?),
        None => (at(range)?, at(range)?),
    };
    let kind = |at: usize| base(&choices[at].name);
    if kind(first) != kind(last) {
        return Err(unknown());
    }
    if first > last {
        let [first, last] = [first, last].map(|at| choices[at].name.clone());
        return Err(BlankError::Backwards { range: range.to_owned(), first: last, last: first });
    }
    let of_kind = choices[first..=last].iter().filter(|choice| base(&choice.name) == kind(first));
    let keys = of_kind.flat_map(|choice| choice.keys.iter().copied());
    let keys: Vec<Key> = keys.filter(|key| sample.is_none() || theory.sample_of(*key) == sample).collect();
    if keys.is_empty() { Err(unknown()) } else { Ok(keys) }
}

/// `w` of `w5` and of `w2_3_1`.
fn base(name: &str) -> &str {
    name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '_')
}

/// All names, layer by layer.
fn choices(theory: &Theory) -> Vec<Choice> {
    let network = &theory.network;
    let mut choices = Vec::new();
    let mut add = |name: String, keys: Vec<Key>, usual: bool| choices.push(Choice { name, keys, usual });
    let samples = || 0..theory.samples;
    let all = |of: fn(usize, usize, usize) -> Key, l, j| samples().map(|s| of(s, l, j)).collect::<Vec<Key>>();
    for l in 0..=network.last() {
        let mut units: Vec<Vec<Key>> =
            (0..network.units(l)).flat_map(|j| [all(Key::Z, l, j), all(Key::A, l, j)]).collect();
        if network.activation(l) == Activation::Softmax {
            // It needs all sums first.
            units.sort_by_key(|keys| matches!(keys[0], Key::A(..)));
        }
        for keys in units {
            add(theory.text(keys[0]), keys, true);
        }
    }
    for k in 0..network.outputs() {
        add(theory.text(Key::E(0, k)), samples().map(|s| Key::E(s, k)).collect(), true);
    }
    add(theory.text(Key::Error(0)), samples().map(Key::Error).collect(), network.outputs() > 1);
    if theory.samples > 1 {
        add(theory.text(Key::Loss), vec![Key::Loss], true);
    }
    for l in 0..=network.last() {
        for j in 0..network.units(l) {
            add(format!("d{}", theory.text(Key::A(0, l, j))), all(Key::Da, l, j), true);
            add(format!("d{}", theory.text(Key::Z(0, l, j))), all(Key::Dz, l, j), true);
        }
        for p in theory.network.parameters(l) {
            add(theory.text(Key::P(p)), vec![Key::G(p)], theory.trained().contains(&p));
        }
    }
    choices
}

/// `w1..w8, b1..b2, ...`: a range for each kind.
fn known(choices: &[Choice]) -> String {
    let mut ranges: Vec<(&str, &str)> = Vec::new();
    for Choice { name, .. } in choices {
        match ranges
            .iter_mut()
            .find(|(first, _)| base(first) == base(name) && *first != base(first) && name != base(name))
        {
            Some((_, last)) => *last = name,
            None => ranges.push((name, name)),
        }
    }
    let range =
        |(first, last): &(&str, &str)| if first == last { (*first).to_owned() } else { format!("{first}..{last}") };
    ranges.iter().map(range).collect::<Vec<_>>().join(", ")
}

fn stage(key: Key) -> Stage {
    match key {
        Key::Da(_, l, _) | Key::Dz(_, l, _) => Stage::Units(Reverse(l)),
        Key::G(Param::W(l, ..) | Param::B(l, _)) => Stage::Parameters(Reverse(l)),
        _ => Stage::Forward,
    }
}

impl Stage {
    /// Its headline.
    pub fn title(self, theory: &Theory) -> String {
        let last = theory.network.last();
        match self {
            Stage::Forward => "Forward pass".to_owned(),
            Stage::Units(Reverse(l)) if l == last => "Back to the outputs".to_owned(),
            Stage::Units(_) if last == 1 => "Back to the hidden units".to_owned(),
            Stage::Units(Reverse(l)) => format!("Back to hidden layer {}", l + 1),
            Stage::Parameters(Reverse(l)) if l == last => "Output weights".to_owned(),
            Stage::Parameters(Reverse(0)) => "First weights".to_owned(),
            Stage::Parameters(Reverse(l)) => format!("Weights of hidden layer {}", l + 1),
        }
    }

    /// What is to be done.
    pub fn about(self) -> &'static str {
        match self {
            Stage::Forward => "from the inputs to the error",
            Stage::Units(_) => "how the error follows each unit: before and after its activation",
            Stage::Parameters(_) => "the loss gradient of each, by the chain rule",
        }
    }
}

fn blank(theory: &Theory, key: Key) -> Blank {
    let sample = theory.sample_of(key).filter(|_| theory.samples > 1);
    let name = match sample {
        Some(s) => format!("{}[{}]", theory.text(key), s + 1),
        None => theory.text(key),
    };
    let last = theory.network.last();
    // Short enough for a cell; which unit it is says the symbol.
    let unit = |l: usize, j: usize| match l {
        l if l == last => format!("of output {}", j + 1),
        _ if last == 1 => format!("of hidden unit {}", j + 1),
        _ => format!("in hidden layer {}", l + 1),
    };
    let error = if theory.samples > 1 { "the loss" } else { "the error" };
    let about = match key {
        Key::Z(_, l, j) => format!("weighted sum {}", unit(l, j)),
        Key::A(_, l, j) => format!("activation {}", unit(l, j)),
        Key::E(_, k) => format!("error of output {}", k + 1),
        Key::Error(_) => "error of all outputs".to_owned(),
        Key::Loss => "mean error of all samples".to_owned(),
        Key::Da(_, l, j) => format!("how the error follows {}", theory.text(Key::A(0, l, j))),
        Key::Dz(_, l, j) => format!("how the error follows {}", theory.text(Key::Z(0, l, j))),
        Key::G(p) => format!("how {error} follows {}", theory.text(Key::P(p))),
        _ => String::new(),
    };
    Blank { key, name, about, stage: stage(key) }
}
