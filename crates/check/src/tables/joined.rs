//! Parts that belong together, completed by what stands alone.

use super::part::TablePart;
use super::sheet_table::{Column, SheetTable};
use crate::names::Role;
use crate::read::Book;

/// Parts that belong together, completed by single numbers of this sheet and, if need be, of others.
pub(super) fn joined(book: &Book, sheet: usize, all: &[Vec<TablePart>]) -> Vec<SheetTable> {
    let mut tables: Vec<TablePart> = Vec::new();
    let mut order: Vec<&TablePart> = all[sheet].iter().collect();
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
    let singles = |parts: &[TablePart]| -> Vec<Column> {
        let single = parts.iter().filter(|part| part.steps == 1);
        let columns = single.flat_map(|part| part.columns.iter().cloned());
        columns.map(|column| Column { steps: None, ..column }).collect()
    };
    let here = singles(&all[sheet]);
    let elsewhere: Vec<Column> =
        all.iter().enumerate().filter(|(other, _)| *other != sheet).flat_map(|(_, parts)| singles(parts)).collect();
    let complete = |part: &TablePart| {
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
        SheetTable::new(part.sheet, columns, part.steps)
    };
    tables.iter().map(complete).collect()
}

/// Inputs and targets of a table whose columns are those of several samples: of the first table that has a row for each.
fn samples_of<'p>(part: &TablePart, mut all: impl Iterator<Item = &'p TablePart>) -> Vec<Column> {
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
fn belongs(part: &TablePart, table: &TablePart) -> bool {
    let names = |part: &TablePart| {
        part.columns.iter().map(|column| column.role.clone()).filter(|role| *role != Role::Step).collect()
    };
    let (mine, others): (Vec<Role>, Vec<Role>) = (names(part), names(table));
    let disjoint = mine.iter().all(|role| !others.contains(role));
    let alike = part.direction == table.direction && part.steps.abs_diff(table.steps) <= 1;
    let single = part.steps == 1 || table.steps == 1;
    disjoint && if single { part.steps == table.steps } else { alike }
}

/// Whether a formula of one refers to a number of the other.
fn are_linked(book: &Book, part: &TablePart, table: &TablePart) -> bool {
    let leads = |from: &TablePart, to: &TablePart| {
        from.columns.iter().any(|column| {
            let leaves = book.tree(column.first).map_or(Vec::new(), |tree| tree.leaves());
            leaves.iter().any(|leaf| to.columns.iter().any(|column| column.first == leaf.at))
        })
    };
    leads(part, table) || leads(table, part)
}

/// Whether a part has weights, units, errors and gradients.
fn is_whole(part: &TablePart) -> bool {
    let has = |is: fn(&Role) -> bool| part.columns.iter().any(|column| is(column.role.whole()));
    has(|role| matches!(role, Role::Weight(_)))
        && has(|role| matches!(role, Role::Sum(_) | Role::Activation(_)))
        && has(|role| matches!(role, Role::Derivative(..)))
}

impl TablePart {
    fn append(&mut self, part: &TablePart) {
        self.columns.extend(part.columns.iter().filter(|column| column.role != Role::Step).cloned());
        self.steps = self.steps.max(part.steps);
    }
}

/// A table without anything calculated says nothing that could be wrong.
fn is_judgeable(part: &TablePart) -> bool {
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
