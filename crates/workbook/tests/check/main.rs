//! `check` finds every slip of the catalogue in other people's workbooks, and nothing in correct ones.

#[path = "../support/mod.rs"]
mod support;

mod draft;
mod formula;
mod layouts;
mod network;
mod slips;
mod spelling;

use draft::{Draft, State};
use gradbook_workbook::check::{Options, Report, Verdict, check};
use layouts::{LAYOUTS, Layout};
use network::{Author, CONVENTIONS, NETWORKS, Network};
use slips::{Slip, catalogue};
use spelling::SPELLINGS;

fn checked(xlsx: &[u8]) -> Report {
    check(xlsx, &Options::default()).expect("a workbook that can be read")
}

/// Somebody's correct sheet; the number chooses spelling and convention.
fn draft(layout: &Layout, network: &'static Network, number: usize) -> Draft {
    let (spelling, convention) = (&SPELLINGS[number % SPELLINGS.len()], CONVENTIONS[number % CONVENTIONS.len()]);
    let Layout { has_deltas, has_new, .. } = *layout;
    (layout.draft)(Author { network, convention, spelling, has_deltas, has_new })
}

/// What was wrongly found in a correct workbook, or not judged in it.
fn false_alarm(draft: &Draft, xlsx: &[u8]) -> Option<String> {
    let report = checked(xlsx);
    let fine =
        report.verdict() == Verdict::Right && report.unjudged.is_empty() && report.tables.len() >= draft.tables.len();
    (!fine).then(|| {
        format!("{:?} {:?}", report.findings.iter().map(|f| (f.kind, &f.places, &f.message)).next(), report.unjudged)
    })
}

/// How the findings differ from what was done.
fn missed(draft: &Draft, slip: &Slip, xlsx: &[u8]) -> Option<String> {
    let start = std::time::Instant::now();
    let report = checked(xlsx);
    let slow = start.elapsed();
    let finding = |edit: &slips::Edit| {
        let table = &draft.tables[0];
        let mut places: Vec<String> =
            draft.tables.iter().map(|table| draft.range(table, &edit.name, &edit.wrong(table))).collect();
        places.sort();
        // A header that is only digits says nothing: it is called by the quantity's own symbol.
        let header = table.header(&edit.name).trim_end_matches(':');
        let header = if header.starts_with('0') { header.replacen('0', "o", 1) } else { header.to_owned() };
        (header, slip.kind, places)
    };
    let mut expected: Vec<_> = slip.edits.iter().map(finding).collect();
    let mut found: Vec<_> = report
        .findings
        .iter()
        .map(|finding| {
            let mut places = finding.places.clone();
            places.sort();
            (finding.quantity.clone(), finding.kind, places)
        })
        .collect();
    expected.sort();
    found.sort();
    if slow.as_millis() > 150 {
        println!("SLOW {slow:?} {} {} {}", slip.name, draft.tables[0].author.network.name, draft.sheets[0]);
    }
    (expected != found).then(|| {
        format!(
            "expected {expected:?}, found {found:?}, {:?} {:?}",
            report.unjudged,
            report.findings.iter().map(|f| (&f.formula, &f.message)).next()
        )
    })
}

#[test]
fn nothing_is_found_in_correct_workbooks() {
    let start = std::time::Instant::now();
    let (mut count, mut bad) = (0, Vec::new());
    let states = [State::AsCalculated, State::Hidden, State::Decimals(10), State::Decimals(6), State::Decimals(4)];
    for (n, layout) in LAYOUTS.iter().enumerate() {
        for (m, network) in NETWORKS.iter().enumerate() {
            for k in 0..10 {
                let draft = draft(layout, network, n + m + k);
                let state = states[(n + m + k + k / 5) % 5];
                count += 1;
                if let Some(what) = false_alarm(&draft, &draft.xlsx(state)) {
                    bad.push(format!(
                        "{} | {} | {} | {:?} {state:?}: {what}",
                        layout.name,
                        network.name,
                        SPELLINGS[(n + m + k) % 10].name,
                        CONVENTIONS[(n + m + k) % 4]
                    ));
                }
            }
        }
    }
    println!("{count} in {:?}", start.elapsed());
    assert!(bad.is_empty(), "{} of {count}:\n{}", bad.len(), bad.join("\n"));
}

#[test]
fn every_slip_is_found() {
    let start = std::time::Instant::now();
    let (mut count, mut bad) = (0, Vec::new());
    for (n, layout) in LAYOUTS.iter().enumerate() {
        for (m, network) in NETWORKS.iter().enumerate() {
            let of = |k: usize| draft(layout, network, n + m + k);
            let mut k = 0;
            let names: Vec<&str> = catalogue(&of(0)).iter().map(|slip| slip.name).collect();
            for name in names {
                k += 1;
                let right = of(k);
                for slip in catalogue(&right).iter().filter(|slip| slip.name == name).take(1) {
                    let mut draft = right.clone();
                    slip.apply(&mut draft);
                    count += 1;
                    if let Some(what) = missed(&draft, slip, &draft.xlsx(State::AsCalculated)) {
                        bad.push(format!(
                            "{} | {} | {} | {} | {:?}: {what}",
                            slip.name,
                            layout.name,
                            network.name,
                            SPELLINGS[(n + m + k) % 10].name,
                            CONVENTIONS[(n + m + k) % 4]
                        ));
                    }
                }
            }
        }
    }
    println!("{count} in {:?}", start.elapsed());
    assert!(bad.is_empty(), "{} of {count}:\n{}", bad.len(), bad.join("\n"));
}
