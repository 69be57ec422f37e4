//! Equations as MathML, from their trees.
//!
//! Fraction bars, exponents and roots replace brackets; the rest get those that [`Expr::binding`] asks for.

use super::IN_FORMULA;
use super::row::{Row, WHOLE, math, operator};
use gradbook_lesson::{Binding, Expr, Function, Name, Relation, left_out};
use gradbook_page::number::Written;

/// What a formula's leaves become.
#[derive(Clone)]
pub(super) enum Leaf {
    Symbol(Symbol),
    Number(f64),
}

#[derive(Clone)]
pub(super) struct Symbol {
    markup: String,
    /// About so many characters.
    width: usize,
    /// Whether it is a fraction, which a power needs in brackets.
    fraction: bool,
}

impl Symbol {
    /// A quantity's name; `sample` is the number that it bears in brackets.
    pub(super) fn new(name: &Name, sample: Option<usize>) -> Symbol {
        let mut symbol = match name {
            Name::Symbol { base, sub, text } => {
                Symbol { markup: subscripted(base, sub, sub == "new"), width: text.chars().count(), fraction: false }
            }
            Name::Derivative { of, by, via } => {
                let [of, by] = [of, by].map(|name| Symbol::new(name, None));
                let markup =
                    format!("<mfrac><mrow><mi>∂</mi>{}</mrow><mrow><mi>∂</mi>{}</mrow></mfrac>", of.markup, by.markup);
                let width = 1 + of.width.max(by.width);
                match via {
                    None => Symbol { markup, width, fraction: true },
                    Some(unit) => Symbol {
                        markup: format!("<msub>{markup}<mtext>via\u{a0}{unit}</mtext></msub>"),
                        width: width + 3 + unit.len(),
                        fraction: true,
                    },
                }
            }
        };
        if let Some(s) = sample {
            let number = s + 1;
            symbol.markup = format!(
                "<mrow>{}<mo stretchy=\"false\">[</mo><mn>{number}</mn><mo stretchy=\"false\">]</mo></mrow>",
                symbol.markup
            );
            symbol.width += 3;
        }
        symbol
    }

    pub(super) fn alone(&self) -> String {
        math(&self.markup)
    }
}

/// `w` and `5` with the number below; the base of a new parameter, `w5`, keeps its number there and has `new` above.
fn subscripted(base: &str, sub: &str, new: bool) -> String {
    let word = |text: &str| match text.parse::<u32>() {
        Ok(_) => format!("<mn>{text}</mn>"),
        Err(_) => format!("<mtext>{text}</mtext>"),
    };
    if new {
        let letters = base.find(|c: char| c.is_ascii_digit()).unwrap_or(base.len());
        let (letter, number) = base.split_at(letters);
        return format!("<msubsup><mi>{letter}</mi>{}{}</msubsup>", word(number), word(sub));
    }
    if sub.is_empty() { format!("<mi>{base}</mi>") } else { format!("<msub><mi>{base}</mi>{}</msub>", word(sub)) }
}

/// `= expression`, as one or several formulas.
pub(super) fn equals(expression: &Expr<Leaf>) -> String {
    let mut row = Row::default();
    row.operator("=", false);
    write(expression, Binding::Sum, &mut row);
    row.formulas()
}

/// `= value`.
pub(super) fn equals_number(x: f64, significant: usize) -> String {
    let (number, _) = number(x, significant);
    math(&format!("{}{number}", operator("=", "0")))
}

fn number(x: f64, significant: usize) -> (String, usize) {
    let number = Written::new(x, significant);
    let sign = if number.negative { "<mo form=\"prefix\">−</mo>" } else { "" };
    let mut markup = format!("{sign}<mn>{}</mn>", number.digits);
    let mut width = number.digits.chars().count() + usize::from(number.negative);
    if let Some(exponent) = number.exponent {
        let minus = if exponent < 0 { "<mo form=\"prefix\">−</mo>" } else { "" };
        let size = exponent.abs();
        markup.push_str(&format!("<mo>×</mo><msup><mn>10</mn><mrow>{minus}<mn>{size}</mn></mrow></msup>"));
        width += 5;
    }
    let alone = !number.negative && number.exponent.is_none();
    (if alone { markup } else { format!("<mrow>{markup}</mrow>") }, width)
}

/// As [`Expr::binding`], for what a formula looks like: a fraction's bar replaces brackets.
fn binding(expression: &Expr<Leaf>) -> Binding {
    match expression {
        Expr::Of(Leaf::Number(x)) if *x < 0.0 => Binding::Sum,
        Expr::Quotient(..) => Binding::Atom,
        other => other.binding(),
    }
}

/// What a power's base may not be without brackets.
fn wide_base(expression: &Expr<Leaf>) -> bool {
    match expression {
        Expr::Of(Leaf::Number(x)) => *x < 0.0 || Written::new(*x, IN_FORMULA).exponent.is_some(),
        Expr::Of(Leaf::Symbol(symbol)) => symbol.fraction,
        Expr::Quotient(..) | Expr::If { .. } => true,
        other => other.binding() < Binding::Atom,
    }
}

fn whole(expression: &Expr<Leaf>) -> (String, usize) {
    let mut row = Row::default();
    write(expression, Binding::Sum, &mut row);
    row.whole()
}

