//! Right or wrong, cell by cell, and why.

mod aspect;
mod budget;
mod cause;
mod cell_run;
mod column;
mod constant;
mod diagnosis;
mod difference;
mod judged;
mod likeliest;
mod losses;
mod moved;
mod no_number;
mod rate_slips;
mod rates;
mod row_slips;

pub(crate) use aspect::Aspect;
pub(crate) use budget::Budget;
pub(crate) use cause::Cause;
pub(crate) use cell_run::CellRun;
pub(crate) use judged::{Judged, is_habit};
pub(crate) use likeliest::with_fewest_mistakes;
pub(crate) use losses::{central_difference, losses};
pub(crate) use no_number::{NoNumber, Reason, no_numbers};
pub(crate) use rates::{UsedRate, used_rates, wrong_labels};
