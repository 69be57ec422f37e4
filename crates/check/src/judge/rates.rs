//! Learning rates that are written beside a name, compared with those in use.

use super::aspect::Aspect;
use crate::compare::{RateSource, Sense};
use crate::meaning::Meaning;
use crate::read::At;
use crate::tables::{Leaf, RateLabel};

/// The rate that a table's updates use.
pub(crate) struct UsedRate {
    pub(crate) sheet: usize,
    pub(crate) cell: Option<At>,
    pub(crate) value: f64,
}

/// The rates that a table's updates use; NaN if these were not understood.
pub(crate) fn used_rates(sense: &Sense, meaning: &Meaning, not_understood: &[Aspect]) -> Vec<UsedRate> {
    let is_plain = !not_understood.contains(&Aspect::Updates);
    let mut rates: Vec<UsedRate> = Vec::new();
    for source in &meaning.rates {
        // If it is another method, one of its settings may have been taken for the rate.
        let value = if is_plain { sense.rate_of(*source, 0) } else { f64::NAN };
        let cell = match source {
            RateSource::Leaf(Leaf::Cell(at)) => Some(*at),
            RateSource::Leaf(Leaf::Column(column, _)) => Some(sense.reading.table.columns[*column].at(0)),
            _ => None,
        };
        if rates.iter().all(|rate| rate.cell != cell) {
            rates.push(UsedRate { sheet: sense.reading.table.sheet, cell, value });
        }
    }
    rates
}

/// Labels of learning rates that no table of their sheet uses.
pub(crate) fn wrong_labels<'l>(labels: &'l [RateLabel], rates: &[UsedRate]) -> Vec<&'l RateLabel> {
    let of_sheet = |label: &RateLabel| rates.iter().filter(|rate| rate.sheet == label.sheet).collect::<Vec<_>>();
    let fits = |label: &RateLabel| {
        of_sheet(label).iter().any(|rate| {
            let is_its_cell = rate.cell.is_some() && rate.cell == label.at;
            is_its_cell || (rate.value - label.value).abs() <= 1e-9 * label.value.abs()
        })
    };
    // If there are several labels in cells, one is enough: the others belong to other settings.
    let is_said = |label: &RateLabel| {
        label.at.is_some() && labels.iter().any(|other| other.at.is_some() && other.sheet == label.sheet && fits(other))
    };
    let is_wrong = |label: &&RateLabel| {
        let used = of_sheet(label);
        let is_known = !used.is_empty() && used.iter().all(|rate| rate.value.is_finite());
        label.is_sure && is_known && !fits(label) && !is_said(label)
    };
    let wrong: Vec<&RateLabel> = labels.iter().filter(is_wrong).collect();
    // A sheet's name is asked only if nothing on the sheet is wrong.
    let is_first = |label: &&&RateLabel| {
        label.at.is_some() || !wrong.iter().any(|other| other.sheet == label.sheet && other.at.is_some())
    };
    wrong.iter().filter(is_first).copied().collect()
}
