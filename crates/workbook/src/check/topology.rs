//! Which network a table is about: its layers, which weight leads from where to where, which biases are shared.
//!
//! The forward columns tell. Where their formulas are readable, the products in them do; where there are only numbers,
//! the usual ways of numbering are tried on them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gradbook_engine::trace::Param;

use super::book::At;
use super::reading::{Content, Leaf, Reading};
use super::role::{Family, Role, Unit};
use super::rounding::Rounding;
use super::table::Direction;
use crate::lesson::Expr;

/// Larger networks are not done by hand.
const MAX_UNITS: usize = 64;
/// More hidden units are not shared out among layers.
const MAX_HIDDEN: usize = 12;
/// Numbers of so many steps are looked at to choose between ways of numbering.
const STEPS_TRIED: usize = 8;

/// What could not be understood, in words for the author of the sheet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unclear(pub(crate) String);

/// The columns of one unit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UnitColumns {
    pub(crate) unit: Unit,
    pub(crate) sum: Option<usize>,
    pub(crate) activation: Option<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Topology {
    /// Columns of the inputs of the first sample.
    pub(crate) inputs: Vec<usize>,
    /// Units layer by layer, as the first sample has them.
    pub(crate) layers: Vec<Vec<UnitColumns>>,
    /// What each column of a weight or bias is; a bias may be shared.
    pub(crate) parameters: BTreeMap<usize, Vec<Param>>,
    pub(crate) samples: usize,
    /// How many ways of numbering the weights come near to what the sums multiply.
    pub(crate) numberings: usize,
}

impl Topology {
    pub(crate) fn widths(&self) -> Vec<usize> {
        [self.inputs.len()].into_iter().chain(self.layers.iter().map(Vec::len)).collect()
    }

    /// Which layers have biases.
    pub(crate) fn biases(&self) -> Vec<bool> {
        let has = |layer: usize| self.parameters.values().flatten().any(|p| matches!(p, Param::B(l, _) if *l == layer));
        (0..self.layers.len()).map(has).collect()
    }

    /// Of several numberings that one, counted from the likeliest.
    pub(crate) fn of(reading: &Reading, layout: Option<&[usize]>, numbering: usize) -> Result<Topology, Unclear> {
        let columns = &reading.table.columns;
        let find = |is: &dyn Fn(&Role) -> Option<u32>| {
            let mut found: Vec<(u32, usize)> = columns
                .iter()
                .enumerate()
                .filter_map(|(at, column)| Some((is(first_sample(&column.role)?)?, at)))
                .collect();
            found.sort_unstable();
            found.into_iter().map(|(_, at)| at).collect::<Vec<usize>>()
        };
        let inputs = find(&|role| if let Role::Input(number) = role { Some(*number) } else { None });
        let units = units(reading);
        if inputs.is_empty() {
            return Err(Unclear("no inputs are named (i1, i2 or x1, x2 beside their numbers)".to_owned()));
        }
        if units.is_empty() {
            return Err(Unclear("no weighted sums or activations are named (h1, a_h1, o1, a_o1)".to_owned()));
        }
        if has_a_row_a_unit(reading) {
            return Err(Unclear("each row (or column) is another unit's, not another step's".to_owned()));
        }
        if units.len() > MAX_UNITS {
            return Err(Unclear(format!("{} units are more than a sheet by hand has", units.len())));
        }
        let forward: Vec<Products> = units.iter().map(|unit| Products::of(reading, unit)).collect();
        let layers = layers(reading, &units, &forward, inputs.len(), layout)?;
        let samples = columns.iter().map(|column| if let Role::Sample(s, _) = column.role { s + 1 } else { 1 }).max();
        let mut topology = Topology {
            inputs,
            layers: layers.iter().map(|layer| layer.iter().map(|&unit| units[unit].clone()).collect()).collect(),
            parameters: BTreeMap::new(),
            samples: samples.unwrap_or(1),
            numberings: 1,
        };
        let forward: Vec<Vec<&Products>> =
            layers.iter().map(|layer| layer.iter().map(|&unit| &forward[unit]).collect()).collect();
        topology.number_weights(reading, &forward, numbering)?;
        topology.number_biases(reading, &forward)?;
        Ok(topology)
    }

    /// Slots of all weights: layer, unit, input, in the order of the class's numbers.
    fn slots(&self) -> Vec<Param> {
        let widths = self.widths();
        let of_layer = |l: usize| {
            let inputs = widths[l];
            (0..widths[l + 1]).flat_map(move |j| (0..inputs).map(move |i| Param::W(l, j, i)))
        };
        (0..self.layers.len()).flat_map(of_layer).collect()
    }

