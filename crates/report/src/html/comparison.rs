//! Several runs on one page: a table, their curves in common pictures, and in what their recipes differ.

use super::run::figures;
use super::{RUN_STYLE, STYLE, document, escape, list, wide};
use crate::chart::run::comparisons;
use crate::number::{grouped, percent, seconds};
use crate::run::Run;

/// The page of several runs, of which each has another label.
pub fn comparison(runs: &[Run]) -> String {
    let title = format!("{} runs", runs.len());
    let body = format!(
        "<header>\n<h1>{title}</h1>\n{}</header>\n<main>\n<section>\n<h2>Results</h2>\n{}</section>\n\
         <section>\n<h2>Curves</h2>\n{}</section>\n{}</main>\n",
        list("protocol", &protocol(runs)),
        wide("Results", &results(runs)),
        figures(&comparisons(runs), ""),
        recipes(runs)
    );
    document(&title, &format!("{STYLE}{RUN_STYLE}"), &body)
}

fn protocol(runs: &[Run]) -> Vec<String> {
    let mut lines = vec![
        "Accuracy is that of the last epoch. The best epoch stands beside it for those who want to know; it is picked by \
         looking at the very images that are to judge."
            .to_owned(),
        "Single runs differ by chance. What a recipe is worth, several seeds tell: gradbook train --seeds 10.".to_owned(),
    ];
    // A folder that was moved or copied is still the same data.
    let data = |run: &Run| run.data_sha256.clone().unwrap_or_else(|| run.data.clone());
    if runs.windows(2).any(|pair| data(&pair[0]) != data(&pair[1])) {
        lines.push("Not all of them have the same data: their accuracies cannot be compared.".to_owned());
    }
    let evaluated_on = |run: &Run| (run.reached.evaluated_on.clone(), run.reached.total);
    if runs.windows(2).any(|pair| evaluated_on(&pair[0]) != evaluated_on(&pair[1])) {
        lines
            .push("Not all of them were evaluated on the same images: their accuracies cannot be compared.".to_owned());
    }
    if runs.windows(2).any(|pair| pair[0].least_loss != pair[1].least_loss) {
        lines.push("Label smoothing raises the loss: losses with it and without it cannot be compared.".to_owned());
    }
    lines
}

fn results(runs: &[Run]) -> String {
    let number = |text: String| format!("<td class=\"number\">{}</td>", escape(&text));
    let row = |run: &Run| {
        let reached = &run.reached;
        let images = format!("{} of {}", grouped(reached.correct), grouped(reached.total));
        let mut epochs = format!("{} of {}", reached.epochs, reached.epochs_planned);
        if let Some(stopped) = &reached.stopped {
            epochs += &format!(" ({stopped})");
        }
        let cells = [
            percent(reached.accuracy()),
            images,
            reached.evaluated_on.clone(),
            shown_data(run),
            format!("{} ({})", percent(reached.best_accuracy), reached.best_epoch),
            epochs,
            grouped(run.parameters),
            grouped(run.multiply_adds),
            seconds(run.train_seconds),
            run.calculated.clone(),
        ];
        format!("<tr><th scope=\"row\">{}</th>{}</tr>\n", escape(&run.label), cells.map(number).concat())
    };
    let heads = [
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
    let heads = heads.map(|head| format!("<th scope=\"col\" class=\"number\">{head}</th>")).concat();
    let rows: String = runs.iter().map(row).collect();
    format!("<table>\n<thead><tr><th scope=\"col\">run</th>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n")
}

/// The name of the data, with the beginning of its SHA-256.
fn shown_data(run: &Run) -> String {
    match &run.data_sha256 {
        Some(sha256) => format!("{} (SHA-256 {}…)", run.data, sha256.chars().take(12).collect::<String>()),
        None => run.data.clone(),
    }
}

/// What not all recipes have in common; nothing if they are equal.
fn recipes(runs: &[Run]) -> String {
    let Some(first) = runs.first() else { return String::new() };
    let differs =
        |subject: &usize| runs.iter().any(|run| run.recipe_words.get(*subject) != first.recipe_words.get(*subject));
    let subjects: Vec<usize> = (0..first.recipe_words.len()).filter(differs).collect();
    if subjects.is_empty() {
        return String::new();
    }
    let heads: String =
        subjects.iter().map(|&at| format!("<th scope=\"col\">{}</th>", first.recipe_words[at].0)).collect();
    let row = |run: &Run| {
        let words = |&at: &usize| run.recipe_words.get(at).map_or("", |(_, words)| words.as_str());
        let cells: String = subjects.iter().map(|at| format!("<td>{}</td>", escape(words(at)))).collect();
        format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", escape(&run.label))
    };
    let rows: String = runs.iter().map(row).collect();
    let table = format!(
        "<table>\n<thead><tr><th scope=\"col\">run</th>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
    );
    format!("<section>\n<h2>Where the recipes differ</h2>\n{}</section>\n", wide("Where the recipes differ", &table))
}
