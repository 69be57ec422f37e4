//! The page of a run: what was reached, the curves, the worst mistakes, the confusion matrix, what is inside the
//! network, and how to do it again.

use super::{STYLE, answers, file, inside};
use crate::chart::run::charts;
use crate::run::{LayerRow, Promise, Reached, RunReport, ShownRun};
use gradbook_page::markup::{escape, list, scrolling, section};
use gradbook_page::number::{percent, seconds, thousands};
use gradbook_page::{Drawing, Page};

/// The page of one run.
pub fn report(report: &RunReport) -> String {
    let run = &report.run;
    let title = format!("{}, seed {}", run.recipe, run.seed);
    let parts = [
        ("curves", "Curves", figures(&charts(run), MODES)),
        ("mistakes", "The worst mistakes", answers::mistakes(&report.answers, &run.reached)),
        ("confusion", "Confusion matrix", answers::confusion(report)),
        ("inside", "Inside the network", inside::content(report)),
        ("layers", "Layers", layers(&report.layers)),
        ("again", "Make it again", again(report)),
    ];
    let shown = || parts.iter().filter(|(_, _, content)| !content.is_empty());
    let contents: Vec<(String, String)> =
        shown().map(|&(id, heading, _)| (id.to_owned(), heading.to_owned())).collect();
    let main: String = shown().map(|(id, heading, content)| section(Some(id), heading, content)).collect();
    Page { title: &title, style: STYLE, header: &header(report), contents: &contents, main: &main }.html()
}

fn header(report: &RunReport) -> String {
    let run = &report.run;
    let reached = &run.reached;
    let wrong = match reached.total - reached.correct {
        1 => "one is wrong".to_owned(),
        wrong => format!("{} are wrong", thousands(wrong)),
    };
    let diverged = match reached.diverged {
        true => {
            "<p class=\"warning\"><b>This training diverged:</b> its numbers overflowed to infinity or NaN, and what \
                 follows says nothing about the recipe. Try a lower learning rate.</p>\n"
        }
        false => "",
    };
    let about = if run.about.is_empty() { String::new() } else { format!("<p>{}</p>\n", escape(&run.about)) };
    format!(
        "{about}{diverged}<p class=\"reached\"><strong>{}</strong> <span>{} of {} {} recognised {}; {wrong}.</span></p>\n\
         {}{}{}",
        percent(reached.accuracy()),
        thousands(reached.correct),
        thousands(reached.total),
        escape(&reached.evaluated_on),
        when(reached),
        card(&report.promises),
        list("protocol", &honest(reached)),
        facts(run),
    )
}

/// At which moment of the training.
fn when(reached: &Reached) -> String {
    let Reached { epochs, epochs_planned, .. } = reached;
    match &reached.stopped {
        None if *epochs_planned == 1 => "after the only epoch".to_owned(),
        None => format!("after the last of {epochs_planned} epochs"),
        Some(why) => format!("at the end, after {epochs} of {epochs_planned} epochs ({})", escape(why)),
    }
}

/// What the accuracy is, and what it is not.
fn honest(reached: &Reached) -> Vec<String> {
    let Reached { best_epoch, best_accuracy, .. } = reached;
    let best = if *best_accuracy <= reached.accuracy() {
        "No earlier epoch was better.".to_owned()
    } else {
        format!(
            "The best epoch was {best_epoch}, with {}. To pick it, one must look at the very images that are to judge; so \
             the result is that of the last epoch.",
            percent(*best_accuracy)
        )
    };
    let seed = "This is one seed. How far others are from it: gradbook train --seeds 10.".to_owned();
    vec![best, seed]
}

fn card(promises: &[Promise]) -> String {
    let item = |Promise { text, met }: &Promise| {
        let (class, sign, word) = match met {
            Some(true) => ("kept", "✓", "ok"),
            Some(false) => ("missed", "✗", "MISSED"),
            None => ("open", "–", ""),
        };
        format!("<li class=\"{class}\"><span aria-hidden=\"true\">{sign}</span> {} <b>{word}</b></li>\n", escape(text))
    };
    let items: String = promises.iter().map(item).collect();
    if items.is_empty() {
        items
    } else {
        format!("<ul class=\"card\" aria-label=\"What the recipe promises\">\n{items}</ul>\n")
    }
}

