//! `check` finds every slip of the catalogue in other people's workbooks, and nothing in correct ones.

mod draft;
mod formula;
mod hostile;
mod layouts;
mod lessons;
mod network;
mod slips;
mod spelling;
mod unusual;

use std::collections::BTreeSet;

use draft::{Draft, State};
use gradbook_check::{Judgement, Options, Report, Verdict, check};
use gradbook_recalculation::{Cells, assert_agree, saved_by_libreoffice};
use layouts::{LAYOUTS, Layout};
use network::{Author, CONVENTIONS, Function, NETWORKS, Network};
use slips::{Slip, catalogue};
use spelling::SPELLINGS;

/// Every so manieth combination of layout, network and slip is tried, so that each slip meets every layout and every
/// network. All of them, 2,600, take half a minute.
const STRIDE: usize = 4;

const STATES: [State; 6] = [
    State::AsCalculated,
    State::Hidden,
    State::WithoutResults,
    State::Decimals(10),
    State::Decimals(6),
    State::Decimals(4),
];

fn checked(xlsx: &[u8]) -> Judgement {
    match check(xlsx, &Options::default()).expect("a workbook that can be read") {
        Report::Judgement(judgement) => judgement,
        Report::Marks(marks) => panic!("an exercise: {marks:?}"),
    }
}

/// Somebody's correct sheet; the number chooses spelling and convention.
fn draft(layout: &Layout, network: &'static Network, number: usize) -> Draft {
    // So mixed that every spelling meets every convention, with whatever stride the numbers come.
    let spelling = &SPELLINGS[number * 7 / 4 % SPELLINGS.len()];
    let convention = CONVENTIONS[number * 5 / 4 % CONVENTIONS.len()];
    let Layout { has_deltas, has_new, .. } = *layout;
    let draft = (layout.draft)(Author { network, convention, spelling, has_deltas, has_new });
    Draft { layout: layout.name, ..draft }
}

/// All slips that can be made in this layout and network, each in another spelling and convention.
fn wrong_drafts(layout: &Layout, network: &'static Network, number: usize) -> Vec<(Draft, Slip)> {
    let names: Vec<&str> = catalogue(&draft(layout, network, number)).iter().map(|slip| slip.name).collect();
    let wrong = |(n, name): (usize, &&str)| {
        let mut draft = draft(layout, network, number + n);
        let slip = catalogue(&draft).into_iter().find(|slip| slip.name == *name)?;
        slip.apply(&mut draft);
        Some((draft, slip))
    };
    names.iter().enumerate().filter_map(wrong).collect()
}

fn combinations() -> impl Iterator<Item = (usize, &'static Layout, &'static Network)> {
    let layouts = LAYOUTS.iter().enumerate();
    layouts.flat_map(|(n, layout)| NETWORKS.iter().enumerate().map(move |(m, network)| (n + m, layout, network)))
}

/// What was wrongly found in a correct workbook, or not judged in it.
fn false_alarm(draft: &Draft, xlsx: &[u8]) -> Option<String> {
    let report = checked(xlsx);
    let is_judged = report.unjudged.is_empty() && report.tables.len() == draft.tables.len();
    let is_right = report.verdict() == Verdict::Right && is_judged;
    (!is_right).then(|| format!("{}: found {:?}, not judged {:?}", draft.name(), found(&report), report.unjudged))
}

