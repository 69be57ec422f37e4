//! What a header means: `w5`, `∂E_t/∂w₅`, `a_o1`, `Total error` and their many spellings become roles.
//!
//! Nothing here knows the network. A number in a name is only a number; which weight is the third, the forward columns
//! tell ([`super::meaning`]).

use unicode_normalization::UnicodeNormalization;

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
        tokens(text).and_then(|tokens| role(&tokens)).or_else(|| Role::among_words(text))
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

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Number(String),
    Slash,
    /// `+` or `'` behind a name.
    New,
    /// `[3]` at the end of a name that has its number already.
    Sample(usize),
}

/// Lower case, without the typographic variants of letters and digits.
fn canonical(text: &str) -> String {
    let mut plain = String::new();
    // The capital is a change, the small letter one of the signs of a derivative.
    let text = text.replace(['Δ', '∆'], " delta ");
    for letter in text.nfkc().flat_map(char::to_lowercase) {
        match letter {
            '∂' | 'δ' | 'ð' | 'ә' | 'ə' => plain.push('d'),
            'η' | 'ɳ' | 'ƞ' | 'ŋ' => plain.push_str("eta"),
            'α' => plain.push_str("alpha"),
            'θ' => plain.push_str("theta"),
            'σ' | 'ς' | 'φ' | 'ϕ' => plain.push_str("sigma"),
            '∇' => plain.push_str("grad"),
            '∑' => plain.push_str("sum"),
            'ŷ' => plain.push_str("yhat"),
            '÷' | '∕' | '⁄' => plain.push('/'),
            '′' | '’' | '‘' | '`' => plain.push('\''),
            '⁺' => plain.push('+'),
            '→' => plain.push_str(" to "),
            letter => plain.push(letter),
        }
    }
    plain
}

