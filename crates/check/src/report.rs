//! What a check comes to, as plain data: for the text, the page and programs.
//!
//! This depends on nothing else of the crate.

use serde::{Serialize, Serializer};

/// What was found in one workbook.
///
/// For programs the two are one record: all fields of a judgement, and `marks`, which is null for a sheet that is no
/// exercise.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// The marks of an exercise of this program.
    Marks(Marks),
    /// What is right and wrong in any other sheet.
    Judgement(Judgement),
}

/// What is right and wrong in somebody's sheets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// The tables that were judged.
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
    /// All that was judged is right.
    Right,
    /// Something is wrong.
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
    /// The learning rate, if it is known.
    pub rate: Option<f64>,
    /// Rows with the calculation at one set of weights.
    pub steps: usize,
    /// Numbers and formulas that are right.
    pub right: usize,
    /// Those that are wrong.
    pub wrong: usize,
    /// Those that are rounded too coarsely to be judged.
    pub undecided: usize,
    /// The error in the last row.
    pub last_loss: Option<f64>,
    /// What it would be if all formulas were right.
    pub right_loss: Option<f64>,
}

/// A mistake, wherever it was made in the same way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Its kind in the catalogue of slips, for programs: `another_unit`, `missing_factor`, ...
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
    /// The formula in the first cell.
    pub formula: Option<String>,
    /// The formula that belongs there.
    pub right_formula: String,
    /// The same in the sheet's symbols.
    pub right_symbols: String,
    /// The first cell's number.
    pub stored: Option<f64>,
    /// The number that belongs there.
    pub correct: Option<f64>,
    /// How far the one is from the other, as a share of what is right.
    pub relative_error: Option<f64>,
    /// For gradients: (E(p + h) - E(p - h)) / 2h at the first cell's weights.
    pub central_difference: Option<f64>,
}

/// The marks of one exercise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Marks {
    /// Whose exercise it is, if it was made for somebody.
    pub learner: Option<String>,
    /// In the order of the exercise.
    pub parts: Vec<PartMarks>,
    /// Numbers of the network that are different in the file. Marks are for those that the exercise was made with; answers that
    /// are formulas are calculated from them.
    pub changed: Vec<Change>,
}

/// The marks of one part of an exercise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartMarks {
    /// What it is about.
    pub title: String,
    /// How many of its blanks are right.
    pub right: usize,
    /// Its blanks, in order.
    pub blanks: Vec<BlankMarks>,
}

/// The mark of one blank.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BlankMarks {
    /// `∂E/∂w5`.
    pub quantity: String,
    /// `Exercise!B20`.
    pub place: String,
    /// Whether it is right.
    pub outcome: Outcome,
    /// The learner's number; `None` if there is none.
    pub value: Option<f64>,
    /// The right number; `None` if it is not to be told.
    pub correct: Option<f64>,
    /// Whether it is a formula over the measurements, also by way of other cells; that needs no derivation.
    pub is_copied: bool,
}

/// How a blank was filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Near enough to the right number.
    Right,
    /// Another number, or none.
    Wrong,
    /// Nothing stands there.
    Empty,
}

/// A number of the network that was changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// `w1`.
    pub quantity: String,
    /// The number that the exercise was made with.
    pub from: f64,
    /// The number that stands there now.
    pub to: f64,
}

impl From<Judgement> for Report {
    fn from(judgement: Judgement) -> Report {
        Report::Judgement(judgement)
    }
}

impl Report {
    /// The marks, if it is an exercise.
    pub fn marks(&self) -> Option<&Marks> {
        if let Report::Marks(marks) = self { Some(marks) } else { None }
    }

    /// What was judged, if it is no exercise.
    pub fn judgement(&self) -> Option<&Judgement> {
        if let Report::Judgement(judgement) = self { Some(judgement) } else { None }
    }

    /// What is wrong; of an exercise, marks say it.
    pub fn findings(&self) -> &[Finding] {
        self.judgement().map_or(&[], |judgement| &judgement.findings)
    }

    /// The tables that were judged; an exercise has none.
    pub fn tables(&self) -> &[TableReport] {
        self.judgement().map_or(&[], |judgement| &judgement.tables)
    }

    /// What could not be judged, and why.
    pub fn unjudged(&self) -> &[String] {
        self.judgement().map_or(&[], |judgement| &judgement.unjudged)
    }

    /// The worst that can be said of it.
    pub fn verdict(&self) -> Verdict {
        match self {
            Report::Marks(marks) => match marks.total() {
                (right, all) if right == all => Verdict::Right,
                _ => Verdict::Wrong,
            },
            Report::Judgement(judgement) => judgement.verdict(),
        }
    }

    /// The same without what would be right: cells and kinds of mistakes alone.
    pub fn without_answers(self) -> Report {
        match self {
            Report::Marks(marks) => Report::Marks(marks.without_answers()),
            Report::Judgement(judgement) => Report::Judgement(judgement.without_answers()),
        }
    }
}

impl Judgement {
    /// The worst that can be said of it.
    pub fn verdict(&self) -> Verdict {
        match () {
            () if !self.findings.is_empty() => Verdict::Wrong,
            () if self.tables.iter().all(|table| table.right == 0) => Verdict::Nothing,
            () if self.incomplete => Verdict::Partly,
            () => Verdict::Right,
        }
    }

    fn without_answers(mut self) -> Judgement {
        for finding in &mut self.findings {
            finding.message = format!("{}: {}", finding.quantity, finding.hint);
            (finding.right_formula, finding.right_symbols) = Default::default();
            (finding.correct, finding.relative_error, finding.central_difference) = (None, None, None);
        }
        for table in &mut self.tables {
            table.right_loss = None;
        }
        self
    }
}

impl Marks {
    /// How many blanks are right, and how many there are.
    pub fn total(&self) -> (usize, usize) {
        let right = self.parts.iter().map(|part| part.right).sum();
        (right, self.parts.iter().map(|part| part.blanks.len()).sum())
    }

    /// Answers that were taken from the measurements.
    pub fn copied(&self) -> impl Iterator<Item = &BlankMarks> {
        self.parts.iter().flat_map(|part| &part.blanks).filter(|blank| blank.is_copied)
    }

    fn without_answers(mut self) -> Marks {
        for blank in self.parts.iter_mut().flat_map(|part| &mut part.blanks) {
            blank.correct = None;
        }
        self
    }
}

/// A report as programs read it.
#[derive(Serialize)]
struct Fields<'r> {
    marks: Option<&'r Marks>,
    tables: &'r [TableReport],
    findings: &'r [Finding],
    unjudged: &'r [String],
    incomplete: bool,
    notes: &'r [String],
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nothing = Judgement::default();
        let Judgement { tables, findings, unjudged, incomplete, notes } = self.judgement().unwrap_or(&nothing);
        let incomplete = *incomplete;
        Fields { marks: self.marks(), tables, findings, unjudged, incomplete, notes }.serialize(serializer)
    }
}
