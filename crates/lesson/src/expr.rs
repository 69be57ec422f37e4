//! An equation as a tree, written once and used five ways: as a cell's formula, as text in symbols, as text with the
//! present numbers plugged in, as MathML, and as a value.
//!
//! So what the workbook says, what it calculates and what it caches cannot part. Its leaves `R` are symbols of the
//! lesson ([`crate::Key`]) or cells. Order of operations: sums and products from left to right, as spreadsheets do.

use std::convert::Infallible;
use std::ops::{Add, Div, Mul, Neg, Sub};

use gradbook_engine::function::{LARGEST_EXPONENT, Real};

/// An expression over leaves `R`.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr<R> {
    /// A constant.
    Number(f64),
    /// A leaf.
    Of(R),
    /// `-x`.
    Neg(Box<Expr<R>>),
    /// At least one term.
    Sum(Vec<Expr<R>>),
    /// At least one factor.
    Product(Vec<Expr<R>>),
    /// `x / y`.
    Quotient(Box<Expr<R>>, Box<Expr<R>>),
    /// `x ^ y`.
    Power(Box<Expr<R>>, Box<Expr<R>>),
    /// A function of one or more arguments.
    Call(Function, Vec<Expr<R>>),
    /// `then` if the comparison holds, else `otherwise`.
    If {
        /// What is compared.
        left: Box<Expr<R>>,
        /// How.
        relation: Relation,
        /// With what.
        right: Box<Expr<R>>,
        /// The value if the comparison holds.
        then: Box<Expr<R>>,
        /// The value if it does not.
        otherwise: Box<Expr<R>>,
    },
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `left > right`.
    Above,
    /// `left = right`.
    Equal,
}

/// A function that every spreadsheet has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `e^x`; beyond ±690 as at ±690.
    Exp,
    /// The natural logarithm.
    Ln,
    /// The square root.
    Sqrt,
    /// The hyperbolic tangent.
    Tanh,
    /// The largest argument.
    Max,
    /// The absolute value.
    Abs,
}

/// A piece of a written expression.
pub enum Piece<'e, R> {
    /// Operators, brackets and names of functions.
    Text(&'e str),
    /// A constant.
    Number(f64),
    /// A leaf; what stands in its place needs brackets if it holds together less tightly than `place` demands.
    Of {
        /// The leaf.
        leaf: &'e R,
        /// How tightly its place demands that it holds together.
        place: Binding,
    },
}

/// How a written expression will be read.
#[derive(Clone, Copy, PartialEq)]
pub enum Reader {
    /// By a spreadsheet.
    Program,
    /// By a person, who does not count a hundred terms.
    Person,
}

/// A person is shown so many terms of a sum, then dots and the last.
const SHOWN_TERMS: usize = 8;

/// Whether a person is not shown term n of so many.
pub fn left_out(n: usize, terms: usize) -> bool {
    terms > SHOWN_TERMS && (SHOWN_TERMS - 2..terms - 1).contains(&n)
}

/// How tightly a piece of an expression holds together; what holds less tightly than its place demands gets brackets.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub enum Binding {
    /// A sum, or what begins with a sign.
    Sum,
    /// A product or quotient.
    Product,
    /// A power.
    Power,
    /// What needs no brackets anywhere.
    Atom,
}

impl<R> Expr<R> {
    /// The sum of these terms; of a single one itself.
    pub fn sum(terms: impl IntoIterator<Item = Expr<R>>) -> Expr<R> {
        let mut terms: Vec<Expr<R>> = terms.into_iter().collect();
        if terms.len() == 1 { terms.remove(0) } else { Expr::Sum(terms) }
    }

    /// `x²`.
    pub fn squared(self) -> Expr<R> {
        self.power(Expr::Number(2.0))
    }

    /// `x ^ exponent`.
    pub fn power(self, exponent: Expr<R>) -> Expr<R> {
        Expr::Power(Box::new(self), Box::new(exponent))
    }

    /// A function of this expression alone.
    pub fn call(self, function: Function) -> Expr<R> {
        Expr::Call(function, vec![self])
    }

    /// `then` if left > right, else `otherwise`.
    pub fn if_above(left: Expr<R>, right: Expr<R>, then: Expr<R>, otherwise: Expr<R>) -> Expr<R> {
        let [left, right, then, otherwise] = [left, right, then, otherwise].map(Box::new);
        Expr::If { left, relation: Relation::Above, right, then, otherwise }
    }

    /// `then` if left = right, else `otherwise`.
    pub fn if_equal(left: Expr<R>, right: Expr<R>, then: Expr<R>, otherwise: Expr<R>) -> Expr<R> {
        let [left, right, then, otherwise] = [left, right, then, otherwise].map(Box::new);
        Expr::If { left, relation: Relation::Equal, right, then, otherwise }
    }

