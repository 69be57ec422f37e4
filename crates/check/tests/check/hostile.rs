//! Files that are broken, or made to break what reads them: an answer comes, and no panic.

use std::io::{Cursor, Write};

use gradbook_check::{Judgement, Options, Unreadable, Verdict, check};
use rust_xlsxwriter::Workbook;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::draft::State;
use super::layouts::LAYOUTS;
use super::network::NETWORKS;
use super::{checked, draft};
use gradbook_recalculation::{Cells, edited};

fn class() -> Vec<u8> {
    draft(&LAYOUTS[0], &NETWORKS[0], 0).xlsx(State::AsCalculated)
}

/// The class's sheet with another formula in place of h1's first one.
fn with_formula(formula: &str) -> Vec<u8> {
    let xlsx = class();
    let cells = Cells::read(&xlsx);
    let (row, column) = cells.find("Sheet1", "h1");
    let own = &cells.formulas[&("Sheet1".to_owned(), row + 1, column)];
    edited(&xlsx, |_, xml| xml.replacen(&format!("<f>{own}</f>"), &format!("<f>{formula}</f>"), 1))
}

#[test]
fn what_is_no_workbook_is_refused() {
    let xlsx = class();
    assert!(matches!(check(b"", &Options::default()), Err(Unreadable::NoWorkbook(_))));
    assert!(matches!(check(b"i1,w1\n0.05,0.15\n", &Options::default()), Err(Unreadable::NoWorkbook(_))));
    assert!(matches!(check(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1], &Options::default()), Err(Unreadable::NoWorkbook(_))));
    for part in 1..20 {
        let truncated = &xlsx[..xlsx.len() * part / 20];
        assert!(check(truncated, &Options::default()).is_err(), "{part} of 20 parts");
    }
    for at in (0..xlsx.len()).step_by(xlsx.len() / 200) {
        let mut damaged = xlsx.clone();
        damaged[at] ^= 0x55;
        let _ = check(&damaged, &Options::default());
    }
}

#[test]
fn a_small_file_that_unpacks_to_300_mb_is_refused() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for name in ["[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"] {
        zip.start_file(name, options).expect("a part");
    }
    let megabyte = vec![b' '; 1 << 20];
    for _ in 0..300 {
        zip.write_all(&megabyte).expect("a part");
    }
    let bomb = zip.finish().expect("a zip file").into_inner();
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    assert!(matches!(check(&bomb, &Options::default()), Err(Unreadable::TooLarge { .. })));
}

#[test]
fn a_cell_in_the_last_corner_changes_nothing() {
    let far = r#"<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>"#;
    let report = checked(&edited(&class(), |_, xml| xml.replace("</sheetData>", far)));
    assert_eq!(report.verdict(), Verdict::Right);
}

#[test]
fn formulas_beyond_all_measure_are_only_wrong() {
    let cells = Cells::read(&class());
    let (row, column) = cells.find("Sheet1", "h1");
    let own = format!("{}{}", char::from(b'A' + column as u8), row + 2);
    let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
    let functions = |depth: usize| format!("{}1{}", "SUM(".repeat(depth), ")".repeat(depth));
    for formula in [
        format!("{own}+1"),
        nested(200),
        nested(4_000),
        functions(200),
        functions(1_600),
        format!("{}1", "-".repeat(8_000)),
        format!("1{}", "^2".repeat(4_000)),
        format!("1{}", "/2".repeat(4_000)),
        format!("1{}", "<2".repeat(4_000)),
        format!("1{}", "%".repeat(8_000)),
        "SUM(A1:XFD1048576)".to_owned(),
        "SUMPRODUCT(A:A,B:B)".to_owned(),
        "MMULT(A1:Z1000,A1:Z1000)".to_owned(),
        "XFD1048577+A0".to_owned(),
        "'".to_owned(),
    ] {
        let report = checked(&with_formula(&formula));
        assert_eq!(report.tables.len(), 1, "{formula:.40}");
    }
}