/// `None` if there is something in it that no name has.
fn tokens(text: &str) -> Option<Vec<Token>> {
    let plain = canonical(text);
    let plain = plain.trim();
    // `E#`, `iteration #`: a number of the step.
    if plain.ends_with('#') {
        return Some(vec![Token::Word("step".to_owned())]);
    }
    let plain = plain.trim_end_matches([':', '=', ' ']);
    let mut tokens = Vec::new();
    let mut rest = plain;
    while let Some(letter) = rest.chars().next() {
        let run = |is: fn(char) -> bool| rest.find(|letter| !is(letter)).unwrap_or(rest.len());
        let length = match letter {
            'a'..='z' => {
                let end = run(|letter| letter.is_ascii_lowercase());
                tokens.push(Token::Word(rest[..end].to_owned()));
                end
            }
            '0'..='9' => {
                let end = run(|letter| letter.is_ascii_digit());
                tokens.push(Token::Number(rest[..end].to_owned()));
                end
            }
            // `h1[2]`, but not `w[1][2]`.
            '[' if matches!(tokens.last(), Some(Token::Number(_)))
                && !plain[..plain.len() - rest.len()].ends_with(']')
                && rest.find(']') == Some(rest.len() - 1) =>
            {
                match rest[1..rest.len() - 1].parse::<usize>() {
                    Ok(number) if number > 0 => tokens.push(Token::Sample(number - 1)),
                    _ => return None,
                }
                rest.len()
            }
            '/' => {
                tokens.push(Token::Slash);
                1
            }
            '+' | '\'' => {
                tokens.push(Token::New);
                1
            }
            ' ' | '_' | '.' | '-' | '(' | ')' | '{' | '}' | '[' | ']' | ',' | '^' | '|' | '\n' | '\r' | '\t' | '#' => {
                letter.len_utf8()
            }
            _ => return None,
        };
        rest = &rest[length..];
    }
    Some(tokens)
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

/// A name in parts: `out_h1` is `outh` and 1, `w5 new` is `w`, 5 and `new`.
#[derive(Clone, Debug)]
struct Name {
    prefix: String,
    index: Vec<String>,
    suffix: String,
}

/// Words that make an activation of a unit's name, and words that make its weighted sum of it.
const AFTER: [&str; 9] =
    ["output", "out", "activation", "activated", "sigmoid", "after", "final", "calculated", "tanh"];
const BEFORE: [&str; 5] = ["input", "net", "sum", "weighted", "before"];

/// Words that say nothing.
const FILLERS: [&str; 19] = [
    "the", "of", "for", "value", "values", "neuron", "node", "unit", "wrt", "respect", "to", "layer", "calc",
    "computed", "current", "old", "initial", "present", "weighted",
];

const NEW: [&str; 8] = ["new", "next", "updated", "upd", "after", "plus", "prime", "tnew"];

impl Name {
    fn of(tokens: &[Token]) -> Option<Name> {
        let mut name = Name { prefix: String::new(), index: Vec::new(), suffix: String::new() };
        for token in tokens {
            match token {
                Token::Word(word) if FILLERS.contains(&word.as_str()) && tokens.len() > 1 => {}
                Token::Word(word) if name.index.is_empty() => name.prefix += word,
                Token::Word(word) => name.suffix += word,
                Token::Number(number) if name.suffix.is_empty() => name.index.push(number.clone()),
                // `w5 (t+1)`.
                Token::Number(number) if number == "1" && name.suffix == "tnew" => {}
                Token::New => name.suffix += "new",
                _ => return None,
            }
        }
        (!name.prefix.is_empty() || !name.index.is_empty()).then_some(name)
    }

    /// What a derivative is of or by: the name behind its d.
    fn without_d(mut self) -> Option<Name> {
        let starts = ["partial", "delta", "del", "d"];
        let rest = starts.iter().find_map(|start| self.prefix.strip_prefix(start))?;
        self.prefix = rest.to_owned();
        Some(self)
    }

    fn without_suffix(&self) -> Name {
        Name { suffix: String::new(), ..self.clone() }
    }

    fn with_prefix(&self, prefix: &str) -> Name {
        Name { prefix: prefix.to_owned(), ..self.clone() }
    }

    /// Derivatives without a slash: `dEdw5`, `dw5`, `grad w5`, `w5 gradient`.
    fn written_together(&self) -> Option<Role> {
        let parameter = |prefix: &str, suffix: &str| {
            let name = Name { suffix: suffix.to_owned(), ..self.with_prefix(prefix) };
            name.role().filter(|role| matches!(role, Role::Weight(_) | Role::Bias(_)))
        };
        for start in ["grad", "gradient", "errorgradient", "derivative", "g", "d"] {
            if let Some(role) = self.prefix.strip_prefix(start).and_then(|rest| parameter(rest, &self.suffix)) {
                return Some(role.gradient());
            }
        }
        if let Some(rest) = self.prefix.strip_prefix("delta").or_else(|| self.prefix.strip_prefix("change"))
            && let Some(role) = parameter(rest, &self.suffix)
        {
            return Some(Role::Change(Box::new(role)));
        }
        for start in ["delta", "del", "errorsignal", "d"] {
            if let Some(Role::Sum(unit) | Role::Activation(unit)) =
                self.prefix.strip_prefix(start).and_then(|rest| self.with_prefix(rest).role())
            {
                return Some(Role::Delta(unit));
            }
        }
        if ["delta"].contains(&self.suffix.as_str()) {
            return match self.with_prefix(&self.prefix).without_suffix().role()? {
                Role::Sum(unit) => Some(Role::Delta(unit)),
                _ => None,
            };
        }
        if ["grad", "gradient"].contains(&self.suffix.as_str()) {
            return Some(parameter(&self.prefix, "")?.gradient());
        }
        let rest = self.prefix.strip_prefix('d')?;
        let split = TOTAL.iter().find_map(|total| rest.strip_prefix(total)?.strip_prefix('d'))?;
        derivative(Role::Total, self.with_prefix(split).role()?)
    }

    fn role(&self) -> Option<Role> {
        let (prefix, suffix) = (self.prefix.as_str(), self.suffix.as_str());
        let none = self.index.is_empty();
        // A zero typed in place of the letter o: `a_01`, `out_01`.
        let zero = self.index.first().is_some_and(|number| number.len() > 1 && number.starts_with('0'));
        let index: Index = self.index.iter().map(|number| number.parse().ok()).collect::<Option<_>>()?;
        let single = match *index.as_slice() {
            [] => Some(1),
            [n] => Some(n),
            _ => None,
        };
        let numbered = || if none { vec![1] } else { index.clone() };
        let unit = |family| Unit { family, index: numbered() };
        let is_new = NEW.contains(&suffix);
        let plain = suffix.is_empty();
        if zero && plain {
            match prefix {
                "" | "net" | "z" | "in" | "sum" => return Some(Role::Sum(unit(Family::Output))),
                "a" | "out" | "act" => return Some(Role::Activation(unit(Family::Output))),
                _ => {}
            }
        }
        let parameter = |role: Role| if is_new { Role::Next(Box::new(role)) } else { role };
        match prefix {
            "w" | "weight" | "weights" | "wt" if plain || is_new => Some(parameter(Role::Weight(numbered()))),
            "neww" | "newweight" | "updatedw" | "updatedweight" | "nextw" | "wnew" if plain => {
                Some(Role::Next(Box::new(Role::Weight(numbered()))))
            }
            "b" | "bias" | "biases" | "theta" if plain || is_new => Some(parameter(Role::Bias(numbered()))),
            "newb" | "newbias" | "updatedb" | "updatedbias" if plain => {
                Some(Role::Next(Box::new(Role::Bias(numbered()))))
            }
            "bhidden" | "biashidden" | "bh" if none && plain => Some(Role::Bias(vec![0])),
            "boutput" | "biasoutput" | "bo" if none && plain => Some(Role::Bias(vec![1_000])),
            // Weights of the second layer beside w11 to w22.
            "v" if plain && (index.len() > 1 || single.is_some_and(|number| (11..100).contains(&number))) => {
                Some(Role::Weight([vec![1_000], index.clone()].concat()))
            }
            "i" | "x" | "in" | "input" | "inputs" | "inp" | "feature" if plain => single.map(Role::Input),
            "c" if plain && !none => single.map(Role::Input),
            "t" | "y" | "target" | "targets" | "tgt" | "label" | "actual" | "desired" | "expected" | "truth"
            | "ytrue" | "targeto" | "targetoutput" | "to" | "yactual" | "ytarget" | "desiredoutput"
            | "expectedoutput"
                if plain =>
            {
                single.map(Role::Target)
            }
            "y" | "o" if ["hat", "pred"].contains(&suffix) => Some(Role::Activation(unit(Family::Output))),
            "error" | "loss" | "cost" if suffix == "total" => Some(Role::Total),
            _ if TOTAL.contains(&prefix) && none && plain => Some(Role::Total),
            "e" | "error" | "err" | "l" | "loss" | "j" | "cost" | "eo" | "se" | "erroro" | "losso" | "lo"
            | "squarederror"
                if plain =>
            {
                single.map(Role::Error)
            }
            "eta" | "lr" | "learningrate" | "alpha" | "rate" | "learnrate" | "stepsize" | "n" | "learningrateeta"
            | "learningratelr" | "etalearningrate"
                if none && plain =>
            {
                Some(Role::Rate)
            }
            "epoch" | "epochs" | "iteration" | "iterations" | "iter" | "step" | "steps" | "update" | "updates"
            | "no" | "round"
                if none && plain =>
            {
                Some(Role::Step)
            }
            _ if plain && is_rate_of_layer(prefix) => Some(Role::Rate),
            _ => self.unit_role(unit),
        }
    }

    fn unit_role(&self, unit: impl Fn(Family) -> Unit) -> Option<Role> {
        const SUM: [&str; 7] = ["", "net", "in", "z", "sum", "input", "netinput"];
        const OUT: [&str; 11] =
            ["aftersigmoid", "out", "a", "act", "activation", "activated", "sig", "sigmoid", "output", "sigma", "o"];
        // `f(h1)` is an activation, too.
        const BEFORE_OUT: [&str; 18] = [
            "final",
            "calculated",
            "g",
            "y",
            "a",
            "out",
            "act",
            "activation",
            "activated",
            "sig",
            "sigmoid",
            "output",
            "sigma",
            "f",
            "activationout",
            "tanh",
            "relu",
            "softmax",
        ];
        let (prefix, suffix) = (self.prefix.as_str(), self.suffix.as_str());
        // `σ(z_h1)`: what comes behind the function is a sum.
        if suffix.is_empty() {
            let inside = |start: &&str| {
                let rest = prefix.strip_prefix(*start).filter(|rest| rest.len() > 1)?;
                self.with_prefix(rest).role()
            };
            // `sig` and `sigma` both begin it.
            let mut insides = BEFORE_OUT.iter().filter_map(inside);
            if let Some(of) = insides.find_map(|role| match role {
                Role::Sum(of) | Role::Activation(of) => Some(of),
                _ => None,
            }) {
                return Some(Role::Activation(of));
            }
        }
        for (family, names) in
            [(Family::Hidden, ["h", "hidden", "hid", "nh"]), (Family::Output, ["o", "outputz", "op", "no"])]
        {
            if names.contains(&prefix) {
                return match suffix {
                    _ if SUM.contains(&suffix) => Some(Role::Sum(unit(family))),
                    _ if OUT.contains(&suffix) => Some(Role::Activation(unit(family))),
                    _ => None,
                };
            }
            if !suffix.is_empty() {
                continue;
            }
            for name in names {
                let Some(before) = prefix.strip_suffix(name).filter(|before| !before.is_empty()) else { continue };
                if BEFORE_OUT.contains(&before) {
                    return Some(Role::Activation(unit(family)));
                }
                if SUM.contains(&before) || before == "s" || before == "netsum" {
                    return Some(Role::Sum(unit(family)));
                }
                if before == "b" || before == "bias" {
                    // Named by its unit; told from `b1` by the family's number in front.
                    let mark = if family == Family::Hidden { 0 } else { 1_000 };
                    return Some(Role::Bias([vec![mark], unit(family).index].concat()));
                }
            }
            for name in names {
                // `h_out1`, `o_net 2`.
                match prefix.strip_prefix(name) {
                    Some(after) if OUT.contains(&after) => return Some(Role::Activation(unit(family))),
                    Some(after) if !after.is_empty() && SUM.contains(&after) => return Some(Role::Sum(unit(family))),
                    _ => {}
                }
            }
        }
        match prefix {
            "z" | "net" | "s" | "sum" if suffix.is_empty() => Some(Role::Sum(unit(Family::Any))),
            "a" | "act" | "activation" | "sigma" | "sigmoid" if suffix.is_empty() => {
                Some(Role::Activation(unit(Family::Any)))
            }
            // `Output 1 activation`, `Net output 1`, `Output neuron 1 input`.
            "out" | "output" if OUT.contains(&suffix) => Some(Role::Activation(unit(Family::Output))),
            "out" | "output" if !suffix.is_empty() && SUM.contains(&suffix) => Some(Role::Sum(unit(Family::Output))),
            "netoutput" | "netout" | "sumoutput" if suffix.is_empty() => Some(Role::Sum(unit(Family::Output))),
            "out" | "output" | "outputs" | "yhat" | "ypred" | "pred" | "prediction" | "predicted"
                if suffix.is_empty() =>
            {
                Some(Role::Activation(unit(Family::Output)))
            }
            _ => None,
        }
    }
}

/// `learning rate hidden`, `lr_output`, `η_o`, `lr 2`.
fn is_rate_of_layer(name: &str) -> bool {
    let layer = ["learningrate", "lr", "eta"].into_iter().find_map(|rate| name.strip_prefix(rate));
    layer.is_some_and(|layer| ["", "hidden", "h", "output", "out", "o"].contains(&layer))
}

/// The error of all outputs.
const TOTAL: [&str; 28] = [
    "sumerrors",
    "errorsum",
    "errors",
    "sumerror",
    "e",
    "et",
    "etot",
    "etotal",
    "error",
    "totalerror",
    "errortotal",
    "toterror",
    "loss",
    "totalloss",
    "losstotal",
    "losst",
    "cost",
    "totalcost",
    "l",
    "lt",
    "ltotal",
    "j",
    "c",
    "totale",
    "mse",
    "sse",
    "sume",
    "err",
];

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
            (&["Net output 1", "Output neuron 1 input"], Role::Sum(o(1))),
            (&["learning rate hidden layer", "η_o", "LR (output)"], Role::Rate),
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
