//! The first sheet: the inputs, and the derivation of every gradient in the parts of the class.
//!
//! The parts: Forward pass; Backpropagation-1 (the first output weight, factor by factor), -2 (all output
//! weights), -3 (hidden activations), -4 (hidden weights by the chain rule), -5 (the same in one formula each); Update.

use gradbook_engine::trace::Trace;

use crate::equations::update;
use crate::formula::{Symbol, formula};
use crate::page::{HEADS, Line, Page, SUMMARY, SUMMARY_ROWS};
use crate::sheet::Sheet;
use crate::symbols::{Key, Symbols};
use crate::{Error, TABLE_NAME, check, rates};

pub(crate) const NAME: &str = "Backpropagation";

/// The sheet, still without its summary, and the quantities with their cells.
pub(crate) fn write(trace: &Trace, name: &str) -> Result<(Sheet, Symbols), Error> {
    let symbols = Symbols::new(trace, &trace.run.states[0], trace.run.rate);
    let mut page = Page::new(NAME, symbols)?;
    page.introduction(trace, name)?;
    page.inputs()?;
    page.forward()?;
    page.first_output_weight()?;
    page.output_weights()?;
    page.hidden_activations()?;
    page.hidden_weights()?;
    page.hidden_weights_in_full()?;
    page.update(trace)?;
    page.finish()
}

impl Page {
    fn introduction(&mut self, trace: &Trace, name: &str) -> Result<(), Error> {
        let shape = &self.symbols.shape;
        let updates = trace.run.states.len() - 1;
        let lines = [
            format!(
                "One sample goes forward through a {} network (inputs, hidden units, outputs); its error goes back through \
                 it, and every weight takes a step downhill.",
                shape.widths_text()
            ),
            format!(
                "Every number is a live formula. Change a yellow cell, and all of it follows: this page, the {updates} \
                 updates on {TABLE_NAME}, the curves on {}, the verdicts on {}.",
                rates::NAME,
                check::NAME
            ),
            "Names: h1 is the weighted sum of a hidden unit and a_h1 its activation, o1 and a_o1 those of an output, t1 the \
             target; ∂E/∂w5 says how fast the error grows with w5."
                .to_owned(),
        ];
        self.sheet.text(0, 0, &crate::title(name), &self.style.title)?;
        self.sheet.worksheet.set_row_height(0, 30)?;
        for (row, line) in (1..).zip(lines) {
            self.sheet.text(row, 0, &line, &self.style.lead)?;
            self.sheet.worksheet.set_row_height(row, 18)?;
        }
        self.row = SUMMARY + SUMMARY_ROWS;
        Ok(())
    }

    fn inputs(&mut self) -> Result<(), Error> {
        self.section("Inputs", "yellow cells may be changed")?;
        let shape = self.symbols.shape.clone();
        for i in 0..shape.widths[0] {
            self.input(Key::X(i), &format!("input {}", i + 1))?;
        }
        for k in 0..shape.widths[2] {
            self.input(Key::T(k), &format!("target of output {}", k + 1))?;
        }
        for l in 0..2 {
            for key in shape.weights(l) {
                let Key::W(_, j, i) = key else { continue };
                let (from, to) = (self.name(Key::input(l, i)), self.name(Key::Z(l, j)));
                self.input(key, &format!("weight from {from} to {to}"))?;
            }
        }
        for l in 0..2 {
            for key in shape.biases(l) {
                let Key::B(_, j) = key else { continue };
                let fixed = if shape.train_biases { "" } else { ", not changed by updates" };
                self.input(key, &format!("bias of {}{fixed}", self.name(Key::Z(l, j))))?;
            }
        }
        self.input(Key::Rate, "learning rate of the update below and of the class table")
    }

