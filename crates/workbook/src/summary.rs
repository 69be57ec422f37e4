//! The lines at the top of the first sheet that need all other sheets: do all gradients agree with their central
//! differences, and what does training do to the loss.

use gradbook_engine::trace::Trace;
use rust_xlsxwriter::ConditionalFormatFormula;

use crate::check::Verdicts;
use crate::page::{EQUATION, NUMBERS, SUMMARY, SUMMARY_ROWS, VALUE};
use crate::sheet::{Live, Sheet};
use crate::style::{PageStyle, verdicts};
use crate::table::Table;
use crate::walkthrough::NAME;
use crate::{Error, TABLE_NAME, check};

/// Writes the lines on the finished first sheet.
pub(crate) fn write(sheet: &mut Sheet, trace: &Trace, table: &Table, checked: &Verdicts) -> Result<(), Error> {
    let style = PageStyle::new();
    let Verdicts { first, last, count, agreeing } = checked;
    let range = format!("{}:{}", first.seen_from(NAME), last.clone().anchored().seen_from(check::NAME));
    let wrong = format!("{count}-SUMPRODUCT(({range}=\"OK\")*1)");
    let good = format!("OK: all {count} gradients agree with their central differences (sheet {}).", check::NAME);
    let bad = format!(
        " of {count} gradients are WRONG: they disagree with their central differences (sheet {}).",
        check::NAME
    );
    let value = if agreeing == count { good.clone() } else { format!("{}{bad}", count - agreeing) };
    let live = Live::text(format!("IF({wrong}=0, \"{good}\", {wrong}&\"{bad}\")"), value);
    sheet.text(SUMMARY, 0, "Gradients", &style.symbol)?;
    let verdict = sheet.live(SUMMARY, VALUE, live, &style.verdict)?.anchored().seen_from(NAME);
    for (test, format) in ["=\"OK\"", "<>\"OK\""].into_iter().zip(verdicts()) {
        let rule = format!("=LEFT({verdict},2){test}");
        let rule = ConditionalFormatFormula::new().set_rule(rule.as_str()).set_format(format);
        sheet.worksheet.add_conditional_format(SUMMARY, VALUE, SUMMARY, NUMBERS, &rule)?;
    }
    let updates = trace.run.states.len() - 1;
    let trained = format!("E_tot after {updates} updates, the last row of the sheet {TABLE_NAME}");
    let losses = [("Loss now", 0, "E_tot with the parameters below"), ("Loss trained", updates, &trained)];
    for (row, (label, n, about)) in (SUMMARY + 1..).zip(losses) {
        let loss = Live::number(table.losses[n].seen_from(NAME), trace.run.states[n].e_total);
        sheet.text(row, 0, label, &style.symbol)?;
        sheet.live(row, VALUE, loss, &style.value)?;
        sheet.text(row, EQUATION, about, &style.about)?;
    }
    for row in SUMMARY..SUMMARY + SUMMARY_ROWS {
        sheet.worksheet.set_row_height(row, 19)?;
    }
    Ok(())
}
