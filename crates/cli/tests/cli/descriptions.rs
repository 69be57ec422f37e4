//! Files that are not what a command takes.

use std::fs;
use std::process::Command;

use crate::desk::{Desk, TINY};

#[test]
fn wrong_descriptions_are_answered_with_place_and_fix() {
    let desk = Desk::new();
    desk.quarters();
    let replaced = |from: &str, to: &str| {
        assert!(TINY.contains(from), "{from}");
        desk.write("wrong.toml", &TINY.replacen(from, to, 1));
    };
    let wrong = |from: &str, to: &str, words: &[&str]| {
        replaced(from, to);
        desk.fail("train wrong.toml --data quarters", 1, words);
    };
    wrong("\"relu\"", "\"rellu\"", &["wrong.toml:6: layer 2 (rellu)", "`relu`"]);
    wrong("kernel_size = 3", "kernel = 3", &["wrong.toml:4: layer 0 (conv2d)", "`kernel`", "`kernel_size`"]);
    wrong("kernel_size = 3", "kernel_size = 9", &["wrong.toml: layer 0 (conv2d)", "kernel_size = 9", "1 x 8 x 8"]);
    wrong("{ type = \"flatten\" },", "", &["layer 4 (linear)", "add flatten"]);
    wrong("\"adam\"", "\"adamm\"", &["wrong.toml:16: train.optimizer (adamm)", "`adam`"]);
    wrong("epochs = 3", "epoch = 3", &["wrong.toml", "line 14", "`epoch`", "`epochs`"]);
    wrong("epochs = 3", "epochs = 0", &["wrong.toml", "epochs", "use 1 or more"]);
    wrong("{ type = \"relu\" }", "\"relu\"", &["wrong.toml:6: layer 2", "not this string", "`max_pool`"]);
    wrong("type = \"adam\", ", "", &["wrong.toml:16: train.optimizer", "`type` is missing", "`sgd`"]);
    wrong("batch = 24", "batch = 9000000000000000000", &["wrong.toml", "9000000000000000000"]);
    wrong("[1, 8, 8]", "[4096, 4096, 4096]", &["wrong.toml", "GB of memory"]);
    wrong("batch = 24", "batch = -10", &["wrong.toml", "line 15", "expected a whole number of 0 or more"]);
    wrong("out_channels = 4", "out_channels = 1.5", &["layer 0 (conv2d)", "`1.5`, expected a whole number"]);
    wrong("epochs = 3", "epochs = 99999999999999999999", &["wrong.toml", "`, expected a number below 2^63"]);
    let layers = &TINY[TINY.find("layers").unwrap()..TINY.find("loss").unwrap()];
    wrong(layers, "layers = [{ type = \"flatten\" }]\n", &["wrong.toml", "nothing"]);
    wrong("loss = ", "init = { type = \"default\", foo = 1 }\nloss = ", &["wrong.toml:11: init (default)", "`foo`"]);
    wrong("[\"dropout\"]", "[\"foo\"]", &["wrong.toml", "foo"]);
    wrong("[train]", "[train", &["wrong.toml", "line 13"]);
    wrong("[1, 8, 8]", "[1, 9, 9]", &["wrong.toml", "1 x 9 x 9", "8 x 8"]);
    wrong("out_features = 4", "out_features = 3", &["wrong.toml", "3 outputs", "4 classes"]);
    wrong("shift_pixels = 1.0", "scale = [2.0, 1.0]", &["wrong.toml", "scale"]);
    desk.write("empty.toml", "");
    desk.fail("show empty.toml", 1, &["empty.toml", "`input`"]);
    fs::write(desk.path("binary.toml"), [0xff, 0xfe, 0]).unwrap();
    desk.fail("show binary.toml", 1, &["binary.toml", "UTF-8"]);
}

#[test]
fn a_model_of_another_network_is_refused_by_tensor_and_shapes() {
    let desk = Desk::new();
    desk.quarters();
    desk.succeed("train tiny.toml --data quarters --epochs 1 --out run");
    let toml = fs::read_to_string(desk.path("run/run.toml")).unwrap();
    fs::write(desk.path("run/run.toml"), toml.replace("out_channels = 4", "out_channels = 5")).unwrap();
    desk.fail("eval run", 1, &["model.safetensors", "0.weight", "[4, 1, 3, 3]", "[5, 1, 3, 3]"]);
    fs::write(desk.path("run/run.toml"), toml.replace("type = \"relu\"", "type = \"batch_norm\"")).unwrap();
    desk.fail("eval run", 1, &["model.safetensors", "2.weight", "missing"]);
    fs::write(desk.path("run/run.toml"), toml.replace("seed = 1", "seed = \"1\"")).unwrap();
    desk.fail("eval run", 1, &["run.toml: [run]: ", "expected a whole number of 0 or more"]);
    fs::write(desk.path("run/run.toml"), &toml).unwrap();
    fs::remove_dir_all(desk.path("quarters")).unwrap();
    desk.write_images(5);
    desk.fail("eval run", 1, &["run.toml: ", "4 outputs", "5 classes"]);
    fs::write(desk.path("run/model.safetensors"), b"short").unwrap();
    desk.fail("eval run", 1, &["model.safetensors", "damaged"]);
    fs::remove_file(desk.path("run/model.safetensors")).unwrap();
    desk.fail("eval run", 1, &["model.safetensors", "cannot be read"]);
}

#[cfg(unix)]
#[test]
fn what_might_never_end_is_not_read() {
    let (desk, other) = (Desk::new(), Desk::new());
    let pipe = other.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    desk.fail(&format!("show {}", pipe.display()), 1, &["pipe: ", "not a regular file"]);
    desk.fail("show /dev/zero", 1, &["/dev/zero: ", "not a regular file"]);
}