    fn number_weights(
        &mut self,
        reading: &Reading,
        forward: &[Vec<&Products>],
        numbering: usize,
    ) -> Result<(), Unclear> {
        let columns = &reading.table.columns;
        let mut weights: Vec<(&[u32], usize)> = Vec::new();
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
                "{} weights are named, but the network {} has {}",
                weights.len(),
                widths.join("-"),
                slots.len()
            )));
        }
        // What the formulas say of each slot.
        let source = |l: usize, i: usize| -> Vec<usize> {
            match l {
                0 => vec![self.inputs[i]],
                _ => [self.layers[l - 1][i].sum, self.layers[l - 1][i].activation].into_iter().flatten().collect(),
            }
        };
        let mut written: HashMap<Param, usize> = HashMap::new();
        for &slot in &slots {
            let Param::W(l, j, i) = slot else { continue };
            let sources = source(l, i);
            let pair = forward[l][j].pairs.iter().find(|(_, from)| sources.contains(from));
            if let Some((weight, _)) = pair {
                written.insert(slot, *weight);
            }
        }
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
        // Of equals the first.
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

    /// Columns for all slots, in each of the usual ways of numbering that these names can be.
    fn numberings(&self, weights: &[(&[u32], usize)], slots: &[Param]) -> Vec<Vec<usize>> {
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
        let digits = |index: &[u32]| -> Vec<u32> {
            match index {
                [number] => number.to_string().bytes().map(|digit| u32::from(digit - b'0')).collect(),
                _ => index.to_vec(),
            }
        };
        let named: HashMap<Vec<u32>, usize> = weights.iter().map(|(index, at)| (digits(index), *at)).collect();
        let orders: [&dyn Fn([u32; 3]) -> Vec<u32>; 4] =
            [&|[_, j, i]| vec![j, i], &|[_, j, i]| vec![i, j], &|[l, j, i]| vec![l, j, i], &|[l, j, i]| vec![l, i, j]];
        if named.len() == weights.len() {
            for order in orders {
                let name = |slot: &Param| order(three(slot).map(|number| number as u32 + 1));
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

    fn number_biases(&mut self, reading: &Reading, forward: &[Vec<&Products>]) -> Result<(), Unclear> {
        let columns = &reading.table.columns;
        let mut biases: Vec<(&[u32], usize)> = Vec::new();
        for (at, column) in columns.iter().enumerate() {
            if let Role::Bias(index) = &column.role {
                biases.push((index, at));
            }
        }
        biases.sort_unstable();
        let places: Vec<(usize, usize)> =
            self.layers.iter().enumerate().flat_map(|(l, layer)| (0..layer.len()).map(move |j| (l, j))).collect();
        let mut written = BTreeMap::new();
        for &(l, j) in &places {
            if let [bias] = forward[l][j].biases.as_slice() {
                written.insert((l, j), *bias);
            }
        }
        // One a unit, or one a layer; units that read another one are mistaken, if they are the few.
        let usual: Option<Vec<usize>> = match biases.len() {
            n if n == places.len() => Some(biases.iter().map(|(_, at)| *at).collect()),
            n if n == self.layers.len() => Some(places.iter().map(|&(l, _)| biases[l].1).collect()),
            _ => None,
        };
        let differ = |usual: &Vec<usize>| {
            places
                .iter()
                .zip(usual)
                .filter(|(place, bias)| written.get(place).is_some_and(|read| read != *bias))
                .count()
        };
        match usual.filter(|usual| 3 * differ(usual) < written.len().max(1)) {
            Some(usual) if !written.is_empty() || forward.iter().flatten().all(|products| !products.is_known) => {
                written.extend(places.iter().copied().zip(usual));
            }
            None if written.is_empty() && !biases.is_empty() && forward.iter().flatten().all(|p| !p.is_known) => {
                return Err(Unclear("which unit each bias belongs to is not to be seen".to_owned()));
            }
            _ => {}
        }
        // A layer in which one unit's bias was forgotten still has biases; which one is missing, the others tell.
        for (l, layer) in self.layers.iter().enumerate() {
            let of_layer: Vec<usize> = (0..layer.len()).filter_map(|j| written.get(&(l, j)).copied()).collect();
            let free: Vec<usize> =
                biases.iter().map(|(_, at)| *at).filter(|at| !written.values().any(|used| used == at)).collect();
            if of_layer.is_empty() || of_layer.len() == layer.len() {
                continue;
            }
            for j in 0..layer.len() {
                let is_one = of_layer.windows(2).all(|pair| pair[0] == pair[1]);
                let shared = is_one && (of_layer.len() > 1 || free.is_empty());
                let other = if shared { Some(of_layer[0]) } else { free.first().copied() };
                if let (None, Some(bias)) = (written.get(&(l, j)), other) {
                    written.insert((l, j), bias);
                }
            }
        }
        for ((l, j), bias) in written {
            self.parameters.entry(bias).or_default().push(Param::B(l, j));
        }
        let complete = |l: usize| {
            let count = self.parameters.values().flatten().filter(|p| matches!(p, Param::B(of, _) if *of == l)).count();
            count == 0 || count == self.layers[l].len()
        };
        if (0..self.layers.len()).all(complete) {
            Ok(())
        } else {
            Err(Unclear("some units of a layer have a bias and others have none".to_owned()))
        }
    }
}

/// What a unit's formula multiplies and adds.
#[derive(Clone, Debug, Default)]
struct Products {
    /// Columns of a weight and of what it multiplies.
    pairs: Vec<(usize, usize)>,
    biases: Vec<usize>,
    is_known: bool,
}

impl Products {
    fn of(reading: &Reading, unit: &UnitColumns) -> Products {
        let mut products = Products::default();
        for column in [unit.sum, unit.activation].into_iter().flatten() {
            if let Some((tree, _)) = typical(reading, column) {
                // An activation of the sum beside it tells nothing of the sum.
                let is_own = |leaf: &Leaf| matches!(leaf, Leaf::Column(column, _) if unit.sum == Some(*column));
                products.is_known |= !tree.leaves().iter().all(is_own);
                products.walk(reading, &tree);
            }
            if !products.pairs.is_empty() {
                break;
            }
        }
        products
    }

    fn walk(&mut self, reading: &Reading, tree: &Expr<Leaf>) {
        let role = |leaf: &Leaf| match leaf {
            Leaf::Column(column, _) => Some((*column, reading.table.columns[*column].role.whole())),
            Leaf::Cell(_) => None,
        };
        match tree {
            Expr::Of(leaf) => {
                if let Some((column, Role::Bias(_))) = role(leaf)
                    && !self.biases.contains(&column)
                {
                    self.biases.push(column);
                }
            }
            Expr::Product(factors) => {
                let roles: Vec<_> = factors
                    .iter()
                    .filter_map(|factor| if let Expr::Of(leaf) = factor { role(leaf) } else { None })
                    .collect();
                let weight = roles.iter().find(|(_, role)| matches!(role, Role::Weight(_)));
                let source =
                    roles.iter().find(|(_, role)| matches!(role, Role::Input(_) | Role::Sum(_) | Role::Activation(_)));
                if let (Some((weight, _)), Some((source, _))) = (weight, source) {
                    self.pairs.push((*weight, *source));
                }
                factors.iter().for_each(|factor| self.walk(reading, factor));
            }
            Expr::Sum(list) | Expr::Call(_, list) => list.iter().for_each(|part| self.walk(reading, part)),
            Expr::Neg(x) => self.walk(reading, x),
            Expr::Quotient(x, y) | Expr::Power(x, y) => {
                self.walk(reading, x);
                self.walk(reading, y);
            }
            Expr::If { left, right, then, otherwise, .. } => {
                for part in [left, right, then, otherwise] {
                    self.walk(reading, part);
                }
            }
            Expr::Number(_) => {}
        }
    }
}

/// Whether the steps have names of units in front of them.
fn has_a_row_a_unit(reading: &Reading) -> bool {
    let Some(first) = reading.table.columns.iter().filter(|column| !column.is_single()).min_by_key(|c| c.header) else {
        return false;
    };
    let name = |step: usize| {
        let At { sheet, row, column } = first.at(step);
        let before = match first.steps.as_ref()?.0 {
            Direction::Down => At { sheet, row, column: column.checked_sub(1)? },
            Direction::Right => At { sheet, row: row.checked_sub(1)?, column },
        };
        Role::of(reading.book.text(before)?)
    };
    let names: Vec<Role> = (0..reading.table.steps.min(STEPS_TRIED)).filter_map(name).collect();
    names.iter().filter(|role| matches!(role, Role::Sum(_) | Role::Activation(_))).count() > 1
}

/// A formula with the steps of its columns counted from its own.
type Form = Expr<(Leaf, isize)>;

/// Whether most units multiply the weights of the row before: then rows hold the weights after their step.
pub(crate) fn weights_of_the_row_before(reading: &Reading) -> bool {
    let columns = &reading.table.columns;
    let is_weight = |leaf: &Leaf| matches!(leaf, Leaf::Column(column, _) if matches!(columns[*column].role.whole(), Role::Weight(_)) && !columns[*column].is_single());
    let (mut before, mut same) = (0, 0);
    for (column, _) in columns
        .iter()
        .enumerate()
        .filter(|(_, column)| matches!(column.role.whole(), Role::Sum(_) | Role::Activation(_)))
    {
        let Some((tree, step)) = typical(reading, column) else { continue };
        for leaf in tree.leaves().into_iter().filter(is_weight) {
            let Leaf::Column(_, at) = leaf else { continue };
            before += usize::from(at + 1 == step);
            same += usize::from(at == step);
        }
    }
    before > same && reading.table.steps > 2
}

/// The formula that most steps of a column have, and a step that has it.
pub(crate) fn typical(reading: &Reading, column: usize) -> Option<(Expr<Leaf>, usize)> {
    let steps = if reading.table.columns[column].is_single() { 1 } else { reading.table.steps };
    let mut forms: Vec<(Form, usize, usize)> = Vec::new();
    let looked_at: BTreeSet<usize> =
        [0, 1, 2, 3, steps / 2, steps - 1].into_iter().filter(|step| *step < steps).collect();
    for step in looked_at {
        let Content::Formula(tree) = reading.content(column, step) else { continue };
        let form = relative(reading, tree, step);
        match forms.iter_mut().find(|(other, ..)| *other == form) {
            Some((_, count, _)) => *count += 1,
            None => forms.push((form, 1, step)),
        }
    }
    let most = forms.iter().map(|(_, count, _)| *count).max()?;
    let (_, _, step) = forms.iter().find(|(_, count, _)| *count == most)?;
    match reading.content(column, *step) {
        Content::Formula(tree) => Some((tree.clone(), *step)),
        _ => None,
    }
}

fn relative(reading: &Reading, tree: &Expr<Leaf>, step: usize) -> Form {
    tree.map(&|leaf| match *leaf {
        Leaf::Column(column, at) if !reading.table.columns[column].is_single() => {
            (Leaf::Column(column, 0), at as isize - step as isize)
        }
        leaf => (leaf, 0),
    })
}

/// Hidden units, counted through all layers, as widths of layers: the only ones that need so many weights. `None` if one
/// layer does, or if the number of weights leaves it open.
fn hidden_widths(inputs: usize, hidden: usize, outputs: usize, weights: usize) -> Option<Vec<usize>> {
    if !(2..=MAX_HIDDEN).contains(&hidden) || hidden * (inputs + outputs) == weights {
        return None;
    }
    // Every bit of the number is a border between two units.
    let widths = |borders: u32| {
        let mut widths = vec![1];
        for unit in 0..hidden - 1 {
            if borders >> unit & 1 == 1 { widths.push(1) } else { *widths.last_mut().expect("a layer") += 1 }
        }
        widths
    };
    let count = |widths: &[usize]| {
        let all = [&[inputs], widths, &[outputs]].concat();
        all.windows(2).map(|pair| pair[0] * pair[1]).sum::<usize>()
    };
    let mut fitting = (0..1 << (hidden - 1)).map(widths).filter(|widths| count(widths) == weights);
    fitting.next().filter(|_| fitting.next().is_none())
}

/// The role, if it is one of the first sample or of all.
fn first_sample(role: &Role) -> Option<&Role> {
    match role {
        Role::Sample(0, role) => Some(role),
        Role::Sample(..) => None,
        role => Some(role),
    }
}

/// All units with their columns; names that do not tell a sum's unit are matched in order.
fn units(reading: &Reading) -> Vec<UnitColumns> {
    let mut units: BTreeMap<Unit, UnitColumns> = BTreeMap::new();
    for (at, column) in reading.table.columns.iter().enumerate() {
        let (unit, is_sum) = match first_sample(&column.role) {
            Some(Role::Sum(unit)) => (unit, true),
            Some(Role::Activation(unit)) => (unit, false),
            _ => continue,
        };
        let empty = || UnitColumns { unit: unit.clone(), sum: None, activation: None };
        let columns = units.entry(unit.clone()).or_insert_with(empty);
        *(if is_sum { &mut columns.sum } else { &mut columns.activation }) = Some(at);
    }
    let mut units: Vec<UnitColumns> = units.into_values().collect();
    // h1, a1, h2, a2, o1, a3, ...; and z1 beside y1.
    for is_sum in [false, true] {
        let half = |unit: &UnitColumns| if is_sum { unit.sum } else { unit.activation };
        let other_half = |unit: &UnitColumns| if is_sum { unit.activation } else { unit.sum };
        let is_nameless = |unit: &UnitColumns| unit.unit.family == Family::Any && other_half(unit).is_none();
        let waits = |unit: &UnitColumns| unit.unit.family != Family::Any && half(unit).is_none();
        let nameless: Vec<usize> = units.iter().filter(|unit| is_nameless(unit)).filter_map(half).collect();
        if nameless.is_empty() || nameless.len() != units.iter().filter(|unit| waits(unit)).count() {
            continue;
        }
        units.retain(|unit| !is_nameless(unit));
        for (unit, column) in units.iter_mut().filter(|unit| waits(unit)).zip(nameless) {
            *(if is_sum { &mut unit.sum } else { &mut unit.activation }) = Some(column);
        }
    }
    units
}

/// Units by layer, from the inputs on: as the formulas lead, otherwise as the names say.
fn layers(
    reading: &Reading,
    units: &[UnitColumns],
    forward: &[Products],
    inputs: usize,
    layout: Option<&[usize]>,
) -> Result<Vec<Vec<usize>>, Unclear> {
    if let Some(layout) = layout {
        let total: usize = layout[1..].iter().sum();
        if layout[0] != inputs || total != units.len() {
            return Err(Unclear(format!(
                "--net: the sheet names {inputs} inputs and {} units, which is another network",
                units.len()
            )));
        }
        let mut rest = 0..units.len();
        return Ok(layout[1..].iter().map(|&width| rest.by_ref().take(width).collect()).collect());
    }
    let unit_of =
        |column: usize| units.iter().position(|unit| unit.sum == Some(column) || unit.activation == Some(column));
    let by_formula = forward.iter().all(|products| !products.pairs.is_empty());
    let mut depths: Vec<Option<usize>> = vec![None; units.len()];
    if by_formula {
        // A unit lies one behind the deepest of those that it reads.
        for _ in 0..units.len() {
            for (unit, products) in forward.iter().enumerate() {
                let sources = products.pairs.iter().filter_map(|(_, source)| unit_of(*source));
                let behind: Option<Vec<usize>> = sources.map(|source| depths[source].map(|depth| depth + 1)).collect();
                depths[unit] = behind.map(|behind| behind.into_iter().max().unwrap_or(0));
            }
        }
    }
    let outputs: Vec<bool> = units.iter().map(|unit| unit.unit.family == Family::Output).collect();
    let last = depths.iter().flatten().max().copied();
    let consistent = depths.iter().all(Option::is_some)
        && (!outputs.contains(&true) || (0..units.len()).all(|unit| outputs[unit] == (depths[unit] == last)));
    if !consistent {
        // One layer of outputs behind the hidden ones, which have their layer in front of their number if there are several.
        let targets =
            reading.table.columns.iter().filter(|c| matches!(first_sample(&c.role), Some(Role::Target(_)))).count();
        for (at, unit) in units.iter().enumerate() {
            let is_output = match unit.unit.family {
                Family::Output => true,
                Family::Hidden => false,
                Family::Any => !outputs.contains(&true) && at + targets.max(1) >= units.len(),
            };
            depths[at] = Some(match unit.unit.index.as_slice() {
                _ if is_output => usize::MAX,
                [layer, _] => *layer as usize,
                _ => 0,
            });
        }
        let weights = reading.table.columns.iter().filter(|c| matches!(c.role, Role::Weight(_))).count();
        let hidden: Vec<usize> = (0..units.len()).filter(|unit| depths[*unit] == Some(0)).collect();
        let rest = units.len() - hidden.len();
        if let Some(widths) = hidden_widths(inputs, hidden.len(), rest, weights) {
            let of_layer = widths.into_iter().enumerate().flat_map(|(layer, width)| vec![layer; width]);
            hidden.into_iter().zip(of_layer).for_each(|(unit, layer)| depths[unit] = Some(layer));
        }
    }
    let mut layers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (unit, depth) in depths.iter().enumerate() {
        layers.entry(depth.unwrap_or(usize::MAX)).or_default().push(unit);
    }
    Ok(layers.into_values().collect())
}
