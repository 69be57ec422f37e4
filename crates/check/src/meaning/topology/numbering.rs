//! Which weight leads from where to where.

use std::collections::{BTreeSet, HashMap};

use gradbook_lesson::Param;

use super::products::Products;
use super::shape::{Topology, Unclear};
use crate::names::{Label, Role};
use crate::tables::{Reading, Rounding};

/// Steps whose numbers are looked at to choose between ways of numbering.
const STEPS_TRIED: usize = 8;

impl Topology {
    /// Slots of all weights: layer, unit, input, in the order of the class's numbers.
    fn slots(&self) -> Vec<Param> {
        let widths = self.widths();
        let of_layer = |l: usize| {
            let inputs = widths[l];
            (0..widths[l + 1]).flat_map(move |j| (0..inputs).map(move |i| Param::W(l, j, i)))
        };
        (0..self.layers.len()).flat_map(of_layer).collect()
    }

    /// Says which column is which weight: of several numberings that come near, that one, counted from the likeliest.
    pub(super) fn number_weights(
        &mut self,
        reading: &Reading,
        forward: &[Vec<&Products>],
        numbering: usize,
    ) -> Result<(), Unclear> {
        let columns = &reading.table.columns;
        let mut weights: Vec<(&[Label], usize)> = Vec::new();
        for (at, column) in columns.iter().enumerate() {
            if let Role::Weight(index) = &column.role {
                weights.push((index, at));
            }
        }
        weights.sort_unstable();
        let slots = self.slots();
        if weights.len() != slots.len() {
            let widths: Vec<String> = self.widths().iter().map(usize::to_string).collect();
            return Err(Unclear(format!(
                "{} weights are named, but the network {} has {}: a name is missing or not understood",
                weights.len(),
                widths.join("-"),
                slots.len()
            )));
        }
        let written = self.written_weights(&slots, forward);
        let used: BTreeSet<usize> = written.values().copied().collect();
        let mut candidates = self.numberings(&weights, &slots);
        if written.len() == slots.len() && used.len() == slots.len() {
            candidates.insert(0, slots.iter().map(|slot| written[slot]).collect());
        }
        let score = |candidate: &Vec<usize>| {
            let agreed = slots.iter().zip(candidate).filter(|(slot, weight)| written.get(slot) == Some(weight)).count();
            (agreed, if written.is_empty() { self.numbers_agree(reading, &slots, candidate) } else { 0 })
        };
        let mut scored: Vec<_> = candidates.iter().map(|candidate| (score(candidate), candidate)).collect();
        // The sort is stable: the first of equals wins.
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        scored.dedup_by_key(|(_, candidate)| *candidate);
        let Some(&(best, _)) = scored.first() else {
            return Err(Unclear("the weights are numbered in a way that is not understood".to_owned()));
        };
        if best == (0, 0) && scored.len() > 1 {
            return Err(Unclear(
                "which weight leads where is not to be seen: the sums have no formulas that show it, and no numbering fits \
                 their numbers"
                    .to_owned(),
            ));
        }
        // Sums that multiply something else than the names say may be wrong, if they are few.
        let near = scored.iter().filter(|((agreed, _), _)| 2 * agreed > slots.len()).count();
        self.numberings = near.max(1);
        let (_, chosen) = scored[numbering.min(self.numberings - 1)];
        for (slot, weight) in slots.iter().zip(chosen) {
            self.parameters.entry(*weight).or_default().push(*slot);
        }
        Ok(())
    }

    /// What the formulas say of each slot.
    fn written_weights(&self, slots: &[Param], forward: &[Vec<&Products>]) -> HashMap<Param, usize> {
        let source = |l: usize, i: usize| -> Vec<usize> {
            match l {
                0 => vec![self.inputs[i]],
                _ => [self.layers[l - 1][i].sum, self.layers[l - 1][i].activation].into_iter().flatten().collect(),
            }
        };
        let mut written: HashMap<Param, usize> = HashMap::new();
        for &slot in slots {
            let Param::W(l, j, i) = slot else { continue };
            let sources = source(l, i);
            let pair = forward[l][j].pairs.iter().find(|(_, from)| sources.contains(from));
            if let Some((weight, _)) = pair {
                written.insert(slot, *weight);
            }
        }
        written
    }