    /// The same expression over other leaves.
    pub fn map<S>(&self, leaf: &impl Fn(&R) -> S) -> Expr<S> {
        let Ok(mapped) = self.bind(&mut |of| Ok::<_, Infallible>(Expr::Of(leaf(of))));
        mapped
    }

    /// The expression with another one in place of each leaf.
    ///
    /// # Errors
    /// The first that `leaf` gives.
    pub fn bind<S, E>(&self, leaf: &mut impl FnMut(&R) -> Result<Expr<S>, E>) -> Result<Expr<S>, E> {
        Ok(match self {
            Expr::Number(number) => Expr::Number(*number),
            Expr::Of(of) => leaf(of)?,
            Expr::Neg(x) => Expr::Neg(Box::new(x.bind(leaf)?)),
            Expr::Sum(terms) => Expr::Sum(bind_all(terms, leaf)?),
            Expr::Product(factors) => Expr::Product(bind_all(factors, leaf)?),
            Expr::Quotient(x, y) => Expr::Quotient(Box::new(x.bind(leaf)?), Box::new(y.bind(leaf)?)),
            Expr::Power(x, y) => Expr::Power(Box::new(x.bind(leaf)?), Box::new(y.bind(leaf)?)),
            Expr::Call(function, arguments) => Expr::Call(*function, bind_all(arguments, leaf)?),
            Expr::If { left, relation, right, then, otherwise } => Expr::If {
                left: Box::new(left.bind(leaf)?),
                relation: *relation,
                right: Box::new(right.bind(leaf)?),
                then: Box::new(then.bind(leaf)?),
                otherwise: Box::new(otherwise.bind(leaf)?),
            },
        })
    }

    /// All leaves, from left to right.
    pub fn leaves(&self) -> Vec<R>
    where
        R: Clone,
    {
        let mut leaves = Vec::new();
        let Ok(_) = self.bind(&mut |of: &R| {
            leaves.push(of.clone());
            Ok::<Expr<R>, Infallible>(Expr::Number(0.0))
        });
        leaves
    }

    /// How many parts lie within each other.
    pub fn depth(&self) -> usize {
        let deepest = |list: &[Expr<R>]| list.iter().map(Expr::depth).max().unwrap_or(0);
        1 + match self {
            Expr::Number(_) | Expr::Of(_) => 0,
            Expr::Neg(x) => x.depth(),
            Expr::Sum(list) | Expr::Product(list) | Expr::Call(_, list) => deepest(list),
            Expr::Quotient(x, y) | Expr::Power(x, y) => x.depth().max(y.depth()),
            Expr::If { left, right, then, otherwise, .. } => {
                [left, right, then, otherwise].into_iter().map(|x| x.depth()).max().unwrap_or(0)
            }
        }
    }

    /// How many parts there are in all.
    pub fn parts(&self) -> usize {
        let all = |list: &[Expr<R>]| list.iter().map(Expr::parts).sum::<usize>();
        1 + match self {
            Expr::Number(_) | Expr::Of(_) => 0,
            Expr::Neg(x) => x.parts(),
            Expr::Sum(list) | Expr::Product(list) | Expr::Call(_, list) => all(list),
            Expr::Quotient(x, y) | Expr::Power(x, y) => x.parts() + y.parts(),
            Expr::If { left, right, then, otherwise, .. } => {
                [left, right, then, otherwise].into_iter().map(|x| x.parts()).sum()
            }
        }
    }

    /// The expression's value, from the values of its leaves.
    pub fn value(&self, of: &impl Fn(&R) -> f64) -> f64 {
        match self {
            Expr::Number(number) => *number,
            Expr::Of(leaf) => of(leaf),
            Expr::Neg(x) => -x.value(of),
            Expr::Sum(terms) => terms.iter().map(|x| x.value(of)).reduce(|left, x| left + x).unwrap_or(0.0),
            Expr::Product(factors) => factors.iter().map(|x| x.value(of)).reduce(|left, x| left * x).unwrap_or(1.0),
            Expr::Quotient(x, y) => x.value(of) / y.value(of),
            Expr::Power(x, y) => match (x.value(of), y.value(of)) {
                (x, 2.0) => x * x,
                (x, y) => libm::pow(x, y),
            },
            Expr::Call(function, arguments) => {
                let mut values = arguments.iter().map(|x| x.value(of));
                let first = values.next().unwrap_or(f64::NAN);
                match function {
                    Function::Exp => libm::exp(first.clamp(-LARGEST_EXPONENT, LARGEST_EXPONENT)),
                    Function::Ln => libm::log(first),
                    Function::Sqrt => first.sqrt(),
                    Function::Tanh => libm::tanh(first),
                    Function::Max => values.fold(first, f64::max),
                    Function::Abs => first.abs(),
                }
            }
            Expr::If { left, relation, right, then, otherwise } => {
                let (left, right) = (left.value(of), right.value(of));
                let holds = match relation {
                    Relation::Above => left > right,
                    Relation::Equal => left == right,
                };
                if holds { then.value(of) } else { otherwise.value(of) }
            }
        }
    }

