//! What a header means: `w5`, `∂E_t/∂w₅`, `a_o1`, `Total error` and their many spellings become roles.
//!
//! Nothing here knows the network. A number in a name is only a number; which weight is the third, the forward columns
//! tell ([`super::meaning`]).

mod name;
mod tokens;
mod words;

use name::Name;
use tokens::{Token, canonical, tokens};
use words::{AFTER, BEFORE, NEW};

/// Longer texts are notes.
const MAX_CHARS: usize = 48;

/// What stands in a column (or row) of somebody's table.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Role {
    Input(u32),
    Target(u32),
    Weight(Index),
    Bias(Index),
    /// A unit's weighted sum.
    Sum(Unit),
    Activation(Unit),
    /// The error of one output.
    Error(u32),
    /// The error of all outputs.
    Total,
    /// A derivative of one role by another; of the error by a weight it is a gradient.
    Derivative(Box<Role>, Box<Role>),
    /// A weight or bias after the update.
    Next(Box<Role>),
    /// By how much an update changes a weight or bias.
    Change(Box<Role>),
    /// What comes back to a unit: the derivative of the error by its weighted sum, with whatever sign.
    Delta(Unit),
    Rate,
    /// Counts the updates.
    Step,
    /// The same of one sample of several, counted from 0.
    Sample(usize, Box<Role>),
}

/// The numbers in a name: `w5` has one, `w2_3_1` three.
pub(crate) type Index = Vec<u32>;

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Unit {
    pub(crate) family: Family,
    pub(crate) index: Index,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Family {
    Hidden,
    Output,
    /// The name does not tell: `z1`, `a2`.
    Any,
}

impl Role {
    /// The role that a header names.
    pub(crate) fn of(text: &str) -> Option<Role> {
        if text.chars().count() > MAX_CHARS {
            return None;
        }
        let whole = tokens(text).and_then(|tokens| role(&tokens)).or_else(|| Role::among_words(text));
        // `w1 (i1→h1)`: what stands in brackets behind a name explains it.
        whole.or_else(|| {
            let (name, note) = text.split_once('(')?;
            let is_name = note.trim_end().ends_with(')') && name.chars().any(|letter| letter.is_ascii_digit());
            if is_name { role(&tokens(name)?) } else { None }
        })
    }

    /// The role of the only symbol among words, lines or brackets: `Output 1 (out_o1)`, `Weight w1`, `x1 [-]`.
    fn among_words(text: &str) -> Option<Role> {
        let plain = canonical(text);
        // `h1 at p + h` is another number than h1.
        if plain.contains(" + ") || plain.contains(" - ") {
            return None;
        }
        let parts = plain.split(|letter: char| letter.is_whitespace() || "()[]:=;,".contains(letter));
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        let is_symbol =
            |part: &str| part.chars().any(char::is_alphabetic) && part.chars().any(|letter| letter.is_ascii_digit());
        let symbols: Vec<&str> = parts.iter().copied().filter(|part| is_symbol(part)).collect();
        let [symbol] = symbols.as_slice() else { return None };
        let role = role(&tokens(symbol)?)?;
        let says = |words: &[&str]| parts.iter().any(|part| words.contains(part));
        Some(match role {
            Role::Sum(unit) if says(&AFTER) && !says(&BEFORE) => Role::Activation(unit),
            Role::Weight(_) | Role::Bias(_) if says(&["gradient", "grad", "derivative", "slope"]) => role.gradient(),
            Role::Weight(_) | Role::Bias(_) if says(&["new", "updated", "next"]) => Role::Next(Box::new(role)),
            role => role,
        })
    }

    /// The derivative of a unit's activation by its weighted sum.
    fn slope(unit: Unit) -> Role {
        Role::Derivative(Box::new(Role::Activation(unit.clone())), Box::new(Role::Sum(unit)))
    }

    /// The gradient of the error by that role.
    pub(crate) fn gradient(self) -> Role {
        Role::Derivative(Box::new(Role::Total), Box::new(self))
    }
}

/// What a group's header above makes of the names below it: `Gradients` above `w1`, `w2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Gradients,
    Updated,
    /// Weights as they are before the update.
    Present,
}

impl Group {
    pub(crate) fn of(text: &str) -> Option<Group> {
        let words: String = canonical(text).chars().filter(|letter| letter.is_alphabetic()).collect();
        let starts = |list: &[&str]| list.iter().any(|start| words.starts_with(start));
        match words.as_str() {
            _ if words.len() > 32 => None,
            "ded" | "detd" | "detotald" | "detotd" | "dld" | "djd" | "dlossd" | "dedw" | "detdw" | "dldw" | "dw"
            | "backward" | "backwardpass" | "backprop" => Some(Group::Gradients),
            _ if starts(&["grad", "derivative", "partial", "weightgradient"]) => Some(Group::Gradients),
            _ if starts(&["new", "updated", "weightsafter", "next", "afterupdate"]) => Some(Group::Updated),
            "old" | "oldweight" | "oldvalue" | "current" | "currentweight" | "before" | "value" => Some(Group::Present),
            _ => None,
        }
    }

