//! The formula that most cells of a column have.

use std::collections::BTreeSet;

use super::content::{Content, Leaf};
use super::reading::Reading;
use crate::names::Role;
use gradbook_lesson::Expr;

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