    /// The expression from left to right, with the brackets that its order of operations needs.
    pub fn pieces<'e>(&'e self, reader: Reader, write: &mut impl FnMut(Piece<'e, R>)) {
        self.write(Binding::Sum, reader, write);
    }

    /// The expression as a line of text, with a name or number in place of each leaf.
    pub fn in_symbols(&self, name: &impl Fn(&R) -> String) -> String {
        let mut text = String::new();
        self.pieces(Reader::Person, &mut |piece| match piece {
            Piece::Text(part) => text.push_str(&part.replace('*', " · ")),
            Piece::Number(number) => text.push_str(&constant(number)),
            Piece::Of { leaf, place } => {
                let name = name(leaf);
                // A fraction is written in one line here, and a sign would meet an operator.
                let is_bracketed =
                    place == Binding::Atom && name.contains('/') || place > Binding::Sum && name.starts_with('-');
                text.push_str(&if is_bracketed { format!("({name})") } else { name });
            }
        });
        text.replace("^2", "²")
    }

    /// How tightly the expression as a whole holds together.
    pub fn binding(&self) -> Binding {
        match self {
            Expr::Number(number) if *number < 0.0 => Binding::Sum,
            Expr::Neg(_) | Expr::Sum(_) => Binding::Sum,
            Expr::Product(_) | Expr::Quotient(..) => Binding::Product,
            Expr::Power(..) => Binding::Power,
            _ => Binding::Atom,
        }
    }

    fn write<'e>(&'e self, needed: Binding, reader: Reader, write: &mut impl FnMut(Piece<'e, R>)) {
        let brackets = self.binding() < needed;
        if brackets {
            write(Piece::Text("("));
        }
        match self {
            Expr::Number(number) => write(Piece::Number(*number)),
            Expr::Of(leaf) => write(Piece::Of { leaf, place: needed }),
            Expr::Neg(x) => {
                write(Piece::Text("-"));
                x.write(Binding::Product, reader, write);
            }
            Expr::Sum(terms) => {
                let left_out = |n: usize| reader == Reader::Person && left_out(n, terms.len());
                for (n, term) in terms.iter().enumerate() {
                    match (n, term) {
                        (n, _) if left_out(n) => {
                            if !left_out(n - 1) {
                                write(Piece::Text(" + ..."));
                            }
                        }
                        (0, term) => term.write(Binding::Sum, reader, write),
                        (_, Expr::Neg(x)) => {
                            write(Piece::Text(" - "));
                            x.write(Binding::Product, reader, write);
                        }
                        (_, term) => {
                            write(Piece::Text(" + "));
                            term.write(Binding::Product, reader, write);
                        }
                    }
                }
            }
            Expr::Product(factors) => {
                for (n, factor) in factors.iter().enumerate() {
                    if n > 0 {
                        write(Piece::Text("*"));
                    }
                    factor.write(if n == 0 { Binding::Product } else { Binding::Power }, reader, write);
                }
            }
            Expr::Quotient(x, y) => {
                x.write(Binding::Product, reader, write);
                write(Piece::Text("/"));
                y.write(Binding::Power, reader, write);
            }
            Expr::Power(x, y) => {
                x.write(Binding::Atom, reader, write);
                write(Piece::Text("^"));
                y.write(Binding::Atom, reader, write);
            }
            Expr::Call(Function::Exp, arguments) if reader == Reader::Program => {
                // For a person it is the exponential function; a cell keeps it within the numbers of a spreadsheet.
                for (text, limit) in [("EXP(MAX(", -LARGEST_EXPONENT), (",MIN(", LARGEST_EXPONENT)] {
                    write(Piece::Text(text));
                    write(Piece::Number(limit));
                }
                write(Piece::Text(","));
                arguments.iter().for_each(|x| x.write(Binding::Sum, reader, write));
                write(Piece::Text(")))"));
            }
            Expr::Call(function, arguments) => {
                write(Piece::Text(function.name()));
                list(arguments, reader, write);
            }
            Expr::If { left, relation, right, then, otherwise } => {
                write(Piece::Text("IF("));
                left.write(Binding::Sum, reader, write);
                write(Piece::Text(match relation {
                    Relation::Above => ">",
                    Relation::Equal => "=",
                }));
                right.write(Binding::Sum, reader, write);
                for case in [then, otherwise] {
                    write(Piece::Text(", "));
                    case.write(Binding::Sum, reader, write);
                }
                write(Piece::Text(")"));
            }
        }
        if brackets {
            write(Piece::Text(")"));
        }
    }
}

