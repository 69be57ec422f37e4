//! Tables in somebody's sheets: names with numbers below or beside them, wherever they stand.
//!
//! A row of names above columns of numbers is a table, and so is a column of names left of rows of numbers. What stands
//! alone, a name beside one number, belongs to the tables that lack it: inputs, targets, the first weights.

mod blocks;
mod by_weight;
mod content;
mod find;
mod joined;
mod named_line;
mod part;
mod parts;
mod rate_labels;
mod reading;
mod resolver;
mod rounding;
mod sheet_table;
mod typical;

pub(crate) use content::{Content, Leaf};
pub(crate) use find::find;
pub(crate) use rate_labels::RateLabel;
pub(crate) use reading::Reading;
pub(crate) use rounding::Rounding;
pub(crate) use sheet_table::{Direction, SheetTable};
pub(crate) use typical::{typical, weights_of_the_row_before};
