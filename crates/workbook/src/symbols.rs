//! The quantities of a lesson with their names and the engine's values: the one table that everything else reads.
//!
//! Names are those of the class: inputs i1, i2, ...; hidden units h1, ... with activations a_h1, ...; outputs o1, ...
//! with activations a_o1, ...; targets t1, ...; weights w1, w2, ... row by row over both layers (w1, w2 lead from i1, i2
//! to h1, the next row to h2, and so on), biases b1, b2, ... likewise.

use std::collections::HashMap;
use std::ops::{Index, IndexMut};

use gradbook_engine::trace::{Activation, State, Trace};

use crate::derived;
use crate::formula::Symbol;

/// A quantity. Layers are counted from the input on, all indices from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key {
    /// Input i.
    X(usize),
    /// Target k.
    T(usize),
    /// Weight `[layer][output][input]`.
    W(usize, usize, usize),
    /// Bias `[layer][output]`.
    B(usize, usize),
    /// Weighted sum `[layer][output]`.
    Z(usize, usize),
    /// Activation `[layer][output]`.
    A(usize, usize),
    /// Squared error of output k.
    E(usize),
    /// The sum of the errors.
    Total,
    /// ∂E/∂a `[layer][output]`.
    Da(usize, usize),
    /// ∂a/∂z `[layer][output]`.
    Slope(usize, usize),
    /// ∂E/∂z `[layer][output]`.
    Dz(usize, usize),
    /// The share of ∂E/∂a `[layer][j]` that comes through unit k of the next layer: `Path(layer, j, k)`.
    Path(usize, usize, usize),
    /// ∂E/∂w `[layer][output][input]`.
    Dw(usize, usize, usize),
    /// ∂E/∂b `[layer][output]`.
    Db(usize, usize),
    /// The learning rate.
    Rate,
}

/// Every quantity at one state of a run.
#[derive(Clone, Debug)]
pub(crate) struct Symbols {
    pub(crate) shape: Shape,
    table: HashMap<Key, Symbol>,
}

/// What a network consists of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shape {
    /// Numbers of inputs, of units of the first layer, of the second, ...
    pub(crate) widths: Vec<usize>,
    pub(crate) activations: Vec<Activation>,
    /// Which layers have biases.
    pub(crate) biases: Vec<bool>,
    pub(crate) train_biases: bool,
}

impl Shape {
    pub(crate) fn of(trace: &Trace) -> Shape {
        let layers = &trace.run.states[0].layers;
        Shape {
            widths: std::iter::once(trace.x.len()).chain(layers.iter().map(|layer| layer.a.len())).collect(),
            activations: trace.activations.clone(),
            biases: layers.iter().map(|layer| !layer.b.is_empty()).collect(),
            train_biases: trace.train_biases,
        }
    }

    /// The index of the last layer.
    pub(crate) fn last(&self) -> usize {
        self.activations.len() - 1
    }

    /// The weights of a layer, row by row.
    pub(crate) fn weights(&self, l: usize) -> impl Iterator<Item = Key> + use<> {
        let (outputs, inputs) = (self.widths[l + 1], self.widths[l]);
        (0..outputs).flat_map(move |j| (0..inputs).map(move |i| Key::W(l, j, i)))
    }

    /// The biases of a layer, if it has any.
    pub(crate) fn biases(&self, l: usize) -> impl Iterator<Item = Key> + use<> {
        let outputs = if self.biases[l] { self.widths[l + 1] } else { 0 };
        (0..outputs).map(move |j| Key::B(l, j))
    }

    /// Everything that an update changes: all weights, then the biases if they are trained. The order of the checks.
    pub(crate) fn trained(&self) -> Vec<Key> {
        let weights = (0..=self.last()).flat_map(|l| self.weights(l));
        let biases = (0..=self.last()).filter(|_| self.train_biases).flat_map(|l| self.biases(l));
        weights.chain(biases).collect()
    }

