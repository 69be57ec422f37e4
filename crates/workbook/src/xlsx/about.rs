//! About: notation, equations, and where known worked examples differ from the correct numbers.

use super::sheet::Sheet;
use super::style::{PageStyle, print_setup};
use crate::error::Error;
use gradbook_lesson::{Expr, Key, Lesson, worked_examples};

pub(super) fn write(lesson: &Lesson, mut sheet: Sheet) -> Result<Sheet, Error> {
    let style = PageStyle::new(lesson);
    sheet.worksheet.set_screen_gridlines(false);
    sheet.worksheet.set_column_width(0, 26)?.set_column_width(1, 150)?;
    print_setup(&mut sheet.worksheet).set_print_fit_to_pages(1, 0);
    sheet.text(0, 0, "About this workbook", &style.title)?;
    sheet.worksheet.set_row_height(0, 32)?;
    let mut about = About { sheet, style, row: 1 };
    about.line("", &lesson.theory.described())?;
    about.line("", "Made by gradbook. Yellow cells are inputs; every result is a formula; there are no macros.")?;
    about.section("Notation")?;
    for (symbol, meaning) in lesson.theory.notation() {
        about.line(symbol, meaning)?;
    }
    about.line("EXP", "the exponential function; cells write EXP(MAX(-690,MIN(690,x))), which never overflows")?;
    about.section("Equations of this network")?;
    for key in equations(lesson) {
        // A mean is taken over samples, which have numbers there.
        let mean = matches!(key, Key::Loss | Key::G(_));
        let name = |key: &Key| if mean { lesson.theory.table_name(*key) } else { lesson.theory.text(*key) };
        let equation = match key {
            Key::G(p) => lesson.theory.mean(|s| Expr::Of(Key::Own(s, p))),
            key => lesson.theory.step(key),
        };
        about.line(&lesson.theory.text(key), &equation.in_symbols(&name))?;
    }
    about.section("Where known worked examples differ from the correct numbers")?;
    for (example, what) in worked_examples() {
        about.line(example, what)?;
    }
    let (last, mut sheet) = (about.row, about.sheet);
    sheet.worksheet.set_print_area(0, 0, last, 1)?;
    Ok(sheet)
}

/// One of each kind of quantity.
fn equations(lesson: &Lesson) -> Vec<Key> {
    let last = lesson.theory.network.last();
    let mut keys: Vec<Key> = Vec::new();
    for l in 0..=last {
        keys.extend([Key::Z(0, l, 0), Key::A(0, l, 0)]);
    }
    keys.push(Key::E(0, 0));
    keys.push(Key::Loss);
    for l in (0..=last).rev() {
        keys.extend([Key::Da(0, l, 0), Key::Dz(0, l, 0)]);
    }
    let p = lesson.theory.trained()[0];
    keys.push(Key::Own(0, p));
    keys.extend((lesson.theory.samples > 1).then_some(Key::G(p)));
    keys.extend(lesson.theory.memory(p));
    keys.push(Key::Next(p));
    keys
}

struct About {
    sheet: Sheet,
    style: PageStyle,
    row: u32,
}

impl About {
    fn section(&mut self, text: &str) -> Result<(), Error> {
        self.row += 1;
        self.sheet.worksheet.write_blank(self.row, 1, &self.style.section)?;
        self.sheet.text(self.row, 0, text, &self.style.section)?;
        self.sheet.worksheet.set_row_height(self.row, 24)?;
        self.row += 1;
        Ok(())
    }

    fn line(&mut self, symbol: &str, text: &str) -> Result<(), Error> {
        if symbol.is_empty() {
            self.sheet.text(self.row, 0, text, &self.style.lead)?;
        } else {
            self.sheet.text(self.row, 0, symbol, &self.style.symbol)?;
            self.sheet.text(self.row, 1, text, &self.style.formula)?;
        }
        let lines = (text.chars().count() as f64 / 125.0).ceil().max(1.0);
        self.sheet.worksheet.set_row_height(self.row, 3.0 + 19.0 * lines)?;
        self.row += 1;
        Ok(())
    }
}
