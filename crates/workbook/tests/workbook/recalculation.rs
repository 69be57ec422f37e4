//! Other programs calculate the same numbers from the formulas as the engine does without them.

use gradbook_recalculation::{
    Cells, POISON, Shown, assert_agree, edited, poisoned, recalculated_by_libreoffice, workbook,
};

#[test]
fn libreoffice_recalculates_every_cell_to_the_engines_value() {
    let workbooks: Vec<Vec<u8>> = gradbook_recalculation::SHIPPED.iter().map(|lesson| workbook(lesson)).collect();
    let wrong: Vec<Vec<u8>> = workbooks.iter().map(|xlsx| poisoned(xlsx)).collect();
    for ((written, wrong), recalculated) in workbooks.iter().zip(&wrong).zip(recalculated_by_libreoffice(&wrong)) {
        let (written, wrong) = (Cells::read(written), Cells::read(wrong));
        assert!(written.formulas.keys().all(|at| is_poison(&wrong.shown[at])), "not every cached value was made wrong");
        assert!(!recalculated.shown.values().any(is_poison), "LibreOffice kept a cached value");
        assert_agree(&written, &recalculated);
    }
}

fn is_poison(shown: &Shown) -> bool {
    *shown == Shown::Text(POISON.to_owned()) || *shown == Shown::Number(POISON.parse().expect("a number"))
}

/// The mistake of the class's own sheet: in dE/dw3, the slope of h1 instead of the slope of h2.
#[test]
fn a_wrong_gradient_is_called_wrong_after_recalculation() {
    let written = workbook(gradbook_recalculation::CLASS);
    let cells = Cells::read(&written);
    let (header, w3) = cells.find("Training", "dE/dw3");
    let (_, a_h2) = cells.find("Training", "a_h2");
    let formula = &cells.formulas[&("Training".to_owned(), header + 1, w3)];
    let row = header + 2;
    assert_eq!(a_h2, 12, "a_h2 is in column M, a_h1 in K");
    let slope = format!("(M{row}*(1 - M{row}))");
    assert!(formula.contains(&slope), "{formula}");
    let mistaken = formula.replace(&slope, &format!("(K{row}*(1 - K{row}))"));
    let planted = edited(&written, |_, xml| xml.replace(formula.as_str(), &mistaken));

    let recalculated = &recalculated_by_libreoffice(&[planted])[0];
    let (head, verdict) = recalculated.find("Checks", "verdict");
    let verdicts: Vec<&str> = (1..=8).map(|n| recalculated.text("Checks", head + n, verdict)).collect();
    assert_eq!(verdicts, ["OK", "OK", "WRONG", "OK", "OK", "OK", "OK", "OK"]);
    let (row, column) = recalculated.find("Network", "Gradients");
    let summary = recalculated.text("Network", row, column + 1);
    assert!(summary.starts_with("1 of 8 gradients WRONG"), "{summary}");
}