    /// Columns for all slots, in each of the usual ways of numbering that these names can be.
    fn numberings(&self, weights: &[(&[Label], usize)], slots: &[Param]) -> Vec<Vec<usize>> {
        let in_order = |order: &dyn Fn(&Param) -> [usize; 3]| {
            let mut sorted: Vec<&Param> = slots.iter().collect();
            sorted.sort_by_key(|slot| order(slot));
            let of: HashMap<&Param, usize> =
                sorted.into_iter().zip(weights).map(|(slot, (_, at))| (slot, *at)).collect();
            slots.iter().map(|slot| of[slot]).collect::<Vec<usize>>()
        };
        let three = |slot: &Param| match *slot {
            Param::W(l, j, i) => [l, j, i],
            Param::B(l, j) => [l, j, 0],
        };
        // Row by row, all weights into a unit together; or column by column, all weights out of one.
        let mut candidates = vec![
            in_order(&three),
            in_order(&|slot| {
                let [l, j, i] = three(slot);
                [l, i, j]
            }),
        ];
        // Names of several numbers, or of digits that stand together: w21.
        let digits = |index: &[Label]| -> Vec<Label> {
            match index {
                [Label::Number(number)] => {
                    number.to_string().bytes().map(|digit| Label::Number(u32::from(digit - b'0'))).collect()
                }
                _ => index.to_vec(),
            }
        };
        let named: HashMap<Vec<Label>, usize> = weights.iter().map(|(index, at)| (digits(index), *at)).collect();
        let orders: [&dyn Fn([Label; 3]) -> Vec<Label>; 4] =
            [&|[_, j, i]| vec![j, i], &|[_, j, i]| vec![i, j], &|[l, j, i]| vec![l, j, i], &|[l, j, i]| vec![l, i, j]];
        if named.len() == weights.len() {
            for order in orders {
                let name = |slot: &Param| order(three(slot).map(|number| Label::Number(number as u32 + 1)));
                let columns: Option<Vec<usize>> = slots.iter().map(|slot| named.get(&name(slot)).copied()).collect();
                candidates.extend(columns);
            }
        }
        candidates
    }

    /// How many weighted sums come out if the weights are numbered so.
    fn numbers_agree(&self, reading: &Reading, slots: &[Param], candidate: &[usize]) -> usize {
        let rounding = Rounding::new(reading);
        let mut agreed = 0;
        for (l, layer) in self.layers.iter().enumerate() {
            for (j, unit) in layer.iter().enumerate() {
                for step in 0..reading.table.steps.min(STEPS_TRIED) {
                    let Some(column) = unit.sum else { continue };
                    let (mut sum, mut slack) = (0.0, rounding.of(column, step));
                    for (slot, &weight) in slots.iter().zip(candidate) {
                        let Param::W(_, _, i) = *slot else { continue };
                        if !matches!(*slot, Param::W(a, b, _) if (a, b) == (l, j)) {
                            continue;
                        }
                        let from = if l == 0 { Some(self.inputs[i]) } else { self.layers[l - 1][i].activation };
                        let Some(from) = from.or_else(|| self.layers[l - 1][i].sum) else { return 0 };
                        let (w, x) = (reading.value(weight, step), reading.value(from, step));
                        sum += w * x;
                        slack += x.abs() * rounding.of(weight, step) + w.abs() * rounding.of(from, step);
                    }
                    let left = reading.value(column, step) - sum;
                    // Without a bias, or whatever bias there is.
                    let biases =
                        reading.table.columns.iter().enumerate().filter(|(_, b)| matches!(b.role, Role::Bias(_)));
                    let fits = |bias: f64| (left - bias).abs() <= 1.5 * slack + 1e-12;
                    agreed += usize::from(fits(0.0) || biases.into_iter().any(|(at, _)| fits(reading.value(at, step))));
                }
            }
        }
        agreed
    }
}
