//! No circle among the rooms of a crate. A room is a module at the top: `plan.rs`, or `layer.rs` with all of `layer/`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::{files, root, text};

/// Rooms that are one, in a crate: an observer is told of the trainings that call it, and limits are of what is recorded.
const ONE: [(&str, &str, &str); 6] = [
    ("engine", "function", "layer"),
    ("engine", "loss", "layer"),
    ("engine", "spec", "layer"),
    ("run", "observer", "training"),
    ("run", "trials", "training"),
    ("run", "limits", "folder"),
];

/// Who uses whom: room -> room used -> the files in which it does.
type Uses = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// Names that follow `crate::`, and those that follow as many `super::` as lead to the crate's root.
fn used(source: &str, depth: usize) -> BTreeSet<String> {
    let lines: Vec<&str> = source.lines().map(|line| line.split("//").next().unwrap()).collect();
    let code = lines.join("\n");
    let mut names = BTreeSet::new();
    for start in ["crate::".to_owned(), "super::".repeat(depth + 1)] {
        let words = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        for (at, _) in code.match_indices(&start) {
            // Longer ones of which this is the end: `gradbook_x::super::`, `super::super::`.
            if code[..at].ends_with(words) {
                continue;
            }
            match code[at + start.len()..].strip_prefix('{') {
                Some(group) => names.extend(members(group)),
                None => names.extend(first_word(&code[at + start.len()..])),
            }
        }
    }
    names
}

/// The first words of a group's members, after its opening brace.
fn members(group: &str) -> Vec<String> {
    let (mut depth, mut found) = (0, Vec::new());
    let mut begins = true;
    for (at, c) in group.char_indices() {
        if begins && depth == 0 && !c.is_whitespace() {
            found.extend(first_word(&group[at..]));
            begins = false;
        }
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => begins = true,
            _ => {}
        }
    }
    found
}

fn first_word(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

/// Of the crate whose sources are in a folder; tests may use anything.
fn uses(name: &str, src: &Path) -> Uses {
    let mut uses = Uses::new();
    let paths = files(src, "rs");
    let tests: Vec<PathBuf> = paths.iter().flat_map(|path| tests(path)).collect();
    let is_room = |name: &str| src.join(name).is_dir() || src.join(format!("{name}.rs")).is_file();
    let room = |part: &str| ONE.iter().find(|one| (one.0, one.1) == (name, part)).map_or(part, |one| one.2).to_owned();
    for path in paths {
        let inside = path.strip_prefix(src).unwrap();
        let parts: Vec<String> = inside.iter().map(|part| part.to_string_lossy().replace(".rs", "")).collect();
        if ["lib", "main"].contains(&&*parts[0]) || tests.iter().any(|tests| path.with_extension("").starts_with(tests))
        {
            continue;
        }
        let source = text(&path);
        let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let here = room(&parts[0]);
        let used = used(source, parts.len() - 1).into_iter().filter(|name| is_room(name)).map(|name| room(&name));
        for there in used.filter(|there| *there != here) {
            uses.entry(here.clone()).or_default().entry(there).or_default().insert(inside.display().to_string());
        }
    }
    uses
}

/// Files of modules that a file declares for tests, without their endings.
fn tests(path: &Path) -> Vec<PathBuf> {
    let source = text(path);
    let declared = source.split("#[cfg(test)]\nmod ").skip(1).filter_map(|rest| rest.split_once(';'));
    let names = declared.map(|(name, _)| name).filter(|name| first_word(name).as_deref() == Some(*name));
    let folder = match path.file_stem().unwrap().to_str().unwrap() {
        "lib" | "main" => path.parent().unwrap().to_owned(),
        _ => path.with_extension(""),
    };
    names.map(|name| folder.join(name)).collect()
}

/// All rooms that can be reached from one.
fn reached<'u>(uses: &'u Uses, from: &str) -> BTreeSet<&'u str> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&str> = vec![from];
    while let Some(room) = next.pop() {
        for used in uses.get(room).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(used.as_str()) {
                next.push(used);
            }
        }
    }
    reached
}

/// Uses that are part of a circle, and lead out of a folder: files beside each other may use each other.
fn circles(uses: &Uses) -> Vec<String> {
    let mut found = Vec::new();
    for (room, others) in uses {
        for (other, files) in others.iter().filter(|(other, _)| reached(uses, other).contains(room.as_str())) {
            let from_folders = files.iter().filter(|file| file.contains('/'));
            found.extend(from_folders.map(|file| format!("{file} uses {other}, which uses {room}")));
        }
    }
    found
}

#[test]
fn no_crate_has_a_circle_among_its_rooms() {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join("crates")).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().display().to_string();
        found.extend(circles(&uses(&name, &folder.join("src"))).iter().map(|circle| format!("{name}: {circle}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn uses_are_read_from_lines_groups_and_paths() {
    let source = "use crate::{a::{x, y}, b,\n c::z};\nuse crate::d;\nfn f() { super::super::e::g() } // crate::no\n";
    assert_eq!(used(source, 1).into_iter().collect::<String>(), "abcde");
    assert_eq!(used("use super::a;", 0).len(), 1);
    assert_eq!(used("use super::a;", 1).len(), 0);
}
