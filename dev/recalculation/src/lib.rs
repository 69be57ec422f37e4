//! Lessons, cells read back from workbooks, and recalculation by other programs.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::process::Command;

use calamine::{Data, Reader, Xlsx};
use gradbook_engine::spec::Spec;
use gradbook_lesson::Lesson;
use gradbook_workbook::Protection;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

pub mod ironcalc;
pub mod lessons;

pub const CLASS: &str = include_str!("../../../crates/run/networks/class.toml");
pub const CLASS_01_99: &str = include_str!("../../../crates/run/networks/class-01-99.toml");
pub const MAZUR: &str = include_str!("../../../crates/run/networks/mazur.toml");

/// Every lesson that ships.
pub const SHIPPED: [&str; 6] = [
    CLASS,
    CLASS_01_99,
    MAZUR,
    include_str!("../../../crates/run/networks/xor.toml"),
    include_str!("../../../crates/run/networks/regression.toml"),
    include_str!("../../../crates/run/networks/softmax.toml"),
];

/// Other widths and activations, trained biases in one layer only.
pub const TANH_3_4_2: &str = r#"
input = [3]
layers = [{ type = "linear", out_features = 4 }, { type = "tanh" }, { type = "linear", out_features = 2, bias = false }]
loss = { type = "squared_error" }
[lesson]
x = [0.9, -0.4, 0.2]
t = [0.3, -1.25]
weights = [[0.5, -0.25, 0.8, 0.1, 0.7, -0.6, -0.3, 0.4, 0.2, 0.15, -0.9, 1.1], [0.3, -0.7, 0.6, 0.2, -0.5, 0.4, 0.9, -0.1]]
biases = [[0.1, -0.2, 0.05, 0.3]]
train_biases = true
optimizer = { type = "sgd", lr = 0.05 }
rates = [0.01, 0.1]
updates = 12
"#;

/// ReLU with one unit switched off; a single output.
pub const RELU_2_3_1: &str = r#"
input = [2]
layers = [{ type = "linear", out_features = 3 }, { type = "relu" }, { type = "linear", out_features = 1 }, { type = "sigmoid" }]
loss = { type = "squared_error" }
[lesson]
x = [0.6, -0.8]
t = [0.25]
weights = [[0.5, 0.25, 0.9, -0.3, 0.7, 0.2], [0.4, -0.6, 0.8]]
biases = [[0.1, -0.2, -0.9], [0.3]]
train_biases = true
optimizer = { type = "sgd", lr = 0.5 }
rates = [0.5, 2.0, 0.000001]
updates = 5
"#;

pub fn spec(toml: &str) -> Spec {
    toml::from_str(toml).expect("a network description")
}

pub fn lesson(toml: &str) -> Lesson {
    Lesson::from_spec("test", &spec(toml)).expect("a lesson")
}

/// The same lesson with few updates and one rate: quick to recalculate.
pub fn short_lesson(toml: &str) -> Lesson {
    let mut spec = spec(toml);
    let lesson = spec.lesson.as_mut().expect("a lesson");
    (lesson.updates, lesson.rates) = (5, vec![0.1]);
    Lesson::from_spec("test", &spec).expect("a lesson")
}

pub fn written(lesson: &Lesson) -> Vec<u8> {
    gradbook_workbook::write(lesson, Protection::None).expect("a workbook")
}

pub fn workbook(toml: &str) -> Vec<u8> {
    written(&lesson(toml))
}

/// What a cell shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    Number(f64),
    Text(String),
    Nothing,
}

/// A cell by sheet, row and column, counted from 0.
pub type At = (String, u32, u32);

/// All cells of a workbook.
pub struct Cells {
    pub shown: BTreeMap<At, Shown>,
    pub formulas: BTreeMap<At, String>,
}

