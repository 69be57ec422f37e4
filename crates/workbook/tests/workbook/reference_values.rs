//! Lesson and workbook hold the correct numbers of the class sheet and of Mazur's example.

use gradbook_lesson::{Lesson, State};
use gradbook_recalculation::{Cells, close, lesson, spec, workbook};
use serde_json::Value;

fn reference(text: &str) -> Value {
    serde_json::from_str(text).expect("reference values")
}

fn class_reference() -> Value {
    reference(include_str!("../reference/class_sheet.json"))
}

fn mazur_reference() -> Value {
    reference(include_str!("../reference/mazur.json"))
}

#[track_caller]
fn assert_close(what: &str, ours: f64, correct: &Value) {
    let correct = correct.as_f64().expect("a number");
    assert!(close(ours, correct), "{what}: {ours}, but {correct} is correct");
}

#[track_caller]
fn assert_all_close<'a>(what: &str, ours: impl IntoIterator<Item = &'a f64>, correct: &Value) {
    let ours: Vec<f64> = ours.into_iter().copied().collect();
    let correct = correct.as_array().expect("a list");
    assert_eq!(ours.len(), correct.len(), "{what}");
    for (ours, correct) in ours.into_iter().zip(correct) {
        assert_close(what, ours, correct);
    }
}

fn assert_state(state: &State, correct: &Value) {
    let pass = &state.passes[0];
    assert_all_close("w", state.parameters.w.iter().flatten().flatten(), &correct["w"]);
    assert_all_close("h", &pass.z[0], &correct["h"]);
    assert_all_close("a_h", &pass.a[0], &correct["a_h"]);
    assert_all_close("o", &pass.z[1], &correct["o"]);
    assert_all_close("a_o", &pass.a[1], &correct["a_o"]);
    assert_all_close("E", &pass.e, &correct["E"]);
    assert_all_close("g", state.gradient.w.iter().flatten().flatten(), &correct["g"]);
    assert_all_close("da_h", &pass.da[0], &correct["da_h"]);
}

#[test]
fn the_class_trace_has_the_correct_rows_and_losses() {
    for (set, toml) in [("class", gradbook_recalculation::CLASS), ("class-01-99", gradbook_recalculation::CLASS_01_99)]
    {
        let correct = &class_reference()["sets"][set];
        let mut spec = spec(toml);
        spec.lesson.as_mut().expect("a lesson").updates = 1000;
        let lesson = Lesson::from_spec("test", &spec).expect("a lesson");

        assert_eq!(lesson.run.rate, 1.0);
        for (state, row) in lesson.run.states.iter().zip(correct["rows_at_rate_1"].as_array().expect("rows")) {
            assert_state(state, row);
            assert_close("E_total", state.loss, &row["E_total"]);
        }
        let losses = correct["E_after_n_updates"].as_object().expect("losses by rate");
        assert_eq!(losses.len(), lesson.rates.len());
        for (rate, losses) in losses {
            let rate: f64 = rate.parse().expect("a rate");
            let run = lesson.rates.iter().find(|run| run.rate == rate).expect("a run at this rate");
            for (n, loss) in losses.as_object().expect("losses by updates") {
                let state = &run.states[n.parse::<usize>().expect("a count")];
                assert_close(&format!("{set}, rate {rate}, E after {n}"), state.loss, loss);
            }
        }
    }
}

#[test]
fn the_mazur_trace_has_the_correct_rows_and_end() {
    let correct = mazur_reference();
    let mut spec = spec(gradbook_recalculation::MAZUR);
    let lesson = spec.lesson.as_mut().expect("a lesson");
    lesson.updates = 10_000;
    lesson.rates = vec![0.5];
    let lesson = Lesson::from_spec("test", &spec).expect("a lesson");
    let states = &lesson.run.states;
    assert_state(&states[0], &correct["row_0"]);
    assert_state(&states[1], &correct["row_1"]);
    assert_close("E_10000", states[10_000].loss, &correct["E_10000"]);
    assert_all_close("outputs_10000", &states[10_000].passes[0].a[1], &correct["outputs_10000"]);
}

