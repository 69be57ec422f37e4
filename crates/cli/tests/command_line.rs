//! What a user of the command line can rely on. Nothing here measures time.

mod desk;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use desk::{Desk, TINY, lines};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

#[test]
fn without_arguments_it_lists_its_commands() {
    let overview = Desk::new().succeed("");
    for command in ["demo", "sheet", "check", "train", "show", "report", "eval", "export", "predict", "bench"] {
        assert!(overview.contains(&format!("gradbook {command} ")), "{overview}");
    }
}

#[test]
fn man_pages_and_completions_know_every_command() {
    let desk = Desk::new();
    let pages = desk.succeed("manual --man man");
    let script = desk.succeed("manual --completions bash");
    for command in ["demo", "sheet", "check", "train", "sweep", "show", "eval", "export", "predict", "bench", "manual"]
    {
        assert!(pages.contains(&format!("gradbook-{command}.1\n")), "{pages}");
        assert!(script.contains(&format!("gradbook,{command})")), "{command}");
    }
    let page = fs::read_to_string(desk.path("man/gradbook-train.1")).unwrap();
    assert!(page.contains("checkpoint") && page.contains(".TH gradbook"), "{page}");
    desk.fail("manual", 2, &["--man", "--completions"]);
}

#[test]
fn show_prints_the_sizes_of_the_shipped_networks() {
    let desk = Desk::new();
    let list = desk.succeed("show");
    for name in ["class", "class-01-99", "mazur", "baseline", "classic", "swift", "best", "small"] {
        assert!(list.contains(&format!("  {name} ")), "{list}");
        desk.succeed(&format!("show {name}"));
    }
    let classic = desk.succeed("show classic");
    assert!(classic.contains("19,512 parameters, 3,055,292 multiply-adds"), "{classic}");
    assert!(classic.contains("19,512 < 20,000 parameters ok   batch_norm ok   dropout ok"), "{classic}");
    let baseline = desk.succeed("show baseline");
    assert!(baseline.contains("19,576 < 20,000 parameters ok   batch_norm MISSED"), "{baseline}");
    let swift = &lines(&desk.succeed("show swift --json"))[0];
    assert_eq!((&swift["parameters"], &swift["layers"][0]["output"]), (&18_082.into(), &"8 x 24 x 24".into()));
    // By hand, `r += (k - 1) j; j *= s`: 5 x 5; pooled by 3, j = 3; 3 x 3 twice; pooled by 2, j = 6; 3 x 3; the mean of 2 x 2.
    let fields = [(0, 5), (3, 7), (4, 13), (7, 19), (10, 22), (11, 34), (14, 40)];
    fields.iter().for_each(|&(layer, side)| assert_eq!(swift["layers"][layer]["receptive_field"], side, "{layer}"));
}

#[test]
fn a_run_has_all_its_files_and_neither_threads_nor_instructions_change_its_bits() {
    let desk = Desk::new();
    desk.quarters();
    let printed = lines(&desk.succeed("train tiny.toml --data quarters --threads 1 --out one --json"));
    desk.succeed("train tiny.toml --data quarters --threads 2 --isa portable --out two");

    let model = fs::read(desk.path("one/model.safetensors")).unwrap();
    assert_eq!(model, fs::read(desk.path("two/model.safetensors")).unwrap());
    let metrics = lines(&fs::read_to_string(desk.path("one/metrics.jsonl")).unwrap());
    assert_eq!(printed[..3], metrics, "a line an epoch");
    let result: Value = serde_json::from_slice(&fs::read(desk.path("one/result.json")).unwrap()).unwrap();
    assert_eq!(printed[3], result);
    for (key, value) in [("seed", 1), ("epochs", 3), ("total", 40), ("threads", 1)] {
        assert_eq!(result[key], value, "{key}");
    }
    assert_eq!(result["accuracy"], metrics[2]["accuracy"], "of the last epoch");

    // The folder needs nothing but itself and the data: the same accuracy again, the same bits again.
    let again = &lines(&desk.succeed("eval one --json"))[0];
    assert_eq!((&again["accuracy"], &again["loss"]), (&result["accuracy"], &result["loss"]));
    desk.succeed("train one --threads 1 --out three");
    assert_eq!(model, fs::read(desk.path("three/model.safetensors")).unwrap());
    assert!(desk.succeed("show one").contains("last epoch"));

    // The same once more is the same; anything else does not take its place unasked.
    let found = desk.run("train tiny.toml --data quarters --threads 2 --out one --json");
    assert!(found.stderr.contains("done before"), "{}", found.stderr);
    assert_eq!(lines(&found.stdout), printed);
    desk.fail(
        "train tiny.toml --data quarters --out one --seed 2",
        1,
        &["one", "seed 1 in place of 2", "--force", "--out"],
    );
    desk.fail("train tiny.toml --data quarters --out one --epochs 2", 1, &["one", "description", "--force", "--out"]);
    desk.succeed("train tiny.toml --data quarters --out one --force --seed 2");
    assert_ne!(model, fs::read(desk.path("one/model.safetensors")).unwrap());
}

