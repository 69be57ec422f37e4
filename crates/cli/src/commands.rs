//! The commands, one file each: its arguments, and what it does with them.

pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod eval;
pub(crate) mod export;
pub(crate) mod manual;
pub(crate) mod predict;
pub(crate) mod report;
pub(crate) mod sheet;
pub(crate) mod show;
pub(crate) mod sweep;
pub(crate) mod train;
