//! How people write headers and formulas.

use super::network::{Author, of};

#[derive(Debug)]
pub(crate) struct Spelling {
    pub(crate) name: &'static str,
    /// `#` is the number, `%` the layer.
    x: &'static str,
    t: &'static str,
    w: &'static str,
    b: &'static str,
    hidden_sum: &'static str,
    hidden: &'static str,
    output_sum: &'static str,
    output: &'static str,
    error: &'static str,
    total: &'static str,
    /// `@` is what the derivative is by, or what is updated.
    gradient: &'static str,
    new: &'static str,
    delta: &'static str,
    pub(crate) rate: &'static str,
    pub(crate) step: &'static str,
    /// Of `{z}`.
    pub(crate) sigmoid: &'static str,
    /// ½ (t - a)² of `{t}` and `{a}`.
    pub(crate) half_square: &'static str,
    letters: Letters,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Letters {
    AsTheyAre,
    Capitals,
    SmallDigits,
    /// `𝑤5`, as equation editors paste them.
    Mathematical,
}

const CLASS: Spelling = Spelling {
    name: "class",
    x: "i#",
    t: "t#",
    w: "w#",
    b: "b#",
    hidden_sum: "h#",
    hidden: "a_h#",
    output_sum: "o#",
    output: "a_o#",
    error: "E#",
    total: "E_t",
    gradient: "∂E_t/∂@",
    new: "@_new",
    delta: "δ_@",
    rate: "η",
    step: "Step",
    sigmoid: "1/(1+EXP(-{z}))",
    half_square: "0.5*({t}-{a})^2",
    letters: Letters::AsTheyAre,
};

pub(crate) const SPELLINGS: [Spelling; 10] = [
    CLASS,
    Spelling {
        name: "Mazur",
        t: "target_o#",
        hidden_sum: "net_h#",
        hidden: "out_h#",
        output_sum: "net_o#",
        output: "out_o#",
        error: "E_o#",
        total: "E_total",
        gradient: "∂E_total/∂@",
        new: "@+",
        rate: "Learning rate",
        step: "Epoch",
        half_square: "1/2*({t}-{a})^2",
        ..CLASS
    },
    Spelling {
        name: "x, y, z",
        x: "x#",
        t: "y#",
        hidden_sum: "z_h#",
        output_sum: "z_o#",
        error: "L#",
        total: "L",
        gradient: "∂L/∂@",
        new: "new @",
        rate: "α",
        step: "n",
        sigmoid: "1/(1+EXP({z}*-1))",
        half_square: "({t}-{a})^2/2",
        ..CLASS
    },
    Spelling {
        name: "layers",
        x: "x#",
        t: "y#",
        hidden_sum: "z%_#",
        hidden: "a%_#",
        output_sum: "z%_#",
        output: "a%_#",
        error: "L#",
        total: "Loss",
        gradient: "dL/d@",
        rate: "eta",
        step: "epoch",
        sigmoid: "EXP({z})/(1+EXP({z}))",
        half_square: "POWER({t}-{a},2)/2",
        ..CLASS
    },
    Spelling {
        name: "words",
        x: "Input #",
        t: "Target #",
        w: "Weight #",
        b: "Bias #",
        hidden_sum: "Net h#",
        hidden: "Out h#",
        output_sum: "Net o#",
        output: "Out o#",
        error: "Error #",
        total: "Total Error",
        gradient: "Gradient of @",
        new: "New @",
        delta: "Delta @",
        rate: "Learning rate:",
        step: "Iteration",
        half_square: "(1/2)*(({t}-{a})^2)",
        ..CLASS
    },
    Spelling {
        name: "program",
        t: "target#",
        hidden_sum: "net_h#",
        hidden: "out_h#",
        output_sum: "net_o#",
        output: "out_o#",
        total: "E_total",
        gradient: "dE_d@",
        delta: "delta_@",
        rate: "learning_rate",
        step: "iter",
        sigmoid: "POWER(1+EXP(-1*{z}),-1)",
        half_square: "SUMSQ({t}-{a})/2",
        ..CLASS
    },
    Spelling {
        name: "small digits",
        total: "E",
        gradient: "∂E/∂@",
        sigmoid: "(1+EXP(-{z}))^-1",
        half_square: "1/2*-({a}-{t})^2",
        letters: Letters::SmallDigits,
        ..CLASS
    },
    Spelling {
        name: "zero for o",
        output_sum: "0#",
        output: "a_0#",
        total: "E_T",
        gradient: "δE_T/δ@",
        new: "@'",
        rate: "ɳ",
        half_square: "0.5*({a}-{t})^2",
        ..CLASS
    },
    Spelling {
        name: "capitals",
        total: "E_tot",
        gradient: "dE_tot/d@",
        rate: "Learning Rate",
        half_square: "0.5*({t}-{a})*({t}-{a})",
        letters: Letters::Capitals,
        ..CLASS
    },
    Spelling {
        name: "equation editor",
        hidden: "σ(h#)",
        output: "σ(o#)",
        total: "E",
        gradient: "∂E/∂@",
        rate: "LR",
        sigmoid: "1/(1+1/EXP({z}))",
        letters: Letters::Mathematical,
        ..CLASS
    },
];

impl Author {
    /// What stands above the cells of a quantity.
    pub(crate) fn header(&self, name: &str) -> String {
        let plain = self.plain_header(name);
        match self.spelling.letters {
            Letters::AsTheyAre => plain,
            Letters::Capitals => plain.to_uppercase(),
            Letters::SmallDigits => plain.chars().map(small_digit).collect(),
            Letters::Mathematical => plain.chars().map(mathematical).collect(),
        }
    }

