//! How results are written for a person: facts line by line, and the words that training and inference share.

use super::peak::Peaks;
use crate::output;

/// A quantity, its value, and a remark.
pub(super) type Fact = (String, String, String);

/// Three significant digits, or all digits before the point if there are more.
fn three_digits(value: f64) -> String {
    let decimals = if value < 1.0 { 3 } else { 2usize.saturating_sub(value.log10() as usize) };
    format!("{value:.decimals$}")
}

pub(super) fn seconds(seconds: f64) -> String {
    if seconds < 0.1 { format!("{:.2} ms", 1e3 * seconds) } else { format!("{seconds:.3} s") }
}

pub(super) fn gflops(gflops: f64) -> String {
    format!("{} GFLOP/s", three_digits(gflops))
}

/// A fraction as `12.3 %`.
pub(super) fn share(fraction: f64) -> String {
    format!("{:.1} %", 100.0 * fraction)
}

/// The measured rate, and the peak to compare it with.
pub(super) fn peak_facts(rate: f64, peaks: Peaks) -> [Fact; 3] {
    let count = "counted as direct convolutions (see --help)".to_owned();
    let change = format!("before; {} after", gflops(peaks.after));
    [
        (String::new(), gflops(rate), count),
        ("peak of the machine".to_owned(), gflops(peaks.before), change),
        ("share of the peak".to_owned(), share(rate / peaks.mean()), String::new()),
    ]
}

pub(super) fn memory_fact(bytes: u64) -> Fact {
    ("most memory".to_owned(), format!("{:.0} MB", bytes as f64 / 1e6), "with all images".to_owned())
}

/// Prints three columns.
///
/// # Errors
/// If standard output cannot be written.
pub(super) fn print(facts: &[Fact]) -> anyhow::Result<()> {
    let width = |part: fn(&Fact) -> &String| facts.iter().map(|fact| part(fact).chars().count()).max().unwrap_or(0);
    let (labels, values) = (width(|fact| &fact.0), width(|fact| &fact.1));
    facts.iter().try_for_each(|(label, value, note)| {
        let line = format!("  {label:<labels$}  {value:<values$}  {note}");
        output::data(line.trim_end())
    })
}

/// Prints a warning if the machine was not steady, otherwise nothing.
///
/// # Errors
/// If standard output cannot be written.
pub(super) fn print_steadiness(peaks: Peaks) -> anyhow::Result<()> {
    if peaks.steady() {
        return Ok(());
    }
    output::data(&format!(
        "\nThe machine was not steady: its peak changed by {} meanwhile, so these times mean little.\n\
         End what else is running and measure again.",
        share(peaks.difference()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_three_digits() {
        assert_eq!(
            [0.0123, 1.0, 9.876, 98.76, 987.6, 9876.0].map(three_digits),
            ["0.012", "1.00", "9.88", "98.8", "988", "9876"]
        );
    }
}
