//! The networks of the exercise, and every quantity's formula as its author would think of it.
//!
//! A formula is text in which `{a1.2}` stands for the cell of that quantity in the same step: `x1`, `t1`, `w5`, `b2`,
//! `z1.2` and `a1.2` (layer, unit), `e1`, `e`, `gw5` for ∂E/∂w5, and, with helper columns, `d1.2` for ∂E/∂z and `nw5` for
//! w5 after the update. A mark behind the name means another step, see [`super::formula`].

use std::collections::BTreeMap;

use super::spelling::Spelling;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Sigmoid,
    Tanh,
    Relu,
    Linear,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Biases {
    None,
    /// One a unit, trained.
    OfUnits,
    /// One a layer, never changed: as M. Mazur's example has them.
    OfLayers,
}

#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) name: &'static str,
    pub(crate) widths: &'static [usize],
    pub(crate) functions: &'static [Function],
    pub(crate) biases: Biases,
}

use Function::{Linear, Relu, Sigmoid, Tanh};

pub(crate) const NETWORKS: [Network; 7] = [
    Network { name: "2-2-2", widths: &[2, 2, 2], functions: &[Sigmoid, Sigmoid], biases: Biases::None },
    Network { name: "2-2-2, a bias a layer", widths: &[2, 2, 2], functions: &[Sigmoid; 2], biases: Biases::OfLayers },
    Network { name: "2-3-1 tanh, biases", widths: &[2, 3, 1], functions: &[Tanh, Tanh], biases: Biases::OfUnits },
    Network { name: "3-4-2", widths: &[3, 4, 2], functions: &[Sigmoid, Sigmoid], biases: Biases::None },
    Network { name: "2-2-2-2", widths: &[2, 2, 2, 2], functions: &[Sigmoid; 3], biases: Biases::None },
    Network { name: "2-2, no hidden layer", widths: &[2, 2], functions: &[Sigmoid], biases: Biases::OfUnits },
    Network { name: "2-2-2 ReLU and linear", widths: &[2, 2, 2], functions: &[Relu, Linear], biases: Biases::None },
];

/// What authors are free to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Convention {
    Usual,
    /// E = Σ (t - a)².
    NoHalf,
    /// Gradients with (t - a), which are added.
    Downhill,
    /// w1, w2, ... leave the first input, not enter the first unit.
    ByInputs,
}

pub(crate) const CONVENTIONS: [Convention; 4] =
    [Convention::Usual, Convention::NoHalf, Convention::Downhill, Convention::ByInputs];

/// Whose sheet it is: one network in one person's hand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Author {
    pub(crate) network: &'static Network,
    pub(crate) convention: Convention,
    pub(crate) spelling: &'static Spelling,
    /// Columns of ∂E/∂z.
    pub(crate) has_deltas: bool,
    /// Columns of the weights after the update.
    pub(crate) has_new: bool,
}

pub(crate) type Formulas = BTreeMap<String, String>;

/// The cell of a quantity in the same step.
pub(crate) fn of(name: &str) -> String {
    format!("{{{name}}}")
}

impl Network {
    pub(crate) fn last(&self) -> usize {
        self.functions.len() - 1
    }

    pub(crate) fn outputs(&self) -> usize {
        self.widths[self.widths.len() - 1]
    }

    /// All units by layer and number.
    pub(crate) fn units(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.functions.len()).flat_map(|l| (0..self.widths[l + 1]).map(move |j| (l, j)))
    }

    /// The unit that a layer's weights come from: an input, or an activation of the layer before.
    pub(crate) fn input(&self, l: usize, i: usize) -> String {
        if l == 0 { format!("x{}", i + 1) } else { activation(l - 1, i) }
    }

    pub(crate) fn bias(&self, l: usize, j: usize) -> Option<String> {
        match self.biases {
            Biases::None => None,
            Biases::OfUnits => Some(format!("b{}", self.widths[1..=l].iter().sum::<usize>() + j + 1)),
            Biases::OfLayers => Some(format!("b{}", l + 1)),
        }
    }
}

pub(crate) fn sum(l: usize, j: usize) -> String {
    format!("z{}.{}", l + 1, j + 1)
}

pub(crate) fn activation(l: usize, j: usize) -> String {
    format!("a{}.{}", l + 1, j + 1)
}

pub(crate) fn delta(l: usize, j: usize) -> String {
    format!("d{}.{}", l + 1, j + 1)
}

impl Author {
    pub(crate) fn weight(&self, l: usize, j: usize, i: usize) -> String {
        let widths = self.network.widths;
        let before: usize = (0..l).map(|l| widths[l] * widths[l + 1]).sum();
        let number = if self.convention == Convention::ByInputs { i * widths[l + 1] + j } else { j * widths[l] + i };
        format!("w{}", before + number + 1)
    }

    /// All weights in the order of their numbers.
    pub(crate) fn weights(&self) -> Vec<String> {
        let count: usize = self.network.widths.windows(2).map(|pair| pair[0] * pair[1]).sum();
        (1..=count).map(|number| format!("w{number}")).collect()
    }

    pub(crate) fn biases(&self) -> Vec<String> {
        let mut biases: Vec<String> = Vec::new();
        for bias in self.network.units().filter_map(|(l, j)| self.network.bias(l, j)) {
            if !biases.contains(&bias) {
                biases.push(bias);
            }
        }
        biases
    }