    fn plain_header(&self, name: &str) -> String {
        let spelling = self.spelling;
        match name {
            "e" => return spelling.total.to_owned(),
            "rate" => return spelling.rate.to_owned(),
            "step" => return spelling.step.to_owned(),
            _ => {}
        }
        let (kind, rest) = name.split_at(1);
        let numbered = |pattern: &str| pattern.replace('#', rest);
        match kind {
            "x" => numbered(spelling.x),
            "t" => numbered(spelling.t),
            "w" => numbered(spelling.w),
            "b" => numbered(spelling.b),
            "e" => numbered(spelling.error),
            "g" => spelling.gradient.replace('@', &self.plain_header(rest)),
            "n" => spelling.new.replace('@', &self.plain_header(rest)),
            "d" => spelling.delta.replace('@', &self.plain_header(&format!("z{rest}"))),
            _ => {
                let (layer, unit) = rest.split_once('.').expect("layer and unit");
                let (layer, unit): (usize, usize) = (layer.parse().expect("a layer"), unit.parse().expect("a unit"));
                let is_output = layer > self.network.last();
                let pattern = match (kind, is_output) {
                    ("z", false) => spelling.hidden_sum,
                    ("z", true) => spelling.output_sum,
                    (_, false) => spelling.hidden,
                    (_, true) => spelling.output,
                };
                // Hidden units are counted through all layers, unless the layer is in the name.
                let before = match () {
                    () if is_output || pattern.contains('%') => 0,
                    () => self.network.widths[1..layer].iter().sum(),
                };
                pattern.replace('#', &(before + unit).to_string()).replace('%', &layer.to_string())
            }
        }
    }

    /// Formulas in words, as people put them beside their tables.
    pub(crate) fn explanations(&self) -> Vec<String> {
        let readable = |name: &str, formula: &str| {
            let mut text = format!("{name} = {formula}");
            for name in self.formulas().keys() {
                text = text.replace(&of(name), &self.header(name));
            }
            text.replace(['{', '}', '<'], "")
        };
        self.formulas().iter().take(4).map(|(name, formula)| readable(&self.header(name), formula)).collect()
    }
}

fn small_digit(letter: char) -> char {
    letter.to_digit(10).and_then(|digit| char::from_u32('₀' as u32 + digit)).unwrap_or(letter)
}

fn mathematical(letter: char) -> char {
    let from = |base: char, first: char| char::from_u32(first as u32 + letter as u32 - base as u32).unwrap_or(letter);
    match letter {
        'h' => 'ℎ',
        'a'..='z' => from('a', '𝑎'),
        'A'..='Z' => from('A', '𝐴'),
        '∂' => '𝜕',
        _ => letter,
    }
}
