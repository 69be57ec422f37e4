//! A second program, IronCalc, calculates the engine's numbers too. It accepts other formulas than LibreOffice.

#[path = "support/ironcalc.rs"]
mod ironcalc;
mod support;

use ironcalc::recalculated;
use support::{Cells, assert_agree, poisoned, workbook};

#[test]
fn ironcalc_recalculates_every_cell_to_the_engines_value() {
    for lesson in support::SHIPPED.into_iter().chain([support::TANH_3_4_2, support::RELU_2_3_1]) {
        let written = workbook(lesson);
        assert_agree(&Cells::read(&written), &recalculated(&poisoned(&written)));
    }
}