fn bind_all<R, S, E>(list: &[Expr<R>], leaf: &mut impl FnMut(&R) -> Result<Expr<S>, E>) -> Result<Vec<Expr<S>>, E> {
    list.iter().map(|x| x.bind(leaf)).collect()
}

fn list<'e, R>(arguments: &'e [Expr<R>], reader: Reader, write: &mut impl FnMut(Piece<'e, R>)) {
    for (n, argument) in arguments.iter().enumerate() {
        write(Piece::Text(if n == 0 { "(" } else { ", " }));
        argument.write(Binding::Sum, reader, write);
    }
    write(Piece::Text(")"));
}

/// A constant as formulas and texts write it.
pub fn constant(number: f64) -> String {
    if number.abs() < 1e15 && (number == 0.0 || number.abs() >= 1e-5) {
        return number.to_string();
    }
    let text = format!("{number:E}");
    if text.contains("E-") { text } else { text.replace('E', "E+") }
}

impl Function {
    /// As spreadsheets call it.
    fn name(self) -> &'static str {
        match self {
            Function::Exp => "EXP",
            Function::Ln => "LN",
            Function::Sqrt => "SQRT",
            Function::Tanh => "TANH",
            Function::Max => "MAX",
            Function::Abs => "ABS",
        }
    }
}

impl<R> Add for Expr<R> {
    type Output = Expr<R>;

    fn add(self, term: Expr<R>) -> Expr<R> {
        match self {
            Expr::Sum(mut terms) => {
                terms.push(term);
                Expr::Sum(terms)
            }
            first => Expr::Sum(vec![first, term]),
        }
    }
}

impl<R> Sub for Expr<R> {
    type Output = Expr<R>;

    fn sub(self, term: Expr<R>) -> Expr<R> {
        self + -term
    }
}

impl<R> Neg for Expr<R> {
    type Output = Expr<R>;

    fn neg(self) -> Expr<R> {
        Expr::Neg(Box::new(self))
    }
}

impl<R> Mul for Expr<R> {
    type Output = Expr<R>;

    fn mul(self, factor: Expr<R>) -> Expr<R> {
        match self {
            Expr::Product(mut factors) => {
                factors.push(factor);
                Expr::Product(factors)
            }
            first => Expr::Product(vec![first, factor]),
        }
    }
}

impl<R> Div for Expr<R> {
    type Output = Expr<R>;

    fn div(self, divisor: Expr<R>) -> Expr<R> {
        Expr::Quotient(Box::new(self), Box::new(divisor))
    }
}

/// The functions and losses of networks, written as an equation.
impl<R: Clone> Real for Expr<R> {
    fn number(x: f64) -> Expr<R> {
        Expr::Number(x)
    }

    fn exp(self) -> Expr<R> {
        self.call(Function::Exp)
    }

    fn ln(self) -> Expr<R> {
        self.call(Function::Ln)
    }

    fn tanh(self) -> Expr<R> {
        self.call(Function::Tanh)
    }

    fn squared(self) -> Expr<R> {
        Expr::squared(self)
    }

    fn max(self, other: Expr<R>) -> Expr<R> {
        Expr::Call(Function::Max, vec![self, other])
    }

    fn if_above(self, limit: Expr<R>, then: Expr<R>, otherwise: Expr<R>) -> Expr<R> {
        Expr::if_above(self, limit, then, otherwise)
    }
}

impl<R> From<f64> for Expr<R> {
    fn from(number: f64) -> Expr<R> {
        Expr::Number(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(expr: &Expr<char>) -> String {
        let mut text = String::new();
        expr.pieces(Reader::Program, &mut |piece| match piece {
            Piece::Text(part) => text.push_str(part),
            Piece::Number(number) => text.push_str(&number.to_string()),
            Piece::Of { leaf, .. } => text.push(*leaf),
        });
        text
    }

    #[test]
    fn brackets_stand_where_the_order_of_operations_needs_them() {
        let [a, b, c] = ['a', 'b', 'c'].map(Expr::Of);
        let cases = [
            (a.clone() - (b.clone() - c.clone()), "a - (b - c)"),
            ((a.clone() + b.clone()) * c.clone(), "(a + b)*c"),
            (a.clone() * (b.clone() * c.clone()), "a*(b*c)"),
            (a.clone() * b.clone() / c.clone(), "a*b/c"),
            (a.clone() / (b.clone() * c.clone()), "a/(b*c)"),
            ((-a.clone()).squared(), "(-a)^2"),
            (-(a.clone() * b.clone().call(Function::Ln)), "-a*LN(b)"),
            (a.clone() * (-b.clone()), "a*(-b)"),
            ((a - b).squared() * c, "(a - b)^2*c"),
        ];
        for (expr, text) in cases {
            assert_eq!(written(&expr), text);
        }
    }
}
