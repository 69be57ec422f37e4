//! What a workbook's file promises to every program that opens it.

use std::collections::BTreeMap;

use gradbook_recalculation::{Cells, Shown, lesson, parts, workbook};
use gradbook_workbook::Protection;

#[test]
fn the_same_trace_gives_the_same_bytes() {
    assert_eq!(workbook(gradbook_recalculation::MAZUR), workbook(gradbook_recalculation::MAZUR));
}

#[test]
fn every_formula_has_a_cached_value_and_none_is_an_error() {
    for lesson in gradbook_recalculation::SHIPPED {
        let cells = Cells::read(&workbook(lesson));
        assert!(cells.formulas.len() > 8 * 68 * 31, "{}", cells.formulas.len());
        for at in cells.formulas.keys() {
            match &cells.shown[at] {
                Shown::Number(number) => assert!(number.is_finite(), "{at:?}"),
                Shown::Text(text) => assert!(!text.is_empty() && !text.starts_with('#'), "{at:?}: {text}"),
                Shown::Nothing => panic!("{at:?} has no cached value"),
            }
        }
    }
}

#[test]
fn charts_carry_the_engines_losses() {
    let lesson = lesson(gradbook_recalculation::CLASS);
    let charts = parts(&workbook(gradbook_recalculation::CLASS), "xl/charts/chart");
    assert_eq!(charts.len(), 11, "one for each of six rates, two for all, one on Network, Training, Spot the slip");
    let points = |xml: &str| -> Vec<f64> {
        let values = xml.split("<c:v>").skip(1).filter_map(|rest| rest.split("</c:v>").next());
        values.map(|value| value.parse().expect("a number")).collect()
    };
    let mut curves = BTreeMap::new();
    for chart in &charts {
        for series in chart.split("<c:ser>").skip(1) {
            let name = series.split("<c:v>").nth(1).and_then(|rest| rest.split('<').next()).expect("a name");
            let run = match name.strip_prefix("LR = ") {
                Some(rate) => {
                    let rate: f64 = rate.parse().expect("a rate");
                    lesson.rates.iter().find(|run| run.rate == rate).expect("a run")
                }
                None => &lesson.run,
            };
            *curves.entry(name.to_owned()).or_insert(0) += 1;
            let losses: Vec<f64> = run.states.iter().map(|state| state.loss).collect();
            let counts: Vec<f64> = (0..losses.len()).map(|n| n as f64).collect();
            let (x, y) = series.split_once("<c:yVal>").expect("values");
            let place = |tag: &str| series.find(tag).expect(tag);
            assert!(place("<c:spPr>") < place("<c:marker>"), "Excel repairs files with these the other way round");
            if name == "with the slip" {
                assert!(points(y).iter().zip(&losses).all(|(wrong, right)| (wrong - right).abs() < 6e-8));
                assert_ne!(points(y), losses);
            } else {
                assert_eq!(points(y), losses);
            }
            assert_eq!(points(x.split_once("<c:xVal>").expect("categories").1), counts);
        }
    }
    let expected = [("E_tot", 2), ("with the slip", 1), ("without the slip", 1)];
    let rates = ["0.1", "0.2", "0.5", "0.8", "1", "2"].map(|rate| (format!("LR = {rate}"), 3));
    let expected = expected.map(|(name, count)| (name.to_owned(), count)).into_iter().chain(rates);
    assert_eq!(curves, expected.collect());
}

#[test]
fn a_protected_workbook_leaves_its_inputs_open_and_nothing_else() {
    let lesson = lesson(gradbook_recalculation::CLASS);
    let open = gradbook_workbook::write(&lesson, Protection::None).expect("a workbook");
    let protected = gradbook_workbook::write(&lesson, Protection::Formulas).expect("a workbook");
    let sheets = |xlsx: &[u8]| parts(xlsx, "xl/worksheets/sheet");
    assert!(sheets(&open).iter().all(|xml| !xml.contains("<sheetProtection")));
    let attribute = |tag: &str, name: &str| -> Option<String> {
        Some(tag.split_once(&format!(" {name}=\""))?.1.split('"').next()?.to_owned())
    };
    let styles = parts(&protected, "xl/styles.xml").remove(0);
    let formats = styles.split_once("<cellXfs").expect("formats").1.split_once("</cellXfs>").expect("their end").0;
    let unlocked: Vec<bool> = formats.split("<xf ").skip(1).map(|format| format.contains("locked=\"0\"")).collect();
    let mut inputs = 0;
    for xml in sheets(&protected) {
        assert!(xml.contains("<sheetProtection"));
        let validated: Vec<String> =
            xml.split("<dataValidation ").skip(1).filter_map(|rule| attribute(&format!(" {rule}"), "sqref")).collect();
        for cell in xml.split("<c ").skip(1) {
            let tag = format!(" {}", cell.split('>').next().unwrap_or_default());
            let (name, style) = (attribute(&tag, "r").expect("a name"), attribute(&tag, "s"));
            let is_open = style.is_some_and(|style| unlocked[style.parse::<usize>().expect("a number")]);
            if validated.contains(&name) {
                assert!(is_open, "{name} is an input and locked");
                inputs += 1;
            }
            let formula = cell.split("</c>").next().unwrap_or_default().contains("<f>");
            assert!(!(formula && is_open), "{name} has a formula and is open");
        }
    }
    // Rate, sample, targets, weights; the update; six rates; the step h; the slip.
    assert_eq!(inputs, 1 + 4 + 8 + 1 + 6 + 1 + 1);
}

#[test]
fn a_lesson_too_large_for_a_spreadsheet_is_refused_with_sizes_and_fix() {
    let large = gradbook_recalculation::CLASS.replace("updates = 67", "updates = 20000");
    let error = gradbook_workbook::write(&lesson(&large), Protection::None).expect_err("a refusal").to_string();
    assert!(error.contains("formulas, the limit is 2000000; use fewer updates"), "{error}");
}
