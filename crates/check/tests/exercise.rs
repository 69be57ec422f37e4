//! Exercises can be solved, tell right from wrong, and do not hold their answers.

use gradbook_check::{self as checking, BlankMarks, Detail, Marks, Outcome, Report};
use gradbook_lesson::{Lesson, Param};
use gradbook_recalculation::ironcalc::recalculated_with;
use gradbook_recalculation::{Cells, edited, parts, recalculated_by_libreoffice, short_lesson};
use gradbook_workbook::Protection;
use gradbook_workbook::exercise::{self, Task};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

const SHEET: &str = "Exercise";
/// Of the columns: answers, verdicts.
const VERDICT: u32 = 2;

/// Lessons with what is blank: sigmoid; ReLU; three hidden layers; softmax, six samples and units in columns of their own.
fn exercises() -> Vec<(Lesson, &'static str)> {
    let deep = gradbook_recalculation::TANH_3_4_2
        .replace(
            "{ type = \"tanh\" },",
            "{ type = \"tanh\" }, { type = \"linear\", out_features = 4 }, { type = \"sigmoid\" },",
        )
        .replace("weights = [[", "weights = [[0.1, 0.2, 0.3, -0.4, 0.5, 0.6, -0.7, 0.8, 0.9, -0.1, 0.11, 0.12], [")
        .replace("1.1], [", "1.1, 0.3, 0.2, 0.5, -0.6], [")
        .replace("biases = [[", "biases = [[0.3, 0.1, -0.3, 0.2], [");
    vec![
        (short_lesson(gradbook_recalculation::CLASS), "all"),
        (short_lesson(gradbook_recalculation::RELU_2_3_1), "all"),
        (short_lesson(&deep), "all"),
        (
            short_lesson(gradbook_recalculation::SHIPPED[5]),
            "w1..w4, b1..b2, h1[2], o1..o3, a_o1[3], E[1], E_tot, da_h1[4]",
        ),
    ]
}

fn written(lesson: &Lesson, blanks: &str) -> Vec<u8> {
    let task = Task { learner: Some("Ada <1>"), blanks };
    exercise::write(lesson, &task, Protection::None).expect("an exercise")
}

fn marks(xlsx: &[u8]) -> Marks {
    checking::marks(xlsx).expect("a workbook").expect("an exercise")
}

fn blanks(marks: &Marks) -> Vec<BlankMarks> {
    marks.parts.iter().flat_map(|part| part.blanks.clone()).collect()
}

/// `B20` of `Exercise!B20`.
fn cell(blank: &BlankMarks) -> &str {
    blank.place.split_once('!').expect("a sheet").1
}

/// A number as somebody writes it by hand.
fn four_digits(number: f64) -> String {
    format!("{number:.3e}")
}

/// The exercise with something in its cells: a number, or a formula behind an equals sign.
fn filled(xlsx: &[u8], answers: &[(&str, String)]) -> Vec<u8> {
    edited(xlsx, |name, mut xml| {
        if name != "xl/worksheets/sheet1.xml" {
            return xml;
        }
        for (cell, answer) in answers {
            let start = xml.find(&format!("<c r=\"{cell}\" ")).unwrap_or_else(|| panic!("no cell {cell}"));
            let end = start + xml[start..].find('>').expect("an end") + 1;
            let open = xml[start..end].trim_end_matches("/>").trim_end_matches('>').to_owned();
            let is_blank = xml[start..end].ends_with("/>");
            let end = if is_blank { end } else { end + xml[end..].find("</c>").expect("an end") + 4 };
            let content = match answer.strip_prefix('=') {
                Some(formula) => format!("<f>{formula}</f>"),
                None => format!("<v>{answer}</v>"),
            };
            xml.replace_range(start..end, &format!("{open}>{content}</c>"));
        }
        xml
    })
}

fn solution(marks: &Marks) -> Vec<(String, String)> {
    blanks(marks).iter().map(|blank| (cell(blank).to_owned(), four_digits(right(blank)))).collect()
}

fn right(blank: &BlankMarks) -> f64 {
    blank.correct.expect("the right number")
}

fn filled_with(xlsx: &[u8], answers: &[(String, String)]) -> Vec<u8> {
    let answers: Vec<(&str, String)> = answers.iter().map(|(cell, answer)| (cell.as_str(), answer.clone())).collect();
    filled(xlsx, &answers)
}