    /// What updates change.
    pub(crate) fn trained(&self) -> Vec<String> {
        let biases = if self.network.biases == Biases::OfUnits { self.biases() } else { Vec::new() };
        [self.weights(), biases].concat()
    }

    /// f'(z) as a factor; nothing for f(z) = z.
    pub(crate) fn slope(&self, l: usize, j: usize) -> String {
        let (z, a) = (of(&sum(l, j)), of(&activation(l, j)));
        match self.network.functions[l] {
            Sigmoid => format!("*{a}*(1-{a})"),
            Tanh => format!("*(1-{a}^2)"),
            Relu => format!("*IF({z}>0,1,0)"),
            Linear => String::new(),
        }
    }

    /// a - t of an output, as this author's gradients have it.
    pub(crate) fn error(&self, k: usize) -> String {
        let (a, t) = (of(&activation(self.network.last(), k)), of(&format!("t{}", k + 1)));
        match self.convention {
            Convention::NoHalf => format!("2*({a}-{t})"),
            Convention::Downhill => format!("({t}-{a})"),
            _ => format!("({a}-{t})"),
        }
    }

    /// ∂E/∂z of a unit: its own column, or written out.
    pub(crate) fn delta(&self, l: usize, j: usize) -> String {
        if self.has_deltas { of(&delta(l, j)) } else { self.delta_in_full(l, j) }
    }

    pub(crate) fn delta_in_full(&self, l: usize, j: usize) -> String {
        let back = if l == self.network.last() {
            self.error(j)
        } else {
            let paths: Vec<String> = (0..self.network.widths[l + 2]).map(|k| self.path(l, j, k)).collect();
            format!("({})", paths.join("+"))
        };
        back + &self.slope(l, j)
    }

    /// What comes back to a hidden unit along one weight.
    pub(crate) fn path(&self, l: usize, j: usize, k: usize) -> String {
        format!("{}*{}", self.delta(l + 1, k), of(&self.weight(l + 1, k, j)))
    }

    /// Everything that is calculated.
    pub(crate) fn formulas(&self) -> Formulas {
        let network = self.network;
        let mut formulas = Formulas::new();
        for (l, j) in network.units() {
            let products: Vec<String> = (0..network.widths[l])
                .map(|i| format!("{}*{}", of(&self.weight(l, j, i)), of(&network.input(l, i))))
                .collect();
            let bias = network.bias(l, j).map_or(String::new(), |bias| format!("+{}", of(&bias)));
            let z = of(&sum(l, j));
            let value = match network.functions[l] {
                Sigmoid => self.spelling.sigmoid.replace("{z}", &z),
                Tanh => format!("TANH({z})"),
                Relu => format!("MAX(0,{z})"),
                Linear => z,
            };
            formulas.insert(sum(l, j), products.join("+") + &bias);
            formulas.insert(activation(l, j), value);
            if self.has_deltas {
                formulas.insert(delta(l, j), self.delta_in_full(l, j));
            }
            for i in 0..network.widths[l] {
                let gradient = format!("{}*{}", self.delta(l, j), of(&network.input(l, i)));
                formulas.insert(format!("g{}", self.weight(l, j, i)), gradient);
            }
            if let (Biases::OfUnits, Some(bias)) = (network.biases, network.bias(l, j)) {
                formulas.insert(format!("g{bias}"), self.delta(l, j));
            }
        }
        for k in 0..network.outputs() {
            let square = match self.convention {
                Convention::NoHalf => "({t}-{a})^2",
                _ => self.spelling.half_square,
            };
            let a = of(&activation(network.last(), k));
            formulas
                .insert(format!("e{}", k + 1), square.replace("{t}", &of(&format!("t{}", k + 1))).replace("{a}", &a));
        }
        let errors: Vec<String> = (1..=network.outputs()).map(|k| of(&format!("e{k}"))).collect();
        formulas.insert("e".to_owned(), errors.join("+"));
        let sign = if self.convention == Convention::Downhill { '+' } else { '-' };
        for p in self.trained() {
            let update = |mark| format!("{{{p}{mark}}}{sign}{{rate}}*{{g{p}{mark}}}");
            if self.has_new {
                formulas.insert(format!("n{p}"), update(""));
                formulas.insert(p.clone(), format!("{{n{p}<}}"));
            } else {
                formulas.insert(p.clone(), update("<"));
            }
        }
        formulas
    }

    /// Numbers that are given: inputs, targets, first weights, biases.
    pub(crate) fn given(&self, name: &str) -> f64 {
        const INPUTS: [f64; 3] = [0.35, 0.8, 0.55];
        const TARGETS: [f64; 2] = [0.1, 0.9];
        let number: usize = name[1..].parse().expect("a name and its number");
        match &name[..1] {
            "x" => INPUTS[number - 1],
            "t" => TARGETS[number - 1],
            // 0.26, 0.67, 0.19, ...: between 0.1 and 0.9, all different.
            "w" => (10 + (16 + 41 * (number - 1)) % 83) as f64 / 100.0,
            _ => (15 + 20 * number) as f64 / 100.0,
        }
    }
}