#[test]
fn a_run_has_a_page_with_the_numbers_of_its_result_and_the_same_one_can_be_made_later() {
    let desk = Desk::new();
    desk.quarters();
    let read = |file: &str| fs::read_to_string(desk.path(file)).unwrap();
    desk.succeed("train tiny.toml --data quarters --epochs 1 --out one");
    let (page, curves) = (read("one/report.html"), read("one/curves.svg"));
    let result: Value = serde_json::from_str(&read("one/result.json")).unwrap();
    let correct = format!("{} of {} test images", result["correct"], result["total"]);
    for word in [&correct, result["model_sha256"].as_str().unwrap(), "gradbook train one --seed 1", "layer 2, relu"] {
        assert!(page.contains(word), "{word}");
    }
    assert!(!page.contains("<b>Mind:</b>"), "the outputs are those that were counted");
    fs::remove_file(desk.path("one/report.html")).unwrap();
    assert_eq!(desk.succeed("report one --threads 1"), "one/report.html\n");
    assert!((read("one/report.html"), read("one/curves.svg")) == (page, curves));
    // A run that lacks it is whole, and trials have none.
    fs::remove_file(desk.path("one/report.html")).unwrap();
    let again = desk.run("train tiny.toml --data quarters --epochs 1 --out one");
    assert!(again.stderr.contains("done before") && !desk.path("one/report.html").exists());
    desk.succeed("train tiny.toml --data quarters --epochs 2 --seeds 2 --seed-start 4 --out many");
    assert!(!desk.path("many/seed4/report.html").exists());

    // Several.
    assert_eq!(desk.succeed("report one many/seed4 many/seed5 --out all.html"), "all.html\n");
    ["tiny seed 1", "tiny seed 4", "tiny seed 5", "3 runs"]
        .iter()
        .for_each(|name| assert!(read("all.html").contains(name)));
    desk.succeed("train many/seed4 --out copy");
    desk.succeed("report many/seed4 copy");
    assert!(read("comparison.html").contains("tiny seed 4 (copy)"));
    // The same sizes, other labels.
    let (other, warning) = (Desk::new(), "Not all of them have the same data");
    other.write_images(3);
    fs::rename(other.path("quarters"), desk.path("thirds")).unwrap();
    desk.succeed("train tiny.toml --data thirds --epochs 1 --out third");
    assert!(!read("comparison.html").contains(warning));
    desk.succeed("report one third");
    assert!(read("comparison.html").contains(warning) && read("comparison.html").contains("thirds (SHA-256 "));

    // A training that diverged, and one of which there is no result yet.
    let wild =
        TINY.replace("lr = 0.01", "lr = 1e38").replace("\"adam\"", "\"sgd\"").replace("{ type = \"batch_norm\" },", "");
    desk.write("wild.toml", &wild);
    assert_eq!(desk.run("train wild.toml --data quarters --out wild").code, Some(1));
    assert!(read("wild/report.html").contains("(diverged)"));
    fs::remove_file(desk.path("one/result.json")).unwrap();
    desk.succeed("report one --image 3");
    assert!(read("one/report.html").contains("it was stopped, and can go on"));

    desk.fail("report one --image 40", 1, &["--image 40", "40 evaluated images"]);
    desk.fail("report quarters", 1, &["quarters", "run.toml"]);
    desk.fail("report one many/seed4 --image 3", 1, &["--image", "one run"]);
    desk.fail("report one one", 1, &["one", "twice"]);
    desk.fail("report one --out no/page.html", 1, &["no/page.html", "no folder no"]);
    fs::rename(desk.path("quarters"), desk.path("moved")).unwrap();
    desk.fail("report one", 1, &["quarters", "--data DIR"]);
    desk.succeed("report one --data moved");
    desk.write_images(3);
    desk.fail("report one --data quarters", 1, &["quarters", "not the images of the run", "--data DIR"]);
    fs::remove_file(desk.path("copy/model.safetensors")).unwrap();
    desk.fail("report copy --data moved", 1, &["copy/model.safetensors"]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_and_sigterm_end_a_run_in_good_order() {
    let desk = Desk::new();
    desk.quarters();
    let interrupted = |(signal, exit_code): (&str, i32), arguments: &str, first_metrics: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gradbook"));
        let arguments = format!("train tiny.toml --data quarters --epochs 100000 {arguments}");
        command.args(arguments.split_whitespace()).current_dir(&desk.0);
        let training = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        while fs::read_to_string(desk.path(first_metrics)).unwrap_or_default().is_empty() {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(Command::new("kill").args([signal, &training.id().to_string()]).status().unwrap().success());
        let output = training.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(exit_code), "{signal}");
        String::from_utf8(output.stdout).unwrap()
    };
    let (ctrl_c, sigterm) = (("-INT", 130), ("-TERM", 143));
    let read = |file: &str| serde_json::from_slice::<Value>(&fs::read(desk.path(file)).unwrap()).unwrap();
    for (signal, run) in [(ctrl_c, "run"), (sigterm, "stopped")] {
        let words = interrupted(signal, &format!("--out {run}"), &format!("{run}/metrics.jsonl"));
        assert!(words.contains("interrupted, after") && words.contains(&format!("--resume {run}` goes on")), "{words}");
        assert_eq!(read(&format!("{run}/result.json"))["interrupted"], true);
    }
    let again = &lines(&desk.succeed("eval run --json"))[0];
    assert_eq!(again["accuracy"], read("run/result.json")["accuracy"]);
    // A part of a training says nothing about the recipe.
    assert!(desk.succeed("show run").contains("needs a run"));

    // Of several, those that were not finished come into no mean.
    assert_eq!(interrupted(ctrl_c, "--seeds 3 --threads 2 --out many", "many/seed2/metrics.jsonl"), "");
    assert_eq!(read("many/seed1/result.json")["interrupted"], true);
    assert!(!desk.path("many/seed3").exists() && !desk.path("many/summary.json").exists());
}

#[test]
fn several_seeds_have_the_bits_of_each_alone_and_end_with_their_spread() {
    let desk = Desk::new();
    desk.quarters();
    let train = "train tiny.toml --data quarters --epochs 1";
    let model = |run: &str| fs::read(desk.path(run).join("model.safetensors")).unwrap();
    desk.succeed(&format!("{train} --seed 5 --threads 2 --out alone"));
    let printed = lines(&desk.succeed(&format!("{train} --seeds 3 --seed-start 4 --threads 2 --out all --json")));
    let summary = printed.last().unwrap();
    assert_eq!(summary["seeds"], serde_json::json!([4, 5, 6]));
    let accuracies: Vec<f64> = summary["accuracies"].as_array().unwrap().iter().map(|a| a.as_f64().unwrap()).collect();
    assert!((summary["mean"].as_f64().unwrap() - accuracies.iter().sum::<f64>() / 3.0).abs() < 1e-12);
    assert_eq!(*summary, serde_json::from_slice::<Value>(&fs::read(desk.path("all/summary.json")).unwrap()).unwrap());
    assert!(model("alone") == model("all/seed5"));

    // More seeds: those that are there are kept as they are.
    let before = fs::metadata(desk.path("all/seed5/run.toml")).unwrap().modified().unwrap();
    let words = desk.succeed(&format!("{train} --seeds 4 --seed-start 4 --out all"));
    assert!(words.contains("4 seeds, last epoch") && words.contains("seed 7: "), "{words}");
    assert_eq!(before, fs::metadata(desk.path("all/seed5/run.toml")).unwrap().modified().unwrap());
    desk.fail(&format!("{train} --seeds 2 --out alone"), 1, &["alone", "folder of one run", "--out DIR"]);
    desk.succeed(&format!("{train} --seeds 2"));
    assert!(desk.path("runs/tiny-seed2/result.json").exists() && desk.path("runs/tiny-seeds1-2.json").exists());
}

#[test]
fn the_ladder_runs_resumes_and_repeats_nothing() {
    let desk = Desk::new();
    desk.digits();
    let sweep = "sweep ladder --epochs 1 --data digits --out ladder";
    let table = desk.succeed(&format!("{sweep} --seeds 2"));
    for variant in ["baseline", "+ batch norm", "one cycle to 1e-2", "exponential .8, Xavier uniform"] {
        assert!(table.contains(&format!("| {variant} | ")), "{variant}: {table}");
    }
    let files = ["table.md", "table.csv", "results.json", "accuracy.svg", "loss.svg", "sweep.html", "baseline.toml"];
    files.iter().for_each(|file| assert!(desk.path("ladder").join(file).exists(), "{file}"));
    let results: Value = serde_json::from_slice(&fs::read(desk.path("ladder/results.json")).unwrap()).unwrap();
    let variants = results.as_array().unwrap();
    assert!(variants.iter().all(|variant| variant["seeds"] == serde_json::json!([101, 102])));
    assert!(variants.iter().all(|variant| variant["trials"][0]["parameters"].as_u64().unwrap() < 20_000));

    // A third seed, first as commands: what one of them did is found, and nothing is done twice.
    let before = fs::metadata(desk.path("ladder/baseline/seed101/run.toml")).unwrap().modified().unwrap();
    let commands = desk.succeed(&format!("{sweep} --seeds 3 --commands"));
    assert_eq!(commands.lines().count(), variants.len());
    desk.succeed(commands.lines().next().unwrap().strip_prefix("gradbook ").unwrap());
    let answer = desk.run(&format!("{sweep} --seeds 3"));
    assert!(
        answer.stderr.contains(&format!("{} trials were done before", 2 * variants.len() + 1)),
        "{}",
        answer.stderr
    );
    assert_eq!(answer.stdout.lines().filter(|line| line.contains(" seed 103: ")).count(), variants.len());
    assert_eq!(before, fs::metadata(desk.path("ladder/baseline/seed101/run.toml")).unwrap().modified().unwrap());
    // What a trial lost, it gets again, and nothing else is done.
    let trial = |seed: usize, file: &str| desk.path(&format!("ladder/baseline/seed{seed}/{file}"));
    fs::write(trial(102, "model.safetensors"), "cut off").unwrap();
    fs::copy(trial(101, "result.json"), trial(103, "result.json")).unwrap();
    let answer = desk.run(&format!("{sweep} --seeds 3"));
    assert!(
        answer.stderr.contains(&format!("{} trials were done before", 3 * variants.len() - 2)),
        "{}",
        answer.stderr
    );
    desk.fail(
        "sweep ladder --epochs 2 --data digits --out ladder",
        1,
        &["ladder/baseline/seed101", "another run", "--out"],
    );
}

#[test]
fn every_shipped_sweep_can_be_written_out() {
    let desk = Desk::new();
    for (sweep, variants, seeds) in [("recipes", 4, 20), ("ladder", 15, 5), ("rates", 6, 2), ("frontier", 10, 5)] {
        let commands = desk.succeed(&format!("sweep {sweep} --commands"));
        assert_eq!(commands.lines().count(), variants * seeds, "{sweep}");
        let last = commands.lines().last().unwrap().split_whitespace().nth(2).unwrap();
        assert!(desk.succeed(&format!("show {last}")).contains("batches of"), "{last}");
    }
}

#[test]
fn a_sweep_of_ones_own_is_expanded_or_refused_with_the_place() {
    let desk = Desk::new();
    desk.quarters();
    let refused = |text: &str, words: &[&str]| {
        desk.write("own.toml", text);
        desk.fail("sweep own.toml --data quarters", 1, words);
    };
    refused("base = \"tiny.toml\"", &["own.toml", "[[variants]]", "[grid]"]);
    refused("[grid]\n\"train.batch\" = [8]", &["own.toml: variant `batch 8`", "base = NAME"]);
    refused("base = \"none\"\n[grid]\n\"train.batch\" = [8]", &["own.toml: variant `batch 8`", "`none`", "swift"]);
    refused("base = \"tiny.toml\"\n[grid]\n\"train.batches.n\" = [8]", &["\"train.batches.n\"", "no `batches`"]);
    refused("base = \"tiny.toml\"\n[grid]\n\"layers.9.p\" = [0.5]", &["\"layers.9.p\"", "no `9`"]);
    refused("base = \"tiny.toml\"\n[grid]\n\"train.batches\" = [8]", &["variant `batches 8`", "`batches`", "`batch`"]);
    refused("base = \"tiny.toml\"\n[grid]\n\"train.batch\" = 8", &["own.toml: grid", "train.batch", "list"]);
    refused("base = \"tiny.toml\"\n[grid]\n\"train.batch\" = []", &["own.toml: grid", "train.batch", "list"]);
    refused("base = \"tiny.toml\"\n[grid]\ntrain.batch = [8]", &["own.toml: grid", "\"train.KEY\""]);
    refused(
        "base = \"tiny.toml\"\nset = { train = { batch = 8 } }\n[grid]\n\"train.batch\" = [8]",
        &["own.toml: set", "\"train.KEY\""],
    );
    refused("base = \"tiny.toml\"\nseeds = 0\n[grid]\n\"train.batch\" = [8]", &["own.toml: seeds = 0", "10000"]);
    refused("base = \"tiny.toml\"\n[[variants]]\nname = \"..\"", &["own.toml: variant `..`", "letters and digits"]);
    refused(
        "base = \"tiny.toml\"\n[[variants]]\nname = \"a\"\npublished = { best = 999, last = 99 }",
        &["variant `a`", "999", "percent"],
    );
    refused("base = \"tiny.toml\"\nvariant = 3", &["own.toml", "line 2", "`variant`", "`variants`"]);
    refused(
        "base = \"tiny.toml\"\n[[variants]]\nname = \"a b\"\n[[variants]]\nname = \"a  B\"",
        &["`a  B`", "name of its own"],
    );
    desk.fail("sweep ladr", 1, &["`ladr`", "ladder"]);

    desk.write(
        "own.toml",
        "base = \"tiny.toml\"\nseeds = 1\n[grid]\n\"layers.3.p\" = [0.0, 0.5]\n\"train.batch\" = [8, 24]\n",
    );
    let printed = lines(&desk.succeed("sweep own.toml --data quarters --epochs 1 --json"));
    let names: Vec<&str> = printed[8..].iter().map(|variant| variant["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["p 0.0, batch 8", "p 0.0, batch 24", "p 0.5, batch 8", "p 0.5, batch 24"]);
    let shown = desk.succeed("show runs/sweep-own/p-0-5-batch-24/seed1");
    assert!(shown.contains("dropout 0.5") && shown.contains("batches of 24"), "{shown}");
    assert!(shown.contains("variant of tiny.toml: layers.3.p = 0.5, train.batch = 24"), "{shown}");
}

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
fn wrong_arguments_are_answered_with_what_would_be_right() {
    let desk = Desk::new();
    desk.quarters();
    desk.fail("show swfit", 1, &["`swfit`", "did you mean `swift`", "classic"]);
    desk.fail("train missing.toml", 1, &["`missing.toml`", "no such file"]);
    desk.fail("show quarters", 1, &["quarters", "run.toml"]);
    desk.fail("train class", 1, &["class", "[train]"]);
    desk.fail("sheet swift", 1, &["swift", "[lesson]"]);
    desk.fail("sheet -o lesson.pdf", 1, &["lesson.pdf", ".xlsx"]);
    desk.fail("sheet -o no/lesson.xlsx", 1, &["no/lesson.xlsx", "no folder no"]);
    desk.fail("sheet --rate -1", 1, &["lesson.optimizer.lr", "-1"]);
    desk.fail("eval quarters", 1, &["quarters", "run.toml"]);
    desk.fail("train tiny.toml --data nowhere", 1, &["nowhere", "--data DIR"]);
    desk.fail("train tiny.toml --data quarters --holdout", 1, &["5,000", "200"]);
    desk.fail("train tiny.toml --data quarters --out quarters", 1, &["quarters", "--out DIR"]);
    desk.fail("train tiny.toml --data quarters --out tiny.toml", 1, &["tiny.toml", "a file"]);
    desk.fail("train --epochs 0", 2, &["--epochs", "1..=100000"]);
    desk.fail("train --threads 100000", 2, &["--threads", "256"]);
    desk.fail("train --seed -1", 2, &["--seed", "-1"]);
    desk.fail("train --seed 99999999999999999999", 2, &["--seed"]);
    desk.fail("train --seed 9223372036854775807 --seeds 2", 1, &["2 seeds", "9223372036854775807"]);
    desk.fail("train --seed-start 3", 2, &["--seeds"]);
    desk.fail("train --isa sse9", 2, &["--isa", "sse9", "portable"]);
    desk.fail("train --precision f16", 2, &["--precision", "f32, bf16"]);
    desk.fail("train --epoch 3", 2, &["--epoch", "--epochs"]);
    desk.fail("trian", 2, &["trian", "train"]);
}

#[test]
fn bf16_trains_where_the_processor_has_it_and_is_refused_elsewhere() {
    let desk = Desk::new();
    desk.quarters();
    #[cfg(target_arch = "x86_64")]
    let has_it = std::arch::is_x86_feature_detected!("avx512bf16");
    #[cfg(not(target_arch = "x86_64"))]
    let has_it = false;
    if !has_it {
        desk.fail("train --precision bf16", 2, &["AMD Zen 4", "Sapphire Rapids", "leave --precision out"]);
        return desk.fail("bench --precision bf16", 2, &["leave --precision out"]);
    }
    desk.fail("train --precision bf16 --isa portable", 1, &["portable", "avx512_bf16"]);
    desk.fail("train --isa avx512_bf16", 1, &["avx512_bf16", "--precision bf16"]);
    desk.fail("bench --inference --precision bf16", 1, &["--inference", "always in f32"]);

    // A second convolution, which has 8 input channels.
    let first = "{ type = \"conv2d\", out_channels = 4, kernel_size = 3 },";
    let second = "{ type = \"conv2d\", out_channels = 8, kernel_size = 3, padding = 1 },";
    desk.write("wide.toml", &TINY.replace(first, &format!("{}{second}", first.replace('4', "8"))));
    let train = "train wide.toml --data quarters";
    let printed = lines(&desk.succeed(&format!("{train} --precision bf16 --threads 1 --out one --json")));
    desk.succeed(&format!("{train} --precision bf16 --threads 3 --out three"));
    desk.succeed(&format!("{train} --out f32"));
    let model = |run: &str| fs::read(desk.path(run).join("model.safetensors")).unwrap();
    assert!(model("one") == model("three") && model("one") != model("f32"));
    let run: toml::Value = toml::from_str(&fs::read_to_string(desk.path("one/run.toml")).unwrap()).unwrap();
    assert_eq!(run["run"]["precision"].as_str(), Some("bf16"));
    assert!(["avx512_bf16", "amx"].contains(&run["run"]["isa"].as_str().unwrap()));
    desk.succeed("train one --out again");
    assert!(model("one") == model("again"), "a run is repeated with its precision");
    let evaluated = &lines(&desk.succeed("eval one --data quarters --json"))[0];
    for key in ["accuracy", "loss"] {
        assert_eq!(evaluated[key], printed.last().unwrap()[key], "{key}");
    }
    let bench = "bench wide.toml --data quarters --steps 2 --repetitions 1 --profile-steps 1";
    let timing = &lines(&desk.succeed(&format!("{bench} --precision bf16 --isa avx512_bf16 --json")))[0];
    assert_eq!((&timing["precision"], &timing["isa"]), (&"bf16".into(), &"avx512_bf16".into()));
    assert!(timing["layers"][1]["weight_gradient_gflops"].as_f64().unwrap() > 0.0);
}

/// All numbers of an object, which must be finite and positive, but for those named.
fn assert_positive(object: &Value, but_for: &[&str]) {
    for (key, value) in object.as_object().unwrap() {
        if let Some(number) = value.as_f64() {
            assert!(number.is_finite() && (number > 0.0 || but_for.contains(&key.as_str())), "{key} = {number}");
        }
    }
}

#[test]
fn bench_times_training_and_its_layers() {
    let desk = Desk::new();
    desk.quarters();
    let bench = "bench tiny.toml --data quarters --threads 2 --steps 12 --repetitions 2 --profile-steps 3";
    let timing = &lines(&desk.succeed(&format!("{bench} --json")))[0];
    // On images as small as these, assembly may be lost in the noise.
    assert_positive(timing, &["assembly_share"]);
    for (key, value) in [("command", "bench"), ("recipe", "tiny"), ("precision", "f32")] {
        assert_eq!(timing[key], value, "{key}");
    }
    for (key, value) in [("threads", 2), ("batch", 24), ("steps", 12), ("images_per_epoch", 200)] {
        assert_eq!(timing[key], value, "{key}");
    }
    assert_eq!(timing["repetitions"].as_array().unwrap().len(), 2);
    assert!(timing["assembly_share"].as_f64().unwrap() < 1.0);
    assert!(timing["steady"].is_boolean());

    // One row a layer, as `show` has it; what follows from what: the times of all rows are the total.
    let layers = timing["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 6);
    assert_eq!((&layers[0]["layer"], &layers[0]["shape"]), (&"conv2d 4, 3 x 3".into(), &"4 x 6 x 6".into()));
    assert!(layers[0]["weight_gradient_gflops"].as_f64().unwrap() > 0.0);
    assert_eq!((&layers[0]["input_gradient_us"], &layers[0]["input_gradient_gflops"]), (&0.0.into(), &Value::Null));
    let profile = &timing["profile"];
    assert_positive(profile, &[]);
    let of_layers: f64 = layers.iter().map(|layer| layer["total_us"].as_f64().unwrap()).sum();
    let others = ["assembly_us", "loss_us", "between_phases_us"].map(|key| profile[key].as_f64().unwrap());
    assert!((of_layers + others.iter().sum::<f64>() - profile["total_us"].as_f64().unwrap()).abs() < 1e-9);

    let report = desk.succeed(bench);
    for words in ["tiny: training in f32", "epoch of 200 images", "share of the peak", "batch assembly", "batch_norm"] {
        assert!(report.contains(words), "`{words}` is not in {report}");
    }
    assert!(report.lines().all(|line| line.chars().count() <= 100), "{report}");
    assert!(!desk.succeed("bench tiny.toml --data quarters --steps 1 --profile-steps 0").contains("conv2d"));
}

#[test]
fn bench_times_the_evaluation_of_a_run_and_of_fresh_weights() {
    let desk = Desk::new();
    desk.quarters();
    let bench = "bench tiny.toml --data quarters --inference --repetitions 2";
    let timing = &lines(&desk.succeed(&format!("{bench} --json")))[0];
    assert_positive(timing, &[]);
    assert_eq!((&timing["mode"], &timing["images"]), (&"inference".into(), &40.into()));
    for key in ["seconds", "latency_us_median", "latency_us_p99", "gflops", "peak_gflops_before", "peak_gflops_after"] {
        assert!(timing[key].is_number(), "{key}");
    }
    assert!(desk.succeed(bench).contains("fresh weights"));
    desk.succeed("train tiny.toml --data quarters --epochs 1 --out run");
    assert!(
        desk.succeed("bench run --inference --repetitions 1").contains("tiny: evaluation in f32, the run's weights")
    );

    desk.fail("bench tiny.toml --data quarters --inference --steps 3", 2, &["--steps", "--inference"]);
    desk.fail("bench --steps 0", 2, &["--steps", "1..=100000"]);
    desk.fail("bench class", 1, &["class", "[train]"]);
    desk.fail("bench run --inference --data nowhere", 1, &["nowhere", "--data DIR"]);
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

#[test]
fn predict_answers_for_files_of_every_kind() {
    let desk = Desk::new();
    desk.digits();
    desk.succeed("train swift --epochs 1 --data digits --out run");
    let test = gradbook_data::mnist_test().unwrap();
    let idx = fs::read(desk.path("digits/t10k-images-idx3-ubyte")).unwrap();

    // A data set is taken as it is: the accuracy is that of `eval`.
    let answers = lines(&desk.succeed("predict run digits/t10k-images-idx3-ubyte --json"));
    let is_correct = |(answer, label): &(&Value, &u8)| answer["class"] == **label;
    let correct = answers.iter().zip(&test.labels).filter(is_correct).count();
    assert_eq!(
        (answers.len(), correct),
        (100, lines(&desk.succeed("eval run --json"))[0]["correct"].as_u64().unwrap() as usize)
    );
    let probabilities: Vec<f64> =
        answers[3]["probabilities"].as_array().unwrap().iter().map(|p| p.as_f64().unwrap()).collect();
    assert!(probabilities.len() == 10 && (probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    let class = answers[3]["class"].as_u64().unwrap() as usize;
    assert_eq!(answers[3]["probability"], probabilities[class]);
    assert!(probabilities.iter().all(|probability| *probability <= probabilities[class]));

    // What a file is, its content says; and the same pixels have the same answer.
    let mut packed = GzEncoder::new(File::create(desk.path("packed")).unwrap(), Compression::fast());
    packed.write_all(&idx).unwrap();
    packed.finish().unwrap();
    let png = |name: &str, side, colours, samples: &[u8]| {
        let mut encoder = png::Encoder::new(File::create(desk.path(name)).unwrap(), side, side);
        encoder.set_color(colours);
        encoder.write_header().unwrap().write_image_data(samples).unwrap();
    };
    png("three.png", 28, png::ColorType::Grayscale, test.image(3));
    fs::write(desk.path("three.txt"), [b"P5 28 28 255\n", test.image(3)].concat()).unwrap();
    let ascii: Vec<String> = test.image(3).iter().map(u8::to_string).collect();
    desk.write("ascii.pgm", &format!("P2 28 28 255\n{}\n", ascii.join("\n")));
    let same = lines(&desk.succeed("predict run packed --index 3-3 --json"));
    assert_eq!((&same[0]["index"], &same[0]["probabilities"]), (&3.into(), &answers[3]["probabilities"]));
    let same = lines(&desk.succeed("predict run three.png three.txt ascii.pgm --as-is --json"));
    assert!(same.len() == 3 && same.iter().all(|answer| answer["probabilities"] == answers[3]["probabilities"]));
    assert_eq!((&same[0]["file"], &same[0]["index"]), (&"three.png".into(), &Value::Null));

    // Dark on transparent, in colour, larger; JPEG: prepared, and drawn without colours, because this is no terminal.
    let ink = |at: usize| test.image(3)[at / 112 / 4 * 28 + at % 112 / 4];
    let pixels: Vec<u8> = (0..112 * 112).flat_map(|at| [20, 30, 90, ink(at)]).collect();
    png("large.png", 112, png::ColorType::Rgba, &pixels);
    fs::write(desk.path("large.jpg"), include_bytes!("pictures/large.jpg")).unwrap();
    let drawn = desk.succeed("predict run large.png large.jpg --show");
    assert_eq!(drawn.lines().count(), 2 * 29);
    assert!(!drawn.contains('\x1b') && drawn.contains("large.png: ") && drawn.contains(" %), then "), "{drawn}");
    assert_eq!(desk.succeed("predict run large.png").lines().count(), 1);

    // One bad file among others.
    desk.write("empty.png", "");
    let answer = desk.run("predict run empty.png three.png nowhere.png large.jpg --json");
    assert_eq!((answer.code, lines(&answer.stdout).len()), (Some(1), 2));
    for words in ["empty.png: the file is empty", "nowhere.png: cannot be read", "2 of 4 files: no prediction"] {
        assert!(answer.stderr.contains(words), "{}", answer.stderr);
    }

    let refused = |name: &str, bytes: &[u8], words: &[&str]| {
        fs::write(desk.path(name), bytes).unwrap();
        desk.fail(&format!("predict run {name}"), 1, &[&[name], words].concat());
    };
    let (png, jpeg) = (fs::read(desk.path("large.png")).unwrap(), fs::read(desk.path("large.jpg")).unwrap());
    refused("cut.png", &png[..png.len() / 2], &["PNG", "damaged or cut off"]);
    refused("cut.jpg", &jpeg[..jpeg.len() * 9 / 10], &["JPEG", "damaged or cut off"]);
    refused("cut.pgm", b"P5 28 28 255\n0123", &["PGM", "damaged or cut off"]);
    refused("huge.pgm", b"P5 99999 99999 255\n0123", &["99999 x 99999 pixels", "64 million"]);
    refused("photo.gif", b"GIF89a and more", &["GIF", "convert it to PNG"]);
    refused("letter.pdf", b"%PDF-1.7 and more", &["not those of a picture", "convert it to PNG"]);
    refused("blank.pgm", &[b"P5 28 28 255\n".as_slice(), &[255; 784]].concat(), &["no digit", "28 x 28"]);
    refused("cut.idx", &idx[..1000], &["1000 bytes", "100 x 28 x 28"]);
    refused("cut.gz", &fs::read(desk.path("packed")).unwrap()[..500], &["gzip", "broken"]);
    desk.fail("predict run digits/t10k-labels-idx1-ubyte", 1, &["0x00000801", "images"]);
    desk.fail("predict run digits", 1, &["digits", "folder"]);
    desk.fail("predict run digits/t10k-images-idx3-ubyte --index 90-100", 1, &["--index 100", "100 images", "99"]);
    desk.fail("predict run large.png --as-is", 1, &["--as-is", "112 x 112", "1 x 28 x 28"]);
    desk.fail("predict run", 2, &["IMAGE"]);
    desk.fail("predict run large.png --index 5", 1, &["large.png: --index", "one picture"]);
    desk.fail("predict run large.png --index 5-3", 2, &["5 is above 3"]);
    desk.fail("predict swift large.png", 1, &["swift", "gradbook train"]);
}

#[cfg(unix)]
#[test]
fn what_might_never_end_is_not_read() {
    let (desk, other) = (Desk::new(), Desk::new());
    let pipe = other.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    desk.fail(&format!("show {}", pipe.display()), 1, &["pipe: ", "no regular file"]);
    desk.fail("show /dev/zero", 1, &["/dev/zero: ", "no regular file"]);
}

#[cfg(target_os = "linux")]
#[test]
fn results_that_find_no_room_are_an_error_and_the_run_is_whole() {
    let desk = Desk::new();
    desk.quarters();
    for arguments in ["show", "train tiny.toml --data quarters --epochs 1 --out run"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gradbook"));
        command.args(arguments.split_whitespace()).current_dir(&desk.0);
        command.stdout(File::options().write(true).open("/dev/full").unwrap());
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments}");
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(words.contains("error: standard output: No space left on device"), "{words}");
    }
    assert!(desk.succeed("show run").contains("last epoch"));
}

#[test]
fn what_a_killed_program_was_writing_is_in_nobodys_way() {
    let desk = Desk::new();
    desk.quarters();
    fs::create_dir(desk.path("run")).unwrap();
    desk.write("run/.run.toml.17.tmp", "half");
    desk.write("run/metrics.jsonl", "");
    desk.succeed("train tiny.toml --data quarters --epochs 1 --out run");
    desk.write("run/.model.safetensors.17.tmp", "half");
    desk.succeed("train tiny.toml --data quarters --epochs 1 --out run --force");
    assert_eq!(fs::read_dir(desk.path("run")).unwrap().count(), 6);

    // A living one is, as long as it lives.
    let metrics = File::options().append(true).open(desk.path("run/metrics.jsonl")).unwrap();
    metrics.lock().unwrap();
    let again = "train tiny.toml --data quarters --epochs 1 --out run --force";
    desk.fail(again, 1, &["run: another process is training this run", "--out DIR"]);
    drop(metrics);
    desk.succeed(again);

    // A demo gets as far as to the first file that is not its own.
    fs::create_dir_all(desk.path("demo/run")).unwrap();
    desk.write("demo/.class.xlsx.17.tmp", "half");
    desk.write("demo/run/.model.safetensors.17.tmp", "half");
    desk.write("demo/run/zzz", "my own");
    desk.fail("demo", 1, &["zzz: no demo wrote this"]);
    fs::remove_file(desk.path("demo/run/zzz")).unwrap();
    desk.write("demo/run/.model.safetensors.tmp", "my own");
    desk.fail("demo", 1, &["/.model.safetensors.tmp: no demo wrote this"]);
}

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
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("networks/{name}.toml"))).unwrap()
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
        misused(&format!("{option} 0.5,one"), &[option, "`one` is no number", "0,0.5"]);
        misused(&format!("{option} 0.5,inf"), &[option, "`inf` is no number"]);
        misused(&format!("{option} ,"), &[option, "`` is no number"]);
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
