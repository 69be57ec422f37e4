//! Sheets that are put together in ways of their own, each written out as its author would.

use gradbook_check::{Judgement, Verdict};
use rust_xlsxwriter::Workbook;

use super::checked;

/// A sheet's name and its cells, row by row: formulas, numbers, texts.
type Sheet<'t> = (&'t str, Vec<Vec<&'t str>>);

fn written(sheets: &[Sheet]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    for (name, rows) in sheets {
        let sheet = workbook.add_worksheet().set_name(*name).expect("a sheet's name");
        for (row, cells) in (0..).zip(rows) {
            for (column, cell) in (0..).zip(cells) {
                let done = match cell.parse::<f64>() {
                    _ if cell.is_empty() => continue,
                    _ if cell.starts_with('=') => sheet.write_formula(row, column, *cell),
                    Ok(number) => sheet.write_number(row, column, number),
                    Err(_) => sheet.write_string(row, column, *cell),
                };
                done.expect("a cell");
            }
        }
    }
    workbook.save_to_buffer().expect("a workbook")
}

/// Kinds of the findings and their places.
fn found(sheets: &[Sheet]) -> Vec<(&'static str, Vec<String>)> {
    let report = checked(&written(sheets));
    assert_ne!(report.verdict(), Verdict::Nothing, "{:?}", report.unjudged);
    report.findings.into_iter().map(|finding| (finding.kind, finding.places)).collect()
}

/// A network of two inputs, two hidden units and two outputs over five rows. In formulas # is the row, < the one before.
fn network(columns: &[(&str, &str, &str)], above: &[Vec<&str>]) -> Vec<u8> {
    let first = above.len() + 1;
    let mut rows: Vec<Vec<String>> =
        above.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
    rows.push(columns.iter().map(|(name, ..)| (*name).to_owned()).collect());
    for row in first + 1..first + 6 {
        let cell = |(_, start, next): &(&str, &str, &str)| {
            let text = if row > first + 1 && !next.is_empty() { next } else { start };
            text.replace('#', &row.to_string()).replace('<', &(row - 1).to_string())
        };
        rows.push(columns.iter().map(cell).collect());
    }
    written(&[("Training", rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect())])
}

/// Columns of the class's network with one bias a layer, which nobody trains.
const COLUMNS: [(&str, &str, &str); 34] = [
    ("x1", "0.05", ""),
    ("x2", "0.1", ""),
    ("t1", "0.01", ""),
    ("t2", "0.99", ""),
    ("w1", "0.15", "=E<-$B$1*AA<"),
    ("w2", "0.2", "=F<-$B$1*AB<"),
    ("w3", "0.25", "=G<-$B$1*AC<"),
    ("w4", "0.3", "=H<-$B$1*AD<"),
    ("b1", "0.35", ""),
    ("w5", "0.4", "=J<-$B$1*AE<"),
    ("w6", "0.45", "=K<-$B$1*AF<"),
    ("w7", "0.5", "=L<-$B$1*AG<"),
    ("w8", "0.55", "=M<-$B$1*AH<"),
    ("b2", "0.6", ""),
    ("h1", "=E#*A#+F#*B#+I#", ""),
    ("h2", "=G#*A#+H#*B#+I#", ""),
    ("a_h1", "=1/(1+EXP(-O#))", ""),
    ("a_h2", "=1/(1+EXP(-P#))", ""),
    ("o1", "=J#*Q#+K#*R#+N#", ""),
    ("o2", "=L#*Q#+M#*R#+N#", ""),
    ("a_o1", "=1/(1+EXP(-S#))", ""),
    ("a_o2", "=1/(1+EXP(-T#))", ""),
    ("E1", "=(C#-U#)^2/2", ""),
    ("E2", "=(D#-V#)^2/2", ""),
    ("E_total", "=W#+X#", ""),
    ("", "", ""),
    ("dE/dw1", "=((U#-C#)*U#*(1-U#)*J#+(V#-D#)*V#*(1-V#)*L#)*Q#*(1-Q#)*A#", ""),
    ("dE/dw2", "=((U#-C#)*U#*(1-U#)*J#+(V#-D#)*V#*(1-V#)*L#)*Q#*(1-Q#)*B#", ""),
    ("dE/dw3", "=((U#-C#)*U#*(1-U#)*K#+(V#-D#)*V#*(1-V#)*M#)*R#*(1-R#)*A#", ""),
    ("dE/dw4", "=((U#-C#)*U#*(1-U#)*K#+(V#-D#)*V#*(1-V#)*M#)*R#*(1-R#)*B#", ""),
    ("dE/dw5", "=(U#-C#)*U#*(1-U#)*Q#", ""),
    ("dE/dw6", "=(U#-C#)*U#*(1-U#)*R#", ""),
    ("dE/dw7", "=(V#-D#)*V#*(1-V#)*Q#", ""),
    ("dE/dw8", "=(V#-D#)*V#*(1-V#)*R#", ""),
];

