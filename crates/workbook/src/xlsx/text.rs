//! Expressions as the texts of a sheet: formulas, symbols, symbols with numbers plugged in.

use super::cell::Live;
use gradbook_lesson::{Binding, Expr, Piece, Reader, constant};

/// An expression as a formula; `reference` appends the text of a leaf.
pub(crate) fn formula<R>(expr: &Expr<R>, reference: &impl Fn(&R, &mut String)) -> String {
    let mut formula = String::new();
    expr.pieces(Reader::Program, &mut |piece| match piece {
        Piece::Text(text) => formula.push_str(text),
        Piece::Number(number) => formula.push_str(&constant(number)),
        Piece::Of { leaf, .. } => reference(leaf, &mut formula),
    });
    formula
}

/// Spreadsheet operators as a reader writes them.
fn readable(text: &str) -> String {
    text.replace('*', " × ")
}

/// An expression with the current numbers in place of its symbols, as a live text; `cell` returns a reference and the
/// number there.
///
/// It starts with an equals sign, without which a lone number would be stored as a number. Numbers have six
/// decimals, small ones nine; negative ones are in brackets where their sign would meet an operator.
pub(crate) fn with_numbers<R>(expr: &Expr<R>, cell: &impl Fn(&R) -> (String, f64)) -> Live {
    let mut pieces = vec!["\"= \"".to_owned()];
    let mut text = "= ".to_owned();
    let mut words = String::new();
    expr.pieces(Reader::Person, &mut |piece| match piece {
        Piece::Text(part) => words.push_str(&readable(part)),
        Piece::Number(number) => words.push_str(&constant(number)),
        Piece::Of { leaf, place } => {
            let bracketed = place > Binding::Sum;
            flush(&mut words, &mut pieces, &mut text);
            let (c, value) = cell(leaf);
            let decimals = format!("IF(ABS(ABS({c})-0.0005)<0.0005,9,6)");
            let positive = format!("FIXED(MAX({c},0),{decimals},TRUE)");
            let negative = match bracketed {
                true => format!("\"(\"&FIXED({c},{decimals},TRUE)&\")\""),
                false => format!("FIXED({c},{decimals},TRUE)"),
            };
            pieces.push(format!("IF({c}<-0.0000000005,{negative},{positive})"));
            text.push_str(&fixed(value, bracketed));
        }
    });
    flush(&mut words, &mut pieces, &mut text);
    Live::text(pieces.join("&"), text)
}

/// Moves the words collected so far into the formula and its text.
fn flush(words: &mut String, pieces: &mut Vec<String>, text: &mut String) {
    if !words.is_empty() {
        let shown = words.replace("^2", "²");
        pieces.push(format!("\"{shown}\""));
        text.push_str(&shown);
        words.clear();
    }
}

/// A number as the formulas of [`with_numbers`] write it. Programs round a final 5 in different ways.
fn fixed(x: f64, bracketed: bool) -> String {
    let decimals = if (x.abs() - 0.0005).abs() < 0.0005 { 9 } else { 6 };
    match (x < -0.000_000_000_5, bracketed) {
        (true, true) => format!("({x:.decimals$})"),
        (true, false) => format!("{x:.decimals$}"),
        (false, _) => format!("{:.decimals$}", x.max(0.0) + 0.0),
    }
}
