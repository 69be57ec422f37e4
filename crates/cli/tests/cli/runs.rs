//! A run: its files, its bits, its page, and how it ends.

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::desk::{Desk, TINY, lines};

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
        &["one", "seed 1 instead of 2", "--force", "--out"],
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
    assert!(read("one/report.html").contains("it was stopped, and can resume"));

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
        assert!(
            words.contains("interrupted, after") && words.contains(&format!("--resume {run}` resumes it")),
            "{words}"
        );
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
