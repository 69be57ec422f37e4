//! Right equations, in the author's names and as they are typed into a cell.

use gradbook_lesson::{Expr, Key, Piece, Reader};

use super::symbols::{sheet_name, symbol};
use crate::compare::{Equation, RateSource, Sense, Timed, right_equation};
use crate::limits::MAX_SPELLED_DEPTH;
use crate::read::{At, column_name};
use crate::tables::Leaf;

/// An equation in the author's names. What belongs to the row before is an update's, and said by the formula.
pub(super) fn in_symbols(sense: &Sense, equation: &Equation) -> String {
    written(equation, &|timed| symbol(sense, Timed { back: 0, ..*timed }))
}

/// An equation in which quantities that stand in no column are written out.
pub(super) fn spelled(sense: &Sense, equation: &Equation, depth: usize) -> Equation {
    let leaf = |timed: &Timed| {
        let equation = match timed.key {
            Key::Rate => None,
            key if depth == MAX_SPELLED_DEPTH || sense.column(key).is_some() => None,
            key => right_equation(sense, key),
        };
        let Some(equation) = equation else { return Ok::<Equation, ()>(Expr::Of(*timed)) };
        let moved = equation.map(&|inner| Timed { back: inner.back + timed.back, ..*inner });
        Ok(spelled(sense, &moved, depth + 1))
    };
    equation.bind(&mut { leaf }).unwrap_or_else(|()| equation.clone())
}

/// An equation as it is typed into the cell of a step, on that sheet.
pub(super) fn in_cells(sense: &Sense, equation: &Equation, step: usize, own: usize) -> String {
    let text = written(equation, &|timed| {
        let leaf = match (timed.key, sense.rate) {
            (Key::Rate, RateSource::Number(rate)) => return format!("{rate}"),
            (Key::Rate, RateSource::Leaf(leaf)) => Some(leaf),
            (key, _) => sense.column(key).map(|column| Leaf::Column(column, 0)),
        };
        let place = |at: At, fixed: bool| {
            let sheet = if at.sheet == own { String::new() } else { format!("{}!", sheet_name(sense, at.sheet)) };
            let name = if fixed { format!("${}${}", column_name(at.column), at.row + 1) } else { at.name() };
            format!("{sheet}{name}")
        };
        match leaf {
            Some(Leaf::Cell(at)) => place(at, true),
            Some(Leaf::Column(column, _)) => {
                let column = &sense.reading.table.columns[column];
                let at = step.saturating_add_signed(-timed.back);
                place(column.at(at), column.is_single())
            }
            None => symbol(sense, *timed),
        }
    });
    // As it is typed.
    text.replace(" + ", "+").replace(" - ", "-")
}

/// Without the brackets of products in products.
fn flat(equation: &Equation) -> Equation {
    match equation {
        Expr::Product(factors) => {
            let spliced = |factor: &Equation| match flat(factor) {
                Expr::Product(inner) => inner,
                factor => vec![factor],
            };
            Expr::Product(factors.iter().flat_map(spliced).collect())
        }
        Expr::Sum(terms) => Expr::Sum(terms.iter().map(flat).collect()),
        Expr::Neg(x) => -flat(x),
        Expr::Quotient(x, y) => flat(x) / flat(y),
        other => other.clone(),
    }
}

fn written(equation: &Equation, leaf: &dyn Fn(&Timed) -> String) -> String {
    let mut text = String::new();
    flat(equation).pieces(Reader::Person, &mut |piece| match piece {
        Piece::Text(part) => text.push_str(part),
        Piece::Number(number) => text.push_str(&number.to_string()),
        Piece::Of { leaf: timed, .. } => text.push_str(&leaf(timed)),
    });
    text
}
