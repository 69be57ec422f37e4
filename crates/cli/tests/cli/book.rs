//! What the book says is so: its descriptions are descriptions, its commands exist, and its tutorial runs, line by line, on
//! all of MNIST.

use std::fs;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;

use crate::desk::Desk;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).unwrap()
}

/// README and everything else that is written for people, with its name.
fn pages() -> Vec<(String, String)> {
    let mut pages = Vec::new();
    for folder in ["", "docs"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "md") {
                pages.push((path.display().to_string(), fs::read_to_string(path).unwrap()));
            }
        }
    }
    pages
}

/// The blocks of that kind, in their order; without a kind, `""`.
fn blocks(page: &str, kind: &str) -> Vec<String> {
    let parts: Vec<&str> = page.split("```").collect();
    assert!(parts.len() % 2 == 1, "every block ends");
    let blocks = parts.iter().skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    blocks.filter(|(found, _)| *found == kind).map(|(_, text)| text.to_owned()).collect()
}

/// The command in a line of a block: without prompt, words in a column beside it, and comment.
fn command(line: &str) -> Option<String> {
    let line = line.trim_start().trim_start_matches("$ ").replace("cargo run --release -- ", "gradbook ");
    let line = line.split("   ").next().unwrap().split(" # ").next().unwrap();
    line.strip_prefix("gradbook ").map(str::to_owned)
}

/// A command as somebody would type it: `RUN...` and `[NAME|FILE]` stand for themselves, numbers for any number.
fn typed(command: &str) -> Vec<String> {
    let word = |word: &str| match word.trim_matches(['[', ']', '"']).trim_end_matches("...") {
        "N" | "SECONDS" | "ROUND" => "1".to_owned(),
        "bash," => "bash".to_owned(),
        // Whether there is bf16, the processor decides.
        "bf16" => "f32".to_owned(),
        word => word.to_owned(),
    };
    ["gradbook".to_owned()].into_iter().chain(command.split_whitespace().map(word)).collect()
}

/// Nothing is run. In blocks, commands are whole, and taken as the program takes them; in running text, what is there of
/// them exists.
#[test]
fn every_command_in_the_book_exists() {
    let (program, mut count) = (gradbook::command(), 0);
    for (name, page) in pages() {
        for command in blocks(&page, "").concat().lines().filter_map(command) {
            let error = program.clone().try_get_matches_from(typed(&command)).err();
            let error = error.filter(|error| error.kind() != ErrorKind::DisplayHelp);
            assert!(error.is_none(), "{name}: {command}: {}", error.unwrap());
            count += 1;
        }
        let text: String = page.split("```").step_by(2).collect();
        for command in text.split('`').skip(1).step_by(2).filter_map(|code| code.strip_prefix("gradbook ")) {
            let words = typed(command);
            let known = program.find_subcommand(&words[1]);
            let Some(known) = known else { panic!("{name}: there is no `gradbook {command}`") };
            for option in words.iter().filter_map(|word| word.strip_prefix("--")) {
                let is_known = known.get_arguments().any(|argument| argument.get_long() == Some(option));
                assert!(is_known || option == "help", "{name}: `gradbook {command}` has no --{option}");
            }
            count += 1;
        }
    }
    assert!(count >= 80, "{count}");
}

/// The other one of the README's two commands is run by CI.
#[test]
fn ci_runs_the_command_of_the_readme() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
    let test = blocks(&readme, "")[0].lines().find(|line| line.starts_with("cargo xtask ")).unwrap().to_owned();
    assert_eq!(ci.lines().last().unwrap(), format!("exec {}", test.split('#').next().unwrap().trim()));
}

#[test]
fn every_description_in_the_book_is_one() {
    let desk = Desk::new();
    let descriptions = blocks(&page("descriptions.md"), "toml");
    assert_eq!(descriptions.len(), 2);
    for description in descriptions {
        desk.write("described.toml", &description);
        desk.succeed("show described.toml");
    }
}

#[test]
fn the_tutorial_runs() {
    let desk = Desk::new();
    let tutorial = page("trainer.md");
    let [description] = &blocks(&tutorial, "toml")[..] else { panic!("one description") };
    desk.write("mine.toml", description);
    let test = gradbook_data::mnist_test().unwrap();
    fs::write(desk.path("digit.pgm"), [b"P5 28 28 255\n", test.image(0)].concat()).unwrap();

    let commands = blocks(&tutorial, "").concat();
    let commands: Vec<&str> = commands.lines().map(|line| line.strip_prefix("gradbook ").unwrap()).collect();
    assert!(commands.len() >= 10);
    let answers: Vec<String> = commands.iter().map(|command| desk.succeed(command)).collect();
    // The test images begin with a seven.
    assert!(answers[answers.len() - 1].contains("digit.pgm: 7 ("), "{}", answers[answers.len() - 1]);
    assert!(desk.path("runs/swift-seed2/result.json").exists() && !desk.path("runs/swift-seed2/checkpoint").exists());
}
