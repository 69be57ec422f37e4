//! A report as text for a terminal.

use super::detail::Detail;
use super::marks;
use super::number::number_text;
use crate::report::{Finding, Judgement, Report, TableReport, Verdict};

/// The report of one file, several lines.
pub fn text(file: &str, report: &Report, detail: Detail) -> String {
    match report {
        Report::Marks(of) => marks::text(file, of, detail),
        Report::Judgement(judgement) => judgement_text(file, judgement, detail),
    }
}

fn judgement_text(file: &str, judgement: &Judgement, detail: Detail) -> String {
    let mut lines = vec![format!("{file}: {}", judgement_headline(judgement))];
    lines.extend(judgement.tables.iter().map(|table| format!("  {}", table_line(table))));
    for (number, finding) in (1..).zip(&judgement.findings) {
        lines.push(String::new());
        lines.extend(finding_lines(number, finding, detail));
    }
    if !judgement.findings.is_empty() {
        let wrong = judgement.tables.iter().filter(|table| table.wrong > 0);
        lines.extend(wrong.filter_map(|table| loss_line(table, detail)));
    }
    if !judgement.unjudged.is_empty() {
        lines.push(String::new());
        lines.extend(judgement.unjudged.iter().map(|what| format!("  not judged: {what}")));
    }
    lines.extend(judgement.notes.iter().map(|note| format!("  note: {note}")));
    lines.join("\n")
}

/// The verdict in a few words.
pub fn headline(report: &Report) -> String {
    match report {
        Report::Marks(of) => marks::headline(of),
        Report::Judgement(judgement) => judgement_headline(judgement),
    }
}

fn judgement_headline(judgement: &Judgement) -> String {
    let right: usize = judgement.tables.iter().map(|table| table.right).sum();
    match (judgement.verdict(), judgement.findings.len()) {
        (Verdict::Partly, _) => format!("not wholly judged; {right} cells are right, none is wrong"),
        (Verdict::Right, _) => format!("right, {right} cells checked"),
        (Verdict::Wrong, 1) => format!("WRONG, 1 mistake; {right} cells are right"),
        (Verdict::Wrong, count) => format!("WRONG, {count} mistakes; {right} cells are right"),
        (Verdict::Nothing, _) if judgement.incomplete => "it could not be judged".to_owned(),
        (Verdict::Nothing, _) => {
            "nothing in it could be judged: it needs a table with names above (or left of) numbers, such as \
                                  i1, w1, h1, a_h1, t1, E, dE/dw1"
                .to_owned()
        }
    }
}

fn table_line(table: &TableReport) -> String {
    let rate = table.rate.map_or(String::new(), |rate| format!("; learning rate {rate}"));
    let undecided = match table.undecided {
        0 => String::new(),
        count => format!(", {count} rounded too coarsely to be judged"),
    };
    let TableReport { place, network, steps, right, wrong, .. } = table;
    let steps = if *steps == 1 { "1 step".to_owned() } else { format!("{steps} steps") };
    format!("{place}: {network}{rate}; {steps}: {right} cells right, {wrong} wrong{undecided}")
}

fn finding_lines(number: usize, finding: &Finding, detail: Detail) -> Vec<String> {
    let places = finding.places.join(", ");
    if detail == Detail::Hints {
        return vec![format!("  {number}. {places} ({}): {}", finding.quantity, finding.hint)];
    }
    let value = |value: Option<f64>| value.map_or(String::new(), |value| format!("   {}", number_text(value)));
    let mut lines = vec![format!("  {number}. {}", finding.message), format!("     where    {places}")];
    match &finding.formula {
        Some(formula) => lines.push(format!("     is       {formula}{}", value(finding.stored))),
        None => lines.push(format!("     is    {}", value(finding.stored))),
    }
    lines.push(format!("     right    {}{}", finding.right_formula, value(finding.correct)));
    lines.push(format!("              {}", finding.right_symbols));
    let off = finding.relative_error.filter(|error| *error > 0.0).map(|error| format!("off by {:.2} %", 100.0 * error));
    let difference = finding.central_difference.map(|x| format!("a finite difference gives {}", number_text(x)));
    let more: Vec<String> = [off, difference].into_iter().flatten().collect();
    if !more.is_empty() {
        lines.push(format!("     first    {}", more.join("; ")));
    }
    lines
}

fn loss_line(table: &TableReport, detail: Detail) -> Option<String> {
    let (is, right) = (table.last_loss?, table.right_loss?);
    let same = (is - right).abs() <= 1e-9 * right.abs();
    let words = match detail {
        Detail::Hints => return None,
        Detail::Everything if same => {
            "which is also what it would be with right formulas: no loss curve shows these mistakes".to_owned()
        }
        Detail::Everything if number_text(is) == number_text(right) => {
            return Some(format!("\n  {}: the loss ends at {is}; with right formulas {right}", table.place));
        }
        Detail::Everything => format!("with right formulas {}", number_text(right)),
    };
    Some(format!("\n  {}: the loss ends at {}; {words}", table.place, number_text(is)))
}
