//! Several runs on one page: a table, their curves in common pictures, and in what their recipes differ.

use super::STYLE;
use super::run::figures;
use crate::chart::run::comparisons;
use crate::run::ShownRun;
use gradbook_page::Page;
use gradbook_page::markup::{TableCell, escape, list, section, table};
use gradbook_page::number::{percent, seconds, thousands};

/// The page of several runs, of which each has another label.
pub fn comparison(runs: &[ShownRun]) -> String {
    let title = format!("{} runs", runs.len());
    let header = list("protocol", &protocol(runs));
    let curves = figures(&comparisons(runs), "");
    let main =
        format!("{}{}{}", section(None, "Results", &results(runs)), section(None, "Curves", &curves), recipes(runs));
    Page { title: &title, style: STYLE, header: &header, contents: &[], main: &main }.html()
}

fn protocol(runs: &[ShownRun]) -> Vec<String> {
    let mut lines = vec![
        "Accuracy is that of the last epoch. The best epoch stands beside it for those who want to know; it is picked by \
         looking at the very images that are to judge."
            .to_owned(),
        "Single runs differ by chance. Several seeds show how good a recipe is: gradbook train --seeds 10.".to_owned(),
    ];
    // A folder that was moved or copied is still the same data.
    let data = |run: &ShownRun| run.data_sha256.clone().unwrap_or_else(|| run.data.clone());
    if runs.windows(2).any(|pair| data(&pair[0]) != data(&pair[1])) {
        lines.push("Not all of them have the same data: their accuracies cannot be compared.".to_owned());
    }
    let evaluated_on = |run: &ShownRun| (run.reached.evaluated_on.clone(), run.reached.total);
    if runs.windows(2).any(|pair| evaluated_on(&pair[0]) != evaluated_on(&pair[1])) {
        lines
            .push("Not all of them were evaluated on the same images: their accuracies cannot be compared.".to_owned());
    }
    if runs.windows(2).any(|pair| pair[0].least_loss != pair[1].least_loss) {
        lines.push("Label smoothing raises the loss: losses with it and without it cannot be compared.".to_owned());
    }
    lines
}

fn results(runs: &[ShownRun]) -> String {
    let row = |run: &ShownRun| {
        let reached = &run.reached;
        let images = format!("{} of {}", thousands(reached.correct), thousands(reached.total));
        let mut epochs = format!("{} of {}", reached.epochs, reached.epochs_planned);
        if let Some(stopped) = &reached.stopped {
            epochs += &format!(" ({stopped})");
        }
        let cells = [
            percent(reached.accuracy()),
            images,
            escape(&reached.evaluated_on),
            escape(&shown_data(run)),
            format!("{} ({})", percent(reached.best_accuracy), reached.best_epoch),
            escape(&epochs),
            thousands(run.parameters),
            thousands(run.multiply_adds),
            seconds(run.train_seconds),
            escape(&run.calculated),
        ];
        std::iter::once(TableCell::Head(escape(&run.label))).chain(cells.map(TableCell::Number)).collect()
    };
    let heads = [
        "run",
        "accuracy",
        "correct",
        "evaluated on",
        "data",
        "best epoch",
        "epochs",
        "parameters",
        "multiply-adds",
        "seconds of training",
        "calculated in",
    ];
    let rows: Vec<Vec<TableCell>> = runs.iter().map(row).collect();
    table("Results", &heads.map(str::to_owned), &rows)
}

/// The name of the data, with the beginning of its SHA-256.
fn shown_data(run: &ShownRun) -> String {
    match &run.data_sha256 {
        Some(sha256) => format!("{} (SHA-256 {}…)", run.data, sha256.chars().take(12).collect::<String>()),
        None => run.data.clone(),
    }
}

/// What not all recipes have in common; nothing if they are equal.
fn recipes(runs: &[ShownRun]) -> String {
    let Some(first) = runs.first() else { return String::new() };
    let differs =
        |subject: &usize| runs.iter().any(|run| run.recipe_words.get(*subject) != first.recipe_words.get(*subject));
    let subjects: Vec<usize> = (0..first.recipe_words.len()).filter(differs).collect();
    if subjects.is_empty() {
        return String::new();
    }
    let heads = subjects.iter().map(|&at| first.recipe_words[at].0);
    let heads: Vec<String> = std::iter::once("run").chain(heads).map(str::to_owned).collect();
    let row = |run: &ShownRun| {
        let words = |&at: &usize| run.recipe_words.get(at).map_or("", |(_, words)| words.as_str());
        let cells = subjects.iter().map(|at| TableCell::Words(escape(words(at))));
        std::iter::once(TableCell::Head(escape(&run.label))).chain(cells).collect()
    };
    let rows: Vec<Vec<TableCell>> = runs.iter().map(row).collect();
    let heading = "Where the recipes differ";
    section(None, heading, &table(heading, &heads, &rows))
}
