//! `cargo xtask bench recipe`: whole trainings, from the start of gradbook's process to its end, beside PyTorch's
//! trainings of the same recipe in memory.
//!
//! PyTorch also trains another recipe, the one that a user would otherwise have to wait for. Because its trainings are
//! long, only its first epochs are measured, and their time is multiplied.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use serde_json::Value;

use super::program::{Program, Programs};
use super::record::{Comparison, Record, Scouted, Subject};
use super::statistics::Spread;
use super::{Contest, FOLDER, MODES, alternate, description, fastest_mode, prepare, report, table, try_out};
use crate::peers;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Name of a description in crates/run/networks or benchmarks
    #[arg(default_value = "swift")]
    recipe: String,
    /// Alternations of each comparison that must count
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    alternations: u32,
    /// Epochs instead of the recipe's, for both programs
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    epochs: Option<u32>,
    /// The other recipe, which only PyTorch trains; if it is the recipe itself, it is left out
    #[arg(long, default_value = "classic")]
    beside: String,
    /// Epochs of the other recipe that are measured; their time is multiplied
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    first_epochs: u32,
    /// Folder with the four original MNIST files, unpacked [default: unpacked from crates/data/data]
    #[arg(long)]
    data: Option<PathBuf>,
}

pub(crate) fn measure(arguments: &Arguments) -> Result<()> {
    let Arguments { recipe, beside, epochs, .. } = arguments;
    let (file, other_file) = (description(recipe)?, description(beside)?);
    let programs = prepare(peers::PYTORCH, arguments.data.as_deref(), 1)?;
    let ours = programs.gradbook_recipe(&file, &Path::new(FOLDER).join(format!("{recipe}-whole")), *epochs);
    try_out(&ours.in_round(1))?;

    let mut scouting = Vec::new();
    let mut theirs = vec![fastest(&programs, recipe, &file, *epochs, None, &mut scouting)?];
    if recipe != beside {
        theirs.push(fastest(&programs, beside, &other_file, None, Some(arguments.first_epochs), &mut scouting)?);
    }
    let comparison = |theirs: &Program| Comparison {
        subject: Subject::Recipe,
        network: recipe.clone(),
        precision: "f32".to_owned(),
        our_command: ours.shown(),
        their_command: theirs.shown(),
        unavailable: None,
        alternations: Vec::new(),
    };
    let mut comparisons: Vec<_> = theirs.iter().map(comparison).collect();
    let contest = |theirs| Contest { ours: ours.clone(), theirs, gauge: Some(programs.gauge()) };
    let contests: Vec<_> = theirs.into_iter().map(contest).collect();
    alternate(&mut comparisons, &contests, arguments.alternations as usize)?;
    report(&programs, arguments.alternations, scouting, comparisons, &format!("-{recipe}"))
}

/// PyTorch's training in the mode whose first epoch is fastest.
fn fastest(
    programs: &Programs,
    name: &str,
    file: &Path,
    epochs: Option<u32>,
    first: Option<u32>,
    scouting: &mut Vec<Scouted>,
) -> Result<Program> {
    let (precision, modes) = MODES[0];
    let one_epoch = |mode: &str| programs.pytorch_recipe(file, mode, epochs, Some(1));
    let mode = fastest_mode(&one_epoch, name, precision, &modes, scouting)?;
    Ok(programs.pytorch_recipe(file, mode, epochs, first))
}

/// The section of `docs/benchmarks.md`.
pub(super) fn tables(record: &Record, path: &Path) -> Result<String> {
    let mut text = table::heading(record, path);
    text += "\n### Seconds of a whole training\n\n";
    text += "| recipe | gradbook | other program | its time | ratio | alternations |\n|---|---|---|---|---|---|\n";
    for comparison in &record.comparisons {
        table::row(&mut text, comparison, &other(comparison), seconds_row)?;
    }
    text += "\n### Accuracy after the last epoch: mean, range\n\n";
    text += "A round is a seed; whether the machine was steady does not matter here.\n\n";
    text += "| program | seeds | test images that are classified correctly |\n|---|---|---|\n";
    for comparison in &record.comparisons {
        let printed = || comparison.alternations.iter();
        if printed().all(|it| is_whole(&it.theirs)) {
            accuracy_row(&mut text, "gradbook", printed().map(|it| &it.ours))?;
            accuracy_row(&mut text, &other(comparison), printed().map(|it| &it.theirs))?;
        }
    }
    text += &table::commands(record)?;
    Ok(text)
}

/// Both times with their ranges, the name of the other program, the ratio, and how many alternations count.
fn seconds_row(comparison: &Comparison, other: &str) -> Option<String> {
    let cell = |values: Vec<f64>| {
        let Spread { median, min, max } = Spread::of(values)?;
        Some(format!("{median:.1} ({min:.1} - {max:.1})"))
    };
    let seconds = |value: &Value| value[comparison.seconds()].as_f64();
    let ours = cell(comparison.steady().filter_map(|it| seconds(&it.ours)).collect())?;
    let theirs = cell(comparison.steady().filter_map(|it| seconds(&it.theirs)).collect())?;
    Some(format!("{ours} | {other} | {theirs} | {}", table::ratio(comparison)?))
}

fn accuracy_row<'v>(text: &mut String, program: &str, printed: impl Iterator<Item = &'v Value>) -> Result<()> {
    let accuracies: Vec<f64> = printed.filter_map(|it| it["accuracy"].as_f64()).map(|it| 100.0 * it).collect();
    let (count, sum) = (accuracies.len(), accuracies.iter().sum::<f64>());
    if let Some(Spread { min, max, .. }) = Spread::of(accuracies) {
        writeln!(text, "| {program} | {count} | {:.3} % ({min:.2} - {max:.2}) |", sum / count as f64)?;
    }
    Ok(())
}

/// The other program with its mode, what it trained, and how much of that was measured.
fn other(comparison: &Comparison) -> String {
    let trained = |theirs: &Value| {
        let recipe = Path::new(theirs["recipe"].as_str().unwrap_or("?")).file_stem().unwrap_or_default().display();
        let (epochs, measured) = (&theirs["epochs"], &theirs["epochs_trained"]);
        let multiplied = if is_whole(theirs) { String::new() } else { format!(", of which {measured} measured") };
        format!("`{recipe}`, {epochs} epochs{multiplied}")
    };
    let all: BTreeSet<_> = comparison.alternations.iter().map(|it| trained(&it.theirs)).collect();
    format!("{}: {}", table::peer(comparison), all.into_iter().collect::<Vec<_>>().join(" or "))
}

/// Whether all epochs were measured.
fn is_whole(theirs: &Value) -> bool {
    theirs["epochs"] == theirs["epochs_trained"]
}
