//! Tables in somebody's sheets: names with numbers below or beside them, wherever they stand.
//!
//! A row of names above columns of numbers is a table, and so is a column of names left of rows of numbers. What stands
//! alone, a name beside one number, belongs to the tables that lack it: inputs, targets, the first weights.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use super::book::{At, Book, Cell, Sheet, Value};
use super::role::{Family, Group, Role, Unit};
use super::{blocks, by_weight, formula};

/// So many cells without a number may stand between a name and its first number: units, notes, signs.
const MAX_SKIPPED: u32 = 2;
/// Longer tables are judged up to here.
const MAX_STEPS: usize = 12_000;
/// Among so many first names is the one that begins a table anew.
const BEGINNING: usize = 3;
/// Of a sheet; what comes after them is no exercise.
const MAX_NAMES: usize = 4_000;

/// Which way the steps of a table go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Direction {
    Down,
    Right,
}

impl Direction {
    /// The cell so many cells further.
    pub(crate) fn at(self, from: At, distance: u32) -> At {
        let At { sheet, row, column } = from;
        match self {
            Direction::Down => At { sheet, row: row + distance, column },
            Direction::Right => At { sheet, row, column: column + distance },
        }
    }
}

/// One quantity of a table: all its steps, or one number for all of them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) role: Role,
    pub(crate) header: At,
    /// Of the first line of numbers.
    pub(crate) first: At,
    /// Which way the steps go, and how many lines each lies behind the first; `None` for one number.
    pub(crate) steps: Option<(Direction, Rc<[u32]>)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) sheet: usize,
    pub(crate) columns: Vec<Column>,
    pub(crate) steps: usize,
    /// Which column and step a cell is; single numbers count as step 0.
    pub(crate) cells: HashMap<At, (usize, usize)>,
}

/// A learning rate that is written down, with its name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RateLabel {
    pub(crate) sheet: usize,
    /// `None` if it is the sheet's name that says it.
    pub(crate) at: Option<At>,
    pub(crate) value: f64,
    /// Whether the name can mean nothing else; `n` can.
    pub(crate) is_sure: bool,
}

impl Column {
    pub(crate) fn at(&self, step: usize) -> At {
        let Some((direction, lines)) = &self.steps else { return self.first };
        // A part that is longer than this one goes on line by line.
        let last = lines.len().saturating_sub(1);
        let line = lines.get(step).copied().unwrap_or_else(|| lines[last] + (step - last) as u32);
        direction.at(self.first, line)
    }

    /// Whether one number stands for all steps.
    pub(crate) fn is_single(&self) -> bool {
        self.steps.is_none()
    }
}

impl Table {
    pub(crate) fn new(sheet: usize, columns: Vec<Column>, steps: usize) -> Table {
        let mut cells = HashMap::new();
        for (index, column) in columns.iter().enumerate() {
            for step in 0..if column.is_single() { 1 } else { steps } {
                cells.entry(column.at(step)).or_insert((index, step));
            }
        }
        Table { sheet, columns, steps, cells }
    }

    /// The same table, if each row holds the weights after its step: a step has those of the row before, and its own row
    /// has the next ones.
    pub(crate) fn with_earlier_weights(&self, is_constant: impl Fn(usize) -> bool) -> Table {
        let shifted = |column: &Column, by: usize| {
            let Some((direction, lines)) = &column.steps else { return column.clone() };
            Column { steps: Some((*direction, lines[by..lines.len() - 1 + by].into())), ..column.clone() }
        };
        // What nobody trains is the same in all rows.
        let is_trained =
            |at: usize| matches!(self.columns[at].role.whole(), Role::Weight(_) | Role::Bias(_)) && !is_constant(at);
        let columns = self.columns.iter().enumerate();
        let mut columns: Vec<Column> =
            columns.map(|(at, column)| shifted(column, usize::from(!is_trained(at)))).collect();
        for at in (0..self.columns.len()).filter(|at| is_trained(*at) && !self.columns[*at].is_single()) {
            let column = &self.columns[at];
            let role = Role::Next(Box::new(column.role.clone()));
            if self.find(&role).is_none() {
                columns.push(Column { role, ..shifted(column, 1) });
            }
        }
        Table::new(self.sheet, columns, self.steps - 1)
    }

    /// Whether it has gradients or updates.
    pub(crate) fn is_training(&self) -> bool {
        let is = |role: &Role| matches!(role, Role::Derivative(..) | Role::Next(_) | Role::Delta(_) | Role::Change(_));
        self.columns.iter().any(|column| is(column.role.whole()))
    }

