//! What the page of a run, and that of several, promise.

use crate::support::{CURIOUS, texts};
use gradbook_report::{
    Answers, Inside, LayerRow, Maps, Promise, Reached, RunEpoch, RunReport, ShownRun, comparison, report, run_curves,
};

/// Three images of two classes: right, wrong, and an answer that is no number.
const ANSWERS: Answers<'_> = Answers {
    outputs: &[2.0, 0.0, 3.0, 0.0, f32::NAN, 0.0],
    classes: 2,
    labels: &[0, 1, 1],
    pixels: &[0, 255, 128, 7, 8, 9],
    height: 1,
    width: 2,
    logits: true,
};

fn run(label: &str) -> ShownRun {
    let epoch = |epoch, loss| RunEpoch { epoch, train_loss: 0.5, train_accuracy: 0.8, loss, accuracy: 0.9 };
    ShownRun {
        recipe: CURIOUS.to_owned(),
        seed: 7,
        label: label.to_owned(),
        about: CURIOUS.to_owned(),
        reached: Reached {
            correct: 1,
            total: 3,
            evaluated_on: CURIOUS.to_owned(),
            epochs: 2,
            epochs_planned: 3,
            stopped: Some(CURIOUS.to_owned()),
            diverged: false,
            best_accuracy: 2.0 / 3.0,
            best_epoch: 1,
        },
        parameters: 12_345,
        multiply_adds: 67_890,
        train_seconds: 1.5,
        data: CURIOUS.to_owned(),
        data_sha256: Some("0123456789abcdef".to_owned()),
        calculated: CURIOUS.to_owned(),
        recipe_words: vec![("optimizer", format!("{CURIOUS} {label}"))],
        epochs: vec![epoch(1, 0.4), epoch(2, f64::NAN)],
        rates: vec![(0.0, 0.1), (1.0, f64::INFINITY)],
        least_loss: Some(0.123_456),
    }
}

fn awkward() -> RunReport<'static> {
    let maps = |values: Vec<f64>| Maps { title: CURIOUS.to_owned(), height: 1, width: 2, values };
    RunReport {
        run: run(CURIOUS),
        promises: [Some(true), Some(false), None].map(|met| Promise { text: CURIOUS.to_owned(), met }).to_vec(),
        answers: ANSWERS,
        contradiction: Some(CURIOUS.to_owned()),
        filters: Some(maps(vec![0.5, -0.5, f64::NAN, 0.0])),
        inside: Some(Inside { image: 2, layers: vec![maps(vec![0.0, 0.0])], left_out: 1 }),
        layers: vec![LayerRow {
            layer: CURIOUS.to_owned(),
            output: "1 x 2".to_owned(),
            parameters: 12_345,
            multiply_adds: 0,
            receptive_field: Some(3),
        }],
        environment: vec![("data", CURIOUS.to_owned())],
        command: CURIOUS.to_owned(),
        description: CURIOUS.to_owned(),
    }
}

/// The page needs nothing else and shows every text as it is.
fn check(page: &str) {
    let shown = texts(page);
    let curious = CURIOUS.replace('\u{1}', "");
    assert!(shown.iter().any(|text| text.contains(&curious)), "the name is shown as it is");
    let outside = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for word in ["://", "<script", "@import", "<link", "url("] {
        assert!(!outside.contains(word), "{word}");
    }
    // The words about a divergence name it; no number is shown as one.
    let words = |text: &str| text.replace("infinity or NaN", "").replace("NaN or infinite", "");
    assert!(shown.iter().map(|text| words(text)).all(|text| !text.contains("NaN") && !text.contains("inf ")), "{page}");
}

#[test]
fn the_page_of_a_run_is_well_formed_needs_nothing_else_and_knows_what_diverged() {
    let report_of = awkward();
    let page = report(&report_of);
    check(&page);
    let words = texts(&page).join(" ");
    for word in ["33.33 %", "1 of 3", "2 are wrong", "66.67 %", "12,345", "0.1235", "a 1 taken for a 0", "1 images got"]
    {
        assert!(words.contains(word) || page.contains(word), "{word}: {words}");
    }
    assert!(page.contains("MISSED") && words.contains("The training diverged: in epoch 2"));
    let curves = run_curves(&report_of.run).unwrap().file();
    assert!(texts(&curves).iter().all(|text| !text.contains("NaN")), "{curves}");

    // Before the first epoch, without images, and without anything to see inside.
    let nothing = Answers { outputs: &[], labels: &[], pixels: &[], ..ANSWERS };
    let empty = ShownRun { epochs: Vec::new(), rates: Vec::new(), ..run("") };
    assert!(run_curves(&empty).is_none());
    check(&report(&RunReport { run: empty, answers: nothing, filters: None, inside: None, ..awkward() }));
}

#[test]
fn a_comparison_names_all_runs_in_table_and_charts_and_says_where_recipes_differ() {
    let names: Vec<String> = (0..9).map(|n| format!("{CURIOUS} {n}")).collect();
    let runs: Vec<ShownRun> = names.iter().map(|name| run(name)).collect();
    let page = comparison(&runs);
    check(&page);
    let words = texts(&page);
    for name in &names {
        let name = name.replace('\u{1}', "");
        // Its row, its recipe's row, and the descriptions of three charts of curves.
        assert!(words.iter().filter(|text| text.contains(&name)).count() >= 5, "{name}");
    }
    assert!(page.contains("Where the recipes differ"));
    let equal = vec![runs[0].clone(), ShownRun { label: "other".to_owned(), ..runs[0].clone() }];
    assert!(!comparison(&equal).contains("Where the recipes differ"));
}