    fn forward(&mut self) -> Result<(), Error> {
        self.section("Forward pass", "from the inputs to the error")?;
        self.columns()?;
        let shape = self.symbols.shape.clone();
        for l in 0..2 {
            let (unit, what) = if l == 0 { ("hidden unit", "inputs") } else { ("output", "hidden activations") };
            for j in 0..shape.widths[l + 1] {
                let bias = if shape.biases[l] { " plus its bias" } else { "" };
                self.step(Key::Z(l, j), &format!("{unit} {}: the {what}, weighted and added{bias}", j + 1))?;
                self.step(Key::A(l, j), &format!("its activation: {}", function_name(&self.symbols, l)))?;
            }
        }
        for k in 0..shape.widths[2] {
            self.step(Key::E(k), &format!("half the squared distance of output {} to its target", k + 1))?;
        }
        self.result(Key::Total, "the loss: what training makes small")
    }

    /// One gradient, factor by factor.
    fn first_output_weight(&mut self) -> Result<(), Error> {
        let (da, slope, input, gradient) = (Key::Da(1, 0), Key::Slope(1, 0), Key::A(0, 0), Key::Dw(1, 0, 0));
        let (w, dw, from) = (self.name(Key::W(1, 0, 0)), self.name(gradient), self.name(input));
        let (z, a) = (self.name(Key::Z(1, 0)), self.name(Key::A(1, 0)));
        let dz_dw = format!("∂{z}/∂{w}");
        let chain = format!("{dw} = {} · {} · {dz_dw}", self.name(da), self.name(slope));
        let several = self.symbols.shape.widths[2] > 1;
        let others = if several { "; the errors of the other outputs do not contain it" } else { "" };

        self.page_break();
        self.section("Backpropagation-1", &format!("the loss gradient of {w}, with its full analysis"))?;
        self.sentence(&format!("{w} changes {z}, {z} changes {a}, {a} changes E1 and so E_tot{others}."))?;
        self.sentence(&format!("The chain rule multiplies the three rates of change:   {chain}"))?;
        self.columns()?;
        let note =
            format!("E1 = ½(t1 - {a})², so its derivative is -(t1 - {a}): positive where the output is too high");
        self.step(da, &note)?;
        self.step(slope, &format!("at {z}, {}", slope_rule(&self.symbols, 1)))?;
        // The third factor is no quantity of its own: it is the activation that the weight multiplies.
        let value = self.symbols[input].value;
        let note = format!("{z} = {w} · {from} + ..., and {w} stands in that one term only");
        let place = self.line(Line::Step, &dz_dw, |s| formula![&s[input]], value, &note)?;
        let third = Symbol { name: dz_dw, value, place: Some(place) };
        let value = self.symbols[gradient].value;
        let note = "the product of the three factors";
        self.line(Line::Result, &dw, |s| formula![&s[da], "*", &s[slope], "*", third.clone()], value, note)?;
        Ok(())
    }

    fn output_weights(&mut self) -> Result<(), Error> {
        let shape = self.symbols.shape.clone();
        let names = self.listed(shape.weights(1));
        self.section("Backpropagation-2", &format!("the loss gradient of {names}, from hidden layer to output layer"))?;
        self.columns()?;
        for k in 0..shape.widths[2] {
            // Those of the first output stand in the part before.
            if k > 0 {
                self.step(Key::Da(1, k), &format!("how the loss follows output {}", k + 1))?;
                self.step(
                    Key::Slope(1, k),
                    &format!("at {}, {}", self.name(Key::Z(1, k)), slope_rule(&self.symbols, 1)),
                )?;
            }
            let note = format!("the first two factors: shared by all weights into {}", self.name(Key::Z(1, k)));
            self.step(Key::Dz(1, k), &note)?;
        }
        self.parameter_gradients(1)
    }

    fn hidden_activations(&mut self) -> Result<(), Error> {
        let shape = self.symbols.shape.clone();
        self.page_break();
        self.section("Backpropagation-3", "the loss gradient of the hidden activations: every path back is added")?;
        let outputs = self.listed((0..shape.widths[2]).map(|k| Key::Z(1, k)));
        self.sentence(&format!(
            "{} acts on the loss through {outputs}; what comes back along each path is the output's gradient times the \
             weight of the path.",
            self.name(Key::A(0, 0))
        ))?;
        self.columns()?;
        for j in 0..shape.widths[1] {
            for k in 0..shape.widths[2] {
                let (z, w) = (self.name(Key::Z(1, k)), self.name(Key::W(1, k, j)));
                self.step(Key::Path(0, j, k), &format!("the path through {z}, along {w}"))?;
            }
            let note = if shape.widths[2] > 1 { "all paths together" } else { "the only path" };
            self.result(Key::Da(0, j), note)?;
        }
        Ok(())
    }

