//! Central differences, live: for each parameter p the whole network is calculated at p + h and at p - h.

use gradbook_lesson::{CentralDifference, Param};

use super::cell::{Calculation, SheetCell};
use super::inputs::Inputs;
use super::sheet::Sheet;
use super::style::TableStyle;
use crate::error::Error;
use gradbook_lesson::{self, Expr, Key, Lesson, Snapshot};

/// The columns of both calculations.
pub(super) struct Differences<'l> {
    lesson: &'l Lesson,
    /// What a forward calculation shows, in order.
    forward: Vec<Key>,
    /// The first of these columns.
    left: u16,
}

/// The results of one parameter's row.
pub(super) struct Difference {
    pub(super) quotient: Calculation,
    /// How much of a deviation rounding may explain.
    pub(super) noise: Calculation,
    /// How many ReLU units switch on or off between p - h and p + h; `None` without such units.
    pub(super) switched: Option<Calculation>,
}

impl<'l> Differences<'l> {
    pub(super) fn new(lesson: &'l Lesson, left: u16) -> Differences<'l> {
        let network = &lesson.theory.network;
        let mut forward = Vec::new();
        for s in 0..lesson.theory.samples {
            for l in 0..=network.last() {
                forward.extend((0..network.units(l)).flat_map(|j| [Key::Z(s, l, j), Key::A(s, l, j)]));
            }
        }
        forward.push(Key::Loss);
        Differences { lesson, forward, left }
    }

    pub(super) fn headers(&self, sheet: &mut Sheet, row: u32, style: &TableStyle) -> Result<(), Error> {
        let mut column = self.left;
        for (side, head) in [("p + h", &style.heads[1]), ("p - h", &style.heads[0])] {
            let names = self.forward.iter().map(|&key| format!("{} at {side}", self.lesson.theory.table_name(key)));
            for header in std::iter::once(side.to_owned()).chain(names) {
                sheet.text(row, column, &header, head)?;
                sheet.worksheet.set_column_width(column, 12.4)?;
                column += 1;
            }
        }
        Ok(())
    }

    /// One parameter's row. `parameter` returns the cell of each parameter, `inputs` holds those of the samples.
    pub(super) fn row(
        &self,
        sheet: &mut Sheet,
        row: u32,
        p: Param,
        check: &CentralDifference,
        h: SheetCell,
        parameter: &dyn Fn(Param) -> SheetCell,
        inputs: &Inputs,
        style: &TableStyle,
    ) -> Result<Difference, Error> {
        let sides = [(1.0, &check.plus), (-1.0, &check.minus)];
        let mut column = self.left;
        let mut losses = Vec::new();
        let mut sums = Vec::new();
        for (sign, state) in sides {
            let snapshot = Snapshot::new(&self.lesson.theory, &self.lesson.samples, state);
            let moved = if sign > 0.0 { parameter(p).of() + h.of() } else { parameter(p).of() - h.of() };
            let moved = sheet.calculated(row, column, &moved, &style.value)?;
            column += 1;
            let left = column;
            for &key in &self.forward {
                let place = |key: &Key| match *key {
                    Key::P(q) if q == p => moved.place,
                    Key::P(q) => parameter(q).place,
                    key => match self.forward.iter().position(|other| *other == key) {
                        Some(at) => sheet.place(row, left + at as u16),
                        None => inputs.place(key),
                    },
                };
                let equation = if key == Key::Loss { self.loss() } else { self.lesson.theory.step(key) };
                let format = if key == Key::Loss { &style.result } else { &style.value };
                let formula = sheet.formula(&equation, &place);
                let value = snapshot.value(key);
                let cell =
                    SheetCell::new(sheet.live(row, column, super::cell::Live::number(formula, value), format)?, value);
                match key {
                    Key::Loss => losses.push(cell),
                    Key::Z(_, l, _) if self.lesson.theory.network.has_kink(l) => sums.push(cell),
                    _ => {}
                }
                column += 1;
            }
        }
        let quotient = (losses[0].of() - losses[1].of()) / (Expr::Number(2.0) * h.of());
        let (plus, minus) = sums.split_at(sums.len() / 2);
        let switched = gradbook_lesson::switched(plus.iter().map(|z| z.of()), minus.iter().map(|z| z.of()));
        Ok(Difference { quotient, noise: gradbook_lesson::noise(losses[0].of(), h.of()), switched })
    }

    /// The loss as one expression, without cells for its terms.
    fn loss(&self) -> Expr<Key> {
        let lesson = self.lesson;
        let outputs = lesson.theory.network.outputs();
        lesson.theory.mean(|s| Expr::sum((0..outputs).map(|k| lesson.theory.step(Key::E(s, k)))))
    }
}