fn one_rate() -> Vec<Vec<&'static str>> {
    vec![vec!["learning rate", "0.5"]]
}

#[test]
fn a_rate_for_each_layer_is_a_convention_if_it_is_named_so() {
    let rates = |name: &'static str| vec![vec!["learning rate hidden", "0.5", "", name, "0.8"]];
    let columns = COLUMNS.map(|(name, start, next)| match name {
        "w5" | "w6" | "w7" | "w8" => (name, start, next.replace("$B$1", "$E$1")),
        _ => (name, start, next.to_owned()),
    });
    let columns = columns.each_ref().map(|(name, start, next)| (*name, *start, next.as_str()));
    let report = checked(&network(&columns, &rates("learning rate output")));
    assert_eq!((report.verdict(), report.tables[0].wrong), (Verdict::Right, 0), "{:?}", report.findings);
    assert!(report.notes.iter().any(|note| note.contains("0.5, 0.8")), "{:?}", report.notes);

    let mut mixed = columns;
    mixed[6].2 = "=G<-$E$1*AC<";
    let report = checked(&network(&mixed, &rates("learning rate output")));
    assert_eq!(report.findings[0].places, ["Training!G4:G7"], "{:?}", report.findings);
}

#[test]
fn the_bias_of_another_layer_is_found() {
    let right = checked(&network(&COLUMNS, &one_rate()));
    assert_eq!((right.verdict(), right.unjudged.len()), (Verdict::Right, 0), "{:?}", right.findings);

    let mut columns = COLUMNS;
    columns[18].1 = "=J#*Q#+K#*R#+I#";
    let report = checked(&network(&columns, &one_rate()));
    let places: Vec<_> = report.findings.iter().map(|finding| (finding.kind, finding.places.clone())).collect();
    assert_eq!(places, [("another_weight", vec!["Training!S3:S7".to_owned()])]);
}

/// One step of a network of 2, 1 and 1 units over several sheets, with the given numbers typed into the formulas.
fn plugged(sum: &'static str, gradient: &'static str) -> Vec<Sheet<'static>> {
    vec![
        (
            "Given",
            vec![
                vec!["i1", "0.05"],
                vec!["i2", "0.1"],
                vec!["target", "0.01"],
                vec!["w1", "0.15"],
                vec!["w2", "0.2"],
                vec!["w3", "0.4"],
            ],
        ),
        (
            "Forward",
            vec![
                vec!["h1", sum],
                vec!["a_h1", "=1/(1+EXP(-B1))"],
                vec!["o1", "=0.4*B2"],
                vec!["a_o1", "=1/(1+EXP(-B3))"],
                vec!["E_total", "=(0.01-B4)^2/2"],
            ],
        ),
        (
            "Backward",
            vec![
                vec!["dE/dw3", "=(Forward!B4-0.01)*Forward!B4*(1-Forward!B4)*Forward!B2"],
                vec!["dE/dw1", gradient],
                vec!["new w3", "=0.4-0.5*B1"],
                vec!["new w1", "=0.15-0.5*B2"],
            ],
        ),
    ]
}

#[test]
fn given_numbers_may_be_typed_into_the_formulas_of_a_single_step() {
    let (sum, path) = ("=0.15*0.05+0.2*0.1", "=(Forward!B4-0.01)*Forward!B4*(1-Forward!B4)*0.4*Forward!B2");
    let gradient = format!("{path}*(1-Forward!B2)*0.05");
    let gradient: &'static str = gradient.leak();
    assert_eq!(found(&plugged(sum, gradient)), []);
    assert_eq!(found(&plugged("=0.15*0.05+0.15*0.1", gradient)), [("another_weight", vec!["Forward!B1".to_owned()])]);
    let wrong: &'static str = format!("{path}*0.05").leak();
    assert_eq!(found(&plugged(sum, wrong)), [("missing_factor", vec!["Backward!B2".to_owned()])]);
}