    /// The role of a name below that header.
    pub(crate) fn apply(self, role: Role) -> Role {
        match (self, role) {
            (Group::Gradients, role @ (Role::Weight(_) | Role::Bias(_))) => role.gradient(),
            (Group::Updated, role @ (Role::Weight(_) | Role::Bias(_))) => Role::Next(Box::new(role)),
            (_, role) => role,
        }
    }
}

fn role(tokens: &[Token]) -> Option<Role> {
    if let Some((Token::Sample(sample), before)) = tokens.split_last() {
        return Some(Role::Sample(*sample, Box::new(role(before)?)));
    }
    let slashes: Vec<usize> = (0..tokens.len()).filter(|&at| tokens[at] == Token::Slash).collect();
    match *slashes.as_slice() {
        [] => {
            if let Some(weight) = weight_between(tokens) {
                return Some(weight);
            }
            // `σ'(z1)`.
            if let [Token::Word(function), Token::New, of @ ..] = tokens
                && ["sigma", "sigmoid", "f", "g", "tanh"].contains(&function.as_str())
                && let Role::Sum(unit) | Role::Activation(unit) = role(of)?
            {
                return Some(Role::slope(unit));
            }
            let name = Name::of(tokens)?;
            name.written_together().or_else(|| name.role())
        }
        [at] => {
            if let Some((Token::Word(first), rest)) = tokens[at + 1..].split_first()
                && let Some(by) = first.strip_prefix('d')
                && let Some(by) = weight_between(&[&[Token::Word(by.to_owned())], rest].concat())
            {
                return derivative(Name::of(&tokens[..at])?.without_d()?.role()?, by);
            }
            let (of, by) = (Name::of(&tokens[..at])?.without_d()?, Name::of(&tokens[at + 1..])?.without_d()?);
            derivative(of.role()?, by.role()?)
        }
        _ => None,
    }
}

/// A weight that is named by its ends: `w_i1_h2`, `x1→h2`. Its numbers are those of the layer, the unit and the input.
fn weight_between(tokens: &[Token]) -> Option<Role> {
    let is_new = |token: &Token| match token {
        Token::New => true,
        Token::Word(word) => NEW.contains(&word.as_str()),
        _ => false,
    };
    if let Some((_, before)) = tokens.split_last().filter(|(last, _)| is_new(last)) {
        return Some(Role::Next(Box::new(weight_between(before)?)));
    }
    let is_to = |token: &Token| *token == Token::Word("to".to_owned());
    let mut has_sign = tokens.iter().any(is_to);
    let mut ends: Vec<Token> = tokens.iter().filter(|token| !is_to(token)).cloned().collect();
    if let Some(Token::Word(first)) = ends.first_mut()
        && let Some(rest) = first.strip_prefix("weight").or_else(|| first.strip_prefix('w'))
    {
        (has_sign, *first) = (true, rest.to_owned());
    }
    ends.retain(|token| *token != Token::Word(String::new()));
    let [Token::Word(from), Token::Number(input), Token::Word(to), Token::Number(unit)] = ends.as_slice() else {
        return None;
    };
    let starts = ["i", "x", "in", "input", "h", "hidden"].contains(&from.as_str());
    let layer = match to.as_str() {
        "h" | "hidden" if from.starts_with('h') => 1,
        "h" | "hidden" => 0,
        "o" | "out" | "output" | "y" => 1_000,
        _ => return None,
    };
    let index = vec![layer, unit.parse().ok()?, input.parse().ok()?];
    (has_sign && starts).then_some(Role::Weight(index))
}

