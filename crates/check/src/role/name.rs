//! What a name in parts stands for: prefix, numbers, suffix.

use super::tokens::Token;
use super::words::{FILLERS, NEW, TOTAL};
use super::{Family, Index, Role, Unit, derivative};

/// A name in parts: `out_h1` is `outh` and 1, `w5 new` is `w`, 5 and `new`.
#[derive(Clone, Debug)]
pub(super) struct Name {
    prefix: String,
    index: Vec<String>,
    suffix: String,
}

impl Name {
    pub(super) fn of(tokens: &[Token]) -> Option<Name> {
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
        // `z1_h`, `a2_o`.
        if name.index.len() == 1 && !name.prefix.is_empty() && ["h", "o"].contains(&name.suffix.as_str()) {
            name.prefix += &std::mem::take(&mut name.suffix);
        }
        (!name.prefix.is_empty() || !name.index.is_empty()).then_some(name)
    }

    /// What a derivative is of or by: the name behind its d.
    pub(super) fn without_d(mut self) -> Option<Name> {
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
    pub(super) fn written_together(&self) -> Option<Role> {
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
        for start in ["derivative", "slope"] {
            if let Some(Role::Sum(unit) | Role::Activation(unit)) =
                self.prefix.strip_prefix(start).and_then(|rest| self.with_prefix(rest).role())
            {
                return Some(Role::slope(unit));
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

    pub(super) fn role(&self) -> Option<Role> {
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
            // `bk1`: a layer is called k.
            _ if plain && single.is_some() && !none && is_bias_of_layer(prefix) => {
                let layer = u32::from(prefix.as_bytes()[1]);
                Some(Role::Bias([vec![layer], index.clone()].concat()))
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
                if ["b", "bias", "theta"].contains(&before) {
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
            // `Output 1 activation`, `Network output 1`, `Output neuron 1 input`.
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

/// The letters of hidden and output layers have families of their own.
fn is_bias_of_layer(name: &str) -> bool {
    matches!(name.as_bytes(), [b'b', layer] if (b'i'..=b'n').contains(layer))
}

/// `learning rate hidden`, `lr_output`, `η_o`, `lr 2`.
fn is_rate_of_layer(name: &str) -> bool {
    let layer = ["learningrate", "lr", "eta"].into_iter().find_map(|rate| name.strip_prefix(rate));
    layer.is_some_and(|layer| ["", "hidden", "h", "output", "out", "o"].contains(&layer))
}
