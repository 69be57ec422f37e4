//! Schedules against PyTorch: the rates of 200 steps (`golden/make_golden.py`).

use gradbook_engine::schedule::Schedule;
use gradbook_engine::spec::ScheduleSpec;
use serde_json::{Value, json};

fn spec(json: &Value) -> ScheduleSpec {
    serde_json::from_value(json.clone()).unwrap()
}

#[test]
fn schedules_follow_pytorch() {
    let golden: Value = serde_json::from_str(include_str!("../golden/schedules.json")).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() >= 18);
    for case in cases {
        let number = |key: &str| case[key].as_f64().unwrap();
        let (epochs, batches) = (number("epochs") as usize, number("batches_per_epoch") as usize);
        let mut schedule = Schedule::new(&spec(&case["spec"]), number("base_lr"), epochs, batches).unwrap();
        // One rate for each batch of the training.
        let rates = case["rates"].as_array().unwrap();
        assert_eq!(rates.len(), epochs * batches);
        for (batch, expected) in rates.iter().enumerate() {
            let (rate, expected) = (schedule.rate(), expected.as_f64().unwrap());
            let deviation = (rate - expected).abs() / expected.abs();
            assert!(deviation <= 1e-12, "{}, batch {batch}: {rate:e}, PyTorch {expected:e}", case["name"]);
            schedule.after_batch();
            if (batch + 1) % batches == 0 {
                schedule.after_epoch(case["losses"][batch / batches].as_f64().unwrap_or(0.0));
            }
        }
    }
}

#[test]
fn a_schedule_per_epoch_stands_still_within_an_epoch() {
    let spec = spec(&json!({"type": "exponential", "gamma": 0.5}));
    let mut schedule = Schedule::new(&spec, 0.8, 2, 3).unwrap();
    let mut rates = vec![];
    for _ in 0..2 {
        for _ in 0..3 {
            rates.push(schedule.rate());
            schedule.after_batch();
        }
        schedule.after_epoch(1.0);
    }
    assert_eq!(rates, [0.8, 0.8, 0.8, 0.4, 0.4, 0.4]);
}

#[test]
fn one_cycle_peaks_at_once_where_pytorch_divides_by_zero() {
    // 10 steps with pct_start 0.1: the rising phase has length 0.
    let spec = spec(&json!({"type": "one_cycle", "max_lr": 0.2, "pct_start": 0.1}));
    let mut schedule = Schedule::new(&spec, 0.05, 1, 10).unwrap();
    assert_eq!(schedule.rate(), 0.2);
    for _ in 0..9 {
        schedule.after_batch();
    }
    assert!((schedule.rate() / (0.2 / 25.0 / 1e4) - 1.0).abs() < 1e-9);
}

#[test]
fn impossible_numbers_are_refused_with_their_key() {
    let refused = |json: Value| Schedule::new(&spec(&json), 0.1, 5, 10).unwrap_err();
    let error = refused(json!({"type": "one_cycle", "max_lr": 0.1, "total_steps": 49}));
    assert_eq!(
        error.to_string(),
        "train.schedule.total_steps = 49: the training takes 50 steps: write at least that many, or leave it out"
    );
    for (json, key) in [
        (json!({"type": "one_cycle", "max_lr": 0.1, "pct_start": 1.5}), "train.schedule.pct_start"),
        (json!({"type": "step", "step_size": 0}), "train.schedule.step_size"),
        (json!({"type": "cosine", "t_max": 0}), "train.schedule.t_max"),
        (json!({"type": "cyclic", "base_lr": 0.1, "max_lr": 0.2, "step_size_up": 0}), "train.schedule.step_size_up"),
        (json!({"type": "reduce_on_plateau", "factor": 1.0}), "train.schedule.factor"),
        (json!({"type": "linear", "start_factor": 0.0}), "train.schedule.start_factor"),
    ] {
        assert_eq!(refused(json).key, key);
    }
}