fn derivative(of: Role, by: Role) -> Option<Role> {
    match (&of, &by) {
        (Role::Total | Role::Error(_) | Role::Activation(_) | Role::Sum(_), _) if by != Role::Rate => {
            Some(Role::Derivative(Box::new(of), Box::new(by)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_understood_in_many_spellings() {
        let w = |n| Role::Weight(vec![n]);
        let unit = |family, n| Unit { family, index: vec![n] };
        let (h, o) = (|n| unit(Family::Hidden, n), |n| unit(Family::Output, n));
        let cases: Vec<(&[&str], Role)> = vec![
            (&["w5", "W5", "w_5", "w₅", "𝑤5", "weight 5", "w(5)", "w[5]", " w5 :", "W 5\u{a0}"], w(5)),
            (&["w5 new", "w5+", "w5⁺", "w5'", "new w5", "updated_w5", "w5_new", "w5(t+1)"], Role::Next(Box::new(w(5)))),
            (
                &[
                    "∂E/∂w5",
                    "dE/dw5",
                    "∂E_t/∂w5",
                    "δE/δw5",
                    "𝜕𝐸/𝜕𝑤5",
                    "∂Etotal/∂w₅",
                    "dE_total / dw5",
                    "DE/DW5",
                    "dL/dw5",
                    "dJ/dw5",
                    "dLoss/dw5",
                    "d(E_tot)/d(w5)",
                    "dEdw5",
                    "dE_dw5",
                    "∂E_t/∂w_5",
                    "grad w5",
                    "gradient of w5",
                    "dw5",
                    "∇w5",
                    "w5 grad",
                    "∂ET/∂w5",
                    "dC/dw5",
                    "∂E⁄∂w5",
                    "dE/dw_{5}",
                ],
                w(5).gradient(),
            ),
            (&["i1", "x1", "input 1", "Input1", "x_1", "i₁", "in1"], Role::Input(1)),
            (&["t2", "y2", "target 2", "target_o2", "y_2", "Target2", "desired output 2"], Role::Target(2)),
            (&["h1", "net_h1", "neth1", "z_h1", "h1_net", "hidden 1", "H1", "in_h1", "sum_h1"], Role::Sum(h(1))),
            (
                &[
                    "a_h1",
                    "ah1",
                    "out_h1",
                    "h1_out",
                    "σ(h1)",
                    "sigmoid(h1)",
                    "outh1",
                    "a(h1)",
                    "h_out1",
                    "act_h1",
                    "A_H1",
                ],
                Role::Activation(h(1)),
            ),
            (&["o1", "net_o1", "z_o1", "01", "O1", "o1_net", "net_01"], Role::Sum(o(1))),
            (
                &["a_o1", "out_o1", "a_01", "a01", "ŷ1", "output 1", "y_hat1", "o1 out", "y1_pred"],
                Role::Activation(o(1)),
            ),
            (&["E1", "E_1", "error 1", "E_o1", "e1", "Loss1", "E_01"], Role::Error(1)),
            (
                &["E", "ET", "E_t", "E_tot", "E_total", "Total error", "L", "J", "loss", "Etotal", "Error total"],
                Role::Total,
            ),
            (&["η", "LR", "learning rate", "Learning Rate:", "alpha", "α", "lr ="], Role::Rate),
            (&["b1", "bias 1", "B_1"], Role::Bias(vec![1])),
            (&["w2_3_1", "w[2][3][1]", "w2,3,1"], Role::Weight(vec![2, 3, 1])),
            (&["δ_o1", "delta o1", "o1 delta", "δ(o1)"], Role::Delta(o(1))),
            (&["Δw5", "delta w5", "∆w5"], Role::Change(Box::new(w(5)))),
            (&["ΔE/Δw5"], w(5).gradient()),
            (&["Weight w1", "w1 (weight)", "Weight 1 (w1)", "w1 old", "w1\n[-]"], w(1)),
            (&["Output 1 (out_o1)", "o1 final", "Final output 1", "a_o1\n= σ(z)"], Role::Activation(o(1))),
            (&["h1 after sigmoid", "σ(z_h1)", "g(h1)", "y_h1"], Role::Activation(h(1))),
            (&["Input x1", "x1 (input)", "Feature 1"], Role::Input(1)),
            (&["Bias 1 (b1)", "b1 (bias)", "θ1"], Role::Bias(vec![1])),
            (&["Derivative w5", "g_w5", "dE/dw5 (gradient)", "Error gradient w5"], w(5).gradient()),
            (&["w_i2_h1", "wi2h1", "x2→h1", "w (x2 to h1)", "weight i2 h1"], Role::Weight(vec![0, 1, 2])),
            (&["∂E/∂w_h2_o1", "dE/dwh2o1"], Role::Weight(vec![1_000, 1, 2]).gradient()),
            (&["Network output 1", "Output neuron 1 input"], Role::Sum(o(1))),
            (&["learning rate hidden layer", "η_o", "LR (output)"], Role::Rate),
            (&["z1_h", "Netzeingabe h1", "Suma h1", "Somme h1"], Role::Sum(h(1))),
            (&["a1_o", "Ausgabe o1", "Salida o1"], Role::Activation(o(1))),
            (&["Gewicht w5", "Poids 5", "peso w5"], w(5)),
            (&["Gesamtfehler", "Erreur totale", "Error total"], Role::Total),
            (&["Lernrate", "Taux d'apprentissage", "Tasa de aprendizaje"], Role::Rate),
            (&["σ'(z1_h)", "Dérivée h1", "f'(h1)"], Role::slope(h(1))),
            (&["h1[2]"], Role::Sample(1, Box::new(Role::Sum(h(1))))),
            (&["z1"], Role::Sum(unit(Family::Any, 1))),
        ];
        for (texts, role) in cases {
            for text in texts {
                assert_eq!(Role::of(text).as_ref(), Some(&role), "{text}");
            }
        }
        for text in
            ["", "Forward pass", "w1*i1+w2*i2", "h1 = w1*i1", "0.15", "t1 - a_o1", "Backpropagation", "1-a_h1", "A1"]
        {
            let role = Role::of(text);
            assert!(role.is_none() || text == "A1", "{text}: {role:?}");
        }
    }
}