fn verdict<'c>(cells: &'c Cells, blank: &BlankMarks) -> &'c str {
    let row: u32 = cell(blank)[1..].parse().expect("a row");
    cells.text(SHEET, row - 1, VERDICT)
}

#[test]
fn right_answers_of_four_digits_are_right_after_recalculation_and_have_full_marks() {
    let exercises = exercises();
    let empty: Vec<Vec<u8>> = exercises.iter().map(|(lesson, blanks)| written(lesson, blanks)).collect();
    let solved: Vec<Vec<u8>> = empty.iter().map(|xlsx| filled_with(xlsx, &solution(&marks(xlsx)))).collect();
    for (n, cells) in recalculated_by_libreoffice(&solved).iter().enumerate() {
        let marks = marks(&solved[n]);
        let blanks = blanks(&marks);
        for blank in &blanks {
            assert_eq!(verdict(cells, blank), "right", "exercise {n}: {blank:?}");
            assert_eq!(blank.outcome, Outcome::Right, "exercise {n}: {blank:?}");
        }
        assert_eq!(cells.text(SHEET, 1, 0), format!("{0} of {0} right", blanks.len()));
        assert!(marks.changed.is_empty());
        assert_eq!(marks.learner.as_deref(), Some("Ada <1>"));
    }
}

#[test]
fn each_wrong_answer_loses_its_own_mark_and_no_other() {
    let xlsx = written(&short_lesson(gradbook_recalculation::CLASS), "all");
    let answers = solution(&marks(&xlsx));
    let all = blanks(&marks(&xlsx));
    let wrong = |by: fn(f64) -> String| -> Vec<Vec<u8>> {
        let one = |n: usize| {
            let mut answers = answers.clone();
            answers[n].1 = by(right(&all[n]));
            filled_with(&xlsx, &answers)
        };
        // A forward value, an error, gradients of a unit, of an output weight and of a first weight.
        [0, 10, 11, 15, 26].into_iter().map(one).collect()
    };
    let mut files = wrong(|x| four_digits(-x));
    files.extend(wrong(|x| four_digits(1.01 * x)));
    for (file, cells) in files.iter().zip(recalculated_by_libreoffice(&files)) {
        let marks = marks(file);
        let outcomes: Vec<(Outcome, String)> =
            blanks(&marks).iter().map(|blank| (blank.outcome, verdict(&cells, blank).to_owned())).collect();
        let lost = outcomes.iter().filter(|outcome| **outcome == (Outcome::Wrong, "not yet".to_owned())).count();
        let kept = outcomes.iter().filter(|outcome| **outcome == (Outcome::Right, "right".to_owned())).count();
        assert_eq!((lost, kept), (1, all.len() - 1), "{outcomes:?}");
    }
}

#[test]
fn the_file_does_not_hold_its_answers() {
    for (lesson, names) in exercises() {
        let xlsx = written(&lesson, names);
        let answers = blanks(&marks(&xlsx));
        let holds = |text: &str| {
            let is_number = |letter: char| letter.is_ascii_digit() || "+-.eE".contains(letter);
            let mut numbers = text.split(|letter: char| !is_number(letter)).filter_map(|part| part.parse::<f64>().ok());
            numbers.find(|number| {
                let near = |x: f64| x.abs() > 1e-6 && (number.abs() - x.abs()).abs() < 1e-6 * x.abs();
                answers.iter().any(|blank| near(right(blank)))
            })
        };
        // An answer may happen to be a number of the network, too.
        let first = &lesson.run.states[0].parameters;
        let samples = lesson.samples.iter().flat_map(|sample| sample.x.iter().chain(&sample.t));
        let given: Vec<f64> =
            samples.chain(first.w.iter().flatten().flatten()).chain(first.b.iter().flatten()).copied().collect();
        for (name, part) in named_parts(&xlsx) {
            // Measurements, which are the one way to learn an answer.
            if name != "xl/worksheets/sheet2.xml" {
                let found = holds(&part).filter(|number| !given.contains(number));
                assert_eq!(found, None, "{name}");
            }
        }
        if names == "all" {
            let cells = Cells::read(&xlsx);
            let equations = cells.formulas.iter().filter(|(at, _)| at.0 != "Measurements");
            let spelled: Vec<&String> =
                equations.map(|(_, text)| text).filter(|text| text.contains("EXP") || text.contains("$*")).collect();
            assert!(spelled.is_empty(), "{spelled:?}");
        }
    }
}

