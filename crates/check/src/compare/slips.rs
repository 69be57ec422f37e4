//! The slips of the catalogue in the right equation of a cell, with what only a sheet knows: its rows and its columns.
//!
//! Which slip a wrong formula makes is found by trying: the edited equation that comes to the same numbers is the one.

use gradbook_lesson::{Edit, Key, Param, SlipKind, Surroundings, confusions, edits};

use super::equation::{Equation, Timed};
use super::sense::Sense;

/// An equation with a mistake in it.
pub(crate) type Slip = Edit<Timed>;

/// The equations that one mistake makes of the right one, the commonest mistakes first. `rows` are the other steps
/// (counted back) that the wrong formula is known to read.
pub(crate) fn slips(sense: &Sense, right: &Equation, rows: &[isize]) -> Vec<Slip> {
    let network = &sense.theory().network;
    let factors = sense.known_columns().map(|(.., key)| key).filter(|key| matches!(key, Key::A(..) | Key::X(..)));
    let factors: Vec<Timed> = factors.map(|key| Timed { key, back: 0 }).collect();
    let is_update = right.leaves().iter().any(|leaf| leaf.key == Key::Rate);
    let times = Times { rows, is_update };
    let confusions = |leaf: &Timed| {
        let same_row = confusions(network, leaf.key).into_iter().map(|(kind, key)| (kind, Timed { key, ..*leaf }));
        same_row.chain(times.confusions(*leaf)).collect()
    };
    let surroundings = Surroundings { confusions: &confusions, factors: &factors, outputs: network.outputs() };
    let mut slips = edits(right, &surroundings);
    slips.extend(times.slips(right).into_iter().filter(|slip| slip.equation != *right));
    slips
}

/// From which other steps an equation may take something by mistake.
struct Times<'r> {
    rows: &'r [isize],
    is_update: bool,
}

impl Times<'_> {
    /// The same quantity at another time.
    fn confusions(&self, leaf: Timed) -> Vec<(SlipKind, Timed)> {
        let mut others = Vec::new();
        if let Key::P(p) = leaf.key
            && !self.is_update
        {
            others.push((SlipKind::UpdatedWeights, Timed { key: Key::Next(p), ..leaf }));
            others.push((SlipKind::UpdatedWeights, Timed { back: leaf.back - 1, ..leaf }));
        }
        let elsewhere = self.rows.iter().filter(|back| leaf.key != Key::Rate && **back != leaf.back);
        others.extend(elsewhere.map(|&back| {
            let is_updated = self.is_update && back < leaf.back;
            let kind = if is_updated { SlipKind::UpdatedWeights } else { SlipKind::AnotherRow };
            (kind, Timed { back, ..leaf })
        }));
        others
    }

    /// Everything from another row, or all weights at once after their update.
    fn slips(&self, right: &Equation) -> Vec<Slip> {
        let mut slips = Vec::new();
        for &back in self.rows {
            let moved = right.map(&|leaf| if leaf.key == Key::Rate { *leaf } else { Timed { back, ..*leaf } });
            let first = right.leaves().into_iter().find(|leaf| leaf.key != Key::Rate && leaf.back != back);
            let instead = first.filter(|_| self.is_update).map(|leaf| (Timed { back, ..leaf }, leaf));
            slips.push(Slip { instead, ..Slip::new(SlipKind::AnotherRow, moved) });
        }
        let with_weights = |of: &dyn Fn(&Timed, Param) -> Timed| -> Equation {
            right.map(&|leaf| match leaf.key {
                Key::P(p) if !self.is_update => of(leaf, p),
                _ => *leaf,
            })
        };
        let later = with_weights(&|leaf, _| Timed { back: leaf.back - 1, ..*leaf });
        let earlier = with_weights(&|leaf, _| Timed { back: leaf.back + 1, ..*leaf });
        let next = with_weights(&|leaf, p| Timed { key: Key::Next(p), ..*leaf });
        slips.push(Slip::new(SlipKind::UpdatedWeights, later));
        slips.push(Slip::new(SlipKind::AnotherRow, earlier));
        slips.push(Slip::new(SlipKind::UpdatedWeights, next));
        slips
    }
}
