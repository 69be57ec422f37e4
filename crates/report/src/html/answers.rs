//! What the network takes for what: the worst mistakes as pictures, and the confusion matrix.

use crate::answers::{Answers, Confusion, Mistake};
use crate::picture::grey;
use crate::run::{Reached, RunReport};
use gradbook_page::markup::{escape, scrolling};
use gradbook_page::number::{percent, thousands};

/// Mistakes that are shown.
const SHOWN: usize = 24;
/// Confusions that are named in words.
const NAMED: usize = 6;
/// Steps of emphasis in the matrix, as `report.css` has them.
const STEPS: usize = 4;

/// The images with the smallest probability of the right class, worst first.
pub(super) fn mistakes(answers: &Answers, reached: &Reached) -> String {
    let mistakes = crate::answers::mistakes(answers);
    if mistakes.is_empty() {
        let silent = (0..answers.labels.len()).any(|image| answers.predicted(image).is_none());
        let words = if silent { "They cannot be ranked: some answers are not numbers." } else { "There is none." };
        return format!("<p>{words}</p>\n");
    }
    let order = if answers.logits {
        "The lower the probability of the right class, the worse the mistake; the worst comes first"
    } else {
        "The farther the right class is behind the one that won, the worse the mistake; the worst comes first"
    };
    let shown = match mistakes.len() {
        1 => "The only one.".to_owned(),
        all @ 2..=SHOWN => format!("All {all} of them."),
        all => format!("{SHOWN} of {}.", thousands(all)),
    };
    let tiles: String = mistakes.iter().take(SHOWN).map(|mistake| tile(answers, mistake)).collect();
    format!(
        "<p>{shown} {order}. Numbers count the {} from 0.</p>\n<ol class=\"mistakes\">\n{tiles}</ol>\n",
        escape(&reached.evaluated_on)
    )
}

fn tile(answers: &Answers, mistake: &Mistake) -> String {
    let Mistake { image, class, predicted, .. } = *mistake;
    let strength = |value: f64| match answers.logits {
        true if value < 0.0005 => "&lt; 0.1 %".to_owned(),
        true => format!("{:.1} %", 100.0 * value),
        false => format!("{value:.3}"),
    };
    let source = grey(answers.image(image), answers.height, answers.width);
    format!(
        "<li>\n<img src=\"{source}\" width=\"{}\" height=\"{}\" alt=\"image {image}, a {class} taken for a {predicted}\"/>\n\
         <p class=\"verdict\">{class} <span>taken for</span> {predicted}</p>\n\
         <dl><div><dt>is {class}</dt><dd>{}</dd></div><div><dt>said {predicted}</dt><dd>{}</dd></div></dl>\n\
         <p class=\"quiet\">image {}</p>\n</li>\n",
        answers.width,
        answers.height,
        strength(mistake.strength),
        strength(mistake.predicted_strength),
        thousands(image),
    )
}

/// Counts of each true and each predicted class, with recall and precision.
pub(super) fn confusion(report: &RunReport) -> String {
    let confusion = Confusion::of(&report.answers);
    let classes = confusion.classes;
    let most = confusion.confused().first().map_or(0, |&(_, _, count)| count);
    let head = |text: &str, class: &str| format!("<th scope=\"col\" class=\"number {class}\">{text}</th>");
    let heads: String = (0..classes).map(|class| head(&class.to_string(), "")).collect();
    let mut rows = String::new();
    for class in 0..classes {
        let cells: String = (0..classes).map(|predicted| cell(&confusion, class, predicted, most)).collect();
        rows += &format!(
            "<tr><th scope=\"row\" class=\"number\">{class}</th>{cells}<td class=\"number rate\">{}</td>\
             <td class=\"number\">{}</td></tr>\n",
            thousands(confusion.of_class(class)),
            share(confusion.recall(class)),
        );
    }
    let precisions: String = (0..classes)
        .map(|class| format!("<td class=\"number\">{}</td>", share_short(confusion.precision(class))))
        .collect();
    let table = format!(
        "<table class=\"confusion\">\n<thead><tr><td class=\"corner\">is ↓   said →</td>{heads}{}{}</tr></thead>\n\
         <tbody>\n{rows}</tbody>\n<tfoot><tr><th scope=\"row\" class=\"number\">precision</th>{precisions}<td></td><td></td>\
         </tr></tfoot>\n</table>\n",
        head("images", "rate"),
        head("recall", ""),
    );
    format!("{}{}{}", words(report, &confusion), scrolling("Confusion matrix", &table), NOTE)
}

const NOTE: &str = "<p class=\"quiet\">A row is what the images are, a column what the network said; mistakes stand off the \
                    diagonal, the more frequent the stronger in colour. Recall: how many percent of a class' images were recognised. \
                    Precision: how many percent of what was taken for a class belong to it.</p>\n";

/// `class` is the true one.
fn cell(confusion: &Confusion, class: usize, predicted: usize, most: usize) -> String {
    let count = confusion.count(class, predicted);
    let look = match count {
        _ if class == predicted => "right".to_owned(),
        0 => "none".to_owned(),
        _ => format!("wrong-{}", (STEPS * count).div_ceil(most)),
    };
    format!("<td class=\"number {look}\">{}</td>", thousands(count))
}

/// Which confusions are the most frequent; what else a reader must know.
fn words(report: &RunReport, confusion: &Confusion) -> String {
    let mut words = String::new();
    if let Some(contradiction) = &report.contradiction {
        words += &format!("<p class=\"warning\"><b>Mind:</b> {}</p>\n", escape(contradiction));
    }
    if confusion.unanswered > 0 {
        words += &format!(
            "<p class=\"warning\"><b>Mind:</b> {} images got an answer that is not a number, and are not counted here.</p>\n",
            thousands(confusion.unanswered)
        );
    }
    let named = confusion.confused();
    let named = named.iter().take(NAMED);
    let named: Vec<String> =
        named.map(|(class, predicted, count)| format!("{class} for {predicted} ({})", thousands(*count))).collect();
    if !named.is_empty() {
        words += &format!("<p>Most often taken: {}.</p>\n", named.join(", "));
    }
    words
}

fn share(share: Option<f64>) -> String {
    share.map_or("–".to_owned(), percent)
}

/// The same in a narrow column.
fn share_short(share: Option<f64>) -> String {
    share.map_or("–".to_owned(), |share| format!("{:.1}", 100.0 * share))
}
