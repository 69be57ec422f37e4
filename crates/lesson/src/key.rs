//! The quantities of a lesson and what they are called: one table for cells, text, pages and code.
//!
//! With at most one hidden layer, names are those of the class: inputs i1, i2, ...; hidden units h1, ... with
//! activations a_h1, ...; outputs o1, ... with activations a_o1, ...; targets t1, ...; weights w1, w2, ... row by row
//! over all layers (w1, w2 lead from i1, i2 to h1, the next row to h2, and so on), biases b1, b2, ... likewise. Deeper
//! networks number by layers: unit 3 of hidden layer 2 is h2_3, its weight from unit 1 of the layer before w2_3_1.

use crate::Param;

use super::Theory;

/// A quantity. Samples, layers and units are counted from 0, layers from the input on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// Input `(sample, i)`.
    X(usize, usize),
    /// Target `(sample, k)`.
    T(usize, usize),
    /// A weight or bias.
    P(Param),
    /// Weighted sum `(sample, layer, unit)`.
    Z(usize, usize, usize),
    /// Activation `(sample, layer, unit)`.
    A(usize, usize, usize),
    /// Error `(sample, k)` of one output.
    E(usize, usize),
    /// The error of a sample: the sum over its outputs.
    Error(usize),
    /// The mean of the samples' errors.
    Loss,
    /// ∂E/∂a `(sample, layer, unit)`.
    Da(usize, usize, usize),
    /// ∂a/∂z `(sample, layer, unit)`.
    Slope(usize, usize, usize),
    /// ∂a_m/∂z_k `(sample, m, k)` of a softmax.
    Jacobian(usize, usize, usize),
    /// ∂E/∂z `(sample, layer, unit)`.
    Dz(usize, usize, usize),
    /// `Path(sample, layer, j, k)`: the share of ∂E/∂a of unit j that comes through unit k of the next layer.
    Path(usize, usize, usize, usize),
    /// ∂z/∂p: the input that a weight multiplies, 1 for a bias.
    Factor(usize, Param),
    /// ∂E/∂p of one sample's error.
    Own(usize, Param),
    /// The gradient of the loss.
    G(Param),
    /// The optimizer's momentum, or its mean of gradients, with the present gradient in it.
    M(Param),
    /// The optimizer's mean of squared gradients likewise.
    V(Param),
    /// The same before the present gradient.
    MBefore(Param),
    VBefore(Param),
    /// A parameter after the update.
    Next(Param),
    Rate,
    /// The learning rate, or 0 after divergence.
    StepRate,
    Momentum,
    Beta1,
    Beta2,
    Epsilon,
    /// The number of updates before this state.
    Count,
    /// Which mistake is made; 0 for none.
    Slip,
}

/// What a quantity is called: base and subscript, or a derivative of one by another, perhaps only along one way.
#[derive(Clone, Debug, PartialEq)]
pub enum Name {
    Symbol { base: String, sub: String, text: String },
    Derivative { of: Box<Name>, by: Box<Name>, via: Option<String> },
}

#[expect(clippy::needless_pass_by_value, reason = "numbers and texts are written where the name is made")]
impl Name {
    /// `w` and `5` are `w5`.
    fn joined(base: &str, sub: impl ToString) -> Name {
        let (base, sub) = (base.to_owned(), sub.to_string());
        Name::Symbol { text: format!("{base}{sub}"), base, sub }
    }

    /// `a` and `h1` are `a_h1`.
    fn subscript(base: &str, sub: impl ToString) -> Name {
        let (base, sub) = (base.to_owned(), sub.to_string());
        Name::Symbol { text: format!("{base}_{sub}"), base, sub }
    }

    fn derivative(of: Name, by: Name) -> Name {
        Name::Derivative { of: Box::new(of), by: Box::new(by), via: None }
    }

    pub fn text(&self) -> String {
        match self {
            Name::Symbol { text, .. } => text.clone(),
            Name::Derivative { of, by, via } => {
                let via = via.as_ref().map_or(String::new(), |unit| format!(" via {unit}"));
                format!("∂{}/∂{}{via}", of.text(), by.text())
            }
        }
    }
}

