//! A workbook stays right when its reader changes it.

use gradbook_engine::spec::OptimizerSpec;
use gradbook_lesson::Lesson;
use gradbook_recalculation::ironcalc::{recalculated, recalculated_with};
use gradbook_recalculation::{Cells, Shown, assert_agree, close, edited, poisoned, short_lesson, workbook, written};

const STEPS: &str = "Step by step";
const SLIP: &str = "Spot the slip";

/// The cell right of a label.
fn beside(cells: &Cells, sheet: &str, label: &str, columns: u32) -> (u32, u32) {
    let (row, column) = cells.find(sheet, label);
    (row, column + columns)
}

fn verdicts<'c>(cells: &'c Cells, sheet: &str) -> Vec<&'c str> {
    let words = ["OK", "WRONG", "KINK", "UNSURE"];
    let texts = cells.shown.iter().filter_map(|(at, shown)| match shown {
        Shown::Text(text) if at.0 == sheet && words.contains(&text.as_str()) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// A teacher walks through training: at every update the derivation is that of its row, and all checks agree.
#[test]
fn the_step_selector_explains_any_update() {
    for lesson in gradbook_recalculation::SHIPPED {
        let lesson = short_lesson(lesson);
        let written = written(&lesson);
        let (row, column) = beside(&Cells::read(&written), STEPS, "explained update", 1);
        for update in [2, 4, lesson.updates()] {
            let shown = recalculated_with(&written, &[(STEPS, row, column, &update.to_string())]);
            assert!(verdicts(&shown, "Checks").iter().all(|verdict| *verdict == "OK"), "update {update}");
            let (row, column) = shown.find(STEPS, "E_tot");
            let loss = shown.number(STEPS, row, column + 1);
            assert!(close(loss, lesson.run.states[update - 1].loss), "update {update}: {loss}");
        }
    }
}

#[test]
fn the_sample_selector_explains_any_sample() {
    let lesson = short_lesson(gradbook_recalculation::SHIPPED[3]);
    let written = written(&lesson);
    let (row, column) = beside(&Cells::read(&written), STEPS, "explained sample", 1);
    for sample in [2, 4] {
        let shown = recalculated_with(&written, &[(STEPS, row, column, &sample.to_string())]);
        let (row, column) = shown.find(STEPS, "E1");
        let pass = &lesson.run.states[0].passes[sample - 1];
        assert!(close(shown.number(STEPS, row, column + 1), pass.error));
        assert!(verdicts(&shown, "Checks").iter().all(|verdict| *verdict == "OK"));
    }
}

/// Every slip of the dropdown is found by the check; without a slip there is nothing to find.
#[test]
fn every_slip_is_found_by_the_check_alone() {
    for lesson in gradbook_recalculation::SHIPPED {
        let written = written(&short_lesson(lesson));
        let cells = Cells::read(&written);
        let (row, column) = beside(&cells, SLIP, "slip", 2);
        let (list, names) = cells.find(SLIP, "the slips to choose from");
        let names: Vec<&str> = (list + 1..list + 20)
            .map_while(|row| match cells.shown.get(&(SLIP.to_owned(), row, names)) {
                Some(Shown::Text(text)) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        assert!(names.len() > 5, "{names:?}");
        for (number, name) in names.iter().enumerate() {
            let shown = recalculated_with(&written, &[(SLIP, row, column, name)]);
            let wrong = verdicts(&shown, SLIP).iter().filter(|verdict| **verdict == "WRONG").count();
            assert_eq!(wrong > 0, number > 0, "{name}: {wrong} gradients are wrong");
            let wrong = verdicts(&shown, "Checks").iter().filter(|verdict| **verdict == "WRONG").count();
            assert_eq!(wrong, 0, "the other sheets do not contain the slip");
        }
    }
}

/// M. Mazur, "A Step by Step Backpropagation Example" (2015), prints 0.291027924 as the error after one update. It
/// follows from hidden gradients that are taken with output weights already updated.
#[test]
fn mazurs_published_error_follows_from_a_slip() {
    let written = written(&short_lesson(gradbook_recalculation::MAZUR));
    let cells = Cells::read(&written);
    let (row, column) = beside(&cells, SLIP, "slip", 2);
    let name = "output weights already updated (as in Mazur's later numbers)";
    let shown = recalculated_with(&written, &[(SLIP, row, column, name)]);
    let (header, loss) = shown.find(SLIP, "E_tot");
    assert_eq!(format!("{:.9}", shown.number(SLIP, header + 2, loss)), "0.291027924");
    assert_eq!(format!("{:.9}", cells.number("Training", cells.find("Training", "E_tot").0 + 2, loss)), "0.291027774");
}

/// The rate, an input and a weight are changed in the file; every cell then shows what the engine calculates from the
/// changed description.
#[test]
fn changed_inputs_give_the_engines_numbers() {
    for text in gradbook_recalculation::SHIPPED {
        let written = workbook(text);
        let cells = Cells::read(&written);
        let mut spec = gradbook_recalculation::spec(text);
        let lesson = spec.lesson.as_mut().expect("a lesson");
        let (rate, input, weight) = (0.03125, 0.3125, -0.1875);
        match &mut lesson.optimizer {
            OptimizerSpec::Sgd { lr, .. } | OptimizerSpec::Adam { lr, .. } | OptimizerSpec::Adamw { lr, .. } => {
                *lr = rate
            }
        }
        (lesson.x[0], lesson.weights[1][0]) = (input, weight);
        // In place of the largest rate, with which some lessons diverge and amplify every rounding.
        let last = lesson.rates.len() - 1;
        let sheets = [lesson.rates[last], rate].map(|rate| format!("LR {rate}"));
        lesson.rates[last] = rate;
        let label = format!("LR = {}", gradbook_recalculation::spec(text).lesson.expect("a lesson").rates[last]);
        let second_layer = format!("w{}", lesson.weights[0].len() + 1);
        let places = [
            (beside(&cells, "Network", "rate", 1), rate),
            (below(&cells, "Network", "i1"), input),
            (beside(&cells, "Network", &second_layer, 1), weight),
        ];
        let places = places.map(|((row, column), value)| (cell_name(row, column), value));
        let compared = beside(&cells, "Learning rates", &label, 1);
        let compared = cell_name(compared.0, compared.1);
        let changed = edited(&written, |name, xml| match name {
            "xl/worksheets/sheet1.xml" => places.iter().fold(xml, |xml, (cell, value)| with_number(&xml, cell, *value)),
            "xl/worksheets/sheet4.xml" => with_number(&xml, &compared, rate),
            _ => xml,
        });
        let lesson = Lesson::from_spec("test", &spec).expect("a lesson");
        // A sheet keeps the name of the rate that it was written with.
        let expected = Cells::read(&gradbook_recalculation::written(&lesson)).renamed(&sheets[1], &sheets[0]);
        assert_agree(&expected, &recalculated(&poisoned(&changed)));
    }
}

/// Inputs at the ends of what the cells' rules allow overflow nothing, and a diverging run raises no false alarm.
#[test]
fn extreme_inputs_leave_no_errors_and_no_false_alarms() {
    let [class, _, _, xor, regression, softmax] = gradbook_recalculation::SHIPPED;
    for (lesson, sheet, label, columns, value) in [
        (class, "Network", "w1", 1, "-20000"),
        (class, "Network", "rate", 1, "1000000"),
        (xor, "Network", "rate", 1, "100000"),
        (softmax, "Learning rates", "LR = 0.1", 1, "1000"),
    ] {
        let written = written(&short_lesson(lesson));
        let (row, column) = beside(&Cells::read(&written), sheet, label, columns);
        let shown = recalculated_with(&written, &[(sheet, row, column, value)]);
        let error = shown.shown.iter().find(|(_, shown)| matches!(shown, Shown::Text(text) if text.starts_with('#')));
        assert_eq!(error, None, "{label} = {value}");
    }
    let written = workbook(regression);
    let cells = Cells::read(&written);
    let (rate, update) = (beside(&cells, "Network", "rate", 1), beside(&cells, STEPS, "explained update", 1));
    for number in ["8", "50"] {
        let changes = [("Network", rate.0, rate.1, "3"), (STEPS, update.0, update.1, number)];
        let shown = recalculated_with(&written, &changes);
        assert!(!verdicts(&shown, "Checks").contains(&"WRONG"), "update {number} of a diverging run");
        let (row, column) = beside(&shown, "Network", "Gradients", 1);
        assert!(shown.text("Network", row, column).contains("UNSURE by rounding"));
    }
}

/// h1 = 0.4 · 0.6 - 0.3 · 0.8 = 0 lies at the kink of ReLU: what cannot be compared is not called OK.
#[test]
fn a_kink_is_told_apart_from_agreement() {
    let kink = gradbook_recalculation::RELU_2_3_1
        .replace("weights = [[0.5, 0.25, 0.9, -0.3, 0.7, 0.2]", "weights = [[0.4, 0.3, 0.9, -0.3, 0.7, 0.2]")
        .replace("biases = [[0.1,", "biases = [[0.0,");
    let cells = Cells::read(&workbook(&kink));
    assert!(verdicts(&cells, "Checks").contains(&"KINK"));
    let (row, column) = beside(&cells, "Network", "Gradients", 1);
    let headline = cells.text("Network", row, column);
    assert!(headline.starts_with("10 of 13 gradients agree; the others cannot be compared"), "{headline}");
}

/// The first number under a header.
fn below(cells: &Cells, sheet: &str, header: &str) -> (u32, u32) {
    let (row, column) = cells.find(sheet, header);
    (row + 1, column)
}

/// `B7` for row 6, column 1.
fn cell_name(row: u32, column: u32) -> String {
    assert!(column < 26);
    format!("{}{}", char::from(b'A' + column as u8), row + 1)
}

/// The sheet with another number in a cell that holds one.
fn with_number(xml: &str, cell: &str, value: f64) -> String {
    let start = xml.find(&format!("<c r=\"{cell}\"")).unwrap_or_else(|| panic!("no cell {cell}"));
    let from = start + xml[start..].find("<v>").expect("a value") + 3;
    let to = from + xml[from..].find("</v>").expect("its end");
    assert!(!xml[start..to].contains("<f>"), "{cell} is no input");
    format!("{}{value}{}", &xml[..from], &xml[to..])
}
