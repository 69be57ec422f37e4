//! Which crate may use which.

use std::process::Command;

use serde_json::Value;

use crate::root;

/// Each crate with the crates of the workspace that it may use. Those stand above it, so there is no circle.
const MAY_USE: [(&str, &[&str]); 13] = [
    ("xtask", &[]),
    ("gradbook-engine", &[]),
    ("gradbook-page", &[]),
    ("gradbook-lesson", &["engine"]),
    ("gradbook-data", &["engine"]),
    ("gradbook-export", &["engine"]),
    ("gradbook-report", &["page"]),
    ("gradbook-workbook", &["engine", "lesson", "page"]),
    ("gradbook-check", &["engine", "lesson", "page"]),
    ("gradbook-run", &["engine", "lesson", "page", "data", "export", "report"]),
    ("gradbook", &["engine", "lesson", "page", "data", "export", "report", "workbook", "check", "run"]),
    ("gradbook-recalculation", &["engine", "lesson", "workbook"]),
    ("gradbook-fuzzing", &["engine", "lesson", "data", "export", "report", "check", "run"]),
];

/// The program and the crates for tests, which no library uses.
const AT_THE_END: [&str; 3] = ["gradbook", "gradbook-recalculation", "gradbook-fuzzing"];

fn packages() -> Vec<Value> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--no-deps", "--format-version", "1", "--locked"]).current_dir(root());
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// `engine` of `gradbook-engine`.
fn short(name: &str) -> &str {
    name.strip_prefix("gradbook-").unwrap_or(name)
}

#[test]
fn every_crate_uses_only_those_that_it_may_use() {
    let packages = packages();
    for package in &packages {
        let name = package["name"].as_str().unwrap();
        let known = MAY_USE.iter().find(|(known, _)| *known == name);
        let Some((_, may_use)) = known else { panic!("{name}: what may it use? Write it into MAY_USE") };
        for dependency in package["dependencies"].as_array().unwrap() {
            let uses = dependency["name"].as_str().unwrap();
            if !packages.iter().any(|package| package["name"] == uses) {
                continue;
            }
            // Tests may use what they test with.
            let is_for_tests = dependency["kind"] == "dev";
            assert!(is_for_tests || may_use.contains(&short(uses)), "{name} uses {uses}");
        }
    }
}

#[test]
fn no_crate_uses_one_that_stands_below_it() {
    for (at, (name, may_use)) in MAY_USE.iter().enumerate() {
        for used in *may_use {
            assert!(MAY_USE[..at].iter().any(|(above, _)| short(above) == *used), "{name} before {used}");
            assert!(!AT_THE_END.iter().any(|end| short(end) == *used), "{name} uses {used}");
        }
    }
}

/// Each library's first lines forbid unsafe code; the engine denies it and allows it in its kernels.
#[test]
fn unsafe_code_is_forbidden_in_every_crate() {
    for package in packages() {
        for target in package["targets"].as_array().unwrap() {
            let is_ours = ["lib", "bin"].iter().any(|kind| target["kind"][0] == *kind);
            let path = target["src_path"].as_str().unwrap();
            let source = std::fs::read_to_string(path).unwrap();
            let word = if package["name"] == "gradbook-engine" { "deny" } else { "forbid" };
            assert!(!is_ours || source.contains(&format!("#![{word}(unsafe_code)]")), "{path}");
        }
    }
}
