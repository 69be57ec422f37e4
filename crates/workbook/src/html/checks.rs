//! Every gradient against its central difference, by the rule of the workbook's checks.

use gradbook_lesson::State;

use super::OF_VALUE;
use super::math::Symbol;
use gradbook_lesson::{BOUND, Expr, Key, Lesson, Snapshot, Verdict, Verdicts, bound, noise, switched};
use gradbook_page::markup::{TableCell, escape, table};
use gradbook_page::number::written;

/// Digits of losses whose small difference is what counts.
const OF_LOSS: usize = 15;

/// The table, and what it comes to in a sentence.
pub(super) struct Checks {
    pub(super) table: String,
    pub(super) sentence: String,
    pub(super) class: &'static str,
}

pub(super) fn checks(lesson: &Lesson, now: &Snapshot) -> Checks {
    let (mut rows, mut verdicts) = (Vec::new(), Verdicts::default());
    for (&p, check) in lesson.theory.trained().iter().zip(&lesson.checks) {
        let gradient = now.value(Key::G(p));
        let deviation = (gradient - check.quotient).abs();
        let of = Expr::<f64>::Of;
        let value = |expression: Expr<f64>| expression.value(&|x| *x);
        let bound = value(bound(of(gradient), of(check.quotient)));
        let noise = value(noise(of(check.plus.loss), of(check.h)));
        let switched = switched(kinked_sums(lesson, &check.plus), kinked_sums(lesson, &check.minus)).map_or(0.0, value);
        let verdict = Verdict::of(deviation, bound, noise, switched);
        verdicts.add(verdict);
        let number = |x, significant| TableCell::Number(written(x, significant));
        rows.push(vec![
            TableCell::Head(Symbol::new(&lesson.theory.name(Key::P(p)), None).alone()),
            number(check.plus.loss, OF_LOSS),
            number(check.minus.loss, OF_LOSS),
            number(check.quotient, OF_VALUE),
            number(gradient, OF_VALUE),
            number(deviation, 2),
            number(bound, 2),
            TableCell::Marked(verdict.word().to_owned(), class(verdict)),
        ]);
    }
    let heads = ["p", "E(p + h)", "E(p - h)", "central difference", "gradient", "deviation", "allowed", "verdict"];
    let h = lesson.checks.first().map_or(String::new(), |check| format!(", with h = {}", written(check.h, 3)));
    let sentence = verdicts.sentence();
    let class = class(match (verdicts.wrong, verdicts.ok == verdicts.count) {
        (0, true) => Verdict::Ok,
        (0, false) => Verdict::Kink,
        _ => Verdict::Wrong,
    });
    let lead = "A falling loss proves little: a slightly wrong gradient trains almost as well. So each is compared with a \
                measurement: one parameter p is changed by a small step h, up and down, and the loss calculated both times.";
    let mut all = format!(
        "<p>{lead}</p>\n<p>A gradient is OK if it deviates from (E(p + h) - E(p - h)) / 2h by {}.</p>\n",
        escape(BOUND)
    );
    all.push_str(&format!("<p class=\"{class}\">{}</p>\n", escape(&sentence)));
    all.push_str(&table(&format!("Every gradient before the first update{h}"), &heads.map(str::to_owned), &rows));
    Checks { table: all, sentence, class }
}

/// The weighted sums of all units whose slope jumps where the sum is 0.
fn kinked_sums(lesson: &Lesson, state: &State) -> Vec<Expr<f64>> {
    let network = &lesson.theory.network;
    let layers = (0..=network.last()).filter(|l| network.has_kink(*l));
    layers.flat_map(|l| state.passes.iter().flat_map(move |pass| pass.z[l].iter().map(|&z| Expr::Of(z)))).collect()
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "ok",
        Verdict::Wrong => "wrong",
        Verdict::Kink | Verdict::Unsure => "kink",
    }
}
