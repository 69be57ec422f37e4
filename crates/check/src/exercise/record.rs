//! The record in an exercise's file, read: the network, the numbers that it was made with, and the cells of the blanks.

use std::collections::HashMap;

use gradbook_lesson::{Activation, Key, Layer, Loss, Network, Parameters, Sample, State, Theory};

use crate::limits::MAX_EXERCISE_VALUES;
use crate::read::{At, Book, Unreadable, evaluated, referred};
use gradbook_lesson::exercise::{
    self, ACTIVATIONS, ANSWER_HEAD, BIASES, BLANK, Blank, GIVEN, LEARNER, LOSS, MEASUREMENTS, PAGE, RECORD, SAMPLES,
    SYMBOL_HEAD, TITLE, VERSION, WIDTHS,
};

/// A number of the network, or a blank: its name, its cell, the number there at first.
type Row = (String, At, Option<f64>);

/// An exercise as its file has it.
pub(crate) struct Record {
    pub(crate) learner: Option<String>,
    pub(crate) theory: Theory,
    /// The numbers that the exercise was made with, and the calculation at them.
    pub(crate) samples: Vec<Sample>,
    pub(crate) state: State,
    /// Where those numbers stand, and what they were at first.
    given: Vec<(At, f64)>,
    /// Numbers in the file that are others now: name, then, now.
    pub(crate) changed: Vec<(String, f64, f64)>,
    pub(crate) blanks: Vec<(Blank, At)>,
}

/// Whether this is an exercise by what the learner sees of it: by the names of its sheets, or if somebody renamed them by
/// the head over the answers.
fn looks_like_exercise(book: &Book) -> bool {
    let has = |name: &str| book.sheets.iter().any(|sheet| sheet.name == name);
    let is_head = |at: At| {
        book.text(at) == Some(ANSWER_HEAD) && at.column == 1 && book.text(At { column: 0, ..at }) == Some(SYMBOL_HEAD)
    };
    let sheets = book.sheets.iter().enumerate();
    let mut cells = sheets.flat_map(|(sheet, of)| of.cells.keys().map(move |&(row, column)| At { sheet, row, column }));
    has(PAGE) && has(MEASUREMENTS) || cells.any(is_head)
}

impl Record {
    /// `None` if the file is no exercise.
    ///
    /// # Errors
    /// If it is one, but its record is not there or damaged.
    pub(crate) fn read(book: &Book) -> Result<Option<Record>, Unreadable> {
        match Record::of(book) {
            None if looks_like_exercise(book) => Err(Unreadable::NoRecord),
            record => Ok(record),
        }
    }

    /// The workbook with the numbers that the exercise was made with, so that formulas over them are not wrong because
    /// somebody tried others.
    pub(crate) fn restored(&self, book: &Book) -> Book {
        book.with_numbers(self.given.iter().copied())
    }

