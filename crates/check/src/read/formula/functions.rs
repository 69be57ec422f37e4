//! What functions of spreadsheets stand for: sums and products, and the few that equations have.

use super::array::{Array, Unknown, parts_of_zip};
use super::reference::Tree;
use gradbook_lesson::{Expr, Function};

/// Whether there is a number of arguments with which a function is understood.
pub(super) fn is_known(name: &str) -> bool {
    let ones = |count: usize| (0..count).map(|_| Expr::Number(1.0).into()).collect();
    (1..=3).any(|count| call(name, ones(count)).is_ok())
}

/// How many parts a function makes at most, where it writes its arguments down more than once or element by element.
pub(super) fn parts(name: &str, arguments: &[Array]) -> usize {
    match (name, arguments) {
        ("SIGN" | "COSH" | "SINH" | "TRANSPOSE", [x]) => 2 * x.parts() + 8 * x.items.len(),
        ("MMULT", [x, y]) => x.parts() * y.columns + y.parts() * x.rows(),
        ("SUMPRODUCT" | "SUMXMY2" | "POWER" | "LOG", [_, ..]) => 2 * arguments.len() * parts_of_zip(arguments),
        _ => 2 * arguments.iter().map(|array| array.items.len()).sum::<usize>(),
    }
}

/// A power; of a number that was typed for e, the exponential function.
pub(super) fn power(base: Tree, exponent: Tree) -> Tree {
    match base {
        Expr::Number(e) if (e - std::f64::consts::E).abs() < 1e-3 => exponent.call(Function::Exp),
        base => base.power(exponent),
    }
}

/// What a function stands for.
///
/// # Errors
/// If it is unknown, or its arguments are not as many or not of the shape that it needs.
pub(super) fn call(name: &str, arguments: Vec<Array>) -> Result<Array, Unknown> {
    let number = Expr::Number;
    let all = |arguments: Vec<Array>| arguments.into_iter().flat_map(|array| array.items).collect::<Vec<_>>();
    let sum_of = |items: Vec<Tree>| if items.is_empty() { number(0.0) } else { Expr::sum(items) };
    let reduced = match name {
        "SUM" => sum_of(all(arguments)),
        "PRODUCT" => Expr::Product(all(arguments)),
        "AVERAGE" => {
            let items = all(arguments);
            let count = number(items.len() as f64);
            sum_of(items) / count
        }
        "SUMSQ" => sum_of(all(arguments).into_iter().map(Expr::squared).collect()),
        "MAX" => Expr::Call(Function::Max, all(arguments)),
        "MIN" => -Expr::Call(Function::Max, all(arguments).into_iter().map(|x| -x).collect()),
        "SUMPRODUCT" => {
            let product = arguments.into_iter().map(Ok).reduce(|left, right| left?.zip(right?, |x, y| x * y));
            sum_of(product.ok_or(Unknown)??.items)
        }
        "AND" | "OR" => return Err(Unknown),
        _ => return element_wise(name, arguments),
    };
    Ok(reduced.into())
}

fn element_wise(name: &str, arguments: Vec<Array>) -> Result<Array, Unknown> {
    let number = Expr::Number;
    let one = |function: Function| move |x: Tree| x.call(function);
    match (name, <[Array; 1]>::try_from(arguments)) {
        ("EXP", Ok([x])) => Ok(x.map(one(Function::Exp))),
        ("LN", Ok([x])) => Ok(x.map(one(Function::Ln))),
        ("LOG10" | "LOG", Ok([x])) => Ok(x.map(|x| x.call(Function::Ln) / number(std::f64::consts::LN_10))),
        ("SQRT", Ok([x])) => Ok(x.map(one(Function::Sqrt))),
        ("TANH", Ok([x])) => Ok(x.map(one(Function::Tanh))),
        ("ABS", Ok([x])) => Ok(x.map(one(Function::Abs))),
        ("N" | "VALUE" | "IFERROR" | "SINGLE", Ok([x])) => Ok(x),
        ("SIGN", Ok([x])) => Ok(x.map(|x| {
            let negative = Expr::if_above(number(0.0), x.clone(), number(-1.0), number(0.0));
            Expr::if_above(x, number(0.0), number(1.0), negative)
        })),
        ("COSH" | "SINH", Ok([x])) => Ok(x.map(|x| {
            let (up, down) = (x.clone().call(Function::Exp), (-x).call(Function::Exp));
            (if name == "COSH" { up + down } else { up - down }) / number(2.0)
        })),
        ("TRANSPOSE", Ok([x])) => {
            let (rows, columns) = (x.rows(), x.columns);
            let items = (0..columns).flat_map(|c| (0..rows).map(move |r| r * columns + c));
            Ok(Array { columns: rows, items: items.map(|at| x.items[at].clone()).collect() })
        }
        (_, Ok(_)) => Err(Unknown),
        (name, Err(arguments)) => of_several(name, arguments),
    }
}

fn of_several(name: &str, arguments: Vec<Array>) -> Result<Array, Unknown> {
    match (name, <[Array; 2]>::try_from(arguments)) {
        ("POWER", Ok([x, y])) => x.zip(y, power),
        ("LOG", Ok([x, base])) => x.zip(base, |x, base| x.call(Function::Ln) / base.call(Function::Ln)),
        // How a result is shown, not what it is.
        ("ROUND" | "ROUNDUP" | "ROUNDDOWN" | "IFERROR", Ok([x, _])) => Ok(x),
        ("SUMXMY2", Ok([x, y])) => Ok(Expr::sum(x.zip(y, |x, y| (x - y).squared())?.items).into()),
        ("MMULT", Ok([x, y])) if x.columns == y.rows() => {
            let element = |r: usize, c: usize| {
                let products =
                    (0..x.columns).map(|k| x.items[r * x.columns + k].clone() * y.items[k * y.columns + c].clone());
                Expr::sum(products)
            };
            let items = (0..x.rows()).flat_map(|r| (0..y.columns).map(move |c| (r, c)));
            Ok(Array { columns: y.columns, items: items.map(|(r, c)| element(r, c)).collect() })
        }
        (_, Ok(_)) => Err(Unknown),
        ("IF", Err(arguments)) => match <[Array; 3]>::try_from(arguments) {
            Ok([condition, then, otherwise]) => {
                let [Ok(condition), Ok(then), Ok(otherwise)] =
                    [condition, then, otherwise].map(|array| <[Tree; 1]>::try_from(array.items))
                else {
                    return Err(Unknown);
                };
                let ([condition], [then], [otherwise]) = (condition, then, otherwise);
                Ok(Expr::if_equal(condition, Expr::Number(0.0), otherwise, then).into())
            }
            Err(_) => Err(Unknown),
        },
        (_, Err(_)) => Err(Unknown),
    }
}
