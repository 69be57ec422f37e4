//! Whoever writes a file does not command the terminal of whoever reads about it.

use std::fs;

use crate::desk::{Desk, TINY};

/// Colours, a title, the same with a single character, the other direction of writing.
const COMMANDS: &str = r"\u001b[31m \u001b]0;owned\u0007 \u009b31m \u202e";

fn assert_harmless(text: &str) {
    let harmful = text.chars().find(|&c| c.is_control() && c != '\n' || c == '\u{202e}');
    assert_eq!(harmful, None, "{text}");
}

#[test]
fn words_of_files_are_shown_escaped() {
    let desk = Desk::new();
    desk.quarters();
    desk.write("evil.toml", &format!("about = \"{COMMANDS}\"\n{TINY}"));
    let shown = desk.succeed("show evil.toml");
    assert_harmless(&shown);
    assert!(shown.contains(r"\u{1b}[31m \u{1b}]0;owned\u{7} \u{9b}31m \u{202e}"), "{shown}");
    // JSON stays what it says.
    let json = desk.succeed("show evil.toml --json");
    assert_harmless(&json);
    let about = serde_json::from_str::<serde_json::Value>(&json).unwrap()["description"]["about"].clone();
    assert_eq!(about, "\u{1b}[31m \u{1b}]0;owned\u{7} \u{9b}31m \u{202e}");

    // An error repeats a line of the file; here it has the characters themselves, and so has the file's name.
    desk.write("\u{1b}[31m.toml", "about = \"\u{1b}[31m");
    let answer = desk.run("show \u{1b}[31m.toml");
    assert_eq!(answer.code, Some(1));
    assert_harmless(&answer.stderr);
    assert!(answer.stderr.contains(r"\u{1b}[31m.toml"), "{}", answer.stderr);

    desk.write(
        "sweep.toml",
        &format!("about = \"{COMMANDS}\"\nbase = \"tiny.toml\"\nseeds = 1\n[[variants]]\nname = \"v {COMMANDS}\""),
    );
    let answer = desk.run("sweep sweep.toml --data quarters");
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    assert_harmless(&answer.stdout);
    assert_harmless(&answer.stderr);
    assert!(fs::exists(desk.path("runs/sweep-sweep/sweep.html")).unwrap());
}
