//! What a workbook's file promises to every program that opens it.

mod support;

use support::{Cells, Shown, parts, trace, workbook};

#[test]
fn the_same_trace_gives_the_same_bytes() {
    assert_eq!(workbook(support::MAZUR), workbook(support::MAZUR));
}

#[test]
fn every_formula_has_a_cached_value_and_none_is_an_error() {
    let cells = Cells::read(&workbook(support::CLASS));
    assert!(cells.formulas.len() > 7 * 68 * 31, "{}", cells.formulas.len());
    for at in cells.formulas.keys() {
        match &cells.shown[at] {
            Shown::Number(number) => assert!(number.is_finite(), "{at:?}"),
            Shown::Text(text) => assert!(!text.is_empty() && !text.starts_with('#'), "{at:?}: {text}"),
            Shown::Nothing => panic!("{at:?} has no cached value"),
        }
    }
}

#[test]
fn charts_carry_the_engines_losses() {
    let trace = trace(support::CLASS);
    let charts = parts(&workbook(support::CLASS), "xl/charts/chart");
    assert_eq!(charts.len(), 7, "one chart for each of six rates, one for all");
    let points = |xml: &str| -> Vec<f64> {
        let values = xml.split("<c:v>").skip(1).filter_map(|rest| rest.split("</c:v>").next());
        values.map(|value| value.parse().expect("a number")).collect()
    };
    let mut curves = 0;
    for chart in &charts {
        for series in chart.split("<c:ser>").skip(1) {
            let name = series.split("<c:v>LR = ").nth(1).and_then(|rest| rest.split('<').next()).expect("a name");
            let rate: f64 = name.parse().expect("a rate");
            let run = trace.rates.iter().find(|run| run.rate == rate).expect("a run");
            let losses: Vec<f64> = run.states.iter().map(|state| state.e_total).collect();
            let counts: Vec<f64> = (0..losses.len()).map(|n| n as f64).collect();
            let (x, y) = series.split_once("<c:yVal>").expect("values");
            let place = |tag: &str| series.find(tag).expect(tag);
            assert!(place("<c:spPr>") < place("<c:marker>"), "Excel repairs files with these the other way round");
            assert_eq!(points(y), losses);
            assert_eq!(points(x.split_once("<c:xVal>").expect("categories").1), counts);
            curves += 1;
        }
    }
    assert_eq!(curves, 12, "each rate alone and among all");
}

#[test]
fn a_network_without_exactly_one_hidden_layer_is_refused_with_the_reason() {
    let shallow = r#"
        input = [1]
        layers = [{ type = "linear", out_features = 1 }]
        loss = { type = "squared_error" }
        lesson = { x = [1.0], t = [0.0], weights = [[2.0]], biases = [[0.0]], rate = 0.1, rates = [0.1], updates = 1 }
    "#;
    let error = gradbook_workbook::write(&trace(shallow), "shallow").expect_err("a refusal").to_string();
    assert!(error.contains("1 linear layer"), "{error}");
    assert!(error.contains("exactly 2"), "{error}");
}
