//! The first command of a new user.

use std::collections::BTreeSet;
use std::fs;

use crate::desk::Desk;

#[test]
fn demo_ends_with_its_files_and_what_to_try_next() {
    let desk = Desk::new();
    let words = desk.succeed("demo");
    assert!(words.contains("Open demo/class.xlsx and demo/run/report.html. Then try:"), "{words}");
    assert!(words.ends_with("every shipped network\n"), "{words}");
    let names = |dir: &str| {
        let entries = fs::read_dir(desk.path(dir)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<BTreeSet<_>>()
    };
    assert_eq!(names("demo"), BTreeSet::from(["class.xlsx", "class.xlsx.sha256", "run"].map(str::to_owned)));
    let run = ["run.toml", "metrics.jsonl", "result.json", "model.safetensors", "report.html", "curves.svg"];
    assert_eq!(names("demo/run"), BTreeSet::from(run.map(str::to_owned)));
}

#[test]
fn demo_leaves_foreign_files_alone() {
    let desk = Desk::new();
    fs::create_dir(desk.path("demo")).unwrap();
    desk.write("demo/class.xlsx", "my own");
    desk.fail("demo", 1, &["class.xlsx", "changed", "--out"]);
    fs::remove_file(desk.path("demo/class.xlsx")).unwrap();
    desk.write("demo/notes.txt", "my own");
    desk.fail("demo", 1, &["notes.txt", "--out"]);
}
