//! What a table says about itself: the network, its activations and loss, the scale of its errors and gradients, the
//! learning rate.
//!
//! Nothing of this can be wrong; these are the sheet's own conventions, against which the rest is judged. Where columns
//! contradict each other, the majority decides what is meant.

mod activation;
mod agreement;
mod keys;
mod rate;
mod scales;
mod sheet_meaning;
mod targets;
mod topology;

use crate::Options;
use crate::compare::Scales;
use crate::tables::{RateLabel, Reading, Rounding};
use activation::activations;
use gradbook_lesson::{Key, Theory};
use keys::{backward_keys, forward_keys};
pub(crate) use rate::has_one;
use scales::{change_sign, find_scales};
pub(crate) use sheet_meaning::Meaning;
use targets::written_targets;
pub(crate) use topology::Unclear;
use topology::topology;

/// What a table means, with the weights numbered in the likeliest way (0) or another.
///
/// # Errors
/// If the forward columns do not tell which network it is.
pub(crate) fn meaning(
    reading: &Reading,
    labels: &[RateLabel],
    options: &Options,
    numbering: usize,
) -> Result<Meaning, Unclear> {
    let topology = topology(reading, options.layout.as_deref(), numbering)?;
    let rounding = Rounding::new(reading);
    let mut keys = forward_keys(reading, &topology);
    let constant_inputs = (0..keys.len())
        .all(|column| !matches!(keys[column].first(), Some(Key::X(..) | Key::T(..))) || reading.is_constant(column));
    let network = activations(reading, &rounding, &topology, &mut keys, constant_inputs)?;
    let mut meaning = Meaning {
        theory: Theory::new(network, topology.samples),
        keys,
        scales: Scales::NONE,
        constant_inputs,
        rates: Vec::new(),
        targets: None,
        given_targets: options.targets.is_some(),
        knows_loss: true,
        numberings: topology.numberings,
    };
    backward_keys(&mut meaning, reading);
    if !meaning.keys.iter().flatten().any(|key| matches!(key, Key::T(..))) {
        let outputs = meaning.theory.network.outputs();
        if let Some(targets) = options.targets.as_ref().filter(|targets| targets.len() != outputs) {
            let count = targets.len();
            return Err(Unclear(format!("--targets: {count} are given, but the network has {outputs} outputs")));
        }
        meaning.targets = options.targets.clone().or_else(|| written_targets(&meaning, reading, &rounding));
    }
    find_scales(&mut meaning, reading, &rounding, labels);
    meaning.rates = rate::of_layers(&meaning, reading, &rounding, labels);
    meaning.scales.change = change_sign(&meaning, reading, &rounding);
    Ok(meaning)
}
