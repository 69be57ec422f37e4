//! Lessons and exercises: what is written, from options or a description.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::desk::Desk;

#[test]
fn exercises_have_numbers_of_their_own_for_each_seed_and_name() {
    let desk = Desk::new();
    desk.succeed("sheet class --blank w5..w8,h1 --seed 3 -o three.xlsx");
    desk.succeed("sheet class --blank w5..w8,h1 --seed 3 -o again.xlsx");
    desk.succeed("sheet class --blank w5..w8,h1 --seed 4 -o four.xlsx");
    let bytes = |name: &str| std::fs::read(desk.path(name)).expect("an exercise");
    assert_eq!(bytes("three.xlsx"), bytes("again.xlsx"));
    assert_ne!(bytes("three.xlsx"), bytes("four.xlsx"));

    desk.write("names.txt", "Ada Lovelace\n\n../\u{c9}mile\n");
    let printed = desk.succeed("sheet class --blank all --names names.txt --count 2 -o class");
    assert!(printed.contains("class-Ada-Lovelace.xlsx") && printed.contains("class-\u{c9}mile.xlsx"), "{printed}");
    desk.fail("sheet class --blank all --names names.txt -o class", 1, &["class-Ada-Lovelace.xlsx", "--force"]);
    desk.fail("sheet class --blank all --names names.txt --count 3", 1, &["names.txt", "2 names", "--count is 3"]);
    assert!(desk.succeed("sheet xor --blank E --count 10").contains("xor-10.xlsx"));

    desk.write("twice.txt", "Ada\nada\n");
    desk.fail("sheet --blank all --names twice.txt", 1, &["twice.txt", "line 2", "`ada`", "line 1"]);
    desk.write("empty.txt", "\n");
    desk.fail("sheet --blank all --names empty.txt", 1, &["empty.txt", "no names"]);
    desk.fail("sheet --blank w9", 1, &["--blank", "`w9`", "w1..w8"]);
    desk.fail("sheet --blank w5 -o page.html", 1, &["page.html", ".xlsx"]);
    desk.fail("sheet --count 3", 2, &["--blank"]);
}

#[test]
fn sheet_replaces_nothing_unasked() {
    let desk = Desk::new();
    assert!(desk.succeed("sheet").contains("class.xlsx"));
    desk.fail("sheet", 1, &["class.xlsx", "--force"]);
    let first = fs::read(desk.path("class.xlsx")).unwrap();
    desk.succeed("sheet --force");
    assert_eq!(first, fs::read(desk.path("class.xlsx")).unwrap());
    desk.succeed("sheet mazur -o lesson.xlsx --rate 0.1 --updates 3");
}

