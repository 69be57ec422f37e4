//! The derivation, in the parts that the class uses, as data: the order in which quantities are explained, and the
//! words.
//!
//! The parts: Forward pass; Backpropagation-1 (the first output weight, factor by factor), -2 (all output weights);
//! then for each hidden layer, from the last to the first, its activations and its weights (-3 and -4 for the class);
//! with one hidden layer -5, the same in one formula each; with several samples their mean; Update. With several
//! samples all parts up to the mean are about one of them, sample 0 of the keys.

use crate::{Activation, Loss, Param};
use gradbook_engine::spec::OptimizerSpec;

use crate::words::{function_words, jacobian_note, slope_words};
use crate::{Expr, Key, Theory};

/// A part: headline, running text, lines of one quantity each.
#[derive(Clone, Debug)]
pub struct Section {
    /// The headline.
    pub title: String,
    /// What it is about, in half a sentence.
    pub about: String,
    /// Running text before the lines.
    pub sentences: Vec<String>,
    /// One quantity each, in the order of the derivation.
    pub lines: Vec<Line>,
    /// Whether a printed page starts here.
    pub new_page: bool,
}

/// One quantity of a derivation.
#[derive(Clone, Debug)]
pub struct Line {
    /// The quantity.
    pub key: Key,
    /// How it follows from those before it.
    pub equation: Expr<Key>,
    /// What a reader is told beside it.
    pub note: String,
    /// What it is to its part.
    pub kind: LineKind,
}

/// What a line is to its part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LineKind {
    /// An intermediate step.
    Step,
    /// The result of the part.
    Result,
    /// A second way to a value that another line has, with its equation too long for columns.
    InFull,
    /// A mean over all samples, each of which has its own number in the training table.
    Mean,
}

impl Section {
    fn new(title: impl Into<String>, about: impl Into<String>) -> Section {
        let (title, about) = (title.into(), about.into());
        Section { title, about, sentences: Vec::new(), lines: Vec::new(), new_page: false }
    }
}

impl Theory {
    /// All parts in order.
    pub fn derivation(&self) -> Vec<Section> {
        let last = self.network.last();
        let mut parts = vec![self.forward(), self.first_output_weight(), self.output_weights()];
        for l in (0..last).rev() {
            parts.push(self.hidden_activations(l, parts.len()));
            parts.push(self.hidden_weights(l, parts.len()));
        }
        if last == 1 && !self.network.softmax() {
            parts.push(self.hidden_weights_in_full(parts.len()));
        }
        if self.samples > 1 {
            parts.push(self.mean_of_samples());
        }
        parts.push(self.update());
        parts
    }

    fn line(&self, kind: LineKind, key: Key, note: impl Into<String>) -> Line {
        Line { key, equation: self.step(key), note: note.into(), kind }
    }

    fn forward(&self) -> Section {
        let network = &self.network;
        let mut part = Section::new("Forward pass", "from the inputs to the error");
        for l in 0..=network.last() {
            let what = if l == 0 { "inputs" } else { "activations of the layer before" };
            let bias = if network.layers[l].bias { " plus its bias" } else { "" };
            let unit = |j: usize| match l {
                l if l == network.last() => format!("output {}", j + 1),
                _ if network.last() == 1 => format!("hidden unit {}", j + 1),
                _ => format!("unit {} of hidden layer {}", j + 1, l + 1),
            };
            let mut lines: Vec<Line> = Vec::new();
            for j in 0..network.units(l) {
                let note = format!("{}: the {what}, weighted and added{bias}", unit(j));
                lines.push(self.line(LineKind::Step, Key::Z(0, l, j), note));
                let note = format!("its activation: {}", function_words(network.activation(l)));
                lines.push(self.line(LineKind::Step, Key::A(0, l, j), note));
            }
            if network.activation(l) == Activation::Softmax {
                // An output's share needs the sums of all outputs.
                lines.sort_by_key(|line| matches!(line.key, Key::A(..)));
            }
            part.lines.extend(lines);
        }
        for k in 0..network.outputs() {
            let note = network.loss.error_words(k + 1, network.outputs());
            part.lines.push(self.line(LineKind::Step, Key::E(0, k), note));
        }
        if self.samples == 1 {
            part.lines.push(self.line(LineKind::Result, Key::Loss, "the loss: what training makes small"));
        } else {
            part.lines.push(self.line(LineKind::Result, Key::Error(0), "the error of this sample"));
        }
        part
    }