impl Cells {
    pub fn read(xlsx: &[u8]) -> Cells {
        let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(xlsx)).expect("a workbook");
        let mut cells = Cells { shown: BTreeMap::new(), formulas: BTreeMap::new() };
        for sheet in workbook.sheet_names() {
            let values = workbook.worksheet_range(&sheet).expect("cells");
            let (top, left) = values.start().unwrap_or_default();
            for (row, column, value) in values.used_cells() {
                let at = (sheet.clone(), top + row as u32, left + column as u32);
                cells.shown.insert(at, shown(value));
            }
            let formulas = workbook.worksheet_formula(&sheet).expect("formulas");
            let (top, left) = formulas.start().unwrap_or_default();
            for (row, column, formula) in formulas.used_cells() {
                let at = (sheet.clone(), top + row as u32, left + column as u32);
                cells.formulas.insert(at, formula.clone());
            }
        }
        cells
    }

    pub fn number(&self, sheet: &str, row: u32, column: u32) -> f64 {
        match self.shown.get(&(sheet.to_owned(), row, column)) {
            Some(Shown::Number(number)) => *number,
            other => panic!("{sheet}, row {row}, column {column}: {other:?} is not a number"),
        }
    }

    pub fn text(&self, sheet: &str, row: u32, column: u32) -> &str {
        match self.shown.get(&(sheet.to_owned(), row, column)) {
            Some(Shown::Text(text)) => text,
            other => panic!("{sheet}, row {row}, column {column}: {other:?} is not a text"),
        }
    }

    /// The same cells with another name for a sheet.
    pub fn renamed(self, from: &str, to: &str) -> Cells {
        let renamed = |(sheet, row, column): At| (if sheet == from { to.to_owned() } else { sheet }, row, column);
        Cells {
            shown: self.shown.into_iter().map(|(at, shown)| (renamed(at), shown)).collect(),
            formulas: self.formulas.into_iter().map(|(at, formula)| (renamed(at), formula)).collect(),
        }
    }

    /// Whether a cell depends on a central difference's cancellation: the text above it says so.
    fn is_difference(&self, at: &At) -> bool {
        let above = (0..at.1).rev().find_map(|row| match self.shown.get(&(at.0.clone(), row, at.2)) {
            Some(Shown::Text(text)) => Some(text.as_str()),
            _ => None,
        });
        matches!(above, Some("central difference" | "largest deviation"))
    }

    /// The cell of a sheet that shows exactly this text; the first from the top.
    pub fn find(&self, sheet: &str, text: &str) -> (u32, u32) {
        let found = self.shown.iter().find(|(at, shown)| at.0 == sheet && **shown == Shown::Text(text.to_owned()));
        let (at, _) = found.unwrap_or_else(|| panic!("{sheet} has no cell {text}"));
        (at.1, at.2)
    }
}

fn shown(value: &Data) -> Shown {
    match value {
        Data::Float(number) => Shown::Number(*number),
        Data::Int(number) => Shown::Number(*number as f64),
        Data::Empty => Shown::Nothing,
        Data::Error(error) => Shown::Text(format!("{error}")),
        other => Shown::Text(other.to_string()),
    }
}

/// The project's bound between two programs that compute the same formula.
pub fn close(x: f64, y: f64) -> bool {
    (x - y).abs() <= 1e-15 + 1e-12 * x.abs().max(y.abs())
}

/// The bound for cells that hold differences of almost equal losses.
pub fn roughly_close(x: f64, y: f64) -> bool {
    (x - y).abs() <= 1e-10 + 1e-5 * x.abs().max(y.abs())
}

/// Every formula cell of `written` against the same cell of `recalculated`.
pub fn assert_agree(written: &Cells, recalculated: &Cells) {
    let mut different = Vec::new();
    for (at, formula) in &written.formulas {
        let (engine, recalculated) = (&written.shown[at], recalculated.shown.get(at));
        let agree = match (engine, recalculated) {
            (Shown::Number(x), Some(Shown::Number(y))) if close(*x, *y) => true,
            (Shown::Number(x), Some(Shown::Number(y))) if written.is_difference(at) => roughly_close(*x, *y),
            (Shown::Text(x), Some(Shown::Text(y))) => same_but_rounding(x, y),
            _ => Some(engine) == recalculated,
        };
        if !agree {
            different.push(format!("{at:?}: the engine says {engine:?}, recalculation {recalculated:?}: {formula}"));
        }
    }
    assert!(different.is_empty(), "{} cells differ, among them\n{}", different.len(), {
        different.truncate(8);
        different.join("\n")
    });
}