/// i1 -> h1 -> ... -> E -> i1, and sixty helper cells, each twice the next: 2^60 if they were written out.
#[test]
fn circles_and_towers_of_cells_end() {
    let xlsx = class();
    let cells = Cells::read(&xlsx);
    let (row, column) = cells.find("Sheet1", "E_t");
    let loss = format!("{}{}", char::from(b'A' + column as u8), row + 2);
    assert_eq!(checked(&with_formula(&loss)).verdict(), Verdict::Wrong);

    let tower: String = (100..160)
        .map(|row| format!(r#"<row r="{row}"><c r="A{row}"><f>A{0}+A{0}</f><v>1</v></c></row>"#, row + 1))
        .collect();
    let tower = edited(&with_formula("A100"), |_, xml| xml.replace("</sheetData>", &format!("{tower}</sheetData>")));
    assert_eq!(checked(&tower).tables.len(), 1);
}

#[test]
fn a_shared_formula_with_a_huge_number_is_refused() {
    let shared = edited(&class(), |_, xml| xml.replacen("<f>", r#"<f t="shared" ref="A1:A2" si="4294967295">"#, 1));
    assert!(matches!(check(&shared, &Options::default()), Err(Unreadable::Damaged(_))));
}

/// The class's sheet with another cell in place of the first one of a column: its attributes and what stands in it.
fn with_cell(quantity: &str, attributes: &str, content: &str) -> Vec<u8> {
    let xlsx = class();
    let cells = Cells::read(&xlsx);
    let (row, _) = cells.find("Sheet1", "h1");
    let is_header = |column: &u32| cells.text("Sheet1", row, *column) == quantity;
    let column = (0..26).find(is_header).expect("a column");
    let start = format!(r#"<c r="{}{}""#, char::from(b'A' + column as u8), row + 2);
    edited(&xlsx, |_, xml| match xml.split_once(&start) {
        Some((before, after)) => {
            let (_, after) = after.split_once("</c>").expect("the cell's end");
            format!("{before}{start}{attributes}>{content}</c>{after}")
        }
        None => xml,
    })
}

fn kinds(report: &Judgement) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.kind).collect()
}

/// 24 helpers, each with 90 divisions, one within the other, on half of a thread's usual stack.
#[test]
fn helpers_within_helpers_do_not_take_the_stack() {
    let rows: String = (100..124)
        .map(|row| {
            let next = if row == 123 { "1".to_owned() } else { format!("A{}", row + 1) };
            format!(r#"<row r="{row}"><c r="A{row}"><f>{next}{}</f><v>1</v></c></row>"#, "/1".repeat(90))
        })
        .collect();
    let deep = edited(&with_formula("A100"), |_, xml| xml.replace("</sheetData>", &format!("{rows}</sheetData>")));
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(move || checked(&deep));
    let report = thread.expect("a thread").join().expect("no overflow");
    assert_eq!(report.tables.len(), 1);
}

/// Each name is twice the next: 2^28 cells if they were written out.
#[test]
fn names_that_double_are_not_written_out() {
    let names: String = (0..28)
        .map(|n| format!(r#"<definedName name="twice_{n}_x">twice_{0}_x+twice_{0}_x</definedName>"#, n + 1))
        .collect();
    let names =
        format!(r#"<definedNames>{names}<definedName name="twice_28_x">Sheet1!$A$1</definedName></definedNames>"#);
    let tower = edited(&with_formula("twice_0_x"), |_, xml| xml.replace("</sheets>", &format!("</sheets>{names}")));
    let report = checked(&tower);
    assert_eq!(report.tables.len(), 1);
    assert!(report.tables[0].right > 100, "{report:?}");
}

/// 30,000 sums of 12,000 cells each, in a table and beside it.
#[test]
fn a_file_that_takes_too_much_work_is_not_judged() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for column in 0..100 {
        sheet.write_string(0, column, format!("w{}", column + 1)).expect("a cell");
        for row in 1..300 {
            sheet.write_formula(row, column, "SUM(DA1:EN300)").expect("a cell");
        }
    }
    let report = checked(&workbook.save_to_buffer().expect("a workbook"));
    assert_eq!((report.verdict(), report.tables.len()), (Verdict::Nothing, 0));
    assert!(report.unjudged.iter().any(|what| what.contains("more work than is done for one file")), "{report:?}");
}

#[test]
fn cells_beyond_the_last_row_or_column_are_refused() {
    for place in ["A1048577", "XFE1", "A4294967295", "A4294967296", "A99999999999", "ZZZZZZZZZZ1"] {
        let row: String = place.chars().filter(char::is_ascii_digit).collect();
        let far = format!(r#"<row r="{row}"><c r="{place}"><v>1</v></c></row></sheetData>"#);
        let xlsx = edited(&class(), |_, xml| xml.replace("</sheetData>", &far));
        assert!(matches!(check(&xlsx, &Options::default()), Err(Unreadable::Damaged(_))), "{place}");
    }
}

/// 5,000 cells that share a text of 30,000 letters: the file is small, what it says is not.
#[test]
fn long_texts_that_cells_share_are_refused() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let text = "x".repeat(30_000);
    for row in 0..5_000 {
        sheet.write_string(row, 0, &text).expect("a cell");
    }
    let xlsx = workbook.save_to_buffer().expect("a workbook");
    assert!(xlsx.len() < 1 << 20, "{}", xlsx.len());
    assert!(matches!(check(&xlsx, &Options::default()), Err(Unreadable::TooLarge { .. })));
}

#[test]
fn cells_that_show_an_error_are_found() {
    for (quantity, attributes, content, message) in [
        ("h1", "", "<f>#REF!*2</f><v></v>", "h1: the cell shows #REF!"),
        ("h1", r#" t="e""#, "<f>VLOOKUP(1,A1:B2,2)</f><v>#N/A</v>", "h1: the cell shows #N/A"),
        ("w1", r#" t="e""#, "<v>#DIV/0!</v>", "w1: the cell shows #DIV/0!"),
        ("i1", r#" t="e""#, "<v>#VALUE!</v>", "i1: the cell shows #VALUE!"),
    ] {
        let report = checked(&with_cell(quantity, attributes, content));
        assert_eq!(kinds(&report), ["error_value"], "{quantity}: {report:?}");
        assert_eq!(report.findings[0].message, message);
        assert_eq!(report.verdict(), Verdict::Wrong);
    }
}

/// What a spreadsheet program would calculate from the formula counts.
#[test]
fn a_right_formula_whose_stored_result_is_an_error_is_right() {
    let xlsx = class();
    let cells = Cells::read(&xlsx);
    let (row, column) = cells.find("Sheet1", "h1");
    let own = &cells.formulas[&("Sheet1".to_owned(), row + 1, column)];
    let report = checked(&with_cell("h1", r#" t="e""#, &format!("<f>{own}</f><v>#NAME?</v>")));
    assert_eq!(report.verdict(), Verdict::Right, "{report:?}");
    assert!(report.notes.iter().any(|note| note.contains("calculated anew")), "{:?}", report.notes);
}

#[test]
fn a_text_for_a_number_is_found() {
    let report = checked(&with_cell("w1", r#" t="str""#, "<v>0,15</v>"));
    assert_eq!(kinds(&report), ["text_number"], "{:?}", report.findings);
    assert!(report.findings[0].message.contains("0,15"));
}

#[test]
fn functions_that_are_not_understood_are_named() {
    let report = checked(&with_cell("h1", "", "<f>OFFSET(A1,0,0)*INDEX(A1:B2,1,)</f><v></v>"));
    assert_eq!(report.verdict(), Verdict::Partly, "{report:?}");
    let named = "1 cell of h1: formulas with functions that are not understood here (OFFSET)";
    assert!(report.unjudged.iter().any(|what| what.ends_with(named)), "{:?}", report.unjudged);
}