fn named_parts(xlsx: &[u8]) -> Vec<(String, String)> {
    let names =
        ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/worksheets/sheet3.xml", "xl/sharedStrings.xml"];
    let mut named: Vec<(String, String)> =
        names.iter().map(|name| ((*name).to_owned(), parts(xlsx, name).concat())).collect();
    named.push(("xl/workbook.xml".to_owned(), parts(xlsx, "xl/workbook.xml").concat()));
    named
}

/// Networks of any kind, as IronCalc calculates them.
#[test]
fn random_lessons_can_be_solved() {
    let mut runner = TestRunner::deterministic();
    let mut solved = 0;
    while solved < 12 {
        let spec = gradbook_recalculation::lessons::lesson().new_tree(&mut runner).expect("a lesson").current();
        let Ok(lesson) = Lesson::from_spec("test", &spec) else { continue };
        // Gradients beside a kink of ReLU are no gradients.
        let relu = |l: &usize| lesson.theory.network.has_kink(*l);
        let mut sums = (0..=lesson.theory.network.last())
            .filter(relu)
            .flat_map(|l| lesson.run.states[0].passes.iter().map(move |pass| &pass.z[l]));
        if sums.any(|z| z.iter().any(|z| z.abs() < 1e-3)) {
            continue;
        }
        let xlsx = written(&lesson, "all");
        let blanks = blanks(&marks(&xlsx));
        let answers: Vec<(u32, String)> = blanks
            .iter()
            .map(|blank| (cell(blank)[1..].parse::<u32>().expect("a row") - 1, four_digits(right(blank))))
            .collect();
        let typed: Vec<(&str, u32, u32, &str)> =
            answers.iter().map(|(row, answer)| (SHEET, *row, 1, answer.as_str())).collect();
        let cells = recalculated_with(&xlsx, &typed);
        for blank in &blanks {
            assert_eq!(verdict(&cells, blank), "right", "{blank:?} of {:?}", lesson.theory.network);
        }
        solved += 1;
    }
}

/// What a learner does: formulas of his own, other inputs, cells left empty.
#[test]
fn marks_are_for_the_numbers_that_the_exercise_was_made_with() {
    let lesson = short_lesson(gradbook_recalculation::CLASS);
    let xlsx = written(&lesson, "w5..w8, h1");
    let before = blanks(&marks(&xlsx));
    let w5 = before.iter().find(|blank| blank.quantity == "∂E/∂w5").expect("w5");
    assert_eq!(right(w5), lesson.run.states[0].gradient[Param::W(1, 0, 0)]);
    assert!(before.iter().all(|blank| blank.outcome == Outcome::Empty));

    let cells = Cells::read(&xlsx);
    let (head, i1) = cells.find(SHEET, "i1");
    assert_eq!((i1, cells.number(SHEET, head + 1, i1)), (1, 0.05));
    let (row, column) = cells.find(SHEET, "w1");
    let column_name = |column: u32| char::from(b'A' + column as u8);
    let input = format!("B{}", head + 2);
    let weight = |n: u32| format!("{}{}", column_name(column + 1), row + n + 1);
    // h1 by a formula without a stored result. With an input of 0, first weights have gradients of 0.
    let sum = format!("={}*{input}+{}*C{}", weight(0), weight(1), head + 2);
    let of =
        |marks: &Marks, name: &str| blanks(marks).into_iter().find(|blank| blank.quantity == name).expect("a blank");
    let [h1, w6] = ["h1", "∂E/∂w6"].map(|name| of(&marks(&xlsx), name));
    let answers = [
        (input.as_str(), "0".to_owned()),
        (cell(&h1), sum),
        (cell(w5), four_digits(right(w5))),
        (cell(&w6), "0".to_owned()),
    ];
    let marks = marks(&filled(&xlsx, &answers));
    assert_eq!((of(&marks, "h1").outcome, of(&marks, "h1").value), (Outcome::Right, Some(0.15 * 0.05 + 0.2 * 0.1)));
    assert_eq!(of(&marks, "∂E/∂w5").outcome, Outcome::Right);
    assert_eq!(of(&marks, "∂E/∂w6").outcome, Outcome::Wrong);
    assert_eq!(of(&marks, "∂E/∂w7").outcome, Outcome::Empty);
    let [change] = marks.changed.as_slice() else { panic!("{:?}", marks.changed) };
    assert_eq!((change.quantity.as_str(), change.from, change.to), ("i1", 0.05, 0.0));

    let hint = checking::text("a.xlsx", &Report::Marks(marks.clone()), Detail::Hints);
    assert!(hint.starts_with("a.xlsx: exercise of Ada <1>, 2 of 5 right"), "{hint}");
    assert!(hint.contains("i1 0.05 → 0") && hint.contains("wrong  ∂E/∂w6"), "{hint}");
    assert!(!hint.contains("right is"), "{hint}");
    assert!(checking::text("a.xlsx", &Report::Marks(marks.clone()), Detail::Everything).contains("right is"));
}

