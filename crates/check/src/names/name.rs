//! What a name in parts stands for: prefix, numbers, suffix.

use super::role::{Family, Label, Role, Unit};
use super::says::{IndexRule, Quantity, Says, Spelling};
use super::tokens::Token;
use super::vocabulary::{can_say, lines, spellings};

/// A name in parts: `out_h1` is `outh` and 1, `w5 new` is `w`, 5 and `new`.
#[derive(Clone, Debug)]
pub(super) struct NameParts {
    prefix: String,
    index: Vec<String>,
    suffix: String,
}

impl NameParts {
    pub(super) fn of(tokens: &[Token]) -> Option<NameParts> {
        let mut name = NameParts { prefix: String::new(), index: Vec::new(), suffix: String::new() };
        for token in tokens {
            match token {
                Token::Word(word) if can_say(word, Says::Filler) && tokens.len() > 1 => {}
                Token::Word(word) if name.index.is_empty() => name.prefix += word,
                Token::Word(word) => name.suffix += word,
                Token::Number(number) if name.suffix.is_empty() => name.index.push(number.clone()),
                // `w5 (t+1)`.
                Token::Number(number) if number == "1" && name.suffix == "tnew" => {}
                Token::New => name.suffix += "new",
                _ => return None,
            }
        }
        if name.index.len() == 1 && !name.prefix.is_empty() && can_say(&name.suffix, Says::LayerBehind) {
            name.prefix += &std::mem::take(&mut name.suffix);
        }
        (!name.prefix.is_empty() || !name.index.is_empty()).then_some(name)
    }

    /// What a derivative is of or by: the name behind its d.
    pub(super) fn without_d(self) -> Option<NameParts> {
        let rest = self.behind(Says::DerivativeSign).next()?.to_owned();
        Some(self.with_prefix(&rest))
    }

    /// The same with other letters in front of its numbers.
    fn with_prefix(&self, prefix: &str) -> NameParts {
        NameParts { prefix: prefix.to_owned(), ..self.clone() }
    }

    fn without_suffix(&self) -> NameParts {
        NameParts { suffix: String::new(), ..self.clone() }
    }

    /// What is left of the prefix behind each word that says this and begins it.
    fn behind(&self, says: Says) -> impl Iterator<Item = &str> {
        spellings(says).iter().filter_map(|start| self.prefix.strip_prefix(start))
    }

    /// The name's numbers; `None` if one is too large.
    fn numbers(&self) -> Option<Vec<u32>> {
        self.index.iter().map(|number| number.parse().ok()).collect()
    }

    /// The quantity that a name stands for by itself.
    pub(super) fn role(&self) -> Option<Role> {
        let numbers = self.numbers()?;
        let numbered = if numbers.is_empty() { vec![1] } else { numbers.clone() };
        self.whole(&numbers, &numbered).or_else(|| self.of_unit(&numbered))
    }

    fn whole(&self, numbers: &[u32], numbered: &[u32]) -> Option<Role> {
        let is_new = can_say(&self.suffix, Says::New);
        let found = if self.suffix.is_empty() || is_new {
            lines(&self.prefix)
        } else {
            lines(&format!("{}#{}", self.prefix, self.suffix))
        };
        let role = |line: &&Spelling| {
            let Says::Name(quantity) = line.says else { return None };
            if !self.fits(line.index, numbers) {
                return None;
            }
            let role = role_of(quantity, numbered);
            match quantity {
                Quantity::Weight | Quantity::Bias if is_new => Some(role.next()),
                _ => (!is_new).then_some(role),
            }
        };
        found.iter().find_map(role)
    }

    fn fits(&self, rule: IndexRule, numbers: &[u32]) -> bool {
        match rule {
            IndexRule::Any => true,
            IndexRule::Absent => numbers.is_empty(),
            IndexRule::One => numbers.len() == 1,
            IndexRule::AtMostOne => numbers.len() < 2,
            IndexRule::TwoNumbers => numbers.len() > 1 || matches!(numbers, [11..100]),
            IndexRule::ZeroForO => self.index.first().is_some_and(|text| text.len() > 1 && text.starts_with('0')),
            IndexRule::Free => false,
        }
    }

    /// `net_h1`, `h1 out`, `f(h1)`, `out_o1`: what a name with a unit in it stands for.
    fn of_unit(&self, numbers: &[u32]) -> Option<Role> {
        let (prefix, suffix) = (self.prefix.as_str(), self.suffix.as_str());
        let unit = |family| Unit { family, index: numbers.to_vec() };
        if suffix.is_empty() {
            // `σ(z_h1)`: what comes behind the function is a sum. `sig` and `sigma` both begin it.
            let insides = self.behind(Says::ActivationBefore).filter(|rest| rest.len() > 1);
            if let Some(of) = insides.into_iter().find_map(|rest| self.with_prefix(rest).role()?.unit()) {
                return Some(Role::Activation(of));
            }
        }
        for family in [Family::Hidden, Family::Output] {
            if can_say(prefix, Says::UnitName(family)) {
                return self.by_suffix(unit(family));
            }
            if suffix.is_empty()
                && let Some(role) = by_word(prefix, &unit(family))
            {
                return Some(role);
            }
        }
        let is_output = !suffix.is_empty() && can_say(prefix, Says::UnitWithWord(Family::Output));
        if is_output { self.by_suffix(unit(Family::Output)) } else { None }
    }