impl Theory {
    /// The symbol in a derivation, which is about one sample.
    pub fn name(&self, key: Key) -> Name {
        let network = &self.network;
        let deep = network.last() > 1;
        let error = || Name::joined("E", "");
        let unit = |l: usize, j: usize| match l {
            l if l == network.last() => Name::joined("o", j + 1),
            l if deep => Name::joined("h", format!("{}_{}", l + 1, j + 1)),
            _ => Name::joined("h", j + 1),
        };
        let activation = |l: usize, j: usize| Name::subscript("a", unit(l, j).text());
        let parameter = |p: Param| match p {
            Param::W(l, j, i) if deep => Name::joined("w", format!("{}_{}_{}", l + 1, j + 1, i + 1)),
            Param::B(l, j) if deep => Name::joined("b", format!("{}_{}", l + 1, j + 1)),
            Param::W(l, j, i) => {
                let before: usize = (0..l).map(|l| network.inputs(l) * network.units(l)).sum();
                Name::joined("w", before + j * network.inputs(l) + i + 1)
            }
            Param::B(l, j) => {
                let before: usize = (0..l).filter(|&l| network.layers[l].bias).map(|l| network.units(l)).sum();
                Name::joined("b", before + j + 1)
            }
        };
        let layer_of = |p: Param| match p {
            Param::W(l, j, _) | Param::B(l, j) => unit(l, j),
        };
        match key {
            Key::X(_, i) => Name::joined("i", i + 1),
            Key::T(_, k) => Name::joined("t", k + 1),
            Key::P(p) => parameter(p),
            Key::Z(_, l, j) => unit(l, j),
            Key::A(_, l, j) => activation(l, j),
            Key::E(_, k) => Name::joined("E", k + 1),
            Key::Error(_) => error(),
            Key::Loss => Name::subscript("E", "tot"),
            Key::Da(_, l, j) => Name::derivative(error(), activation(l, j)),
            Key::Slope(_, l, j) => Name::derivative(activation(l, j), unit(l, j)),
            Key::Jacobian(_, m, k) => Name::derivative(activation(network.last(), m), unit(network.last(), k)),
            Key::Dz(_, l, j) => Name::derivative(error(), unit(l, j)),
            Key::Path(_, l, j, k) if l + 1 == network.last() && !self.network.softmax() => {
                Name::derivative(Name::joined("E", k + 1), activation(l, j))
            }
            Key::Path(_, l, j, k) => Name::Derivative {
                of: Box::new(error()),
                by: Box::new(activation(l, j)),
                via: Some(unit(l + 1, k).text()),
            },
            Key::Factor(_, p) => Name::derivative(layer_of(p), parameter(p)),
            Key::Own(_, p) => Name::derivative(error(), parameter(p)),
            Key::G(p) if self.samples > 1 => Name::derivative(Name::subscript("E", "tot"), parameter(p)),
            Key::G(p) => Name::derivative(error(), parameter(p)),
            Key::M(p) => Name::subscript("m", parameter(p).text()),
            Key::V(p) => Name::subscript("v", parameter(p).text()),
            Key::MBefore(p) => Name::subscript("m", format!("{} before", parameter(p).text())),
            Key::VBefore(p) => Name::subscript("v", format!("{} before", parameter(p).text())),
            Key::Next(p) => Name::subscript(&parameter(p).text(), "new"),
            Key::Rate | Key::StepRate => Name::joined("rate", ""),
            Key::Momentum => Name::joined("momentum", ""),
            Key::Beta1 => Name::joined("beta", 1),
            Key::Beta2 => Name::joined("beta", 2),
            Key::Epsilon => Name::joined("epsilon", ""),
            Key::Count => Name::joined("n", ""),
            Key::Slip => Name::joined("slip", ""),
        }
    }

    /// The symbol in one line.
    pub fn text(&self, key: Key) -> String {
        self.name(key).text()
    }

    /// The symbol in a table, where a quantity of one sample bears that sample's number.
    pub fn table_name(&self, key: Key) -> String {
        let name = self.name(key).text();
        match self.table_sample(key) {
            Some(s) => format!("{name}[{}]", s + 1),
            None => name,
        }
    }

    /// The sample that a quantity is of, if it is of one.
    pub fn sample_of(&self, key: Key) -> Option<usize> {
        match key {
            Key::Da(s, ..) | Key::Slope(s, ..) | Key::Jacobian(s, ..) | Key::Path(s, ..) | Key::Factor(s, _) => Some(s),
            Key::X(s, _)
            | Key::T(s, _)
            | Key::Z(s, ..)
            | Key::A(s, ..)
            | Key::E(s, _)
            | Key::Error(s)
            | Key::Dz(s, ..)
            | Key::Own(s, _) => Some(s),
            _ => None,
        }
    }

    /// The sample whose number a symbol bears in a table.
    pub fn table_sample(&self, key: Key) -> Option<usize> {
        match key {
            Key::X(s, _)
            | Key::T(s, _)
            | Key::Z(s, ..)
            | Key::A(s, ..)
            | Key::E(s, _)
            | Key::Error(s)
            | Key::Dz(s, ..)
            | Key::Own(s, _)
                if self.samples > 1 =>
            {
                Some(s)
            }
            _ => None,
        }
    }
}
