//! The workbook of an exercise: the network, below it the parts with one blank per line, and the verdicts.
//!
//! A verdict compares an answer with calculations on the sheet *Measurements* inside its own formula, so that no cell
//! shows the number that is asked for. The drawing neither shows nor uses what is blank: its formula is the task.

mod measurements;

use std::collections::HashSet;
use std::sync::Arc;

use super::cell::{Calculation, Cell, Live, Place};
use super::drawing::Hidden;
use super::inputs;
use super::network::Network;
use super::sheet::Sheet;
use super::style::{ExerciseStyle, colour_answers};
use super::{Protection, saved};
use crate::error::Error;
use gradbook_lesson::exercise::{
    ANSWER_HEAD, BLANK, Blank, GIVEN, MEASUREMENTS, PAGE, RECORD, SYMBOL_HEAD, Stage, given, settings, tolerance,
};
use gradbook_lesson::{Key, Lesson, Snapshot};

/// Positions of the sheets.
const EXERCISE: usize = 0;
const MEASURED: usize = 1;
const HIDDEN: usize = 2;

/// Rows above the network.
const SCORE: u32 = 1;
const WORDS: u32 = 3;
const SAMPLE: u32 = 7;

/// Columns of a line: those of the drawing, from the left. Verdict, words and the three cells for working are each
/// merged from several.
const ANSWER: u16 = 1;
const VERDICT: [u16; 2] = [2, 3];
const ABOUT: [u16; 2] = [4, 7];
const WORKING: [[u16; 2]; 3] = [[8, 10], [11, 13], [14, 16]];
const WIDTH: u16 = 17;

const RIGHT: &str = "right";
const WRONG: &str = "not yet";
const EMPTY: &str = "empty";

/// The workbook as the bytes of a file.
pub(crate) fn write(
    lesson: &Lesson,
    blanks: &[Blank],
    learner: Option<&str>,
    protection: Protection,
) -> Result<Vec<u8>, Error> {
    let names: Arc<Vec<String>> = Arc::new([PAGE, MEASUREMENTS, RECORD].map(str::to_owned).to_vec());
    let mut network = Network::page(lesson, Sheet::new(EXERCISE, &names)?)?;
    let style = ExerciseStyle::new();
    for (column, width) in [(0, 16), (ANSWER, 19)] {
        network.sheet.worksheet.set_column_width(column, width)?;
    }
    for column in network.width..WIDTH {
        network.sheet.worksheet.set_column_width(column, 11)?;
    }
    network.width = network.width.max(WIDTH);
    network.style.input = style.given.clone();
    let mut page = Page { lesson, network, style };
    page.numbers(blanks)?;
    let measured = measurements::write(lesson, Sheet::new(MEASURED, &names)?, blanks, &page.network.inputs)?;
    let answers = page.parts(blanks, &measured.results)?;
    page.introduction(learner, &answers)?;
    let record = record(lesson, Sheet::new(HIDDEN, &names)?, learner, blanks, &page, &answers)?;
    saved(&lesson.title(), [page.network.sheet, measured.sheet, record], protection)
}

/// The sheet that the learner sees.
struct Page<'l> {
    lesson: &'l Lesson,
    network: Network<'l>,
    style: ExerciseStyle,
}

