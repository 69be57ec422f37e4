//! From a header to its role: `w5`, `∂E_t/∂w₅`, `a_o1`, `Total error` and their many spellings.

use super::name::NameParts;
use super::role::{Label, Role};
use super::says::{End, Says};
use super::tokens::{Token, canonical, tokens};
use super::vocabulary::{can_say, spellings};
use crate::limits::MAX_NAME_CHARS;

impl Role {
    /// The role that a header names.
    pub(crate) fn of(text: &str) -> Option<Role> {
        if text.chars().count() > MAX_NAME_CHARS {
            return None;
        }
        let whole = tokens(text).and_then(|tokens| role(&tokens)).or_else(|| among_words(text));
        // `w1 (i1→h1)`: what stands in brackets behind a name explains it.
        whole.or_else(|| {
            let (name, note) = text.split_once('(')?;
            let is_name = note.trim_end().ends_with(')') && name.chars().any(|letter| letter.is_ascii_digit());
            if is_name { role(&tokens(name)?) } else { None }
        })
    }
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
    let is_beside = |says| parts.iter().any(|part| can_say(part, says));
    Some(match role {
        Role::Sum(unit) if is_beside(Says::BesideActivation) && !is_beside(Says::BesideSum) => Role::Activation(unit),
        role if role.is_parameter() && is_beside(Says::BesideGradient) => role.gradient(),
        role if role.is_parameter() && is_beside(Says::BesideNext) => role.next(),
        role => role,
    })
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
                && can_say(function, Says::Function)
                && let Some(unit) = role(of)?.unit()
            {
                return Some(Role::slope(unit));
            }
            let name = NameParts::of(tokens)?;
            name.written_together().or_else(|| name.role())
        }
        [at] => {
            if let Some((Token::Word(first), rest)) = tokens[at + 1..].split_first()
                && let Some(by) = first.strip_prefix('d')
                && let Some(by) = weight_between(&[&[Token::Word(by.to_owned())], rest].concat())
            {
                return Role::derivative(NameParts::of(&tokens[..at])?.without_d()?.role()?, by);
            }
            let (of, by) = (NameParts::of(&tokens[..at])?.without_d()?, NameParts::of(&tokens[at + 1..])?.without_d()?);
            Role::derivative(of.role()?, by.role()?)
        }
        _ => None,
    }
}

/// A weight that is named by its ends: `w_i1_h2`, `x1→h2`. Its numbers are those of the layer, the unit and the input.
fn weight_between(tokens: &[Token]) -> Option<Role> {
    let is_new = |token: &Token| match token {
        Token::New => true,
        Token::Word(word) => can_say(word, Says::New),
        _ => false,
    };
    if let Some((_, before)) = tokens.split_last().filter(|(last, _)| is_new(last)) {
        return Some(weight_between(before)?.next());
    }
    let is_to = |token: &Token| *token == Token::Word("to".to_owned());
    let mut has_sign = tokens.iter().any(is_to);
    let mut ends: Vec<Token> = tokens.iter().filter(|token| !is_to(token)).cloned().collect();
    if let Some(Token::Word(first)) = ends.first_mut() {
        let rests = spellings(Says::WeightBetween).iter().filter_map(|start| first.strip_prefix(start));
        if let Some(rest) = rests.min_by_key(|rest| rest.len()).map(str::to_owned) {
            (has_sign, *first) = (true, rest);
        }
    }
    ends.retain(|token| *token != Token::Word(String::new()));
    let [Token::Word(from), Token::Number(input), Token::Word(to), Token::Number(unit)] = ends.as_slice() else {
        return None;
    };
    let from = [End::Inputs, End::HiddenUnits].into_iter().find(|end| can_say(from, Says::From(*end)))?;
    let to = [Label::Hidden, Label::Output].into_iter().find(|layer| can_say(to, Says::To(*layer)))?;
    let layer = match (from, to) {
        // The hidden layer behind the first.
        (End::HiddenUnits, Label::Hidden) => Label::Number(1),
        _ => to,
    };
    let number = |text: &str| text.parse().ok().map(Label::Number);
    let index = vec![layer, number(unit)?, number(input)?];
    has_sign.then_some(Role::Weight(index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::role::{Family, Label, Unit};

    #[test]
    fn headers_are_understood_in_many_spellings() {
        let w = |n| Role::Weight(vec![Label::Number(n)]);
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
            (&["b1", "bias 1", "B_1"], Role::Bias(vec![Label::Number(1)])),
            (&["w2_3_1", "w[2][3][1]", "w2,3,1"], Role::Weight([2, 3, 1].map(Label::Number).into())),
            (&["δ_o1", "delta o1", "o1 delta", "δ(o1)"], Role::Delta(o(1))),
            (&["Δw5", "delta w5", "∆w5"], Role::Change(Box::new(w(5)))),
            (&["ΔE/Δw5"], w(5).gradient()),
            (&["Weight w1", "w1 (weight)", "Weight 1 (w1)", "w1 old", "w1\n[-]"], w(1)),
            (&["Output 1 (out_o1)", "o1 final", "Final output 1", "a_o1\n= σ(z)"], Role::Activation(o(1))),
            (&["h1 after sigmoid", "σ(z_h1)", "g(h1)", "y_h1"], Role::Activation(h(1))),
            (&["Input x1", "x1 (input)", "Feature 1"], Role::Input(1)),
            (&["Bias 1 (b1)", "b1 (bias)", "θ1"], Role::Bias(vec![Label::Number(1)])),
            (&["Derivative w5", "g_w5", "dE/dw5 (gradient)", "Error gradient w5"], w(5).gradient()),
            (
                &["w_i2_h1", "wi2h1", "x2→h1", "w (x2 to h1)", "weight i2 h1"],
                Role::Weight(vec![Label::Hidden, Label::Number(1), Label::Number(2)]),
            ),
            (
                &["∂E/∂w_h2_o1", "dE/dwh2o1"],
                Role::Weight(vec![Label::Output, Label::Number(1), Label::Number(2)]).gradient(),
            ),
            (&["Net output 1", "Output neuron 1 input"], Role::Sum(o(1))),
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