/// Answers that the measurements give are right, and named; also those by way of other cells.
#[test]
fn answers_that_were_copied_are_named() {
    let xlsx = written(&short_lesson(gradbook_recalculation::CLASS), "w5..w8");
    let all = blanks(&marks(&xlsx));
    let copied = |row: u32| format!("=(Measurements!F{row}-Measurements!E{row})/0.00002");
    // Of what is in its row for working, by way of the next row's.
    let working = |n: usize| format!("I{}", &cell(&all[n])[1..]);
    let answers = [
        (cell(&all[0]), copied(8)),
        (cell(&all[1]), format!("={}+0", working(2))),
        (&working(2), format!("={}", working(3))),
        (&working(3), copied(9)),
        (cell(&all[3]), four_digits(right(&all[3]))),
    ];
    let marks = marks(&filled(&xlsx, &answers));
    let copied: Vec<&str> = marks.copied().map(|blank| blank.quantity.as_str()).collect();
    assert_eq!((copied, marks.total()), (vec!["∂E/∂w5", "∂E/∂w6"], (3, 4)));
    let text = checking::text("a.xlsx", &Report::Marks(marks.clone()), Detail::Hints);
    assert!(text.contains(&format!("not derived: {}, {}", all[0].place, all[1].place)), "{text}");
}

/// It is no other sheet, of which some numbers happen to be right.
#[test]
fn an_exercise_without_its_record_gets_no_marks() {
    let xlsx = written(&short_lesson(gradbook_recalculation::CLASS), "w5..w8");
    let with = |part: &str, edit: &dyn Fn(&str) -> String| {
        edited(&xlsx, |name, xml| {
            let edited = if name == part { edit(&xml) } else { return xml };
            assert_ne!(edited, xml, "{part}");
            edited
        })
    };
    let workbook = |edit: &dyn Fn(&str) -> String| with("xl/workbook.xml", edit);
    let record = |edit: &dyn Fn(&str) -> String| with("xl/worksheets/sheet3.xml", edit);
    let files = [
        workbook(&|xml| xml.replace("\"gradbook\"", "\"notes\"")),
        workbook(&|xml| xml.replace("\"gradbook\"", "\"notes\"").replace("\"Exercise\"", "\"mine\"")),
        record(&|xml| xml.replace("<c r=\"D8\"><v>0.05</v></c>", "")),
        record(&|xml| format!("{}<sheetData/></worksheet>", &xml[..xml.find("<sheetData>").expect("rows")])),
    ];
    for file in files {
        let error = checking::marks(&file).expect_err("no marks").to_string();
        assert!(error.contains("no marks") && error.contains("`gradbook`"), "{error}");
    }
}

#[test]
fn what_cannot_be_blank_is_answered_with_what_can() {
    let lesson = short_lesson(gradbook_recalculation::CLASS);
    for blanks in ["w9", "w1..h2", "h1[2]", "", "i1"] {
        let error = exercise::write(&lesson, &Task { learner: None, blanks }, Protection::None);
        let error = error.expect_err("a refusal").to_string();
        assert!(error.contains(blanks) && error.contains("w1..w8") && error.contains("h1..h2"), "{error}");
    }
    let task = Task { learner: None, blanks: "h1, w8..w5" };
    let error = exercise::write(&lesson, &task, Protection::None).expect_err("a refusal").to_string();
    assert!(error.contains("`w8..w5`") && error.contains("backwards") && error.contains("write w5..w8"), "{error}");
    assert!(
        checking::marks(&gradbook_recalculation::workbook(gradbook_recalculation::CLASS))
            .expect("a workbook")
            .is_none()
    );
}
