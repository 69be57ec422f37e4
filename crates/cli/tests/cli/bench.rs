//! What `bench` reports, never how fast.

use serde_json::Value;

use crate::desk::{Desk, lines};

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
