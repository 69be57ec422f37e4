//! The catalogue of slips, as people make them: one text for another in somebody's formulas.

use std::ops::Range;

use super::draft::{Content, Draft, Table};
use super::network::{Author, Convention, Formulas, Function, activation, delta, of, sum};

/// A mistake in one sheet.
#[derive(Clone, Debug)]
pub(crate) struct Slip {
    pub(crate) name: &'static str,
    /// What `check` has to call it.
    pub(crate) kind: &'static str,
    pub(crate) edits: Vec<Edit>,
    /// Whether the numbers are wrong, too.
    pub(crate) shows_in_numbers: bool,
}

/// Wrong cells of one quantity.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    pub(crate) name: String,
    /// All if `None`; those in which the quantity is calculated, if there are fewer.
    steps: Option<Range<usize>>,
    content: Content,
    /// The first steps, in which the wrong formula happens to be right.
    right_at_first: usize,
}

impl Edit {
    fn new(name: &str, formula: String) -> Edit {
        Edit { name: name.to_owned(), steps: None, content: Content::Formula(formula), right_at_first: 0 }
    }

    /// The cells that are wrong afterwards.
    pub(crate) fn wrong(&self, table: &Table) -> Range<usize> {
        let all = self.steps.clone().unwrap_or(0..table.steps);
        let steps = if table.is_single(&self.name) { 1 } else { table.steps };
        all.start.max(table.start(&self.name)) + self.right_at_first..all.end.min(steps)
    }
}

impl Slip {
    /// Makes the mistake.
    pub(crate) fn apply(&self, draft: &mut Draft) {
        for table in &mut draft.tables {
            for edit in &self.edits {
                let wrong = edit.wrong(table);
                for step in wrong.start - edit.right_at_first..wrong.end {
                    table.contents.insert((edit.name.clone(), step), edit.content.clone());
                }
            }
        }
    }

    fn and(mut self, change: impl Fn(&mut Edit)) -> Slip {
        self.edits.iter_mut().for_each(change);
        self
    }

    fn hidden_in_numbers(mut self) -> Slip {
        self.shows_in_numbers = false;
        self
    }
}

/// Somebody's sheet, in which mistakes are made.
struct Sheet<'a> {
    author: &'a Author,
    table: &'a Table,
    formulas: Formulas,
    slips: Vec<Slip>,
}

/// All slips that can be made in this draft.
pub(crate) fn catalogue(draft: &Draft) -> Vec<Slip> {
    let table = &draft.tables[0];
    let mut sheet = Sheet { author: &table.author, table, formulas: table.author.formulas(), slips: Vec::new() };
    sheet.forward();
    sheet.errors();
    sheet.slopes();
    sheet.gradients();
    sheet.hidden_gradients();
    sheet.updates();
    sheet.typed();
    sheet.slips.retain(|slip| slip.edits.iter().all(|edit| !edit.wrong(table).is_empty()));
    sheet.slips
}