/// In brackets, which grow with what they hold unless a line may break between them.
fn bracketed(expressions: &[&Expr<Leaf>], row: &mut Row) {
    let mut inner = Row::default();
    for (n, expression) in expressions.iter().enumerate() {
        if n > 0 {
            inner.push("<mo separator=\"true\">,</mo>", 2);
        }
        write(expression, Binding::Sum, &mut inner);
    }
    if inner.width() <= WHOLE {
        let (markup, width) = inner.whole();
        row.push(&format!("<mrow><mo form=\"prefix\">(</mo>{markup}<mo form=\"postfix\">)</mo></mrow>"), width + 2);
        return;
    }
    row.push("<mo form=\"prefix\" stretchy=\"false\">(</mo>", 1);
    for piece in inner.pieces {
        match piece.operator {
            Some(_) => row.pieces.push(piece),
            None => row.push(&piece.markup, piece.width),
        }
    }
    row.push("<mo form=\"postfix\" stretchy=\"false\">)</mo>", 1);
}

/// Writes an expression in a place that demands some binding.
fn write(expression: &Expr<Leaf>, needed: Binding, row: &mut Row) {
    if binding(expression) < needed {
        return bracketed(&[expression], row);
    }
    match expression {
        // The ½ of a squared error.
        Expr::Number(0.5) => row.push("<mfrac><mn>1</mn><mn>2</mn></mfrac>", 1),
        Expr::Number(x) | Expr::Of(Leaf::Number(x)) => {
            let (markup, width) = number(*x, IN_FORMULA);
            row.push(&markup, width);
        }
        Expr::Of(Leaf::Symbol(symbol)) => row.push(&symbol.markup, symbol.width),
        Expr::Neg(x) => {
            row.push("<mo form=\"prefix\">−</mo>", 1);
            // Not -0 · 0.5, which looks like a negative zero.
            let number_first =
                matches!(&**x, Expr::Product(factors) if matches!(factors[0], Expr::Of(Leaf::Number(_))));
            write(x, if number_first { Binding::Power } else { Binding::Product }, row);
        }
        Expr::Sum(terms) => {
            for (n, term) in terms.iter().enumerate() {
                let (sign, term) = match term {
                    Expr::Neg(x) if n > 0 => ("−", &**x),
                    term => ("+", term),
                };
                match n {
                    n if left_out(n, terms.len()) => {
                        if !left_out(n - 1, terms.len()) {
                            row.operator("+", false);
                            row.push("<mi>…</mi>", 1);
                        }
                    }
                    0 => write(term, Binding::Sum, row),
                    _ => {
                        row.operator(sign, false);
                        write(term, Binding::Product, row);
                    }
                }
            }
        }
        Expr::Product(factors) => {
            for (n, factor) in factors.iter().enumerate() {
                if n > 0 {
                    row.operator("·", true);
                }
                // A product of products needs no brackets; programs round it differently, people do not.
                write(factor, Binding::Product, row);
            }
        }
        Expr::Quotient(x, y) => {
            if matches!((&**x, &**y), (Expr::Sum(terms), Expr::Number(_)) if terms.len() > 2) {
                // A mean of several: 1/n times their sum, which may break.
                let (n, width) = whole(y);
                row.push(&format!("<mfrac><mn>1</mn>{n}</mfrac>"), width);
                row.operator("·", true);
                return bracketed(&[&**x], row);
            }
            let ((above, above_width), (below, below_width)) = (whole(x), whole(y));
            row.push(&format!("<mfrac>{above}{below}</mfrac>"), above_width.max(below_width));
        }
        Expr::Power(x, y) => {
            let mut base = Row::default();
            if wide_base(x) {
                bracketed(&[x], &mut base)
            } else {
                write(x, Binding::Atom, &mut base)
            }
            let ((base, width), (exponent, exponent_width)) = (base.whole(), whole(y));
            row.push(&format!("<msup>{base}{exponent}</msup>"), width + exponent_width);
        }
        Expr::Call(function, arguments) => call(*function, arguments, row),
        Expr::If { left, relation, right, then, otherwise } => {
            let [left, right, then, otherwise] = [left, right, then, otherwise].map(|x| whole(x));
            let sign = match relation {
                Relation::Above => "&gt;",
                Relation::Equal => "=",
            };
            let width = then.1.max(otherwise.1) + left.1 + right.1 + 8;
            row.push(
                &format!(
                    "<mrow><mo form=\"prefix\">{{</mo><mtable><mtr><mtd>{}</mtd><mtd><mrow><mtext>if\u{a0}</mtext>{}<mo>{sign}</mo>\
                     {}</mrow></mtd></mtr><mtr><mtd>{}</mtd><mtd><mtext>otherwise</mtext></mtd></mtr></mtable></mrow>",
                    then.0, left.0, right.0, otherwise.0
                ),
                width,
            );
        }
    }
}

fn call(function: Function, arguments: &[Expr<Leaf>], row: &mut Row) {
    let all: Vec<&Expr<Leaf>> = arguments.iter().collect();
    let name = match function {
        Function::Exp => {
            let (exponent, width) = whole(&arguments[0]);
            return row.push(&format!("<msup><mi>e</mi>{exponent}</msup>"), 1 + width);
        }
        Function::Sqrt => {
            let (radicand, width) = whole(&arguments[0]);
            return row.push(&format!("<msqrt>{radicand}</msqrt>"), 2 + width);
        }
        Function::Abs => {
            let (inner, width) = whole(&arguments[0]);
            let bar = |form| format!("<mo form=\"{form}\">|</mo>");
            return row.push(&format!("<mrow>{}{inner}{}</mrow>", bar("prefix"), bar("postfix")), 2 + width);
        }
        Function::Ln => "ln",
        Function::Tanh => "tanh",
        Function::Max => "max",
    };
    row.push(&format!("<mi>{name}</mi>"), name.len());
    bracketed(&all, row);
}
