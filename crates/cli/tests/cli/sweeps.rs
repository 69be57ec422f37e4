//! Several seeds, and variants of a recipe.

use std::fs;

use serde_json::Value;

use crate::desk::{Desk, lines};

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
    refused("base = \"tiny.toml\"\n[[variants]]\nname = \"..\"", &["own.toml: variant `..`", "letters or digits"]);
    refused(
        "base = \"tiny.toml\"\n[[variants]]\nname = \"a\"\npublished = { best = 999, last = 99 }",
        &["variant `a`", "999", "percent"],
    );
    refused("base = \"tiny.toml\"\nvariant = 3", &["own.toml", "line 2", "`variant`", "`variants`"]);
    refused(
        "base = \"tiny.toml\"\n[[variants]]\nname = \"a b\"\n[[variants]]\nname = \"a  B\"",
        &["`a  B`", "name that differs"],
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
