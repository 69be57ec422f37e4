//! What a check comes to, as plain data: for the text, the page and programs.

use serde::Serialize;

use crate::exercise::Marks;

/// What was found in one workbook.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// If it is an exercise of this program; then the rest is empty.
    pub marks: Option<Marks>,
    pub tables: Vec<TableReport>,
    /// In the order of the calculation, each cause once.
    pub findings: Vec<Finding>,
    /// What could not be judged, and why.
    pub unjudged: Vec<String>,
    /// Whether a part of a training is among that, and not just numbers beside it.
    pub incomplete: bool,
    /// Conventions and oddities that are no mistakes.
    pub notes: Vec<String>,
}

/// How a workbook fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Right,
    Wrong,
    /// Nothing is wrong in what could be judged, but that is not the whole training.
    Partly,
    /// There is nothing in it that could be judged.
    Nothing,
}

/// A table that was judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableReport {
    /// `Sheet1!A33:AE100`.
    pub place: String,
    /// `2-2-2, sigmoid, sigmoid; E = ½ Σ (t - a)²`.
    pub network: String,
    pub rate: Option<f64>,
    /// Rows with the calculation at one set of weights.
    pub steps: usize,
    /// Numbers and formulas that are right, wrong, and rounded too coarsely to be judged.
    pub right: usize,
    pub wrong: usize,
    pub undecided: usize,
    /// The error in the last row.
    pub last_loss: Option<f64>,
    /// What it would be if all formulas were right.
    pub right_loss: Option<f64>,
}

/// A mistake, wherever it was made in the same way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Of the catalogue: `another_unit`, `missing_factor`, ...
    pub kind: &'static str,
    /// What the cells are meant to hold: their header.
    pub quantity: String,
    /// The same under the name that it has in every sheet: `∂E/∂w3`.
    pub symbol: String,
    /// `Sheet1!X8:X75`, one for each run of cells.
    pub places: Vec<String>,
    /// The kind of mistake in words, without the answer.
    pub hint: &'static str,
    /// What is wrong.
    pub message: String,
    /// In the first cell.
    pub formula: Option<String>,
    pub right_formula: String,
    /// The same in the sheet's symbols.
    pub right_symbols: String,
    /// The first cell's number.
    pub stored: Option<f64>,
    pub correct: Option<f64>,
    pub relative_error: Option<f64>,
    /// For gradients: (E(p + h) - E(p - h)) / 2h at the first cell's weights.
    pub central_difference: Option<f64>,
}

impl Report {
    /// The same without what would be right: cells and kinds of mistakes alone.
    pub fn without_answers(mut self) -> Report {
        for finding in &mut self.findings {
            finding.message = format!("{}: {}", finding.quantity, finding.hint);
            (finding.right_formula, finding.right_symbols) = Default::default();
            (finding.correct, finding.relative_error, finding.central_difference) = (None, None, None);
        }
        for table in &mut self.tables {
            table.right_loss = None;
        }
        for blank in self.marks.iter_mut().flat_map(|marks| &mut marks.parts).flat_map(|part| &mut part.blanks) {
            blank.correct = None;
        }
        self
    }

    /// The worst that can be said of it.
    pub fn verdict(&self) -> Verdict {
        if let Some((right, all)) = self.marks.as_ref().map(Marks::total) {
            return if right == all { Verdict::Right } else { Verdict::Wrong };
        }
        match () {
            () if !self.findings.is_empty() => Verdict::Wrong,
            () if self.tables.iter().all(|table| table.right == 0) => Verdict::Nothing,
            () if self.incomplete => Verdict::Partly,
            () => Verdict::Right,
        }
    }
}