#[test]
fn sheet_writes_a_page_where_the_name_ends_in_html() {
    let desk = Desk::new();
    assert!(desk.succeed("sheet mazur -o lesson.html").contains("browser"));
    let page = fs::read_to_string(desk.path("lesson.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("Backpropagation: mazur"));
    desk.fail("sheet -o locked.html --protect", 1, &["--protect", ".xlsx"]);
    desk.fail("sheet -o lesson.pdf", 1, &["lesson.pdf", ".xlsx", ".html"]);
}

/// The text of a shipped network.
fn shipped(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../run/networks/{name}.toml"))).unwrap()
}

#[test]
fn options_alone_describe_the_shipped_lessons_to_the_last_bit() {
    let desk = Desk::new();
    let weights = "--weights 0.15,0.2,0.25,0.3,0.4,0.45,0.5,0.55";
    let softmax_weights = "--weights 0.5,-0.4,-0.3,0.6,0.2,0.4,-0.6,-0.5,\
                           0.3,-0.2,0.5,0.1,-0.4,0.6,0.2,-0.3,-0.1,0.2,-0.5,0.4";
    let lessons = [
        ("class", "2-2-2", format!("--bias off --x 0.05,0.1 --t 0.5,0.5 {weights}")),
        (
            "mazur",
            "2-2-2",
            format!("--bias fixed --x 0.05,0.1 --t 0.01,0.99 {weights} --biases 0.35,0.35,0.6,0.6 --rate 0.5"),
        ),
        (
            "xor",
            "2-3-1",
            "--activations tanh,sigmoid --x 1,0,0,1,1,1,0,0 --t 1,1,0,0 --weights 0.6,-0.4,-0.5,0.8,0.3,0.7,0.4,0.5,-0.3 \
             --biases 0.1,-0.2,0.3,0.1 --optimizer momentum --updates 100"
                .to_owned(),
        ),
        (
            "regression",
            "1-4-1",
            "--activations tanh,linear --loss mean_squared_error --x -3,-2,-1,0,1,2,3 \
             --t -0.14,-0.91,-0.84,0,0.84,0.91,0.14 --weights 0.7,-0.5,0.9,0.4,0.5,-0.6,0.3,0.8 \
             --biases -0.8,0.6,0.2,1.1,0.1 --rate 0.1 --rates 0.01,0.02,0.05,0.1,0.2,3 --updates 100"
                .to_owned(),
        ),
        (
            "softmax",
            "2-4-3",
            format!(
                "--activations relu,softmax --loss cross_entropy --x 1,0.2,0.8,-0.3,-0.6,0.9,-0.4,0.7,-0.5,-0.8,-0.2,-1 \
                 --t 1,0,0,1,0,0,0,1,0,0,1,0,0,0,1,0,0,1 {softmax_weights} --biases 0.1,0.05,0.2,-0.1,0,0,0 \
                 --optimizer adam --rate 0.05 --rates 0.005,0.01,0.02,0.05,0.1,0.2"
            ),
        ),
    ];
    for (name, layers, options) in lessons {
        // The file's name stands in the title.
        let file = format!("network-{layers}.toml");
        desk.write(&file, &shipped(name));
        assert!(desk.workbook(&file) == desk.workbook(&format!("--layers {layers} {options}")), "{name}");
    }
}

#[test]
fn options_change_a_lesson_as_its_text_would() {
    let desk = Desk::new();
    fs::create_dir(desk.path("changed")).unwrap();
    let same = |name: &str, options: &str, replacements: &[(&str, &str)]| {
        let mut text = shipped(name);
        desk.write("lesson.toml", &text);
        for (from, to) in replacements {
            assert!(text.contains(from), "{name}: {from}");
            text = text.replace(from, to);
        }
        desk.write("changed/lesson.toml", &text);
        let changed = desk.workbook("changed/lesson.toml");
        assert!(changed == desk.workbook(&format!("lesson.toml {options}")), "{name} {options}");
        assert!(replacements.is_empty() || changed != desk.workbook("lesson.toml"), "{name} {options}");
    };
    same("xor", "", &[]);
    same("mazur", "--bias on --updates 3", &[("train_biases = false", ""), ("updates = 67", "updates = 3")]);
    same("xor", "--momentum 0.5 --rate 0.25", &[("lr = 1.0, momentum = 0.9", "lr = 0.25, momentum = 0.5")]);
    same("xor", "--optimizer sgd", &[(", momentum = 0.9", "")]);
    same(
        "class",
        "--optimizer adam --rates 0.01,3",
        &[("\"sgd\"", "\"adam\""), ("0.1, 0.2, 0.5, 0.8, 1.0, 2.0", "0.01, 3")],
    );
    same("class", "--x 1,-1 --t 0,1", &[("[0.05, 0.1]", "[1, -1]"), ("[0.5, 0.5]", "[0, 1]")]);
    same("xor", "--activations relu", &[("tanh\"", "relu\"")]);
    // The outputs stay a softmax under another loss.
    let softmax = "out_features = 3 }, { type = \"softmax\" }";
    same(
        "softmax",
        "--loss squared_error",
        &[("out_features = 3 }", softmax), ("cross_entropy\" }", "squared_error\" }")],
    );
    // A seed draws also what the text gives.
    let class = shipped("class");
    let weights = class.lines().find(|line| line.starts_with("weights")).unwrap();
    same("class", "--seed 5", &[(weights, "seed = 5")]);
}

#[test]
fn what_a_network_lacks_is_drawn_by_its_seed_and_can_be_repeated() {
    let desk = Desk::new();
    for options in ["--layers 3-4-2", "--layers 2-3-4 --loss cross_entropy --seed 8", "--layers 1-2 --t 0,1,1,0"] {
        let printed = desk.succeed(&format!("sheet {options} -o drawn.xlsx --force"));
        let drawn = printed.lines().last().unwrap().strip_prefix("drawn with ").unwrap();
        let (seed, lists) = drawn.split_once(": parameters and ").unwrap();
        let numbers = lists.split([' ', ',']).filter(|word| !word.starts_with("--"));
        assert!(numbers.clone().all(|number| number.trim_start_matches('-').len() <= "0.12".len()), "{lists}");
        assert!(numbers.map(|number| number.parse::<f64>().unwrap()).all(|number| number.abs() <= 1.0), "{lists}");
        let again = if options.contains("--seed") { "" } else { seed };
        let repeated = desk.workbook(&format!("{options} {again} {lists}"));
        assert!(fs::read(desk.path("drawn.xlsx")).unwrap() == repeated, "{options}");
        if options.contains("cross_entropy") {
            let t = lists.split_once("--t ").unwrap().1;
            assert_eq!((t.matches('0').count(), t.matches('1').count()), (3, 1), "one of four classes: {t}");
        }
    }
    // Inputs, targets, parameters: each by its own stream of the seed.
    for given in ["--x 1,2 --t 0,1", "--t 0,1 --weights 1,2,3,4 --biases 0,0", "--x 1,2 --weights 1,2,3,4 --biases 0,0"]
    {
        let drawn = |seed: usize| desk.workbook(&format!("--layers 2-2 {given} --seed {seed}"));
        assert!(drawn(1) != drawn(2), "{given}");
    }
    assert!(desk.succeed("sheet --layers 3-4-2").contains("network-3-4-2.xlsx"));
}

#[test]
fn wrong_lesson_options_are_answered_by_name() {
    let desk = Desk::new();
    for layers in ["2", "2-0", "-1", "2-x-1", "2--1", "100000000000-1"] {
        desk.fail(&format!("sheet --layers {layers}"), 2, &["--layers", &format!("'{layers}'"), "2-3-1", "1 to 1000"]);
    }
    let wrong = |options: &str, words: &[&str]| desk.fail(&format!("sheet {options}"), 1, words);
    wrong("--rates 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", &["17 rates", "at most 16"]);
    wrong("--layers 1000-1000-1000", &["--layers 1000-1000-1000", "fewer units"]);
    wrong("--layers 2-3-1 --activations tanh,tanh,tanh", &["--activations lists 3", "2 layers", "all hidden"]);
    wrong("--layers 2-3-1 --activations softmax,sigmoid", &["--activations: ", "only be the last"]);
    wrong("--layers 2-3-2 --activations tanh,sigmoid --loss cross_entropy", &["--activations", "softmax"]);
    wrong("--layers 2-3-1 --x 1,2,3", &["--x: ", "length 3", "2 or a multiple"]);
    wrong("--layers 2-3-2 --loss cross_entropy --t 1,1", &["--t: ", "2.0", "add up to 1"]);
    wrong("--layers 2-3-1 --weights 1,2", &["--weights has 2 numbers", "needs 9 (6 + 3)"]);
    wrong("--layers 2-3-1 --bias off --biases 1", &["--biases has 1 number", "needs 0"]);
    wrong("--layers 2-3-1 --biases 1,2,3,4", &["give --weights too: 9 numbers (6 + 3), w1, w2, ... of all layers"]);
    wrong("class --bias on", &["class: give --biases too: 4 numbers (2 + 2), b1, b2, ... of all layers"]);
    wrong("--layers 2-1 --weights 1,2", &["give --biases too: 1 number, b1"]);
    wrong("xor --x 1,2", &["give --t too: lesson.t has length"]);
    wrong("class --seed 4 --weights 1,2,3,4,5,6,7,8", &["--seed 4", "nothing to draw"]);
    wrong("--optimizer adam --momentum 0.5", &["--momentum", "--optimizer momentum"]);
    wrong("--momentum -1", &["--momentum: ", "-1", "not negative"]);
    wrong("--rate 0", &["--rate: ", "0.0", "above 0"]);
    wrong("--rates 0.1,0.1", &["--rates: ", "0.1", "twice"]);
    let misused = |options: &str, words: &[&str]| desk.fail(&format!("sheet {options}"), 2, words);
    misused("class --layers 2-3", &["NAME|FILE", "--layers"]);
    misused("--activations tahn", &["--activations", "'tahn'", "tanh", "softmax"]);
    misused("--loss mse", &["--loss", "'mse'", "mean_squared_error"]);
    misused("--bias maybe", &["--bias", "'maybe'", "fixed"]);
    misused("--optimizer rmsprop", &["--optimizer", "'rmsprop'", "momentum"]);
    misused("--updates 0", &["--updates", "'0'", "1..=20000"]);
    misused("--rate NaN", &["--rate", "'NaN'", "a number"]);
    for option in ["--x", "--t", "--weights", "--biases", "--rates"] {
        misused(&format!("{option} 0.5,one"), &[option, "`one` is not a number", "0,0.5"]);
        misused(&format!("{option} 0.5,inf"), &[option, "`inf` is not a number"]);
        misused(&format!("{option} ,"), &[option, "`` is not a number"]);
    }
}

#[test]
fn protection_is_asked_for() {
    let desk = Desk::new();
    assert!(desk.workbook("class --protect") != desk.workbook("class"));
}

/// Elsewhere the system's program would really open.
#[cfg(target_os = "linux")]
#[test]
fn open_hands_the_file_to_the_system_and_says_where_it_is_if_that_fails() {
    let (desk, programs) = (Desk::new(), Desk::new());
    let open = |name: &str| {
        let arguments = ["sheet", "--open", "-o", name];
        let mut command = Command::new(env!("CARGO_BIN_EXE_gradbook"));
        let output = command.args(arguments).current_dir(&desk.0).env("PATH", programs.0.path()).output().unwrap();
        assert!(output.status.success() && desk.path(name).exists());
        String::from_utf8(output.stderr).unwrap()
    };
    let stderr = open("first.xlsx");
    assert!(stderr.contains("/first.xlsx: written, but it could not be opened"), "{stderr}");
    // Written by another process: this one may just be starting others, to which an open file is passed on and stays busy.
    let script = r#"echo '#!/bin/sh' >xdg-open; echo 'echo "$1" >opened' >>xdg-open; chmod +x xdg-open"#;
    assert!(Command::new("sh").args(["-c", script]).current_dir(&programs.0).status().unwrap().success());
    assert_eq!(open("second.xlsx"), "");
    assert!(fs::read_to_string(desk.path("opened")).unwrap().ends_with("/second.xlsx\n"));
}
