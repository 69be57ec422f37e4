//! Values of quantities: the engine's at a state, and those that follow from them.

use std::collections::HashMap;

use crate::{Expr, Key, Lesson, Param, Sample, State, Theory, Trajectory};

/// Every quantity at one state, as the engine calculated it. What it does not keep (slopes, single paths) follows from
/// its equation.
#[derive(Clone, Copy)]
pub struct Snapshot<'t> {
    theory: &'t Theory,
    samples: &'t [Sample],
    state: &'t State,
    /// The number of updates before it.
    pub count: usize,
    before: Option<&'t State>,
    next: Option<&'t State>,
    rate: f64,
}

/// Quantities that are calculated from others by their equations alone, in a training that the engine did not run.
#[derive(Clone, Default)]
pub struct Row {
    /// The values so far.
    pub values: HashMap<Key, f64>,
}

impl<'t> Snapshot<'t> {
    /// A snapshot of a state that belongs to no run.
    pub fn new(theory: &'t Theory, samples: &'t [Sample], state: &'t State) -> Snapshot<'t> {
        Snapshot { theory, samples, state, count: 0, before: None, next: None, rate: state.rate }
    }

    /// The snapshot after `count` updates of a run of the lesson.
    ///
    /// # Panics
    /// If the run has fewer updates.
    pub fn after(lesson: &'t Lesson, run: &'t Trajectory, count: usize) -> Snapshot<'t> {
        let states = &run.states;
        Snapshot {
            theory: &lesson.theory,
            samples: &lesson.samples,
            state: &states[count],
            count,
            before: count.checked_sub(1).map(|before| &states[before]),
            next: states.get(count + 1),
            rate: run.rate,
        }
    }

    /// The value of a quantity.
    pub fn value(&self, key: Key) -> f64 {
        let (theory, state) = (self.theory, self.state);
        match key {
            Key::X(s, i) => self.samples[s].x[i],
            Key::T(s, k) => self.samples[s].t[k],
            Key::P(p) => state.parameters[p],
            Key::Z(s, l, j) => state.passes[s].z[l][j],
            Key::A(s, l, j) => state.passes[s].a[l][j],
            Key::E(s, k) => state.passes[s].e[k],
            Key::Error(s) => state.passes[s].error,
            Key::Loss => state.loss,
            Key::Da(s, l, j) => state.passes[s].da[l][j],
            Key::Dz(s, l, j) => state.passes[s].dz[l][j],
            Key::G(p) => state.gradient[p],
            Key::M(p) => self.moment(&state.m, p),
            Key::V(p) => self.moment(&state.v, p),
            Key::MBefore(p) => self.before.map_or(0.0, |before| self.moment(&before.m, p)),
            Key::VBefore(p) => self.before.map_or(0.0, |before| self.moment(&before.v, p)),
            Key::Rate => self.rate,
            Key::StepRate => state.rate,
            Key::Count => self.count as f64,
            Key::Momentum | Key::Beta1 | Key::Beta2 | Key::Epsilon => {
                theory.settings().iter().find(|(setting, ..)| *setting == key).map_or(f64::NAN, |(_, value, _)| *value)
            }
            Key::Slip => 0.0,
            Key::Next(p) if self.next.is_some() => self.next.map_or(f64::NAN, |next| next.parameters[p]),
            Key::Slope(..) | Key::Jacobian(..) | Key::Path(..) | Key::Factor(..) | Key::Own(..) | Key::Next(_) => {
                self.evaluate(&theory.step(key))
            }
        }
    }

    /// One of the optimizer's moments, which are in the order of [`Theory::trained`]; 0 for untrained parameters.
    fn moment(&self, moments: &[f64], p: Param) -> f64 {
        self.theory.trained().iter().position(|q| *q == p).map_or(0.0, |at| moments[at])
    }

    /// The value of an equation.
    pub fn evaluate(&self, equation: &Expr<Key>) -> f64 {
        equation.value(&|key| self.value(*key))
    }
}

impl Row {
    /// # Panics
    /// If the quantity has not been calculated.
    pub fn value(&self, key: Key) -> f64 {
        *self.values.get(&key).unwrap_or_else(|| panic!("{key:?} has no value yet"))
    }
}