impl Sheet<'_> {
    /// In the formula of this quantity, every `from` becomes `to`.
    fn everywhere(&mut self, name: &'static str, kind: &'static str, quantity: &str, from: &str, to: &str) {
        let formula = &self.formulas[quantity];
        if formula.contains(from) {
            let edits = vec![Edit::new(quantity, formula.replace(from, to))];
            self.slips.push(Slip { name, kind, edits, shows_in_numbers: true });
        }
    }

    /// In the formulas of these quantities, the last `from` becomes `to`. Where one has none, the slip cannot be made.
    fn slip(
        &mut self,
        name: &'static str,
        kind: &'static str,
        quantities: &[String],
        from: &str,
        to: &str,
    ) -> Option<&mut Slip> {
        let edit = |quantity: &String| {
            let formula = &self.formulas[quantity];
            let start = formula.rfind(from).filter(|_| from != to)?;
            Some(Edit::new(quantity, format!("{}{to}{}", &formula[..start], &formula[start + from.len()..])))
        };
        let edits: Option<Vec<Edit>> = quantities.iter().map(edit).collect();
        let edits = edits.filter(|edits| !edits.is_empty())?;
        self.slips.push(Slip { name, kind, edits, shows_in_numbers: true });
        self.slips.last_mut()
    }

    /// Where ∂E/∂z of a unit is calculated: in a column of its own, or in the gradients of all that enters the unit.
    fn homes(&self, l: usize, j: usize) -> Vec<String> {
        if self.author.has_deltas {
            return vec![delta(l, j)];
        }
        let mut homes: Vec<String> = (0..self.author.network.widths[l]).map(|i| self.gradient(l, j, i)).collect();
        let bias = self.author.network.bias(l, j).map(|bias| format!("g{bias}"));
        homes.extend(bias.filter(|bias| self.formulas.contains_key(bias)));
        homes
    }

    fn gradient(&self, l: usize, j: usize, i: usize) -> String {
        format!("g{}", self.author.weight(l, j, i))
    }

    /// A product at the end of a weighted sum.
    fn product(&self, l: usize, j: usize, i: usize) -> String {
        format!("{}*{}", of(&self.author.weight(l, j, i)), of(&self.author.network.input(l, i)))
    }

    fn forward(&mut self) {
        let (author, network) = (self.author, self.author.network);
        let last = network.last();
        let z = [sum(0, 1)];
        self.slip("another input in a sum", "another_input", &z, "{x2}", "{x1}");
        let (own, other) = (of(&author.weight(0, 1, 1)), of(&author.weight(0, 0, 1)));
        self.slip("another weight in a sum", "another_weight", &z, &own, &other);
        let product = self.product(0, 1, 1);
        self.slip("a sum without its last product", "missing_term", &z, &format!("+{product}"), "");
        self.slip("a sum with a minus", "wrong_sign", &z, &format!("+{product}"), &format!("-{product}"));
        if let Some(bias) = network.bias(0, 1) {
            self.slip("a sum without its bias", "missing_term", &z, &format!("+{}", of(&bias)), "");
        }
        if last > 0 {
            let (z, a) = ([sum(last, 0)], of(&activation(last - 1, 1)));
            self.slip("another unit in a sum", "another_unit", &z, &a, &of(&activation(last - 1, 0)));
            self.slip("a sum for its activation in a sum", "sum_for_activation", &z, &a, &of(&sum(last - 1, 1)));
        }
        let (a, z) = (activation(0, 1), of(&sum(0, 1)));
        self.everywhere("the activation of another sum", "another_unit", &a, &z, &of(&sum(0, 0)));
        self.everywhere("EXP of z, not -z", "wrong_sign", &a, &format!("EXP(-{z})"), &format!("EXP({z})"));
    }

    fn errors(&mut self) {
        let (outputs, last) = (self.author.network.outputs(), self.author.network.last());
        if outputs < 2 {
            return;
        }
        self.everywhere("another target", "another_target", "e2", "{t2}", "{t1}");
        let [own, other] = [1, 0].map(|k| of(&activation(last, k)));
        self.everywhere("another output's error", "another_unit", "e2", &own, &other);
        self.everywhere("an error without its half", "wrong_factor", "e2", "0.5*", "");
        self.everywhere("an error without its half", "wrong_factor", "e2", "1/2*(", "(");
        self.slip("only one output's error", "missing_term", &["e".to_owned()], "+{e2}", "");
    }

    /// f'(z) of an output, and of a unit of the first layer.
    fn slopes(&mut self) {
        let (author, network) = (self.author, self.author.network);
        for l in [0, network.last()] {
            let unit = network.widths[l + 1] - 1;
            let (homes, slope) = (self.homes(l, unit), author.slope(l, unit));
            if unit > 0 {
                self.slip("another unit's slope", "another_unit", &homes, &slope, &author.slope(l, unit - 1));
            }
            if network.functions[l] != Function::Relu {
                let (a, z) = (of(&activation(l, unit)), of(&sum(l, unit)));
                self.slip("the slope with z for a", "sum_for_activation", &homes, &slope, &slope.replace(&a, &z));
            }
            if !slope.is_empty() {
                self.slip("a slope is missing", "missing_factor", &homes, &slope, "");
            }
            let half = format!("*(1-{})", of(&activation(l, unit)));
            self.slip("1 - a is missing", "missing_factor", &homes, &half, "");
        }
    }

    fn gradients(&mut self) {
        let (author, network) = (self.author, self.author.network);
        let last = network.last();
        let [first, second] = [0, 1].map(|i| of(&network.input(last, i)));
        let gradient = [self.gradient(last, 0, 0)];
        if last > 0 {
            self.slip("another activation", "another_unit", &gradient, &first, &second);
            let z = of(&sum(last - 1, 0));
            self.slip("a sum for an activation", "sum_for_activation", &gradient, &first, &z);
            let fixed = first.replace('}', "!}");
            if let Some(slip) = self.slip("an activation that stays", "fixed_reference", &gradient, &first, &fixed) {
                slip.edits.iter_mut().for_each(|edit| edit.right_at_first = 1);
            }
        }
        for (i, other) in [(0, "{x2}"), (1, "{x1}")] {
            let gradient = [self.gradient(0, 0, i)];
            self.slip("the other input", "another_input", &gradient, &of(&network.input(0, i)), other);
        }
        self.slip("an input is missing", "missing_factor", &[self.gradient(0, 0, 1)], "*{x2}", "");
        if self.table.is_single("x1") && self.table.steps > 1 {
            let gradient = [self.gradient(0, 0, 0)];
            if let Some(slip) = self.slip("an input that moves", "relative_reference", &gradient, "{x1}", "{x1~}") {
                slip.edits.iter_mut().for_each(|edit| edit.right_at_first = 1);
            }
        }
        let (error, homes) = (author.error(0), self.homes(last, 0));
        let (a, t) = (of(&activation(last, 0)), "{t1}");
        let turned = error.replace(&a, "?").replace(t, &a).replace('?', t);
        // With one output and its ∂E/∂z in a column, that sheet is the same as one that means (t - a) and goes uphill with
        // every weight.
        if !author.has_deltas || network.outputs() > 1 {
            self.slip("t - a for a - t", "wrong_sign", &homes, &error, &turned);
        }
        if network.outputs() > 1 {
            self.slip("another target in a gradient", "another_target", &homes, t, "{t2}");
        }
        if author.convention != Convention::NoHalf {
            self.slip("a gradient twice too large", "wrong_factor", &gradient, &error, &format!("2*{error}"));
        }
    }

    /// What comes back through the second layer to the first unit of the first.
    fn hidden_gradients(&mut self) {
        let (author, network) = (self.author, self.author.network);
        if network.last() == 0 {
            return;
        }
        let homes = self.homes(0, 0);
        let own = of(&author.weight(1, 0, 0));
        self.slip("another unit's weight", "another_weight", &homes, &own, &of(&author.weight(1, 0, 1)));
        if let Some(slip) = self.slip("a weight that stays", "fixed_reference", &homes, &own, &own.replace('}', "!}")) {
            slip.edits.iter_mut().for_each(|edit| edit.right_at_first = 1);
        }
        let new = if author.has_new { format!("{{n{}", &own[1..]) } else { own.replace('}', ">}") };
        let steps = if author.has_new { None } else { Some(0..self.table.steps - 1) };
        if steps != Some(0..0)
            && let Some(slip) = self.slip("a weight already updated", "updated_weights", &homes, &own, &new)
        {
            slip.edits.iter_mut().for_each(|edit| edit.steps.clone_from(&steps));
        }
        if network.widths[2] > 1 {
            let transposed = of(&author.weight(1, 0, 1));
            self.slip("a transposed weight", "another_weight", &homes, &of(&author.weight(1, 1, 0)), &transposed);
            let path = format!("+{}", author.path(0, 0, 1));
            self.slip("only one output's path", "missing_path", &homes, &path, "");
            let minus = path.replacen('+', "-", 1);
            self.slip("paths are subtracted", "wrong_sign", &homes, &path, &minus);
        }
    }

    fn updates(&mut self) {
        let author = self.author;
        let updated = |p: &String| if author.has_new { format!("n{p}") } else { p.clone() };
        let (weights, trained) = (author.weights(), author.trained());
        let all: Vec<String> = trained.iter().map(updated).collect();
        let one = [updated(&weights[1])];
        if !self.formulas.contains_key(&one[0]) || self.table.steps == 1 && !author.has_new {
            return;
        }
        let (down, up) = if author.convention == Convention::Downhill { ("+", "-") } else { ("-", "+") };
        let sign = |sign: &str| format!("{sign}{{rate}}");
        self.slip("one step uphill", "uphill", &one, &sign(down), &sign(up));
        // With ∂E/∂z in columns, that sheet is the same as one in which only those of the outputs have the wrong sign, which
        // is the smaller mistake.
        if !author.has_deltas {
            self.slip("every step uphill", "uphill", &all, &sign(down), &sign(up));
        }
        self.slip(
            "another weight's gradient",
            "another_gradient",
            &one,
            &format!("{{g{}", weights[1]),
            &format!("{{g{}", weights[0]),
        );
        if !self.table.has("rate") {
            return;
        }
        self.slip("a rate in the formula", "hard_coded_rate", &one, "{rate}", "0.3");
        let same = self.table.rate.to_string();
        if let Some(slip) = self.slip("the same rate in the formula", "hard_coded_rate", &one, "{rate}", &same) {
            *slip = slip.clone().hidden_in_numbers();
        }
        if self.table.steps > 2 {
            if let Some(slip) = self.slip("a rate that moves", "relative_reference", &all, "{rate}", "{rate~}") {
                *slip = slip.clone().and(|edit| edit.right_at_first = 1);
            }
            let step = 3..4;
            let skipped = |name: &String| {
                let formula = self.formulas[name].replace('<', "<<");
                Edit { steps: Some(step.clone()), ..Edit::new(name, formula) }
            };
            let edits = trained.iter().map(skipped).collect();
            self.slips.push(Slip { name: "a row is skipped", kind: "another_row", edits, shows_in_numbers: true });
        }
    }

    fn typed(&mut self) {
        if self.table.steps < 5 {
            return;
        }
        let gradient = self.gradient(0, 0, 0);
        let right = self.formulas[&gradient].clone();
        for (name, formula, shows) in [
            ("numbers pasted over formulas", right.clone(), false),
            ("other numbers pasted over formulas", format!("({right})*1.2"), true),
        ] {
            let edit =
                Edit { name: gradient.clone(), steps: Some(2..5), content: Content::Typed(formula), right_at_first: 0 };
            self.slips.push(Slip { name, kind: "typed_number", edits: vec![edit], shows_in_numbers: shows });
        }
    }
}