    /// `None` if the table is not there or damaged.
    fn of(book: &Book) -> Option<Record> {
        let sheet = book.sheets.iter().position(|sheet| sheet.name == RECORD)?;
        let mut rows: Vec<u32> = book.sheets[sheet].cells.keys().map(|(row, _)| *row).collect();
        rows.sort_unstable();
        rows.dedup();
        let at = |row, column| At { sheet, row, column };
        let text = |row, column| {
            let at = at(row, column);
            book.text(at).map(str::to_owned).or_else(|| book.number(at).map(|number| number.to_string()))
        };
        let mut settings: HashMap<String, String> = HashMap::new();
        let mut listed: HashMap<&str, Vec<Row>> = HashMap::from([(GIVEN, vec![]), (BLANK, vec![])]);
        for row in rows {
            let (Some(what), Some(name)) = (text(row, 0), text(row, 1)) else { continue };
            match listed.get_mut(what.as_str()) {
                Some(list) => list.push((name, referred(book, at(row, 2))?, book.number(at(row, 3)))),
                None => drop(settings.insert(what, name)),
            }
        }
        if settings.get(TITLE)? != VERSION {
            return None;
        }
        let [given, blank_rows] = [&listed[GIVEN], &listed[BLANK]];
        let (network, count) = network(&settings, given.len())?;
        let theory = Theory::new(network, count);
        let sample = Sample { x: vec![0.0; theory.network.inputs], t: vec![0.0; theory.network.outputs()] };
        let mut samples = vec![sample; count];
        let mut parameters = Parameters::from_fn(&theory.network, |_| 0.0);
        let (mut places, mut changed) = (Vec::new(), Vec::new());
        let rows: HashMap<&str, (At, Option<f64>)> =
            given.iter().map(|(name, at, first)| (name.as_str(), (*at, *first))).collect();
        for key in exercise::given(&theory) {
            let name = theory.table_name(key);
            let (at, first) = *rows.get(name.as_str())?;
            let first = first?;
            // A spreadsheet takes an empty cell as 0.
            let now = evaluated(book, at).unwrap_or(0.0);
            places.push((at, first));
            *match key {
                Key::X(s, i) => &mut samples[s].x[i],
                Key::T(s, k) => &mut samples[s].t[k],
                Key::P(p) => &mut parameters[p],
                _ => return None,
            } = first;
            if (now - first).abs() > 1e-12 * first.abs() {
                changed.push((name, first, now));
            }
        }
        let known: HashMap<String, Blank> =
            exercise::all(&theory).into_iter().map(|blank| (blank.name.clone(), blank)).collect();
        let blank = |(name, at, _): &Row| Some((known.get(name)?.clone(), *at));
        let blanks = blank_rows.iter().map(blank).collect::<Option<Vec<_>>>().filter(|blanks| !blanks.is_empty())?;
        let state = State::at(&theory.network, &samples, &parameters);
        let learner = settings.remove(LEARNER).filter(|name| !name.is_empty());
        Some(Record { learner, theory, samples, state, given: places, changed, blanks })
    }
}

/// The network of a record with `listed` numbers, and the number of samples. A file is not trusted: the
/// numbers must all be there.
fn network(settings: &HashMap<String, String>, listed: usize) -> Option<(Network, usize)> {
    let list =
        |what: &str| settings.get(what).map(|text| text.split([',', '-']).map(str::to_owned).collect::<Vec<_>>());
    let widths: Vec<usize> = list(WIDTHS)?.iter().map(|text| text.parse().ok()).collect::<Option<_>>()?;
    let activations: Vec<Activation> =
        list(ACTIVATIONS)?.iter().map(|name| name.parse().ok()).collect::<Option<_>>()?;
    let biases: Vec<bool> = list(BIASES)?.iter().map(|text| text == "on").collect();
    let loss = Loss::named(settings.get(LOSS)?)?;
    let samples: usize = settings.get(SAMPLES)?.parse().ok()?;
    let layers = widths.len().checked_sub(1)?;
    let fits = layers > 0 && activations.len() == layers && biases.len() == layers && !widths.contains(&0);
    // Only the last layer's units may depend on each other.
    if !fits || samples == 0 || activations[..layers - 1].contains(&Activation::Softmax) {
        return None;
    }
    let mut numbers = samples.checked_mul(widths[0].checked_add(widths[layers])?)?;
    for l in 0..layers {
        let inputs = widths[l].checked_add(usize::from(biases[l]))?;
        numbers = numbers.checked_add(inputs.checked_mul(widths[l + 1])?)?;
    }
    let units: usize = widths.iter().sum();
    let is_listed = numbers == listed && units.checked_mul(samples)? <= MAX_EXERCISE_VALUES;
    let layers = widths[1..].iter().zip(&biases).zip(&activations);
    let layers = layers.map(|((&units, &bias), &activation)| Layer::dense(units, bias, activation)).collect();
    is_listed.then_some((Network { inputs: widths[0], layers, loss }, samples))
}