    /// One gradient, factor by factor.
    fn first_output_weight(&self) -> Section {
        let network = &self.network;
        let last = network.last();
        let first = Param::W(last, 0, 0);
        let (w, z, a) = (self.text(Key::P(first)), self.text(Key::Z(0, last, 0)), self.text(Key::A(0, last, 0)));
        let gradient = self.text(Key::Own(0, first));
        let mut part = Section::new("Backpropagation-1", format!("the loss gradient of {w}, with its full analysis"));
        part.new_page = true;
        let (dz_dw, input) = (self.text(Key::Factor(0, first)), self.text(self.input(0, last, 0)));
        let factor_note = format!("{z} = {w} · {input} + ..., and {w} stands in that one term only");
        if self.network.softmax() {
            part.sentences.push(format!(
                "{w} changes {z}, and through the softmax {z} changes every output: the share of one output grows at \
                 the expense of the others."
            ));
            part.sentences.push(format!(
                "The chain rule adds up all ways from {z} to the error, then multiplies with the rate at which {w} \
                 changes {z}."
            ));
            for m in 0..network.outputs() {
                part.lines.push(self.line(LineKind::Step, Key::Da(0, last, m), self.error_slope_note(m)));
                part.lines.push(self.line(LineKind::Step, Key::Jacobian(0, m, 0), jacobian_note(m, 0)));
            }
            let simplified = match network.loss {
                Loss::CrossEntropy { .. } => format!("all ways added; with targets that add up to 1 this is {a} - t1"),
                _ => "all ways added".to_owned(),
            };
            part.lines.push(self.line(LineKind::Step, Key::Dz(0, last, 0), simplified));
            part.lines.push(self.line(LineKind::Step, Key::Factor(0, first), factor_note));
            let equation = Expr::Of(Key::Dz(0, last, 0)) * Expr::Of(Key::Factor(0, first));
            let note = "the product of the two factors".to_owned();
            part.lines.push(Line { key: Key::Own(0, first), equation, note, kind: LineKind::Result });
            return part;
        }
        let others = if network.outputs() > 1 { "; the errors of the other outputs do not contain it" } else { "" };
        let (da, slope) = (Key::Da(0, last, 0), Key::Slope(0, last, 0));
        part.sentences.push(format!("{w} changes {z}, {z} changes {a}, {a} changes E1 and so E{others}."));
        part.sentences.push(format!(
            "The chain rule multiplies the three rates of change:   {gradient} = {} · {} · {dz_dw}",
            self.text(da),
            self.text(slope)
        ));
        part.lines.push(self.line(LineKind::Step, da, self.error_slope_note(0)));
        part.lines.push(self.line(LineKind::Step, slope, format!("at {z}, {}", slope_words(network.activation(last)))));
        part.lines.push(self.line(LineKind::Step, Key::Factor(0, first), factor_note));
        let equation = Expr::Of(da) * Expr::Of(slope) * Expr::Of(Key::Factor(0, first));
        let note = "the product of the three factors".to_owned();
        part.lines.push(Line { key: Key::Own(0, first), equation, note, kind: LineKind::Result });
        part
    }

    fn output_weights(&self) -> Section {
        let network = &self.network;
        let last = network.last();
        let trained = self.trained_of(last);
        let from = if last == 0 { "the inputs" } else { "the last hidden layer" };
        let from = if last == 1 { "the hidden layer" } else { from };
        let about = format!("the loss gradient of {}, from {from} to the output layer", self.listed(&trained));
        let mut part = Section::new("Backpropagation-2", about);
        for k in 0..network.outputs() {
            let z = self.text(Key::Z(0, last, k));
            // The lines of the first output are in the part before.
            if k > 0 && self.network.softmax() {
                for m in 0..network.outputs() {
                    part.lines.push(self.line(LineKind::Step, Key::Jacobian(0, m, k), jacobian_note(m, k)));
                }
            } else if k > 0 {
                part.lines.push(self.line(
                    LineKind::Step,
                    Key::Da(0, last, k),
                    format!("how the error follows output {}", k + 1),
                ));
                let note = format!("at {z}, {}", slope_words(network.activation(last)));
                part.lines.push(self.line(LineKind::Step, Key::Slope(0, last, k), note));
            }
            if !(k == 0 && self.network.softmax()) {
                part.lines.push(self.line(
                    LineKind::Step,
                    Key::Dz(0, last, k),
                    format!("shared by all weights into {z}"),
                ));
            }
        }
        part.lines.extend(self.parameter_gradients(last));
        part
    }

