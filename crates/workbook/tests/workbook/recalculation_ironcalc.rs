//! A second program, IronCalc, calculates the engine's numbers too. It accepts other formulas than LibreOffice. With it
//! `live.rs` recalculates every shipped lesson, after its inputs were changed.

use gradbook_lesson::Lesson;
use gradbook_recalculation::ironcalc::recalculated;
use gradbook_recalculation::{Cells, Shown, assert_agree, poisoned};
use gradbook_workbook::Protection;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

#[test]
fn random_networks_are_recalculated_to_the_engines_values_and_no_gradient_is_wrong() {
    let config = Config { cases: 40, failure_persistence: None, max_shrink_iters: 20, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let result = runner.run(&gradbook_recalculation::lessons::lesson(), |spec| {
        let lesson = Lesson::from_spec("test", &spec).expect("a lesson");
        let written = gradbook_workbook::write(&lesson, Protection::None).expect("a workbook");
        let cells = Cells::read(&written);
        assert_agree(&cells, &recalculated(&poisoned(&written)));
        let wrong =
            cells.shown.iter().find(|(at, shown)| at.0 == "Checks" && **shown == Shown::Text("WRONG".to_owned()));
        assert_eq!(wrong, None);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
