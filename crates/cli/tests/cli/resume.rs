//! Trainings that are stopped, by whatever, go on to the bits of one that was not.

use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::desk::{Desk, TINY, lines};

impl Desk {
    fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.path(file)).unwrap()
    }

    fn json(&self, file: &str) -> Value {
        serde_json::from_slice(&self.read(file)).unwrap()
    }
}

/// At any moment: while it starts, trains, evaluates, writes a checkpoint, or takes up an earlier one.
#[test]
fn a_training_killed_at_50_moments_ends_with_the_same_bits() {
    let desk = Desk::new();
    desk.quarters();
    let train = "train tiny.toml --data quarters --epochs 60 --threads 2 --checkpoint-seconds 0.001 --out";
    desk.succeed(&format!("{train} whole"));
    let sha = |run: &str| desk.json(&format!("{run}/result.json"))["model_sha256"].clone();

    let (mut kills, mut runs, mut pause, mut resumed) = (0, 1, 17, 0);
    while kills < 50 {
        let run = format!("killed{runs}");
        resumed += usize::from(desk.path(&format!("{run}/checkpoint")).exists());
        let mut command = Command::new(env!("CARGO_BIN_EXE_gradbook"));
        command.args(format!("{train} {run}").split_whitespace()).current_dir(&desk.0);
        let mut training = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        pause = (pause * 31 + 7) % 97;
        sleep(Duration::from_millis(pause));
        training.kill().unwrap();
        if training.wait().unwrap().success() {
            assert_eq!(sha(&run), sha("whole"), "{run}");
            runs += 1;
        } else {
            kills += 1;
        }
    }
    assert!(resumed >= 10, "only {resumed} starts found a checkpoint: the others tell nothing");
    let run = format!("killed{runs}");
    desk.succeed(&format!("{train} {run}"));
    assert_eq!(sha(&run), sha("whole"), "{run}");
    let epochs = |run: &str| {
        let metrics = lines(&String::from_utf8(desk.read(&format!("{run}/metrics.jsonl"))).unwrap());
        metrics.iter().map(|epoch| (epoch["train_loss"].clone(), epoch["loss"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(epochs(&run), epochs("whole"));
    // Neither a checkpoint nor half a file is left.
    assert_eq!(fs::read_dir(desk.path(&run)).unwrap().count(), 6);
}

#[test]
fn a_limit_of_time_leaves_a_run_that_goes_on() {
    let desk = Desk::new();
    desk.quarters();
    let train = "train tiny.toml --data quarters --epochs 400 --seed 3";
    desk.succeed(&format!("{train} --out whole"));
    let words = desk.succeed(&format!("{train} --out part --max-seconds 0.02"));
    assert!(words.contains("--max-seconds") && words.contains("`gradbook train --resume part` resumes it"), "{words}");
    let result = desk.json("part/result.json");
    assert_eq!((&result["interrupted"], &result["stopped_by"]), (&Value::Bool(true), &Value::from("max_seconds")));
    assert!(result["epochs"].as_u64().unwrap() < 400);

    let checkpoint = desk.read("part/checkpoint");
    let damage = |bytes: &[u8], words: &[&str]| {
        fs::write(desk.path("part/checkpoint"), bytes).unwrap();
        desk.fail("train --resume part", 1, words);
    };
    let mut changed = checkpoint.clone();
    changed[checkpoint.len() / 2] ^= 1;
    damage(&changed, &["part/checkpoint", "damaged", "--force --out part` starts"]);
    damage(&checkpoint[..checkpoint.len() / 2], &["part/checkpoint", "damaged", "--force --out part` starts"]);
    desk.succeed("train tiny.toml --data quarters --epochs 400 --seed 4 --out other --max-seconds 0.02");
    damage(&desk.read("other/checkpoint"), &["part/checkpoint", "another training", "--force --out part` starts"]);
    fs::write(desk.path("part/checkpoint"), checkpoint).unwrap();

    // Half a line, as a killed training leaves it, is taken away when it goes on.
    let metrics = String::from_utf8(desk.read("part/metrics.jsonl")).unwrap();
    desk.write("part/metrics.jsonl", &format!("{metrics}{{\"event\":\"ep"));
    let line = format!("line {}: ", metrics.lines().count() + 1);
    desk.fail("report part", 1, &["part/metrics.jsonl: damaged", &line, "`gradbook train --resume part` resumes from"]);

    let words = desk.run("train --resume part --threads 1");
    assert_eq!(words.code, Some(0), "{}", words.stderr);
    assert!(words.stderr.contains("resumes from its checkpoint"), "{}", words.stderr);
    assert_eq!(desk.json("part/result.json")["model_sha256"], desk.json("whole/result.json")["model_sha256"]);
    assert_eq!(desk.json("part/result.json")["interrupted"], false);

    let some = desk.run("train tiny.toml --data quarters --epochs 400 --seeds 3 --out some --max-seconds 0.02");
    assert_eq!((some.code, some.stdout.as_str()), (Some(0), ""), "the time was wished");
    assert!(some.stderr.contains("3 of 3 seeds not finished; the same command continues"), "{}", some.stderr);

    desk.fail("train --resume nowhere", 1, &["nowhere", "no such folder"]);
    let finished = desk.run("train --resume part").stderr;
    assert!(finished.contains("done before") && finished.contains("--force --out part` does it again"), "{finished}");
    let description = String::from_utf8(desk.read("part/run.toml")).unwrap();
    let version = format!("version = \"{}\"", env!("CARGO_PKG_VERSION"));
    desk.write("part/run.toml", &description.replace(&version, "version = \"0.0.1\""));
    desk.fail(
        "train --resume part",
        1,
        &["part: this run cannot resume, with program version 0.0.1", "--force --out part` starts"],
    );
    desk.write("part/run.toml", &description);
    fs::remove_file(desk.path("part/result.json")).unwrap();
    let again = ["part: there is no checkpoint", "gradbook train part --seed 3 --data ", " --force --out part` starts"];
    desk.fail("train --resume part", 1, &again);
    // A run on held-out images begins again on these.
    fs::create_dir(desk.path("it's")).unwrap();
    desk.write("it's/run.toml", &description.replace("holdout = false", "holdout = true"));
    desk.fail("train --resume it's", 1, &["gradbook train 'it'\\''s' ", " --holdout --force --out 'it'\\''s'` starts"]);
    desk.fail("train tiny.toml --data quarters --until 0.994 --out x", 1, &["--until", "test images", "--holdout"]);
    desk.fail("train tiny.toml --data quarters --patience 3 --out x", 1, &["--patience", "--holdout"]);
    desk.fail("train tiny.toml --holdout --until 99.4 --out x", 2, &["0.994 for 99.4 %"]);
    desk.fail("train tiny.toml --max-seconds -1", 2, &["above 0"]);
}

#[test]
fn a_training_that_diverges_stops_and_says_what_to_try() {
    let desk = Desk::new();
    desk.quarters();
    desk.write("wild.toml", &TINY.replace("type = \"adam\", lr = 0.01", "type = \"sgd\", lr = 1e30"));
    let answer = desk.run("train wild.toml --data quarters --out wild");
    assert_eq!(answer.code, Some(1));
    for words in ["diverged in epoch 1 of 3", "learning rate", "1e30"] {
        assert!(answer.stderr.contains(words), "{words}: {}", answer.stderr);
    }
    assert_eq!(desk.json("wild/result.json")["stopped_by"], "diverged");

    // The model is no model, and everything that takes it says so.
    desk.fail("export wild", 1, &["wild/model.safetensors", "NaN or infinite", "lower learning rate"]);
    let eval = desk.run("eval wild");
    assert!(eval.code == Some(0) && eval.stderr.contains("NaN or infinite"), "{}", eval.stderr);
    let init = "train tiny.toml --data quarters --init wild/model.safetensors --out x";
    desk.fail(init, 1, &["--init wild/model.safetensors", "NaN or infinite", "no training can start from them"]);
    let page = String::from_utf8(desk.read("wild/report.html")).unwrap();
    assert!(page.find("This training diverged").unwrap() < page.find("<nav").unwrap());

    // Several seeds come to no mean, and a variant to none; a trial that went well is not taken for the recipe.
    let answer = desk.run("train wild.toml --data quarters --seeds 2 --out wilds");
    assert_eq!(answer.code, Some(1), "{}", answer.stdout);
    for words in ["wild seed 1: diverged in epoch 1 of 3", "2 of 2 seeds diverged (1, 2)"] {
        assert!(answer.stdout.contains(words), "{words}: {}", answer.stdout);
    }
    assert!(!answer.stdout.contains('%') && answer.stderr.contains("2 of 2 trainings diverged"), "{}", answer.stderr);
    assert_eq!(desk.json("wilds/summary.json")["accuracies"], serde_json::json!([]));
    desk.write("rates.toml", "base = \"wild.toml\"\nseeds = 2\n[grid]\n\"train.optimizer.lr\" = [0.1, 1e30]\n");
    let answer = desk.run("sweep rates.toml --data quarters --out rates");
    assert_eq!(answer.code, Some(1), "{}", answer.stdout);
    assert_eq!(answer.stdout.matches("| **2 of 2 diverged** |").count(), 1, "{}", answer.stdout);
    assert!(answer.stderr.contains("2 of 4 trainings diverged"), "{}", answer.stderr);
    let page = String::from_utf8(desk.read("rates/sweep.html")).unwrap();
    assert!(page.contains("<strong>2 of 2 diverged</strong>"));

    // Its bits are known now: it would diverge again.
    assert!(desk.run("train wild.toml --data quarters --out wild").stderr.contains("done before"));
}

#[test]
fn quiet_is_quiet() {
    let desk = Desk::new();
    desk.quarters();
    let answer = desk.run("train tiny.toml --data quarters --out run --quiet");
    assert_eq!(answer.stderr, "");
    assert!(answer.stdout.starts_with("last epoch: "), "{}", answer.stdout);
    let answer = desk.run("--quiet train nothing");
    assert!(answer.stderr.starts_with("error: `nothing`"), "{}", answer.stderr);
}