    fn by_suffix(&self, unit: Unit) -> Option<Role> {
        match self.suffix.as_str() {
            "" => Some(Role::Sum(unit)),
            suffix if can_say(suffix, Says::SumBehind) => Some(Role::Sum(unit)),
            suffix if can_say(suffix, Says::ActivationBehind) => Some(Role::Activation(unit)),
            _ => None,
        }
    }

    /// Derivatives without a slash: `dEdw5`, `dw5`, `grad w5`, `w5 gradient`.
    pub(super) fn written_together(&self) -> Option<Role> {
        let parameter = |prefix: &str| self.with_prefix(prefix).role().filter(Role::is_parameter);
        let unit = |says| self.behind(says).find_map(|rest| self.with_prefix(rest).role()?.unit());
        if let Some(role) = self.behind(Says::GradientBefore).find_map(parameter) {
            return Some(role.gradient());
        }
        if let Some(role) = self.behind(Says::ChangeBefore).next().and_then(parameter) {
            return Some(Role::Change(Box::new(role)));
        }
        if let Some(unit) = unit(Says::DeltaBefore) {
            return Some(Role::Delta(unit));
        }
        if let Some(unit) = unit(Says::SlopeBefore) {
            return Some(Role::slope(unit));
        }
        if can_say(&self.suffix, Says::DeltaBehind) {
            return match self.without_suffix().role()? {
                Role::Sum(unit) => Some(Role::Delta(unit)),
                _ => None,
            };
        }
        if can_say(&self.suffix, Says::GradientBehind) {
            return self.without_suffix().role().filter(Role::is_parameter).map(Role::gradient);
        }
        let rest = self.prefix.strip_prefix('d')?;
        let totals = spellings(Says::Name(Quantity::Total)).iter();
        let by = totals.filter_map(|total| rest.strip_prefix(total)).find_map(|rest| rest.strip_prefix('d'))?;
        Role::derivative(Role::Total, self.with_prefix(by).role()?)
    }
}

/// The role of a whole name with these numbers.
fn role_of(quantity: Quantity, numbers: &[u32]) -> Role {
    let labels = || numbers.iter().map(|number| Label::Number(*number)).collect::<Vec<Label>>();
    let behind = |first: Label| [vec![first], labels()].concat();
    let unit = |family| Unit { family, index: numbers.to_vec() };
    match quantity {
        Quantity::Weight => Role::Weight(labels()),
        Quantity::NextWeight => Role::Weight(labels()).next(),
        Quantity::LastWeight => Role::Weight(behind(Label::Output)),
        Quantity::Bias => Role::Bias(labels()),
        Quantity::NextBias => Role::Bias(labels()).next(),
        Quantity::LayerBias(layer @ Label::Letter(_)) => Role::Bias(behind(layer)),
        Quantity::LayerBias(layer) => Role::Bias(vec![layer]),
        Quantity::Input => Role::Input(numbers[0]),
        Quantity::Target => Role::Target(numbers[0]),
        Quantity::Sum(family) => Role::Sum(unit(family)),
        Quantity::Activation(family) => Role::Activation(unit(family)),
        Quantity::Error => Role::Error(numbers[0]),
        Quantity::Total => Role::Total,
        Quantity::Rate => Role::Rate,
        Quantity::Step => Role::Step,
    }
}

/// A unit of that family with a word in front of its name or behind it.
fn by_word(letters: &str, unit: &Unit) -> Option<Role> {
    let names = spellings(Says::UnitName(unit.family));
    let befores = names.iter().filter_map(|name| letters.strip_suffix(name));
    for before in befores {
        if can_say(before, Says::ActivationBefore) {
            return Some(Role::Activation(unit.clone()));
        }
        if can_say(before, Says::SumBefore) {
            return Some(Role::Sum(unit.clone()));
        }
        if can_say(before, Says::BiasBefore) {
            // Its unit names it, so its family stands in front of its numbers.
            let layer = if unit.family == Family::Hidden { Label::Hidden } else { Label::Output };
            let numbers = unit.index.iter().map(|number| Label::Number(*number));
            return Some(Role::Bias([layer].into_iter().chain(numbers).collect()));
        }
    }
    // `h_out1`, `o_net 2`.
    let mut behinds = names.iter().filter_map(|name| letters.strip_prefix(name));
    behinds.find_map(|after| match after {
        after if can_say(after, Says::ActivationBehind) => Some(Role::Activation(unit.clone())),
        after if can_say(after, Says::SumBehind) => Some(Role::Sum(unit.clone())),
        _ => None,
    })
}
