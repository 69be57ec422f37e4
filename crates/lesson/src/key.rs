//! The quantities of a lesson, and the form that a name has. What each is called: `names.rs`.

use crate::Param;

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
    /// [`Key::M`] before the present gradient.
    MBefore(Param),
    /// The mean of squared gradients before the present gradient.
    VBefore(Param),
    /// A parameter after the update.
    Next(Param),
    /// The learning rate.
    Rate,
    /// The learning rate, or 0 after divergence.
    StepRate,
    /// How much of its speed a step of momentum keeps.
    Momentum,
    /// How much of the mean of gradients a step of Adam keeps.
    Beta1,
    /// How much of the mean of squared gradients a step of Adam keeps.
    Beta2,
    /// What keeps Adam's division defined where gradients vanish.
    Epsilon,
    /// The number of updates before this state.
    Count,
    /// Which mistake is made; 0 for none.
    Slip,
}

/// What a quantity is called: base and subscript, or a derivative of one by another, perhaps only along one way.
#[derive(Clone, Debug, PartialEq)]
pub enum Name {
    /// `w5`, `a_h1`.
    Symbol {
        /// `w`, `a`.
        base: String,
        /// `5`, `h1`.
        sub: String,
        /// Both in one line.
        text: String,
    },
    /// `∂of/∂by`.
    Derivative {
        /// What changes.
        of: Box<Name>,
        /// What it changes with.
        by: Box<Name>,
        /// The unit that the change goes through, if it is only that share.
        via: Option<String>,
    },
}

#[expect(clippy::needless_pass_by_value, reason = "numbers and texts are written where the name is made")]
impl Name {
    /// `w` and `5` are `w5`.
    pub(crate) fn joined(base: &str, sub: impl ToString) -> Name {
        let (base, sub) = (base.to_owned(), sub.to_string());
        Name::Symbol { text: format!("{base}{sub}"), base, sub }
    }

    /// `a` and `h1` are `a_h1`.
    pub(crate) fn subscript(base: &str, sub: impl ToString) -> Name {
        let (base, sub) = (base.to_owned(), sub.to_string());
        Name::Symbol { text: format!("{base}_{sub}"), base, sub }
    }

    pub(crate) fn derivative(of: Name, by: Name) -> Name {
        Name::Derivative { of: Box::new(of), by: Box::new(by), via: None }
    }

    /// The name in one line: `w5`, `∂E/∂a_h1 via o2`.
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
