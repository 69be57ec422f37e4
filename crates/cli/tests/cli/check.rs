//! `gradbook check` as its users meet it: words, exit codes, files.

use std::fs;

use serde_json::Value;

use crate::desk::{Desk, lines};

#[test]
fn a_wrong_sheet_is_explained_hinted_at_and_counted_among_others() {
    let desk = Desk::new();
    desk.succeed("sheet class -o class.xlsx");
    let answer = desk.run("check class.xlsx --html class.html");
    assert_eq!(answer.code, Some(1), "{}", answer.stderr);
    for words in
        ["WRONG, 2 mistakes", "a_h1 in place of a_h2", "'Spot the slip'!AA34:AA101", "a finite difference gives"]
    {
        assert!(answer.stdout.contains(words), "{words}: {}", answer.stdout);
    }
    assert!(fs::read_to_string(desk.path("class.html")).unwrap().contains("a_h1 in place of a_h2"));

    let hint = desk.run("check class.xlsx --hint").stdout;
    assert!(hint.contains("'Spot the slip'!AA34:AA101") && hint.contains("another unit's value is used"), "{hint}");
    assert!(!hint.contains("in place of") && !hint.contains("right    ="), "{hint}");
    let finding = |options: &str| {
        let report = lines(&desk.run(&format!("check class.xlsx --json {options}")).stdout).remove(0);
        assert_eq!(report["verdict"], "wrong");
        report["findings"][0].clone()
    };
    assert_eq!(finding("")["kind"], "another_unit");
    assert!(finding("")["correct"].is_number());
    assert_eq!(finding("--hint")["correct"], Value::Null);

    desk.write("notes.xlsx", "not a workbook");
    desk.fail("check notes.xlsx", 2, &["notes.xlsx", "not an .xlsx", "save it as .xlsx"]);
    desk.fail("check nowhere.xlsx", 2, &["nowhere.xlsx", "cannot be read"]);
    desk.fail("check class.xlsx --net two", 2, &["2-3-1"]);
}

/// A class: right, wrong, unreadable, nothing in it to judge, an exercise.
fn papers() -> Desk {
    let desk = Desk::new();
    desk.succeed("sheet class -o wrong.xlsx");
    desk.succeed("sheet class --blank w5..w8 -o exercise.xlsx");
    desk.write("notes.xlsx", "not a workbook");
    for dir in ["papers/late", "empty"] {
        fs::create_dir_all(desk.path(dir)).unwrap();
    }
    fs::write(desk.path("nothing.xlsx"), sheet(&["hello"], &["1"])).unwrap();
    fs::write(desk.path("right.xlsx"), sheet(&FORWARD, &["0.05", "0.15", "A2*B2", "1/(1+EXP(-C2))"])).unwrap();
    let copies = [("wrong", "ada"), ("exercise", "eve"), ("nothing", "noel"), ("right", "zoe"), ("notes", "late/bob")];
    for (from, to) in copies {
        fs::copy(desk.path(&format!("{from}.xlsx")), desk.path(&format!("papers/{to}.xlsx"))).unwrap();
    }
    desk
}

const FORWARD: [&str; 4] = ["i1", "w1", "h1", "a_h1"];

/// A workbook with a row of names and a row of numbers and formulas.
fn sheet(names: &[&str], cells: &[&str]) -> Vec<u8> {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, (name, cell)) in (0..).zip(names.iter().zip(cells)) {
        sheet.write_string(0, column, *name).unwrap();
        match cell.parse::<f64>() {
            Ok(number) => sheet.write_number(1, column, number).unwrap(),
            Err(_) => sheet.write_formula(1, column, *cell).unwrap(),
        };
    }
    workbook.save_to_buffer().unwrap()
}

