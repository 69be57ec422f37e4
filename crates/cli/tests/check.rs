//! `gradbook check` as its users meet it: words, exit codes, files.

mod desk;

use std::fs;

use desk::{Desk, lines};
use serde_json::Value;

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
    desk.fail("check notes.xlsx", 2, &["notes.xlsx", "no .xlsx", "save it as .xlsx"]);
    desk.fail("check nowhere.xlsx", 2, &["nowhere.xlsx", "cannot be read"]);
    desk.fail("check class.xlsx --net two", 2, &["2-3-1"]);

    fs::create_dir_all(desk.path("papers/late")).unwrap();
    for (from, to) in [("class.xlsx", "papers/ada.xlsx"), ("notes.xlsx", "papers/late/bob.xlsx")] {
        fs::copy(desk.path(from), desk.path(to)).unwrap();
    }
    desk.succeed("sheet class --blank w5..w8 -o papers/eve.xlsx");
    assert_eq!(desk.run("check papers --out marks").code, Some(1));
    let table = fs::read_to_string(desk.path("marks/class.csv")).unwrap();
    let rows: Vec<&str> = table.lines().collect();
    assert!(rows[1].starts_with("ada.xlsx,wrong,,,2,"), "{table}");
    assert!(rows[2].starts_with("eve.xlsx,wrong,0,4,"), "{table}");
    assert!(rows[3].starts_with("late/bob.xlsx,unreadable,"), "{table}");
    // A page for each that could be read, the table and the class's page.
    assert_eq!(fs::read_dir(desk.path("marks")).unwrap().count(), 4);
    desk.fail("check papers/late --html x.html", 1, &["--html", "--out"]);
}
