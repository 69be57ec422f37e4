//! Building blocks of HTML pages and SVG drawings.

#![forbid(unsafe_code)]

pub mod markup;

/// The style of pages about lessons and sheets.
pub const STYLE: &str = include_str!("page.css");
