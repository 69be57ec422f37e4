//! Workbooks and pages of lessons: their numbers, and what other programs make of them.

mod file;
mod live;
mod page;
mod recalculation;
mod recalculation_ironcalc;
mod reference_values;