    pub(crate) fn find(&self, role: &Role) -> Option<usize> {
        self.columns.iter().position(|column| column.role == *role)
    }
}

impl Role {
    /// Without the sample's number.
    pub(crate) fn whole(&self) -> &Role {
        match self {
            Role::Sample(_, role) => role,
            role => role,
        }
    }
}

/// All tables of a workbook that could be judged, and all learning rates written beside a name.
pub(crate) fn find(book: &Book) -> (Vec<Table>, Vec<RateLabel>) {
    let (mut tables, mut rates) = (Vec::new(), Vec::new());
    let parts: Vec<Vec<Part>> = (0..book.sheets.len()).map(|sheet| parts(book, sheet)).collect();
    for (sheet, found) in parts.iter().enumerate() {
        for part in found.iter().filter(|part| part.steps == 1) {
            let labels = part.columns.iter().filter(|column| column.role == Role::Rate);
            rates.extend(labels.filter_map(|label| {
                let is_sure = book.text(label.header).is_some_and(|name| name.trim().len() > 1);
                Some(RateLabel { sheet, at: Some(label.first), value: book.number(label.first)?, is_sure })
            }));
        }
        rates.extend(rates_in_texts(&book.sheets[sheet], sheet));
        tables.extend(joined(book, sheet, &parts));
    }
    // What is spread over several sheets is found from each of them.
    let mut seen: HashSet<Vec<At>> = HashSet::new();
    tables.retain(|table: &Table| {
        let columns = table.columns.iter().filter(|column| column.role != Role::Step);
        let mut headers: Vec<At> = columns.map(|column| column.header).collect();
        headers.sort_unstable();
        seen.insert(headers)
    });
    (blocks::chained(book, tables), rates)
}

/// Names in a row or column, with as many numbers each.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) sheet: usize,
    pub(crate) direction: Direction,
    pub(crate) columns: Vec<Column>,
    pub(crate) steps: usize,
}

/// A name, and the numbers that follow it in a direction: the first one's distance, and how many.
pub(crate) struct Run {
    pub(crate) header: At,
    pub(crate) role: Role,
    pub(crate) distance: u32,
    pub(crate) length: usize,
}

/// How many names of the same row (or column) are like a name, and how many numbers follow it.
type Likeness = (usize, usize);

fn parts(book: &Book, sheet: usize) -> Vec<Part> {
    let names = names(&book.sheets[sheet], sheet);
    let places: HashSet<At> = names.iter().map(|(at, _)| *at).collect();
    // Names that share a row (or column) and have numbers below (or beside) them.
    let mut groups: BTreeMap<(Direction, u32), Vec<Run>> = BTreeMap::new();
    for (header, role) in &names {
        for direction in [Direction::Down, Direction::Right] {
            if let Some((distance, length)) = run(book, *header, direction, &places) {
                let line = if direction == Direction::Down { header.row } else { header.column };
                let run = Run { header: *header, role: role.clone(), distance, length };
                groups.entry((direction, line)).or_default().push(run);
            }
        }
    }
    // A name belongs to the row or column in which more names are like it.
    let mut best: HashMap<At, (Likeness, (Direction, u32))> = HashMap::new();
    for (group, runs) in &groups {
        for run in runs {
            let alike =
                runs.iter().filter(|other| other.distance == run.distance && other.length == run.length).count();
            let weight = (alike, run.length);
            let entry = best.entry(run.header).or_insert((weight, *group));
            if weight > entry.0 {
                *entry = (weight, *group);
            }
        }
    }
    let mut parts = Vec::new();
    for (group, mut runs) in groups {
        runs.retain(|run| best[&run.header].1 == group);
        runs.sort_by_key(|run| (run.header.row, run.header.column));
        // A rate with one number is a label, even in line with the names of a table.
        let longest = runs.iter().map(|run| run.length).max().unwrap_or(1);
        if let Some(found) = by_weight::parts(book, &runs, group.0) {
            parts.extend(found);
            continue;
        }
        let is_label = |run: &Run| run.role == Role::Rate && run.length == 1 && longest > 1;
        let (labels, runs): (Vec<Run>, Vec<Run>) = runs.into_iter().partition(is_label);
        parts.extend(split(book, sheet, group.0, labels));
        parts.extend(split(book, sheet, group.0, runs));
    }
    parts
}

