//! From a record to the tables of `docs/benchmarks.md`.
//!
//! A ratio belongs to one alternation: the other program's time divided by gradbook's. The tables show the median of
//! the steady alternations, and their range.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::drift;
use super::program::THREADS;
use super::recipe;
use super::record::{Comparison, Record, Subject};
use super::statistics::Spread;

const PAGE: &str = "docs/benchmarks.md";
const PEERS: &str = "<!-- Made by `cargo xtask bench peers`; do not edit. -->";
const RECIPE: &str = "<!-- Made by `cargo xtask bench recipe`; do not edit. -->";
const END: &str = "<!-- End of the generated part. -->";

/// Puts the tables of a record, which was written to `path`, between their two marks in `docs/benchmarks.md`.
///
/// # Errors
/// If the page or one of its marks is missing.
pub(crate) fn write_page(record: &Record, path: &Path) -> Result<()> {
    let is_recipe = record.comparisons.iter().any(|comparison| comparison.subject == Subject::Recipe);
    let (start, tables) =
        if is_recipe { (RECIPE, recipe::tables(record, path)?) } else { (PEERS, tables(record, path)?) };
    let page = fs::read_to_string(PAGE).with_context(|| format!("reading {PAGE}"))?;
    let parts = page.split_once(start).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) =
        parts.with_context(|| format!("{PAGE} lacks the marks between which tables go: `{start}` and `{END}`"))?;
    let made = format!("{before}{start}\n\n{tables}\n{END}{after}");
    fs::write(PAGE, made).with_context(|| format!("writing {PAGE}"))
}

fn tables(record: &Record, path: &Path) -> Result<String> {
    let mut text = heading(record, path);
    let of = |subject| record.comparisons.iter().filter(move |comparison| comparison.subject == subject);
    text += "\n### Training: seconds per epoch of 60,000 images\n\n";
    text += "| network | gradbook | other program | its time | ratio | alternations |\n|---|---|---|---|---|---|\n";
    for comparison in of(Subject::Training) {
        row(&mut text, comparison, &peer(comparison), seconds_row)?;
    }
    text += "\n### Training: arithmetic and memory\n\n";
    text += "| network | gradbook's share of the peak | the peak, GFLOP/s | batch assembly | gradbook's memory | \
             other program's memory |\n|---|---|---|---|---|---|\n";
    for comparison in of(Subject::Training) {
        row(&mut text, comparison, &peer(comparison), work_row)?;
    }
    text += "\n### Inference: seconds for the 10,000 test images; latency of one image on one thread\n\n";
    text += "| network | gradbook | other program | its time | ratio | alternations | gradbook's latency: median, 99th \
             percentile | its latency |\n|---|---|---|---|---|---|---|---|\n";
    for comparison in of(Subject::Inference) {
        row(&mut text, comparison, &peer(comparison), |comparison, peer| {
            Some(format!("{} {} |", seconds_row(comparison, peer)?, latencies(comparison)?))
        })?;
    }
    writeln!(text, "\n### gradbook on {THREADS} threads and on one: seconds per epoch\n")?;
    writeln!(
        text,
        "| network | {THREADS} threads | other run | its time | ratio | alternations |\n|---|---|---|---|---|---|"
    )?;
    for comparison in of(Subject::Scaling) {
        row(&mut text, comparison, "gradbook, 1 thread", seconds_row)?;
    }
    text += &commands(record)?;
    Ok(text)
}

/// How to repeat the measurements.
pub(super) fn commands(record: &Record) -> Result<String> {
    let mut text =
        "\n### Commands\n\nEach row, then the commands of gradbook and of the other program.\n\n```\n".to_owned();
    let measured = record.comparisons.iter().filter(|comparison| comparison.unavailable.is_none());
    for Comparison { subject, network, precision, our_command, their_command, .. } in measured {
        let subject = format!("{subject:?}").to_lowercase();
        writeln!(text, "{subject}, {network} {precision}\n    {our_command}\n    {their_command}")?;
    }
    text += "```\n";
    Ok(text)
}

/// What was measured, where and when.
pub(super) fn heading(record: &Record, path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().display();
    let first = record.comparisons.iter().flat_map(|comparison| &comparison.alternations).next();
    let isa = first.and_then(|alternation| alternation.ours["isa"].as_str()).unwrap_or("?");
    let mut text = format!("- {}, {} of {} cores, {}\n", record.cpu.model, THREADS, record.cpu.cores, record.date);
    for (program, version) in &record.versions {
        text += &format!("- {program} {version}");
        text += &if program == "gradbook" { format!(", instruction set {isa}\n") } else { "\n".to_owned() };
    }
    text + &format!("- everything measured: [{name}](../benchmarks/record/{name})\n")
}

