//! Judges a workbook and prints what is wrong in it:
//!
//! ```text
//! cargo run -p gradbook-check --example judge -- sheet.xlsx
//! ```

use std::process::ExitCode;

use gradbook_check::{Options, Report, Verdict, check};

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "an example that is run in a terminal")]
fn main() -> ExitCode {
    let Some(file) = std::env::args().nth(1) else {
        eprintln!("which workbook? judge FILE.xlsx");
        return ExitCode::from(2);
    };
    let read = std::fs::read(&file).map_err(|error| error.to_string());
    let report = read.and_then(|bytes| check(&bytes, &Options::default()).map_err(|error| error.to_string()));
    let report = match report {
        Ok(report) => report,
        Err(error) => {
            eprintln!("{file}: {error}");
            return ExitCode::from(2);
        }
    };
    match &report {
        Report::Marks(marks) => {
            let (right, all) = marks.total();
            println!("an exercise: {right} of {all} blanks are right");
        }
        Report::Judgement(judgement) => {
            for table in &judgement.tables {
                println!("{}: {}; {} cells are right", table.place, table.network, table.right);
            }
            for finding in &judgement.findings {
                println!("{} {}: {}", finding.kind, finding.places.join(", "), finding.message);
                println!("    right: {}", finding.right_formula);
            }
            judgement.unjudged.iter().for_each(|what| println!("not judged: {what}"));
        }
    }
    ExitCode::from(u8::from(report.verdict() != Verdict::Right))
}