impl Page<'_> {
    /// Samples and drawing.
    fn numbers(&mut self, blanks: &[Blank]) -> Result<(), Error> {
        let (lesson, samples) = (self.lesson, self.lesson.theory.samples);
        self.network.row = SAMPLE;
        let mut sample = None;
        if samples > 1 {
            let rule = inputs::whole_between(1, samples as i32, &format!("Write a whole number from 1 to {samples}."))?;
            let (sheet, style) = (&mut self.network.sheet, &self.network.style);
            sheet.text(SAMPLE, 0, "sample shown", &style.symbol)?;
            let note = "Which sample the drawing shows.";
            sample = Some(sheet.input((SAMPLE, 1), 1.0, note, &rule, &style.count_input)?);
            self.network.row = SAMPLE + 2;
        }
        self.network.samples()?;
        let hidden = hidden(lesson, blanks);
        let asked = if hidden.is_empty() { "" } else { "; ? is asked for below, … follows from it" };
        let headline = format!(
            "The network: weights on the edges into each unit, in each box the weighted sum and the activation{asked}"
        );
        self.network.drawing(&headline, sample, &hidden)
    }

    /// The parts of the exercise; returns where each blank is.
    fn parts(&mut self, blanks: &[Blank], measured: &[Calculation]) -> Result<Vec<Place>, Error> {
        let mut answers = Vec::new();
        let lines: Vec<(&Blank, &Calculation)> = blanks.iter().zip(measured).collect();
        for part in lines.chunk_by(|(a, _), (b, _)| a.stage == b.stage) {
            self.head(part[0].0.stage, part.len() as u32)?;
            for (blank, measured) in part {
                answers.push(self.line(blank, measured)?);
            }
            self.network.row += 1;
        }
        let last = self.network.row;
        let worksheet = &mut self.network.sheet.worksheet;
        worksheet.set_print_area(0, 0, last, self.network.width - 1)?;
        worksheet.set_freeze_panes(SCORE + 1, 0)?.set_selection(0, 0, 0, 0)?;
        Ok(answers)
    }

    /// The bar above a part, with the part's score, and the heads of its columns.
    fn head(&mut self, stage: Stage, count: u32) -> Result<(), Error> {
        let headline = format!("{}:  {}", stage.title(&self.lesson.theory), stage.about());
        let bar = self.network.row;
        self.network.section(&headline)?;
        let Network { sheet, style, row, .. } = &mut self.network;
        let verdict = |row| Place::new(EXERCISE, row, VERDICT[0]);
        let range = sheet.range(verdict(bar + 2), verdict(bar + 1 + count));
        sheet.live(bar, WORKING[2][0], score(&range, count), &style.section)?;
        for column in 0..WIDTH {
            sheet.worksheet.write_blank(*row, column, &style.head)?;
        }
        let heads = [
            (0, SYMBOL_HEAD),
            (ANSWER, ANSWER_HEAD),
            (VERDICT[0], "verdict"),
            (ABOUT[0], "what it is"),
            (WORKING[0][0], "room for your working"),
        ];
        for (column, head) in heads {
            sheet.text(*row, column, head, &style.head)?;
        }
        sheet.worksheet.set_row_height(*row, 22)?;
        *row += 1;
        Ok(())
    }

    fn line(&mut self, blank: &Blank, measured: &Calculation) -> Result<Place, Error> {
        let Network { sheet, style: text, row, .. } = &mut self.network;
        let (at, style) = (*row, &self.style);
        sheet.worksheet.set_row_height(at, 24)?;
        sheet.text(at, 0, &blank.name, &text.symbol)?;
        sheet.worksheet.write_blank(at, ANSWER, &style.blank)?;
        let merged = |columns: [u16; 2]| (at, columns[0], at, columns[1]);
        let (top, left, bottom, right) = merged(VERDICT);
        sheet.worksheet.merge_range(top, left, bottom, right, "", &style.verdict)?;
        let answer = sheet.place(at, ANSWER);
        sheet.live(at, VERDICT[0], verdict(sheet, answer, measured), &style.verdict)?;
        let word = |word: &str| format!("$C{}=\"{word}\"", at + 1);
        colour_answers(&mut sheet.worksheet, merged(VERDICT), &word(RIGHT), &word(WRONG), &word(EMPTY))?;
        sheet.worksheet.merge_range(at, ABOUT[0], at, ABOUT[1], &blank.about, &text.note)?;
        for [first, last] in WORKING {
            sheet.worksheet.merge_range(at, first, at, last, "", &style.working)?;
        }
        *row += 1;
        Ok(answer)
    }

    /// The introduction, the instructions and the score.
    fn introduction(&mut self, learner: Option<&str>, answers: &[Place]) -> Result<(), Error> {
        let (lesson, style) = (self.lesson, &self.style);
        let Network { sheet, style: text, .. } = &mut self.network;
        let title = match learner {
            Some(name) => format!("{}, exercise for {name}", lesson.title()),
            None => format!("{}, exercise", lesson.title()),
        };
        sheet.text(0, 0, &title, &text.title)?;
        sheet.worksheet.set_row_height(0, 34)?;
        let (Some(first), Some(last), count) = (answers.first(), answers.last(), answers.len() as u32) else {
            return Ok(());
        };
        let range = sheet.range(Place { column: VERDICT[0], ..*first }, Place { column: VERDICT[0], ..*last });
        sheet.worksheet.merge_range(SCORE, 0, SCORE, ANSWER, "", &style.score)?;
        let live = score(&range, count);
        let words = live.value.stored();
        sheet.live(SCORE, 0, live, &style.score)?;
        let full = words.replacen('0', &count.to_string(), 1);
        let [all, none] = [full, words].map(|words| format!("$A${}=\"{words}\"", SCORE + 1));
        colour_answers(&mut sheet.worksheet, (SCORE, 0, SCORE, ANSWER), &all, "FALSE", &none)?;
        sheet.worksheet.set_row_height(SCORE, 26)?;
        let several = match lesson.theory.samples {
            1 => "",
            _ => " A number in brackets is that of a sample.",
        };
        let lines = [
            lesson.theory.described(),
            format!("Fill in the yellow cells, with numbers or with formulas of your own.{several} The white numbers may be changed to try things; marks are for those of the beginning."),
            "Four correct digits suffice (within 0.06 %). A verdict compares with a measurement, so it knows no formula: \
             finding that is your task."
                .to_owned(),
        ];
        for (row, line) in (WORDS..).zip(lines) {
            sheet.text(row, 0, &line, &text.lead)?;
            sheet.worksheet.set_row_height(row, 21)?;
        }
        Ok(())
    }
}