/// Cells with a name, in order; what a group's header above says is already in the roles.
fn names(sheet: &Sheet, number: usize) -> Vec<(At, Role)> {
    let mut texts: Vec<((u32, u32), &str)> = sheet
        .cells
        .iter()
        .filter_map(|(place, cell)| match &cell.value {
            Value::Text(text) => Some((*place, text.as_str())),
            _ => None,
        })
        .collect();
    texts.sort_by_key(|(place, _)| *place);
    let by_place: BTreeMap<(u32, u32), &str> = texts.iter().copied().collect();
    let role = |((row, column), text): ((u32, u32), &str)| {
        // The header of the group is the nearest text to the left in the row above.
        let above = row.checked_sub(1).and_then(|above| by_place.range((above, 0)..=(above, column)).next_back());
        let group = above.and_then(|(_, text)| Group::of(text));
        // A word below a name says what kind of thing it is, unless it has numbers beside it.
        let upper = row.checked_sub(1).and_then(|above| by_place.get(&(above, column)));
        let is_numeric = |cell: &Cell| !matches!(cell.value, Value::Text(_));
        let has_numbers = sheet.cells.get(&(row, column + 1)).is_some_and(is_numeric);
        let is_named = upper.is_some_and(|text| Role::of(text).is_some());
        if is_named && !has_numbers && !text.contains(char::is_numeric) {
            return None;
        }
        let role = Role::of(text).or_else(|| below_group(above?.1, text))?;
        let role = group.map_or(role.clone(), |group| group.apply(role));
        Some((At { sheet: number, row, column }, role))
    };
    texts.iter().filter_map(|&text| role(text)).take(MAX_NAMES).collect()
}

/// A name in two rows: `w` above `1`, `Input` above `2`.
fn below_group(above: &str, text: &str) -> Option<Role> {
    let is_number = text.trim().parse::<u32>().is_ok();
    is_number.then(|| Role::of(&format!("{above} {}", text.trim())))?
}

/// The distance of the first number from a name, and how many follow each other; one may be missing in between.
fn run(book: &Book, header: At, direction: Direction, names: &HashSet<At>) -> Option<(u32, usize)> {
    let at = |distance: u32| direction.at(header, distance);
    let mut distance = 1;
    while !book.is_numeric(at(distance)) {
        if names.contains(&at(distance)) || distance > MAX_SKIPPED {
            return None;
        }
        distance += 1;
    }
    let numeric = |step: usize| book.is_numeric(at(distance + step as u32));
    let mut length = 1;
    while length < MAX_STEPS
        && (numeric(length) || (numeric(length + 1) && book.cell(at(distance + length as u32)).is_none()))
    {
        length += 1;
    }
    Some((distance, length))
}

/// The tables of a row (or column) of names: a new one begins where a name comes again.
fn split(book: &Book, sheet: usize, direction: Direction, runs: Vec<Run>) -> Vec<Part> {
    let mut tables: Vec<Vec<Run>> = Vec::new();
    for mut run in runs {
        let known = tables.last().and_then(|table| table.iter().position(|other| other.role == run.role));
        match (tables.last_mut(), known) {
            (Some(table), None) => table.push(run),
            // A table beside another begins with the same names as that; elsewhere the name has another meaning: y
            // beside t is an output, and a weight that is calculated once more is the next one.
            (Some(table), Some(at)) if at >= BEGINNING || is_error(book, &run, direction) => {
                run.role = match run.role {
                    Role::Target(number) => Role::Activation(Unit { family: Family::Output, index: vec![number] }),
                    Role::Input(number) if is_error(book, &run, direction) => Role::Error(number),
                    role @ (Role::Weight(_) | Role::Bias(_)) if is_calculated(book, &run, direction) => {
                        Role::Next(Box::new(role))
                    }
                    // Of other repetitions the column is a helper.
                    _ => continue,
                };
                if table.iter().all(|other| other.role != run.role) {
                    table.push(run);
                }
            }
            _ => tables.push(vec![run]),
        }
    }
    tables.iter().map(|runs| part(book, sheet, direction, runs)).collect()
}

/// C1 beside x1: what is calculated is no input.
fn is_error(book: &Book, run: &Run, direction: Direction) -> bool {
    matches!(run.role, Role::Input(_)) && is_calculated(book, run, direction)
}

/// Whether the first number of a run is more than a copy of another cell.
fn is_calculated(book: &Book, run: &Run, direction: Direction) -> bool {
    let first = direction.at(run.header, run.distance);
    book.tree(first).is_some_and(|tree| tree.leaves().len() > 1)
}

