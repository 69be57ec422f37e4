//! A formula over named quantities, written once and shown three ways.
//!
//! The equations of a lesson are put together from [`Symbol`]s. One and the same [`Formula`] then becomes the cell's
//! formula (`B5*B6 + B7`), the text beside it (`w1·i1 + b1`) and the text with the present numbers plugged in. So what
//! the sheet says and what it calculates cannot part.

use std::borrow::Cow;

use crate::sheet::{Live, Place, Value};

/// A quantity of the lesson: what it is called, what the engine says it is, and the cell that calculates it.
#[derive(Clone, Debug)]
pub(crate) struct Symbol {
    pub(crate) name: String,
    pub(crate) value: f64,
    /// Set when the quantity has got its cell.
    pub(crate) place: Option<Place>,
}

impl Symbol {
    /// The reference to the symbol's cell in a formula on the sheet `here`.
    ///
    /// # Panics
    ///
    /// If it has no cell yet: then the sheets are laid out in the wrong order.
    fn seen_from(&self, here: &str) -> String {
        match &self.place {
            Some(place) => place.seen_from(here),
            None => panic!("{} has no cell yet", self.name),
        }
    }
}

/// Text and symbols in the order of reading.
#[derive(Clone, Debug, Default)]
pub(crate) struct Formula<'a> {
    parts: Vec<Part<'a>>,
}

#[derive(Clone, Debug)]
enum Part<'a> {
    Text(String),
    Symbol(Cow<'a, Symbol>),
}

/// Puts a [`Formula`] together from text, symbols and formulas.
macro_rules! formula {
    ($($part:expr),+ $(,)?) => {
        $crate::formula::Formula::default()$(.then($part))+
    };
}
pub(crate) use formula;

impl<'a> Formula<'a> {
    pub(crate) fn then(mut self, part: impl Into<Formula<'a>>) -> Formula<'a> {
        self.parts.extend(part.into().parts);
        self
    }

    /// `first + second + ...`, which spreadsheets add from left to right.
    pub(crate) fn sum(terms: impl IntoIterator<Item = Formula<'a>>) -> Formula<'a> {
        let mut sum = Formula::default();
        for (n, term) in terms.into_iter().enumerate() {
            sum = if n == 0 { term } else { formula![sum, " + ", term] };
        }
        sum
    }

    /// The formula of a cell on the sheet `here`, without the leading `=`.
    pub(crate) fn cells(&self, here: &str) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Symbol(symbol) => symbol.seen_from(here),
        };
        self.parts.iter().map(part).collect()
    }

    /// The formula in the names of its symbols.
    pub(crate) fn names(&self) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => readable(text, "·"),
            Part::Symbol(symbol) => symbol.name.clone(),
        };
        self.parts.iter().map(part).collect()
    }

    /// The formula with the present numbers in place of the symbols, itself a live text.
    ///
    /// It starts with an equals sign, without which a lone number would be stored as a number.
    pub(crate) fn numbers(&self, here: &str) -> Live {
        let mut pieces = vec!["\"= \"".to_owned()];
        let mut value = "= ".to_owned();
        for part in &self.parts {
            match part {
                Part::Text(text) => {
                    let text = readable(text, "×");
                    pieces.push(format!("\"{text}\""));
                    value.push_str(&text);
                }
                Part::Symbol(symbol) => {
                    // A sign of its own must not meet the operator before it. What rounds to zero has none.
                    let cell = symbol.seen_from(here);
                    let (below, above) = (format!("FIXED({cell},6,TRUE)"), format!("FIXED(MAX({cell},0),6,TRUE)"));
                    pieces.push(format!("IF({cell}<-0.0000005,\"(\"&{below}&\")\",{above})"));
                    let number = symbol.value;
                    let negative = number < -0.000_000_5;
                    let text =
                        if negative { format!("({number:.6})") } else { format!("{:.6}", number.max(0.0) + 0.0) };
                    value.push_str(&text);
                }
            }
        }
        Live { formula: pieces.join("&"), value: Value::Text(value) }
    }
}

/// Spreadsheet operators as a reader writes them.
fn readable(text: &str, times: &str) -> String {
    text.replace('*', &format!(" {times} ")).replace("^2", "²")
}

impl From<&str> for Formula<'_> {
    fn from(text: &str) -> Self {
        Formula { parts: vec![Part::Text(text.to_owned())] }
    }
}

impl<'a> From<&'a Symbol> for Formula<'a> {
    fn from(symbol: &'a Symbol) -> Self {
        Formula { parts: vec![Part::Symbol(Cow::Borrowed(symbol))] }
    }
}

impl From<Symbol> for Formula<'_> {
    fn from(symbol: Symbol) -> Self {
        Formula { parts: vec![Part::Symbol(Cow::Owned(symbol))] }
    }
}
