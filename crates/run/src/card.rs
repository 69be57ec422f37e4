//! The requirement card: what a recipe promises, and whether it keeps it.

use gradbook_engine::network::Network;
use gradbook_engine::spec::Spec;
use serde::Serialize;

use crate::data::Evaluation;
use crate::folder::records::RunResult;
use crate::words::{percent, thousands};

/// One promise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Requirement {
    /// The promise with the result, such as `19,512 < 20,000 parameters`.
    pub text: String,
    /// `None` until a run has shown it.
    pub met: Option<bool>,
}

/// The result to compare with the promises.
#[derive(Clone, Debug)]
pub struct Reached<'r> {
    /// What the accuracy is about, such as `last epoch`.
    pub what: String,
    /// The epochs that were trained.
    pub epochs: usize,
    /// The accuracy, as a fraction.
    pub accuracy: f64,
    /// [`Evaluation::words`].
    pub evaluated_on: &'r str,
}

impl<'r> Reached<'r> {
    /// The result of one run at its end; `None` if it was interrupted or started from given weights, because part of a
    /// training proves nothing about the recipe.
    pub fn by(result: &'r RunResult) -> Option<Reached<'r>> {
        let RunResult { epochs, accuracy, ref evaluated_on, .. } = *result;
        (!result.interrupted && result.init_sha256.is_none()).then(|| Reached {
            what: if result.stopped_by.is_some() { "at the end" } else { "last epoch" }.to_owned(),
            epochs,
            accuracy,
            evaluated_on,
        })
    }
}

/// The promises of `spec`; none if it makes none.
pub fn requirements(spec: &Spec, network: &Network, reached: Option<&Reached<'_>>) -> Vec<Requirement> {
    let Some(require) = &spec.require else { return Vec::new() };
    let mut list = Vec::new();
    let mut add = |text: String, met: bool| list.push(Requirement { text, met: Some(met) });
    if let Some(limit) = require.parameters_below {
        let met = network.parameters() < limit;
        let sign = if met { "<" } else { ">=" };
        add(format!("{} {sign} {} parameters", thousands(network.parameters()), thousands(limit)), met);
    }
    for layer in &require.layers {
        add(layer.clone(), spec.layers.iter().any(|spec| spec.name() == layer));
    }
    let planned = spec.train.as_ref().map_or(0, |train| train.epochs);
    let epochs = reached.map_or(planned, |reached| reached.epochs);
    if let Some(limit) = require.epochs_below {
        let sign = if epochs < limit { "<" } else { ">=" };
        add(format!("{epochs} {sign} {limit} epochs"), epochs < limit);
    }
    if let Some(limit) = require.epochs_at_most {
        let sign = if epochs <= limit { "<=" } else { ">" };
        add(format!("{epochs} {sign} {limit} epochs"), epochs <= limit);
    }
    match (require.accuracy, reached) {
        (None, _) => {}
        (Some(least), None) => {
            list.push(Requirement { text: format!("accuracy {} (needs a run)", percent(least)), met: None });
        }
        (Some(least), Some(Reached { what, accuracy, evaluated_on, .. })) => {
            let met = *accuracy >= least;
            let images = if *evaluated_on == Evaluation::Test.words() { "" } else { " on held-out images" };
            let sign = if met { ">=" } else { "<" };
            add(format!("{what} {}{images} {sign} {}", percent(*accuracy), percent(least)), met);
        }
    }
    list
}