/// Quantities, kinds and cells of findings. Copies of one formula are one finding, so they are compared all together.
type Found = (BTreeSet<String>, BTreeSet<(&'static str, String)>);

fn found(report: &Judgement) -> Found {
    let findings = || report.findings.iter();
    let places = findings().flat_map(|finding| finding.places.iter().map(|place| (finding.kind, place.clone())));
    (findings().flat_map(|finding| finding.quantity.split(", ").map(str::to_owned)).collect(), places.collect())
}

/// What a slip has to be found as: its quantities, at all their wrong cells and no others.
fn expected(draft: &Draft, slip: &Slip) -> Found {
    let places = slip.edits.iter().flat_map(|edit| {
        let range = |table| (slip.kind, draft.range(table, &edit.name, &edit.wrong(table)));
        draft.tables.iter().map(range).collect::<Vec<_>>()
    });
    (slip.edits.iter().map(|edit| draft.tables[0].quantity(&edit.name)).collect(), places.collect())
}

/// How the findings differ from what was done.
fn missed(draft: &Draft, slip: &Slip, xlsx: &[u8]) -> Option<String> {
    let report = checked(xlsx);
    let (expected, found) = (expected(draft, slip), found(&report));
    let is_once = report.findings.len() <= slip.edits.len();
    (expected != found || !is_once)
        .then(|| format!("{}, {}: expected {expected:?}, found {found:?}", slip.name, draft.name()))
}

/// Prints the rate, and fails if it is not 100 %.
#[allow(clippy::print_stdout, reason = "the rates are what the suite is for")]
fn assert_all(what: &str, count: usize, failures: &[String]) {
    println!("{what}: {} of {count} workbooks", count - failures.len());
    assert!(failures.is_empty(), "{what}: {} of {count} are not\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn nothing_is_found_in_350_correct_workbooks() {
    let mut failures = Vec::new();
    let mut count = 0;
    for (n, layout, network) in combinations() {
        for k in 0..5 {
            let draft = draft(layout, network, n + 3 * k);
            failures.extend(false_alarm(&draft, &draft.xlsx(STATES[(n + k) % STATES.len()])));
            count += 1;
        }
    }
    assert_eq!(count, 350);
    assert_all("correct, and nothing found", count, &failures);
}

#[test]
fn every_slip_is_found_at_exactly_its_cells_and_called_by_its_name() {
    let mut failures = Vec::new();
    let mut count = 0;
    for (n, layout, network) in combinations() {
        for (draft, slip) in wrong_drafts(layout, network, n).iter().skip(n % STRIDE).step_by(STRIDE) {
            failures.extend(missed(draft, slip, &draft.xlsx(State::AsCalculated)));
            count += 1;
        }
    }
    assert!(count * STRIDE > 2_500, "{count}");
    assert_all("wrong, and found for what it is", count, &failures);
}

/// Numbers with ten decimals and no formulas tell which quantity is wrong. They do not always tell by which slip, and some
/// of its cells may be right by chance. ReLU is left out: with all units on, the slope of another unit is the same number.
#[test]
fn slips_are_found_in_numbers_alone() {
    let mut failures = Vec::new();
    let mut count = 0;
    for (n, layout, network) in combinations().filter(|(.., network)| !network.functions.contains(&Function::Relu)) {
        let drafts = wrong_drafts(layout, network, n);
        let shown = drafts.iter().filter(|(_, slip)| slip.shows_in_numbers);
        for (draft, slip) in shown.skip(n % (3 * STRIDE)).step_by(3 * STRIDE) {
            let (expected, found) = (expected(draft, slip), found(&checked(&draft.xlsx(State::Decimals(10)))));
            if expected.0 != found.0 {
                failures.push(format!("{}, {}: found {found:?}", slip.name, draft.name()));
            }
            count += 1;
        }
    }
    assert_all("wrong, and found in numbers alone", count, &failures);
}

/// LibreOffice calculates the same numbers from the formulas, and what it saves is judged alike.
#[test]
fn what_libreoffice_saves_is_judged_alike() {
    let mut drafts: Vec<(Draft, Option<Slip>)> = Vec::new();
    for (n, layout) in LAYOUTS.iter().enumerate() {
        let network = &NETWORKS[n % NETWORKS.len()];
        drafts.push((draft(layout, network, n), None));
        let wrong = wrong_drafts(layout, network, n);
        let (draft, slip) = wrong[5 * n % wrong.len()].clone();
        drafts.push((draft, Some(slip)));
    }
    let written: Vec<Vec<u8>> = drafts.iter().map(|(draft, _)| draft.xlsx(State::AsCalculated)).collect();
    let saved = saved_by_libreoffice(&written);
    let mut failures = Vec::new();
    for (((draft, slip), written), saved) in drafts.iter().zip(&written).zip(&saved) {
        assert_agree(&Cells::read(written), &Cells::read(saved));
        failures.extend(match slip {
            Some(slip) => missed(draft, slip, saved),
            None => false_alarm(draft, saved),
        });
    }
    assert_all("saved by LibreOffice, and judged alike", drafts.len(), &failures);
}