/// `0 of 8 right`, live.
fn score(range: &str, count: u32) -> Live {
    Live::text(format!("COUNTIF({range},\"{RIGHT}\")&\" of {count} right\""), format!("0 of {count} right"))
}

/// The verdict on an answer.
fn verdict(sheet: &Sheet, answer: Place, measured: &Calculation) -> Live {
    let cell = sheet.reference(answer);
    let (number, bound) = (sheet.calculation(measured), sheet.calculation(&tolerance(measured.clone())));
    let close = format!("ABS({cell}-({number}))<={bound}");
    let judged = format!("IF(ISNUMBER({cell}),IF({close},\"{RIGHT}\",\"{WRONG}\"),\"{WRONG}\")");
    Live::text(format!("IF(ISBLANK({cell}),\"{EMPTY}\",{judged})"), EMPTY)
}

/// What the drawing must not show: the blanks, and what is calculated from them.
fn hidden(lesson: &Lesson, blanks: &[Blank]) -> Hidden {
    let of_first = |key: Key| match key {
        Key::Z(_, l, j) => Key::Z(0, l, j),
        Key::A(_, l, j) => Key::A(0, l, j),
        Key::E(_, k) => Key::E(0, k),
        key => key,
    };
    let asked: HashSet<Key> = blanks.iter().map(|blank| of_first(blank.key)).collect();
    let errors = (0..lesson.theory.network.outputs()).map(|k| Key::E(0, k));
    let mut hidden = Hidden::default();
    for key in measurements::units(lesson, 0).into_iter().chain(errors) {
        if asked.contains(&key) {
            hidden.insert(key, "?");
        } else if lesson.theory.step(key).leaves().iter().any(|leaf| hidden.contains_key(leaf)) {
            hidden.insert(key, "…");
        }
    }
    hidden
}

/// The hidden sheet that tells `gradbook check` where everything is.
fn record(
    lesson: &Lesson,
    mut sheet: Sheet,
    learner: Option<&str>,
    blanks: &[Blank],
    page: &Page,
    answers: &[Place],
) -> Result<Sheet, Error> {
    let plain = rust_xlsxwriter::Format::new();
    let snapshot = Snapshot::after(lesson, &lesson.run, 0);
    let mut row = 0;
    for (what, setting) in settings(&lesson.theory, learner) {
        sheet.text(row, 0, what, &plain)?;
        sheet.text(row, 1, &setting, &plain)?;
        row += 1;
    }
    for key in given(&lesson.theory) {
        sheet.text(row, 0, GIVEN, &plain)?;
        sheet.text(row, 1, &lesson.theory.table_name(key), &plain)?;
        let Cell { place, value } = page.network.inputs.cell(key);
        sheet.live(row, 2, Live::number(sheet.reference(place), value), &plain)?;
        sheet.number(row, 3, snapshot.value(key), &plain)?;
        row += 1;
    }
    for (blank, place) in blanks.iter().zip(answers) {
        sheet.text(row, 0, BLANK, &plain)?;
        sheet.text(row, 1, &blank.name, &plain)?;
        sheet.live(row, 2, Live::number(sheet.reference(*place), 0.0), &plain)?;
        row += 1;
    }
    sheet.worksheet.set_hidden(true);
    Ok(sheet)
}
