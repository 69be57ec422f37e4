//! Comparing what a sheet says with what is right: at random points, and number by number.
//!
//! A right equation is the lesson's; a slip is an edit of it. Two formulas that agree at random points are the same.

mod equation;
mod expected;
mod memory;
mod points;
mod random;
mod right;
mod scales;
mod sense;
mod slips;

pub(crate) use equation::{Equation, Timed, now};
pub(crate) use expected::Rounded;
pub(crate) use points::{Points, same};
pub(crate) use right::equation as right_equation;
pub(crate) use scales::Scales;
pub(crate) use sense::{Keys, RateSource, Sense};
pub(crate) use slips::{Slip, slips};
