//! Values of quantities: the engine's at a state of a run, and those that follow from them.

use std::collections::HashMap;

use crate::trace::{Run, State};

use super::{Expr, Key, Lesson};

/// Every quantity at one state of a run, as the engine calculated it. What it does not keep (slopes, single paths)
/// follows from its equation.
#[derive(Clone, Copy)]
pub struct Snapshot<'t> {
    lesson: &'t Lesson<'t>,
    run: &'t Run,
    /// The number of updates before it.
    pub count: usize,
    state: &'t State,
}

/// Quantities that are calculated from others by their equations alone, in a training that the engine did not run.
#[derive(Clone, Default)]
pub struct Row {
    pub values: HashMap<Key, f64>,
}

impl<'t> Snapshot<'t> {
    /// After `count` updates.
    pub fn new(lesson: &'t Lesson<'t>, run: &'t Run, count: usize) -> Snapshot<'t> {
        Snapshot { lesson, run, count, state: &run.states[count] }
    }

    /// Of any state that is in no run.
    pub fn of_state(lesson: &'t Lesson<'t>, state: &'t State) -> Snapshot<'t> {
        Snapshot { lesson, run: &lesson.trace.run, count: 0, state }
    }

    pub fn value(&self, key: Key) -> f64 {
        let (lesson, state) = (self.lesson, self.state);
        let memory = |state: &State, p, second: bool| {
            let at = lesson.trained.iter().position(|q| *q == p);
            at.map_or(0.0, |at| if second { state.v[at] } else { state.m[at] })
        };
        let before = |p, second| match self.count {
            0 => 0.0,
            count => memory(&self.run.states[count - 1], p, second),
        };
        match key {
            Key::X(s, i) => lesson.trace.samples[s].x[i],
            Key::T(s, k) => lesson.trace.samples[s].t[k],
            Key::P(p) => state.parameters[p],
            Key::Z(s, l, j) => state.passes[s].z[l][j],
            Key::A(s, l, j) => state.passes[s].a[l][j],
            Key::E(s, k) => state.passes[s].e[k],
            Key::Error(s) => state.passes[s].error,
            Key::Loss => state.loss,
            Key::Da(s, l, j) => state.passes[s].da[l][j],
            Key::Dz(s, l, j) => state.passes[s].dz[l][j],
            Key::G(p) => state.gradient[p],
            Key::M(p) => memory(state, p, false),
            Key::V(p) => memory(state, p, true),
            Key::MBefore(p) => before(p, false),
            Key::VBefore(p) => before(p, true),
            Key::Next(p) if self.count < self.run.states.len() - 1 => self.run.states[self.count + 1].parameters[p],
            Key::Rate => self.run.rate,
            Key::StepRate => state.rate,
            Key::Count => self.count as f64,
            Key::Momentum | Key::Beta1 | Key::Beta2 | Key::Epsilon => {
                lesson.settings().iter().find(|(setting, ..)| *setting == key).map_or(f64::NAN, |(_, value, _)| *value)
            }
            Key::Slip => 0.0,
            Key::Slope(..) | Key::Jacobian(..) | Key::Path(..) | Key::Factor(..) | Key::Own(..) | Key::Next(_) => {
                self.evaluate(&lesson.step(key))
            }
        }
    }

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