    fn hidden_weights(&mut self) -> Result<(), Error> {
        let shape = self.symbols.shape.clone();
        let names = self.listed(shape.weights(0));
        self.section("Backpropagation-4", &format!("the loss gradient of {names}, by the chain rule"))?;
        self.columns()?;
        for j in 0..shape.widths[1] {
            let h = self.name(Key::Z(0, j));
            self.step(Key::Slope(0, j), &format!("at {h}, {}", slope_rule(&self.symbols, 0)))?;
            self.step(Key::Dz(0, j), &format!("shared by all weights into {h}"))?;
        }
        self.parameter_gradients(0)
    }

    /// The last step to the weights of a layer and, if they are trained, to its biases.
    fn parameter_gradients(&mut self, l: usize) -> Result<(), Error> {
        let shape = self.symbols.shape.clone();
        for key in shape.weights(l) {
            let Key::W(_, j, i) = key else { continue };
            let note =
                format!("times {}, which {} multiplies", self.name(Key::input(l, i)), self.name(Key::W(l, j, i)));
            self.result(key.gradient(), &note)?;
        }
        for key in shape.biases(l).filter(|_| shape.train_biases) {
            self.result(key.gradient(), "a bias is added as it is: its factor is 1")?;
        }
        Ok(())
    }

    fn hidden_weights_in_full(&mut self) -> Result<(), Error> {
        self.section("Backpropagation-5", "the same gradients again, each written out in one formula")?;
        let [symbol, value, ..] = HEADS;
        self.heads(&[symbol, value, "equation, without any step between", "", ""])?;
        for key in self.symbols.shape.weights(0) {
            self.line_in_full(key.gradient())?;
        }
        Ok(())
    }

    fn update(&mut self, trace: &Trace) -> Result<(), Error> {
        self.section("Update", "every parameter takes one step against its gradient")?;
        self.columns()?;
        let next = Symbols::new(trace, &trace.run.states[1], trace.run.rate);
        for key in self.symbols.shape.trained() {
            let symbol = format!("new {}", self.name(key));
            self.line(Line::Result, &symbol, |s| update(s, key), next[key].value, "")?;
        }
        self.sentence(&format!(
            "All change at once. The second row of the sheet {TABLE_NAME} starts from these values."
        ))
    }

    /// `w1, w2, w3`, shortened to `w1 ... w12` where that is long.
    fn listed(&self, keys: impl Iterator<Item = Key>) -> String {
        let names: Vec<String> = keys.map(|key| self.name(key)).collect();
        match names.as_slice() {
            [first, .., last] if names.len() > 6 => format!("{first} ... {last}"),
            _ => names.join(", "),
        }
    }
}

fn function_name(s: &Symbols, l: usize) -> &'static str {
    use gradbook_engine::trace::Activation::{Identity, Relu, Sigmoid, Tanh};
    match s.shape.activations[l] {
        Sigmoid => "the sigmoid function",
        Tanh => "the hyperbolic tangent",
        Relu => "ReLU, which cuts off what is negative",
        Identity => "none, the sum itself",
    }
}

fn slope_rule(s: &Symbols, l: usize) -> &'static str {
    use gradbook_engine::trace::Activation::{Identity, Relu, Sigmoid, Tanh};
    match s.shape.activations[l] {
        Sigmoid => "the slope of the sigmoid is a(1 - a)",
        Tanh => "the slope of tanh is 1 - a²",
        Relu => "the slope of ReLU is 1 above zero, else 0",
        Identity => "without a function the slope is 1",
    }
}