    fn hidden_activations(&self, l: usize, number: usize) -> Section {
        let network = &self.network;
        let about = match self.network.last() {
            1 => "the loss gradient of the hidden activations: the error comes back on every path".to_owned(),
            _ => format!("the loss gradient of the activations of hidden layer {}", l + 1),
        };
        let mut part = Section::new(format!("Backpropagation-{number}"), about);
        for j in 0..network.units(l) {
            for k in 0..network.units(l + 1) {
                let (z, w) = (self.text(Key::Z(0, l + 1, k)), self.text(Key::P(Param::W(l + 1, k, j))));
                part.lines.push(self.line(
                    LineKind::Step,
                    Key::Path(0, l, j, k),
                    format!("the path through {z}, along {w}"),
                ));
            }
            let note = match network.units(l + 1) {
                1 => "the only path",
                2 => "both paths together",
                _ => "all paths together",
            };
            part.lines.push(self.line(LineKind::Result, Key::Da(0, l, j), note));
        }
        part
    }

    fn hidden_weights(&self, l: usize, number: usize) -> Section {
        let network = &self.network;
        let about = format!("the loss gradient of {}, by the chain rule", self.listed(&self.trained_of(l)));
        let mut part = Section::new(format!("Backpropagation-{number}"), about);
        for j in 0..network.units(l) {
            let z = self.text(Key::Z(0, l, j));
            let note = format!("at {z}, {}", slope_words(network.activation(l)));
            part.lines.push(self.line(LineKind::Step, Key::Slope(0, l, j), note));
            part.lines.push(self.line(LineKind::Step, Key::Dz(0, l, j), format!("shared by all weights into {z}")));
        }
        part.lines.extend(self.parameter_gradients(l));
        part
    }

    /// The last step to the gradients of a layer's trained parameters.
    fn parameter_gradients(&self, l: usize) -> Vec<Line> {
        let note = |p| match p {
            Param::W(l, _, i) => {
                format!("times {}, which {} multiplies", self.text(self.input(0, l, i)), self.text(Key::P(p)))
            }
            Param::B(..) => "a bias is added as it is: its factor is 1".to_owned(),
        };
        self.trained_of(l).into_iter().map(|p| self.line(LineKind::Result, Key::Own(0, p), note(p))).collect()
    }

    fn hidden_weights_in_full(&self, number: usize) -> Section {
        let about = "the same gradients again, each written out in one formula";
        let mut part = Section::new(format!("Backpropagation-{number}"), about);
        for p in self.trained_of(0) {
            let equation = self.written_out_gradient(p);
            part.lines.push(Line { key: Key::Own(0, p), equation, note: String::new(), kind: LineKind::InFull });
        }
        part
    }

    fn mean_of_samples(&self) -> Section {
        let count = self.samples;
        let about = format!("an update follows the mean of the gradients of all {count} samples");
        let mut part = Section::new("All samples", about);
        part.lines.push(Line {
            key: Key::Loss,
            equation: self.step(Key::Loss),
            note: "the loss: what training makes small".to_owned(),
            kind: LineKind::Mean,
        });
        for p in self.trained() {
            let equation = self.mean(|s| Expr::Of(Key::Own(s, p)));
            let note = format!("the mean of {} over the samples", self.text(Key::Own(0, p)));
            part.lines.push(Line { key: Key::G(p), equation, note, kind: LineKind::Mean });
        }
        part
    }

    fn update(&self) -> Section {
        let about = match self.optimizer {
            OptimizerSpec::Sgd { momentum: 0.0, .. } => "every parameter takes one step against its gradient",
            OptimizerSpec::Sgd { .. } => "every parameter keeps some of its speed and turns against its gradient",
            _ => "every parameter takes a step whose size its own past gradients set (Adam)",
        };
        let mut part = Section::new("Update", about);
        part.sentences.push("All parameters change at once, from the gradients of the same state.".to_owned());
        for p in self.trained() {
            for key in self.memory(p) {
                let note = match (key, &self.optimizer) {
                    (Key::M(_), OptimizerSpec::Sgd { .. }) => "the speed: part of the one before, plus the gradient",
                    (Key::M(_), _) => "a running mean of the gradient",
                    _ => "a running mean of its square",
                };
                part.lines.push(self.line(LineKind::Step, key, note));
            }
            part.lines.push(self.line(LineKind::Result, Key::Next(p), ""));
        }
        part
    }

    /// `w1, w2, w3`, shortened to `w1 ... w12` where that is long.
    fn listed(&self, parameters: &[Param]) -> String {
        let names: Vec<String> = parameters.iter().map(|p| self.text(Key::P(*p))).collect();
        match names.as_slice() {
            [first, .., last] if names.len() > 6 => format!("{first} ... {last}"),
            _ => names.join(", "),
        }
    }
}