/// Names with numbers below, as one table. Some columns may begin or end a little earlier than others.
fn part(book: &Book, sheet: usize, direction: Direction, runs: &[Run]) -> Part {
    let few = runs.len().div_ceil(4);
    let common = |of: &dyn Fn(&Run) -> usize| {
        let mut values: Vec<usize> = runs.iter().map(of).collect();
        values.sort_unstable();
        values
    };
    let first = common(&|run| run.distance as usize)[few - 1];
    // As far as half of the columns go.
    let last = common(&|run| run.distance as usize + run.length)[runs.len() / 2];
    let lines = last.saturating_sub(first).clamp(1, MAX_STEPS) as u32;
    let starts: Vec<At> = runs.iter().map(|run| direction.at(run.header, first as u32)).collect();
    let is_step = |line: &u32| is_step(book, direction, &starts, *line);
    let steps: Rc<[u32]> = (0..lines).filter(is_step).collect();
    let steps: Rc<[u32]> = if steps.is_empty() { Rc::new([0]) } else { steps };
    let column = |(run, first): (&Run, &At)| Column {
        role: run.role.clone(),
        header: run.header,
        first: *first,
        steps: Some((direction, Rc::clone(&steps))),
    };
    let columns: Vec<Column> = runs.iter().zip(&starts).map(column).collect();
    Part { sheet, direction, columns, steps: steps.len() }
}

/// Whether a line of numbers is a step: not one that is left free, and not the totals or means of those before.
fn is_step(book: &Book, direction: Direction, starts: &[At], line: u32) -> bool {
    let cells: Vec<At> =
        starts.iter().map(|start| direction.at(*start, line)).filter(|at| book.is_numeric(*at)).collect();
    let summarises = |at: &&At| {
        let text = book.formula(**at).unwrap_or_default().to_uppercase();
        let start =
            ["SUM(", "AVERAGE(", "MIN(", "MAX(", "STDEV(", "COUNT("].into_iter().find(|name| text.starts_with(name));
        let tree = start.and_then(|_| book.tree(**at));
        tree.is_some_and(|tree| {
            let leaves = tree.leaves();
            let along = |leaf: &formula::Reference| match direction {
                Direction::Down => leaf.at.column == at.column && leaf.at.row < at.row,
                Direction::Right => leaf.at.row == at.row && leaf.at.column < at.column,
            };
            leaves.len() > 1 && leaves.iter().all(along)
        })
    };
    !cells.is_empty() && 2 * cells.iter().filter(summarises).count() < cells.len()
}

/// Parts that belong together, completed by single numbers of this sheet and, if need be, of others.
fn joined(book: &Book, sheet: usize, all: &[Vec<Part>]) -> Vec<Table> {
    let mut tables: Vec<Part> = Vec::new();
    let mut order: Vec<&Part> = all[sheet].iter().collect();
    order.sort_by_key(|part| std::cmp::Reverse((part.columns.len(), part.steps)));
    for part in order {
        match tables.iter_mut().find(|table| belongs(part, table)) {
            Some(table) => table.append(part),
            None => tables.push(part.clone()),
        }
    }
    tables.retain(is_judgeable);
    for table in &mut tables {
        let others = all.iter().enumerate().filter(|(other, _)| *other != sheet).flat_map(|(_, parts)| parts);
        for part in others {
            // A sheet that says everything itself is not continued elsewhere; single steps are, where formulas lead.
            if !is_whole(table) && belongs(part, table) && (table.steps > 1 || are_linked(book, part, table)) {
                table.append(part);
            }
        }
    }
    let singles = |parts: &[Part]| -> Vec<Column> {
        let single = parts.iter().filter(|part| part.steps == 1);
        let columns = single.flat_map(|part| part.columns.iter().cloned());
        columns.map(|column| Column { steps: None, ..column }).collect()
    };
    let here = singles(&all[sheet]);
    let elsewhere: Vec<Column> =
        all.iter().enumerate().filter(|(other, _)| *other != sheet).flat_map(|(_, parts)| singles(parts)).collect();
    let complete = |part: &Part| {
        let mut columns = part.columns.clone();
        columns.extend(samples_of(part, all[sheet].iter().chain(all.iter().flatten())));
        let given = here.iter().chain(&elsewhere).filter(|column| {
            matches!(column.role.whole(), Role::Input(_) | Role::Target(_) | Role::Weight(_) | Role::Bias(_))
        });
        for column in given {
            if columns.iter().all(|other| other.role != column.role && other.role.whole() != &column.role) {
                columns.push(column.clone());
            }
        }
        Table::new(part.sheet, columns, part.steps)
    };
    tables.iter().map(complete).collect()
}