#[test]
fn a_class_gets_a_table_pages_and_reasons() {
    let desk = papers();
    assert_eq!(desk.run("check papers --out marks").code, Some(1));
    let table = fs::read_to_string(desk.path("marks/class.csv")).unwrap();
    let rows: Vec<&str> = table.lines().collect();
    assert!(rows[0].starts_with("file,verdict,marks,of,parts,changed,copied,mistakes,"), "{table}");
    assert!(rows[0].ends_with(",words,not_judged"), "{table}");
    assert!(rows[1].starts_with("ada.xlsx,wrong,,,,,,2,"), "{table}");
    assert!(rows[2].starts_with("eve.xlsx,wrong,0,4,Output weights: 0 of 4,,,0,"), "{table}");
    assert!(rows[3].starts_with("late/bob.xlsx,unreadable,") && rows[3].contains("save it as .xlsx"), "{table}");
    assert!(rows[4].starts_with("noel.xlsx,nothing,") && rows[4].contains("names above"), "{table}");
    assert!(rows[5].starts_with("zoe.xlsx,right,") && rows[5].ends_with(",,"), "{table}");
    // A page for each that could be read, the table and the class's page.
    assert_eq!(fs::read_dir(desk.path("marks")).unwrap().count(), 6);
    let page = fs::read_to_string(desk.path("marks/class.html")).unwrap();
    for head in ["mistakes", "exercise", "not judged"] {
        assert!(page.contains(&format!("<th scope=\"col\">{head}</th>")), "{head}: {page}");
    }

    // Files and folders mixed, each once.
    let answer = desk.run("check right.xlsx papers/late papers papers/zoe.xlsx --out all");
    assert_eq!(answer.code, Some(1), "{}", answer.stderr);
    let table = fs::read_to_string(desk.path("all/class.csv")).unwrap();
    let files: Vec<&str> = table.lines().skip(1).map(|row| row.split(',').next().unwrap()).collect();
    let papers = ["ada", "eve", "noel", "zoe"].map(|name| format!("papers/{name}.xlsx"));
    assert_eq!(files[..2], ["right.xlsx", "papers/late/bob.xlsx"]);
    assert_eq!(files[2..], papers);
    let answer = desk.run("check right.xlsx papers/late");
    assert!(answer.stdout.starts_with("right.xlsx: right") && answer.stderr.contains("bob.xlsx"), "{}", answer.stdout);
}

#[test]
fn exit_codes_tell_what_a_check_came_to() {
    let desk = papers();
    for (files, code) in [
        ("right.xlsx", 0),
        ("right.xlsx right.xlsx", 0),
        ("right.xlsx wrong.xlsx notes.xlsx nothing.xlsx", 1),
        ("right.xlsx nothing.xlsx notes.xlsx", 2),
        ("right.xlsx nowhere.xlsx", 2),
        ("right.xlsx empty", 2),
        ("papers/late", 2),
        ("right.xlsx nothing.xlsx", 3),
        ("nothing.xlsx", 3),
    ] {
        let answer = desk.run(&format!("check {files}"));
        assert_eq!(answer.code, Some(code), "{files}: {}{}", answer.stdout, answer.stderr);
    }
    desk.fail("check empty", 2, &["empty: there is no .xlsx", "give the folder"]);
    desk.fail("check empty --out x", 2, &["empty: there is no .xlsx"]);
    desk.fail("check right.xlsx --out x", 2, &["--out", "--html FILE"]);
    desk.fail("check papers/late --html x.html", 2, &["--html", "--out"]);
    desk.fail("check right.xlsx --html -", 2, &["--html -", "result.html"]);
    let answer = desk.run("check right.xlsx --html no/x.html");
    assert_eq!((answer.code, answer.stderr.contains("there is no folder no")), (Some(2), true), "{}", answer.stderr);
    fs::File::create(desk.path("large.xlsx")).unwrap().set_len((64 << 20) + 1).unwrap();
    desk.fail("check large.xlsx", 2, &["65 MiB, more than the 64 MiB", "remove"]);
    fs::remove_file(desk.path("large.xlsx")).unwrap();
    let page = {
        desk.succeed("manual --man man");
        fs::read_to_string(desk.path("man/gradbook-check.1")).unwrap()
    };
    assert!(page.contains("FILE|DIR ...") && page.contains("Exit codes"), "{page}");
}
