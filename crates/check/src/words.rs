//! What was found in words: findings with their formulas, and reports as text, page and table of a class.

mod class;
mod detail;
mod equation;
mod explain;
mod judged;
mod marks;
mod network;
mod no_number;
mod number;
mod page;
mod rates;
mod symbols;
mod text;

pub use class::{Entry, class_page, csv, summary};
pub use detail::Detail;
pub(crate) use judged::{place, report};
pub use page::page;
pub(crate) use rates::wrong_rates;
pub use text::{headline, text};
