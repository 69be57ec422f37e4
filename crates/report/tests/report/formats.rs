//! What every file promises, also of a series whose names and numbers are as awkward as they can be.

use crate::support::{CURIOUS, texts};
use gradbook_report::{EpochPoint, Published, PublishedRun, Series, Trial, Variant, charts, csv, html, markdown};

/// Variants with five seeds, with two that diverge, with one seed, and with none.
fn awkward() -> Series {
    let mut diverged = variant(CURIOUS, 20_000, &[0.098, 0.991]);
    for point in &mut diverged.trials[0].epochs[2..] {
        (point.loss, point.train_loss) = (f64::NAN, f64::INFINITY);
    }
    let published = Some(PublishedRun { best: 99.7, last: 99.6 });
    let five = Variant { published, ..variant("plain", 10_000, &[0.9951, 0.9953, 0.9955, 0.9957, 0.9959]) };
    Series {
        title: CURIOUS.to_owned(),
        about: CURIOUS.to_owned(),
        protocol: vec![CURIOUS.to_owned()],
        command: "gradbook \"<&>\"".to_owned(),
        variants: vec![five, diverged, variant("one seed", 10_000, &[1.0]), variant("no seed", 10_000, &[])],
        published: vec![Published {
            name: CURIOUS.to_owned(),
            parameters: 61_706,
            accuracy: 99.05,
            note: CURIOUS.to_owned(),
        }],
    }
}

fn variant(name: &str, parameters: usize, accuracies: &[f64]) -> Variant {
    let trial = |(seed, &accuracy): (usize, &f64)| {
        let point = |epoch| EpochPoint { epoch, train_loss: 0.0, loss: 1.0 / epoch as f64, accuracy };
        let epochs = (1..=4).map(point).collect();
        Trial { seed: seed as u64, accuracy, best_accuracy: accuracy + 0.0001, seconds: 12.0, diverged: false, epochs }
    };
    let trials = accuracies.iter().enumerate().map(trial).collect();
    Variant { name: name.to_owned(), parameters, multiply_adds: 7, epochs: 4, trials, published: None }
}

/// A copy of the series without the trials.
fn untried() -> Series {
    let mut series = awkward();
    series.variants.iter_mut().for_each(|variant| variant.trials.clear());
    series
}

#[test]
fn pages_and_drawings_are_well_formed_and_need_nothing_else() {
    for series in [awkward(), untried()] {
        let page = html(&series);
        let shown = CURIOUS.replace('\u{1}', "");
        assert!(texts(&page).contains(&shown), "the name is shown as it is");
        let outside = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        assert!(!outside.contains("://") && !page.contains("<script") && !page.contains("@import"));
        assert!(!page.contains("NaN") && !page.contains(">inf"));
        for chart in charts(&series) {
            assert!(
                texts(&chart.file()).iter().all(|text| !text.contains("NaN") && !text.contains("inf")),
                "{}",
                chart.file()
            );
        }
    }
}

#[test]
fn charts_are_those_that_there_are_numbers_for() {
    let names = |series: &Series| charts(series).iter().map(|chart| chart.name).collect::<Vec<_>>();
    assert_eq!(names(&awkward()), ["accuracy", "loss", "training-loss", "curves", "parameters"]);
    assert_eq!(names(&untried()), [""; 0]);
    let same_size = Series { variants: vec![variant("a", 10, &[0.9]), variant("b", 10, &[0.8])], ..awkward() };
    assert!(!names(&Series { published: Vec::new(), ..same_size }).contains(&"parameters"));
}

#[test]
fn a_gap_in_a_curve_is_said_in_words() {
    let charts = charts(&awkward());
    let loss = charts.iter().find(|chart| chart.name == "loss").unwrap();
    assert!(texts(&loss.file()).join(" ").contains("in 1 of 2 seeds the training diverged"), "{}", loss.file());
    assert!(texts(&loss.file()).join(" ").contains("Without a curve: no seed."));
}

#[test]
fn every_row_of_the_markdown_table_has_the_same_cells() {
    let text = markdown(&awkward());
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    let cells = |row: &str| row.replace("\\|", "").matches('|').count();
    assert_eq!(rows.len(), 6);
    assert!(rows.iter().all(|row| cells(row) == 15), "{text}");
    assert!(
        rows[2].contains("| 99.550 | 0.032 | 99.510 | 99.590 | 99.520 | – | 99.560 | 12.0 | 99.60 | 99.70 |"),
        "{text}"
    );
    assert!(rows[3].contains("a\\|b &lt;c> \"d\", \\$e\\$ \\_f\\_ \\*g\\* &amp; \\`h\\`"), "{text}");
    assert!(rows[4].contains("| 1 | 100.000 | – | – | – | – | – | 100.010 |"), "{text}");
    assert!(rows[5].contains("| 0 | no trial yet | – |"), "{text}");
}

#[test]
fn a_difference_is_marked_where_its_interval_excludes_zero() {
    let better = variant("better", 10, &[0.9961, 0.9963, 0.9965]);
    let series = Series { variants: vec![variant("base", 10, &[0.9951, 0.9953, 0.9955]), better], ..awkward() };
    // Both standard deviations are 0.02, so there are 4 degrees of freedom: 2.7764 · 0.02 · √(2/3).
    assert!(markdown(&series).contains("**+0.100 ± 0.045 ▲**"));
    assert!(html(&series).contains("<strong>+0.100 ± 0.045 ▲</strong>"));
    assert!(csv(&series).contains(",0.1,0.045339,true,"), "{}", csv(&series));
    let equal = Series { variants: vec![series.variants[0].clone(), series.variants[0].clone()], ..awkward() };
    assert!(markdown(&equal).contains("| +0.000 ± 0.045 |"));
}

#[test]
fn csv_has_as_many_fields_as_heads_whatever_the_names() {
    let text = csv(&awkward());
    // Inside of quotes, commas and line feeds separate nothing.
    let mut quoted = false;
    let separates = |character: char| {
        quoted ^= character == '"';
        !quoted && character == '\n'
    };
    let records: Vec<&str> = text.trim_end().split(separates).collect();
    assert_eq!(records.len(), 5, "{text}");
    for record in &records {
        let mut quoted = false;
        let separates = |character: char| {
            quoted ^= character == '"';
            !quoted && character == ','
        };
        assert_eq!(record.split(separates).count(), 20, "{record}");
    }
    assert!(records[2].starts_with("\"a|b <c> \"\"d\"\", $e$"), "{}", records[2]);
    assert!(records[4].contains(",no seed,10000,7,4,0,0,,,,,"), "{}", records[4]);
}
