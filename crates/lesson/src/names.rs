//! What the quantities of a lesson are called, one table for cells, text, pages and code; and the quantity of a name.
//!
//! With at most one hidden layer, names are those of the class: inputs i1, i2, ...; hidden units h1, ... with
//! activations a_h1, ...; outputs o1, ... with activations a_o1, ...; targets t1, ...; weights w1, w2, ... row by row
//! over all layers (w1, w2 lead from i1, i2 to h1, the next row to h2, and so on), biases b1, b2, ... likewise. Deeper
//! networks number by layers: unit 3 of hidden layer 2 is h2_3, its weight from unit 1 of the layer before w2_3_1.

use crate::{Activation, Key, Name, Param, Theory};

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

    /// The quantity that bears this name in a table: `w5`, `a_h1`, `∂E/∂w5`, with several samples `a_h1[2]`. Where the
    /// gradients of the loss and of a sample's error are one number, the loss's is meant.
    pub fn key_named(&self, name: &str) -> Option<Key> {
        self.keys().into_iter().find(|key| self.table_name(*key) == name)
    }

    /// Every quantity of a table, in the order of the calculation: inputs and targets, parameters, forward, backward,
    /// update.
    pub fn keys(&self) -> Vec<Key> {
        let network = &self.network;
        let (layers, outputs) = (network.layers.len(), network.outputs());
        let parameters: Vec<Param> = (0..layers).flat_map(|l| network.parameters(l)).collect();
        let mut keys: Vec<Key> = parameters.iter().copied().map(Key::P).collect();
        for s in 0..self.samples {
            keys.extend((0..network.inputs).map(|i| Key::X(s, i)));
            keys.extend((0..outputs).map(|k| Key::T(s, k)));
            for l in 0..layers {
                keys.extend((0..network.units(l)).flat_map(|j| [Key::Z(s, l, j), Key::A(s, l, j)]));
            }
            keys.extend((0..outputs).map(|k| Key::E(s, k)).chain([Key::Error(s)]));
        }
        keys.extend([Key::Loss].into_iter().chain(parameters.iter().copied().map(Key::G)));
        for s in 0..self.samples {
            for l in (0..layers).rev() {
                keys.extend((0..network.units(l)).flat_map(|j| [Key::Da(s, l, j), Key::Dz(s, l, j)]));
                if network.activation(l) == Activation::Softmax {
                    keys.extend((0..outputs).flat_map(|m| (0..outputs).map(move |k| Key::Jacobian(s, m, k))));
                } else {
                    keys.extend((0..network.units(l)).map(|j| Key::Slope(s, l, j)));
                }
                if l + 1 < layers {
                    let next = network.units(l + 1);
                    keys.extend((0..network.units(l)).flat_map(|j| (0..next).map(move |k| Key::Path(s, l, j, k))));
                }
            }
            keys.extend(parameters.iter().flat_map(|&p| [Key::Factor(s, p), Key::Own(s, p)]));
        }
        for p in self.trained() {
            keys.extend(self.memory(p).into_iter().chain([Key::Next(p)]));
        }
        keys.extend([Key::Rate, Key::Count]);
        keys
    }
}

#[cfg(test)]
mod tests {
    use gradbook_engine::function::Function;

    use crate::{Activation, Key, Layer, Loss, Network, Theory};

    #[test]
    fn a_name_leads_back_to_its_quantity() {
        let hidden = Activation::Function(Function::Sigmoid);
        let layers = vec![Layer::dense(3, true, hidden), Layer::dense(2, true, Activation::Softmax)];
        let network = Network { inputs: 2, layers, loss: Loss::CrossEntropy { label_smoothing: 0.0 } };
        for theory in [Theory::new(network.clone(), 1), Theory::new(network, 3)] {
            for key in theory.keys() {
                let found = theory.key_named(&theory.table_name(key));
                // A single sample's own gradient is the loss's, and a factor of one sample is named alike in all.
                let same = found == Some(key)
                    || matches!((found, key), (Some(Key::G(p)), Key::Own(0, q)) if p == q)
                    || theory.table_sample(key).is_none() && theory.sample_of(key).is_some();
                assert!(same, "{key:?} {found:?}");
            }
        }
    }
}