    /// Short, for titles: `2-2-2`.
    pub(crate) fn widths_text(&self) -> String {
        self.widths.iter().map(usize::to_string).collect::<Vec<_>>().join("-")
    }
}

impl Key {
    /// The gradient of a weight or bias.
    pub(crate) fn gradient(self) -> Key {
        match self {
            Key::W(l, j, i) => Key::Dw(l, j, i),
            Key::B(l, j) => Key::Db(l, j),
            _ => panic!("{self:?} is not a parameter"),
        }
    }

    /// The quantity that input i of a layer is.
    pub(crate) fn input(l: usize, i: usize) -> Key {
        if l == 0 { Key::X(i) } else { Key::A(l - 1, i) }
    }
}

impl Symbols {
    /// Names and values at `state`; no quantity has a cell yet.
    pub(crate) fn new(trace: &Trace, state: &State, rate: f64) -> Symbols {
        let shape = Shape::of(trace);
        let mut symbols = Symbols { table: HashMap::new(), shape };
        for (i, &x) in trace.x.iter().enumerate() {
            symbols.add(Key::X(i), format!("i{}", i + 1), x);
        }
        for (k, &t) in trace.t.iter().enumerate() {
            symbols.add(Key::T(k), format!("t{}", k + 1), t);
            symbols.add(Key::E(k), format!("E{}", k + 1), state.e[k]);
        }
        symbols.add(Key::Total, "E_tot".to_owned(), state.e_total);
        symbols.add(Key::Rate, "rate".to_owned(), rate);
        let (mut weights, mut biases) = (0, 0);
        for (l, layer) in state.layers.iter().enumerate() {
            let unit = if l == symbols.shape.last() { "o" } else { "h" };
            for j in 0..layer.a.len() {
                let z = format!("{unit}{}", j + 1);
                let a = format!("a_{z}");
                symbols.add(Key::Da(l, j), format!("∂E/∂{a}"), layer.da[j]);
                symbols.add(Key::Slope(l, j), format!("∂{a}/∂{z}"), derived::slope(trace, layer, l, j));
                symbols.add(Key::Dz(l, j), format!("∂E/∂{z}"), layer.dz[j]);
                for (k, value) in derived::paths(state, l, j).into_iter().enumerate() {
                    symbols.add(Key::Path(l, j, k), format!("∂E{}/∂{a}", k + 1), value);
                }
                for i in 0..layer.w[j].len() {
                    weights += 1;
                    symbols.add(Key::W(l, j, i), format!("w{weights}"), layer.w[j][i]);
                    symbols.add(Key::Dw(l, j, i), format!("∂E/∂w{weights}"), layer.dw[j][i]);
                }
                if !layer.b.is_empty() {
                    biases += 1;
                    symbols.add(Key::B(l, j), format!("b{biases}"), layer.b[j]);
                    symbols.add(Key::Db(l, j), format!("∂E/∂b{biases}"), layer.db[j]);
                }
                symbols.add(Key::Z(l, j), z, layer.z[j]);
                symbols.add(Key::A(l, j), a, layer.a[j]);
            }
        }
        symbols
    }

    fn add(&mut self, key: Key, name: String, value: f64) {
        self.table.insert(key, Symbol { name, value, place: None });
    }

    /// Takes over the cells of the quantities that the reader may change: inputs, targets, parameters, rate.
    pub(crate) fn with_inputs_of(mut self, inputs: &Symbols) -> Symbols {
        for (key, symbol) in &mut self.table {
            if matches!(key, Key::X(_) | Key::T(_) | Key::W(..) | Key::B(..) | Key::Rate) {
                symbol.place.clone_from(&inputs[*key].place);
            }
        }
        self
    }
}

impl Index<Key> for Symbols {
    type Output = Symbol;

    fn index(&self, key: Key) -> &Symbol {
        &self.table[&key]
    }
}

impl IndexMut<Key> for Symbols {
    fn index_mut(&mut self, key: Key) -> &mut Symbol {
        self.table.get_mut(&key).unwrap_or_else(|| panic!("{key:?} is not part of this network"))
    }
}