/// A row begins with the network; `cells` gives the others, or `None` if no alternation counts.
pub(super) fn row(
    text: &mut String,
    comparison: &Comparison,
    peer: &str,
    cells: impl Fn(&Comparison, &str) -> Option<String>,
) -> Result<()> {
    let Comparison { network, precision, unavailable, alternations, .. } = comparison;
    let cells = match (unavailable, cells(comparison, peer)) {
        (Some(reason), _) => format!("not measured: {} |", reason.replace('|', "\\|")),
        (None, Some(cells)) => cells,
        (None, None) => format!("the machine was not steady in any of {} alternations |", alternations.len()),
    };
    // The instruction set of f32 is in the heading.
    let unit = alternations.first().and_then(|alternation| alternation.ours["isa"].as_str()).unwrap_or("?");
    let unit = if precision == "f32" { String::new() } else { format!(" ({unit})") };
    writeln!(text, "| {network} {precision}{unit} | {cells}")?;
    Ok(())
}

/// Both times, the name of the other program, the ratio, and how many alternations count.
fn seconds_row(comparison: &Comparison, peer: &str) -> Option<String> {
    let seconds = |value: &Value| value[comparison.seconds()].as_f64();
    let ours = median(comparison.steady().filter_map(|it| seconds(&it.ours)))?;
    let theirs = median(comparison.steady().filter_map(|it| seconds(&it.theirs)))?;
    Some(format!("{ours:.3} | {peer} | {theirs:.3} | {}", ratio(comparison)?))
}

/// Two cells: the ratio, and how many alternations count.
pub(super) fn ratio(comparison: &Comparison) -> Option<String> {
    let seconds = |value: &Value| value[comparison.seconds()].as_f64();
    let ratio = Spread::of(comparison.steady().filter_map(|it| Some(seconds(&it.theirs)? / seconds(&it.ours)?)))?;
    let steady = comparison.steady().count();
    let discarded = match comparison.alternations.len() - steady {
        0 => String::new(),
        some => format!(", {some} discarded"),
    };
    Some(format!("**{:.2}** ({:.2} - {:.2}) | {steady}{discarded} |", ratio.median, ratio.min, ratio.max))
}

/// gradbook's share of the peak, the peak, the share of batch assembly, and both memories.
fn work_row(comparison: &Comparison, peer: &str) -> Option<String> {
    let ours = |key: &'static str| median(comparison.steady().filter_map(move |it| it.ours[key].as_f64()));
    let share = ours("share_of_peak")?;
    let peak = median(comparison.steady().filter_map(|it| drift::peaks(&it.ours)).flatten())?;
    let (assembly, memory) = (100.0 * ours("assembly_share")?, ours("peak_rss_bytes")?);
    let their_memory = median(comparison.steady().filter_map(|it| it.theirs["peak_rss_bytes"].as_f64()))?;
    let (share, memory, their_memory) = (100.0 * share, memory / 1e6, their_memory / 1e6);
    Some(format!("{share:.0} % | {peak:.0} | {assembly:.1} % | {memory:.0} MB | {peer}: {their_memory:.0} MB |"))
}

/// Two cells: gradbook's latencies and the other program's.
fn latencies(comparison: &Comparison) -> Option<String> {
    let latency = |of: fn(&super::record::Alternation) -> &Value, key: &'static str| {
        median(comparison.steady().filter_map(move |it| of(it)[key].as_f64()))
    };
    let cell = |of| {
        let (middle, slow) = (latency(of, "latency_us_median")?, latency(of, "latency_us_p99")?);
        Some(format!("{middle:.0} µs, {slow:.0} µs"))
    };
    Some(format!("{} | {}", cell(|it| &it.ours)?, cell(|it| &it.theirs)?))
}

/// The other program with its mode, or modes, as it printed them.
pub(super) fn peer(comparison: &Comparison) -> String {
    let words = |key: &'static str| {
        let printed = comparison.alternations.iter().filter_map(move |it| it.theirs[key].as_str());
        BTreeSet::from_iter(printed).into_iter().collect::<Vec<_>>().join(" or ")
    };
    format!("{}, {}", words("program"), words("mode"))
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    Spread::of(values).map(|spread| spread.median)
}
