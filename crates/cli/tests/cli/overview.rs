//! What the commands are, what they show, and what they say to wrong arguments.

use std::fs;

use crate::desk::{Desk, lines};

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