#[test]
fn tables_with_a_row_a_weight_are_judged_and_those_with_a_row_a_unit_are_not() {
    let sheet = |new: &'static str| {
        let rows = vec![
            vec!["i1", "0.6", "", "weight", "old", "gradient", "new"],
            vec!["i2", "0.7", "", "w1", "=B6", "=B13", "=E2-0.5*F2"],
            vec!["t1", "0.2", "", "w2", "=B7", "=B14", new],
            vec![],
            vec![],
            vec!["w1", "0.15"],
            vec!["w2", "0.2"],
            vec!["o1", "=B6*B1+B7*B2"],
            vec!["a_o1", "=1/(1+EXP(-B8))"],
            vec!["E", "=(B3-B9)^2/2"],
            vec![],
            vec![],
            vec!["dE/dw1", "=(B9-B3)*B9*(1-B9)*B1"],
            vec!["dE/dw2", "=(B9-B3)*B9*(1-B9)*B2"],
        ];
        [("Sheet1", rows)]
    };
    assert_eq!(found(&sheet("=E3-0.5*F3")), []);
    assert_eq!(found(&sheet("=E3+0.5*F3")), [("uphill", vec!["Sheet1!G3".to_owned()])]);

    let units = vec![
        vec!["unit", "x1", "x2", "w1", "w2", "z", "a"],
        vec!["h1", "0.05", "0.1", "0.15", "0.2", "=B2*D2+C2*E2", "=1/(1+EXP(-F2))"],
        vec!["h2", "0.05", "0.1", "0.25", "0.3", "=B3*D3+C3*E3", "=1/(1+EXP(-F3))"],
        vec!["o1", "=G2", "=G3", "0.4", "0.45", "=B4*D4+C4*E4", "=1/(1+EXP(-F4))"],
    ];
    assert_eq!(checked(&written(&[("Units", units)])).verdict(), Verdict::Nothing);
}

#[test]
fn blocks_that_continue_each_other_are_the_steps_of_one_table() {
    // Three updates of a unit with two weights, in blocks of eleven rows.
    let sheet = |last: &'static str| {
        let block = |n: usize, w1: &str| {
            let row = |line: usize| 11 * n + line;
            let [w2, x1, x2, t, z, a] = [2, 3, 4, 5, 6, 7].map(|line| format!("B{}", row(line)));
            let update = if n == 0 { "0.2".to_owned() } else { format!("=B{}-0.5*B{}", row(2) - 11, row(10) - 11) };
            vec![
                ["w1".to_owned(), w1.to_owned()],
                ["w2".to_owned(), update],
                ["x1".to_owned(), "0.6".to_owned()],
                ["x2".to_owned(), "0.7".to_owned()],
                ["t".to_owned(), "0.1".to_owned()],
                ["o1".to_owned(), format!("=B{}*{x1}+{w2}*{x2}", row(1))],
                ["a_o1".to_owned(), format!("=1/(1+EXP(-{z}))")],
                ["E".to_owned(), format!("=({t}-{a})^2/2")],
                ["dE/dw1".to_owned(), format!("=({a}-{t})*{a}*(1-{a})*{x1}")],
                ["dE/dw2".to_owned(), format!("=({a}-{t})*{a}*(1-{a})*{x2}")],
                [String::new(), String::new()],
            ]
        };
        let rows = [block(0, "0.15"), block(1, "=B1-0.5*B9"), block(2, last)].concat();
        let rows: Vec<Vec<&'static str>> = rows.into_iter().map(|row| row.map(|cell| &*cell.leak()).to_vec()).collect();
        [("Blocks", rows)]
    };
    assert_eq!(found(&sheet("=B12-0.5*B20")), []);
    assert_eq!(found(&sheet("=B12-0.5*B9")), [("another_row", vec!["Blocks!B23".to_owned()])]);
}

/// The columns of [`COLUMNS`] with another function of hidden units, and its slope, over the weighted sum z.
fn hidden_units(value: &str, slope: &str) -> Vec<(&'static str, String, &'static str)> {
    let of = |formula: &str, z: &str| formula.replace('z', z);
    let column = |(name, start, next): (&'static str, &'static str, &'static str)| match name {
        "a_h1" => (name, format!("={}", of(value, "O#")), next),
        "a_h2" => (name, format!("={}", of(value, "P#")), next),
        _ => (name, start.replace("Q#*(1-Q#)", &of(slope, "O#")).replace("R#*(1-R#)", &of(slope, "P#")), next),
    };
    COLUMNS.map(column).to_vec()
}