#[test]
fn the_class_table_has_the_31_columns_and_the_correct_rows() {
    let headers = "t1 t2 i1 i2 w1 w2 w3 w4 h1 a_h1 h2 a_h2 w5 w6 w7 w8 o1 a_o1 o2 a_o2 E1 E2 E_tot \
                   dE/dw1 dE/dw2 dE/dw3 dE/dw4 dE/dw5 dE/dw6 dE/dw7 dE/dw8";
    let headers: Vec<&str> = headers.split_whitespace().collect();
    assert_eq!(headers.len(), 31);
    let correct = &class_reference()["sets"]["class"]["rows_at_rate_1"];
    let cells = Cells::read(&workbook(gradbook_recalculation::CLASS));
    let (top, left) = cells.find("Training", "t1");
    for (column, header) in (left..).zip(&headers) {
        assert_eq!(cells.text("Training", top, column), *header);
        for (n, row) in (0..).zip(correct.as_array().expect("rows")) {
            let number: usize = header.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0);
            let ours = cells.number("Training", top + 1 + n, column);
            let correct = match header.trim_end_matches(|c: char| c.is_ascii_digit()) {
                "w" => &row["w"][number - 1],
                "h" => &row["h"][number - 1],
                "a_h" => &row["a_h"][number - 1],
                "o" => &row["o"][number - 1],
                "a_o" => &row["a_o"][number - 1],
                "E" => &row["E"][number - 1],
                "E_tot" => &row["E_total"],
                "dE/dw" => &row["g"][number - 1],
                _ => continue,
            };
            assert_close(header, ours, correct);
        }
    }
    let rows = cells.formulas.keys().filter(|at| at.0 == "Training" && at.2 == left).count();
    assert_eq!(rows, 68, "the first row and 67 updates");
}

#[test]
fn the_rates_are_compared_by_their_correct_losses() {
    let correct = &class_reference()["sets"]["class"]["E_after_n_updates"];
    let cells = Cells::read(&workbook(gradbook_recalculation::CLASS));
    let sheet = "Learning rates";
    let (first_rate, label) = cells.find(sheet, "LR = 0.1");
    for (row, rate) in (first_rate..).zip(["0.1", "0.2", "0.5", "0.8", "1.0", "2.0"]) {
        assert_eq!(cells.number(sheet, row, label + 1), rate.parse::<f64>().expect("a rate"));
        for (column, n) in (label + 2..).zip(["0", "1", "10", "50", "67"]) {
            assert_close(&format!("rate {rate}, E after {n}"), cells.number(sheet, row, column), &correct[rate][n]);
        }
    }
}

/// Where the workbook holds a state's numbers, they are the lesson's, bit for bit.
#[test]
fn every_table_repeats_the_trace_exactly() {
    let lesson = lesson(gradbook_recalculation::TANH_3_4_2);
    let cells = Cells::read(&workbook(gradbook_recalculation::TANH_3_4_2));
    let runs = [("Training", &lesson.run), ("LR 0.01", &lesson.rates[0]), ("LR 0.1", &lesson.rates[1])];
    for (sheet, run) in runs {
        let (top, left) = cells.find(sheet, "t1");
        for (row, state) in (top + 1..).zip(&run.states) {
            let pass = &state.passes[0];
            let (w, dw) = (&state.parameters.w, &state.gradient.w);
            let pairs = |l: usize| pass.z[l].iter().zip(&pass.a[l]).flat_map(|(z, a)| [*z, *a]).collect();
            let expected: [Vec<f64>; 12] = [
                lesson.samples[0].t.clone(),
                lesson.samples[0].x.clone(),
                w[0].concat(),
                pairs(0),
                w[1].concat(),
                pairs(1),
                pass.e.clone(),
                vec![state.loss],
                dw[0].concat(),
                dw[1].concat(),
                state.parameters.b[0].clone(),
                state.gradient.b[0].clone(),
            ];
            let expected = expected.concat();
            let ours: Vec<f64> = (0..expected.len() as u32).map(|n| cells.number(sheet, row, left + n)).collect();
            assert_eq!(ours, expected, "{sheet}, row {row}");
        }
    }
}