/// Inputs and targets of a table whose columns are those of several samples: of the first table that has a row for each.
fn samples_of<'p>(part: &Part, mut all: impl Iterator<Item = &'p Part>) -> Vec<Column> {
    let count = |column: &Column| if let Role::Sample(sample, _) = column.role { sample + 1 } else { 0 };
    let samples = part.columns.iter().map(count).max().unwrap_or(0);
    let given = |column: &&Column| matches!(column.role, Role::Input(_) | Role::Target(_));
    let Some(list) = all.find(|other| samples > 0 && other.steps == samples && other.columns.iter().any(|c| given(&c)))
    else {
        return Vec::new();
    };
    let row = |sample: usize| {
        list.columns.iter().filter(given).map(move |column| Column {
            role: Role::Sample(sample, Box::new(column.role.clone())),
            first: column.at(sample),
            steps: None,
            ..column.clone()
        })
    };
    (0..samples).flat_map(row).collect()
}

/// Whether two parts are of the same table: other names, and as many steps (one more weight than gradients may be).
fn belongs(part: &Part, table: &Part) -> bool {
    let names = |part: &Part| {
        part.columns.iter().map(|column| column.role.clone()).filter(|role| *role != Role::Step).collect()
    };
    let (mine, others): (Vec<Role>, Vec<Role>) = (names(part), names(table));
    let disjoint = mine.iter().all(|role| !others.contains(role));
    let alike = part.direction == table.direction && part.steps.abs_diff(table.steps) <= 1;
    let single = part.steps == 1 || table.steps == 1;
    disjoint && if single { part.steps == table.steps } else { alike }
}

/// Whether a formula of one refers to a number of the other.
fn are_linked(book: &Book, part: &Part, table: &Part) -> bool {
    let leads = |from: &Part, to: &Part| {
        from.columns.iter().any(|column| {
            let leaves = book.tree(column.first).map_or(Vec::new(), |tree| tree.leaves());
            leaves.iter().any(|leaf| to.columns.iter().any(|column| column.first == leaf.at))
        })
    };
    leads(part, table) || leads(table, part)
}

/// Whether a part has weights, units, errors and gradients.
fn is_whole(part: &Part) -> bool {
    let has = |is: fn(&Role) -> bool| part.columns.iter().any(|column| is(column.role.whole()));
    has(|role| matches!(role, Role::Weight(_)))
        && has(|role| matches!(role, Role::Sum(_) | Role::Activation(_)))
        && has(|role| matches!(role, Role::Derivative(..)))
}

impl Part {
    fn append(&mut self, part: &Part) {
        self.columns.extend(part.columns.iter().filter(|column| column.role != Role::Step).cloned());
        self.steps = self.steps.max(part.steps);
    }
}

/// A table without anything calculated says nothing that could be wrong.
fn is_judgeable(part: &Part) -> bool {
    let calculated = |role: &Role| {
        matches!(
            role.whole(),
            Role::Sum(_) | Role::Activation(_) | Role::Derivative(..) | Role::Error(_) | Role::Total | Role::Next(_)
        )
    };
    let count = part.columns.iter().filter(|column| calculated(&column.role)).count();
    let weights = part.columns.iter().filter(|column| matches!(column.role.whole(), Role::Weight(_))).count();
    count > 0 && count + weights >= 3
}

/// `LR = 0.5` in one cell, or as the name of a sheet.
fn rates_in_texts(sheet: &Sheet, number: usize) -> Vec<RateLabel> {
    let in_cell = |(&(row, column), cell): (&(u32, u32), &Cell)| {
        let Value::Text(text) = &cell.value else { return None };
        let (value, is_sure) = rate_in_text(text)?;
        Some(RateLabel { sheet: number, at: Some(At { sheet: number, row, column }), value, is_sure })
    };
    let mut labels: Vec<RateLabel> = sheet.cells.iter().filter_map(in_cell).collect();
    labels.sort_by_key(|label| label.at);
    let name = rate_in_text(&sheet.name).filter(|(_, is_sure)| *is_sure);
    labels.extend(name.map(|(value, is_sure)| RateLabel { sheet: number, at: None, value, is_sure }));
    labels
}

fn rate_in_text(text: &str) -> Option<(f64, bool)> {
    let text = text.trim_end();
    let split = text.rfind(|letter: char| !letter.is_ascii_digit() && letter != '.' && letter != ',')?;
    let (name, value) = text.split_at(split + text[split..].chars().next()?.len_utf8());
    let value: f64 = value.replace(',', ".").parse().ok()?;
    let is_sure = name.trim_end_matches([' ', '=', ':']).trim().len() > 1;
    (Role::of(name) == Some(Role::Rate)).then_some((value, is_sure))
}