/// Whether two texts have the same words, and numbers that differ by at most one in the last of six decimals: programs
/// round a final 5 in different ways.
fn same_but_rounding(x: &str, y: &str) -> bool {
    let words = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
    let numbers = |text: &str| -> Vec<f64> {
        let numbers = text.split(|c: char| !c.is_ascii_digit() && c != '.');
        numbers.filter_map(|number| number.parse().ok()).collect()
    };
    let (a, b) = (numbers(x), numbers(y));
    words(x) == words(y) && a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1.01e-6)
}

/// What every formula of a poisoned workbook claims to be.
pub const POISON: &str = "12345";

/// The workbook with all cached results wrong.
pub fn poisoned(xlsx: &[u8]) -> Vec<u8> {
    edited(xlsx, |name, xml| {
        if !name.starts_with("xl/worksheets/") {
            return xml;
        }
        let mut pieces = xml.split("</f><v>");
        let mut changed = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (_, rest) = piece.split_once("</v>").expect("a cached value");
            changed.push_str(&format!("</f><v>{POISON}</v>{rest}"));
        }
        changed
    })
}

/// The workbook with its text parts changed.
pub fn edited(xlsx: &[u8], edit: impl Fn(&str, String) -> String) -> Vec<u8> {
    let mut from = ZipArchive::new(Cursor::new(xlsx)).expect("a zip file");
    let mut to = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..from.len() {
        let mut part = from.by_index(index).expect("a part");
        let name = part.name().expect("a name").into_owned();
        let mut text = String::new();
        part.read_to_string(&mut text).expect("text");
        to.start_file(&name, SimpleFileOptions::default()).expect("a part");
        to.write_all(edit(&name, text).as_bytes()).expect("a part");
    }
    to.finish().expect("a zip file").into_inner()
}

/// The parts of a workbook whose names begin with `start`.
pub fn parts(xlsx: &[u8], start: &str) -> Vec<String> {
    let mut from = ZipArchive::new(Cursor::new(xlsx)).expect("a zip file");
    let names: Vec<String> = from.file_names().map(|name| name.expect("a name").into_owned()).collect();
    let names = names.into_iter().filter(|name| name.starts_with(start));
    let mut read = |name: String| {
        let mut text = String::new();
        from.by_name(&name).expect("a part").read_to_string(&mut text).expect("text");
        text
    };
    names.map(&mut read).collect()
}

/// The cells of the workbooks as LibreOffice saves them after it has calculated every formula anew.
pub fn recalculated_by_libreoffice(workbooks: &[Vec<u8>]) -> Vec<Cells> {
    saved_by_libreoffice(workbooks).iter().map(|xlsx| Cells::read(xlsx)).collect()
}

/// The files that LibreOffice saves after that.
pub fn saved_by_libreoffice(workbooks: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (profile, saved) = (folder.path().join("profile"), folder.path().join("saved"));
    always_recalculate(&profile);
    let files: Vec<_> = (0..workbooks.len()).map(|n| folder.path().join(format!("{n}.xlsx"))).collect();
    for (file, bytes) in files.iter().zip(workbooks) {
        std::fs::write(file, bytes).expect("a temporary file");
    }
    let output = Command::new("soffice")
        .arg(format!("-env:UserInstallation=file://{}", profile.display()))
        .args(["--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir"])
        .arg(&saved)
        .args(&files)
        .output()
        .unwrap_or_else(|error| {
            panic!(
                "cannot start soffice ({error}). This test recalculates workbooks with LibreOffice: install it with \
                 `apt-get install libreoffice-calc-nogui`, or run `cargo xtask test`, which does"
            )
        });
    let read = |n: usize| {
        let file = saved.join(format!("{n}.xlsx"));
        let talk = String::from_utf8_lossy(&output.stderr);
        std::fs::read(&file).unwrap_or_else(|error| panic!("LibreOffice saved nothing: {error}. {talk}"))
    };
    (0..workbooks.len()).map(read).collect()
}

/// A LibreOffice profile that ignores the cached results of .xlsx files; by default they are trusted.
fn always_recalculate(profile: &Path) {
    let user = profile.join("user");
    std::fs::create_dir_all(&user).expect("a profile folder");
    let settings = r#"<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
</item>
</oor:items>
"#;
    std::fs::write(user.join("registrymodifications.xcu"), settings).expect("profile settings");
}