fn facts(run: &ShownRun) -> String {
    let fact = |(name, value): (&str, String)| format!("<div><dt>{name}</dt><dd>{}</dd></div>\n", escape(&value));
    let facts = [
        ("parameters", thousands(run.parameters)),
        ("multiply-adds an image", thousands(run.multiply_adds)),
        ("training", format!("{} s", seconds(run.train_seconds))),
        ("calculated in", run.calculated.clone()),
    ];
    format!("<dl class=\"facts\">\n{}</dl>\n", facts.map(fact).concat())
}

/// What the two curves of a chart are.
const MODES: &str = "<p class=\"quiet\">Evaluation: after the epoch. Training: the mean over the epoch, while the weights \
                     change, with dropout and with images as they are augmented; so it may well be the worse one.</p>\n";

/// Charts and a note, beside one another where there is room; nothing without charts.
pub(super) fn figures(charts: &[Drawing], note: &str) -> String {
    let figure = |chart: &Drawing| format!("<div>\n<h3>{}</h3>\n{}</div>\n", escape(&chart.title), chart.on_page());
    let figures: String = charts.iter().map(figure).collect();
    if figures.is_empty() { figures } else { format!("<div class=\"charts\">\n{figures}{note}</div>\n") }
}

fn layers(rows: &[LayerRow]) -> String {
    let number = |number: usize| if number == 0 { String::new() } else { thousands(number) };
    let row = |(index, row): (usize, &LayerRow)| {
        let field = row.receptive_field.map_or(String::new(), |side| format!("{side} × {side}"));
        format!(
            "<tr><td class=\"number\">{index}</td><th scope=\"row\">{}</th><td class=\"number\">{}</td>\
             <td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{field}</td></tr>\n",
            escape(&row.layer),
            escape(&row.output.replace(" x ", " × ")),
            number(row.parameters),
            number(row.multiply_adds),
        )
    };
    let body: String = rows.iter().enumerate().map(row).collect();
    let sum = |value: fn(&LayerRow) -> usize| thousands(rows.iter().map(value).sum());
    let head = |name: &str| format!("<th scope=\"col\" class=\"number\">{name}</th>");
    let table = format!(
        "<table class=\"layers\">\n<thead><tr>{}<th scope=\"col\">layer</th>{}</tr></thead>\n<tbody>\n{body}</tbody>\n\
         <tfoot><tr><td></td><th scope=\"row\">all</th><td></td><td class=\"number\">{}</td><td class=\"number\">{}</td>\
         <td></td></tr></tfoot>\n</table>\n",
        head(""),
        ["output", "parameters", "multiply-adds", "receptive field"].map(head).concat(),
        sum(|row| row.parameters),
        sum(|row| row.multiply_adds),
    );
    let note = "<p class=\"quiet\">Output: channels × height × width. Receptive field: the square of input pixels that one \
                value can depend on.</p>\n";
    format!("{}{note}", scrolling("Layers", &table))
}

fn again(report: &RunReport) -> String {
    let row =
        |(name, value): &(&str, String)| format!("<tr><th scope=\"row\">{name}</th><td>{}</td></tr>\n", escape(value));
    let table = |rows: &[(&'static str, String)]| -> String {
        let rows: String = rows.iter().map(row).collect();
        format!("<table class=\"pairs\">\n<tbody>\n{rows}</tbody>\n</table>\n")
    };
    format!(
        "<p>{}</p>\n{}\
         <details>\n<summary>The whole description, as a file that gradbook train takes</summary>\n\
         {}</details>\n\
         <div class=\"beside\">\n<div>\n<h3>Recipe</h3>\n{}</div>\n<div>\n<h3>Environment</h3>\n{}</div>\n</div>\n",
        match report.run.reached.stopped {
            None => "This command repeats the training to the last bit:",
            Some(_) =>
                "This command repeats the training, to the last bit as far as this one went, and goes on to its end:",
        },
        file(&report.command),
        file(&report.description),
        table(&report.run.recipe_words),
        table(&report.environment),
    )
}