fn judged(columns: &[(&'static str, String, &'static str)]) -> Judgement {
    let columns: Vec<_> = columns.iter().map(|(name, start, next)| (*name, start.as_str(), *next)).collect();
    checked(&network(&columns, &one_rate()))
}

#[test]
fn a_leaky_relu_has_the_slope_that_the_sheet_says() {
    for slope in ["0.01", "0.2", "0.05"] {
        let spellings = [format!("IF(z>0,z,{slope}*z)"), format!("MAX({slope}*z,z)")];
        for value in spellings {
            let mut columns = hidden_units(&value, &format!("IF(z>0,1,{slope})"));
            let right = judged(&columns);
            let is_right = right.verdict() == Verdict::Right && right.unjudged.is_empty();
            assert!(is_right, "{value}: {:?} {:?}", right.findings, right.unjudged);
            assert!(right.tables[0].network.contains("leaky ReLU"), "{}", right.tables[0].network);

            // A ReLU's slope in one gradient.
            columns[26].1 = columns[26].1.replace(&format!(",{slope})"), ",0)");
            let places: Vec<_> = judged(&columns).findings.into_iter().map(|finding| finding.places).collect();
            assert_eq!(places, [["Training!AA3:AA7"]], "{value}");
        }
    }
}

#[test]
fn softplus_and_its_slope_are_known() {
    for value in ["LN(1+EXP(z))", "MAX(0,z)+LN(1+EXP(-ABS(z)))"] {
        let report = judged(&hidden_units(value, "1/(1+EXP(-z))"));
        let is_right = report.verdict() == Verdict::Right && report.unjudged.is_empty();
        assert!(is_right, "{value}: {:?} {:?}", report.findings, report.unjudged);
        assert!(report.tables[0].network.contains("softplus, sigmoid"), "{}", report.tables[0].network);
    }
    let wrong = judged(&hidden_units("LN(1+EXP(z))", "1/(1+EXP(z))"));
    assert_eq!(wrong.verdict(), Verdict::Wrong);
}

/// The columns of [`COLUMNS`] with binary cross-entropy, of which each output has such a share.
fn binary_cross_entropy(share: &str) -> Vec<(&'static str, String, &'static str)> {
    let error = |t: &str, a: &str| format!("=-({t}*LN({a})+(1-{t})*LN(1-{a})){share}");
    let column = |(name, start, next): (&'static str, &'static str, &'static str)| match name {
        "E1" => (name, error("C#", "U#"), next),
        "E2" => (name, error("D#", "V#"), next),
        _ => {
            let start = start.replace("(U#-C#)*U#*(1-U#)", "(U#-C#)/K").replace("(V#-D#)*V#*(1-V#)", "(V#-D#)/K");
            (name, start.replace("/K", share), next)
        }
    };
    COLUMNS.map(column).to_vec()
}

#[test]
fn binary_cross_entropy_is_judged_with_and_without_the_mean_over_the_outputs() {
    for (share, words) in [("", "E = -Σ (t ln a + (1 - t) ln(1 - a))"), ("/2", "E = mean of -(t ln a")] {
        let mut columns = binary_cross_entropy(share);
        let right = judged(&columns);
        let is_right = right.verdict() == Verdict::Right && right.unjudged.is_empty();
        assert!(is_right, "{share}: {:?} {:?}", right.findings, right.unjudged);
        assert!(right.tables[0].network.contains(words), "{}", right.tables[0].network);

        // The slope of the sigmoid, which belongs to squared errors, in one gradient.
        columns[30].1 = columns[30].1.replace("*Q#", "*U#*(1-U#)*Q#");
        let places: Vec<_> = judged(&columns).findings.into_iter().map(|finding| finding.places).collect();
        assert_eq!(places, [["Training!AE3:AE7"]], "{share}");
    }
}

#[test]
fn squared_errors_with_the_gradients_of_binary_cross_entropy_are_wrong() {
    let mut columns = binary_cross_entropy("");
    for (column, (_, error, _)) in columns.iter_mut().zip(COLUMNS) {
        if ["E1", "E2"].contains(&column.0) {
            column.1 = error.to_owned();
        }
    }
    assert_eq!(judged(&columns).verdict(), Verdict::Wrong);
}
