//! Building blocks of pages (HTML) and drawings (SVG): what everything that gradbook shows in a browser has in common.
//!
//! A [`Page`] is the shell around some [`markup`]; a [`Drawing`] is a file of its own or a part of a page, and a [`Canvas`]
//! makes a chart of it, with an [`Axis`] on either side and [`lines::plot`] between them. [`palette`] has the colours,
//! [`Look`] what tells curves apart, and [`number`] writes numbers as people read them.
//!
//! It is not a template engine and knows nothing of networks, lessons or runs. It reads no file, clock or environment
//! variable, and prints nothing: plain data in, text out.
//!
//! ```
//! use gradbook_page::lines::{PlotLine, legend, plot};
//! use gradbook_page::{Axis, Canvas, Frame, Page, WIDTH};
//!
//! let points = [(1.0, Some(0.52)), (2.0, Some(0.31)), (3.0, Some(0.22))];
//! let lines = [PlotLine { name: "training".to_owned(), points: points.to_vec() }];
//! let frame = Frame { left: 84.0, right: WIDTH - 20.0, top: 14.0, bottom: 334.0 };
//! let mut canvas = Canvas::default();
//! plot(&mut canvas, &frame, &lines, ("epoch", "loss"), Axis::logarithmic).expect("there are values");
//! canvas.legend(&legend(&lines));
//! let chart = canvas.finish("loss", "Loss", "The loss falls from 0.52 to 0.22.");
//!
//! let page = Page { title: "A training", style: "", header: "", contents: &[], main: &chart.on_page() }.html();
//! assert!(page.starts_with("<!DOCTYPE html>") && page.contains(">0.5</text>"));
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod axis;
mod drawing;
pub mod label;
pub mod lines;
mod look;
pub mod markup;
pub mod number;
pub mod palette;
mod shell;

pub use axis::Axis;
pub use drawing::{Canvas, Drawing, Frame, LegendEntry, WIDTH};
pub use look::Look;
pub use shell::Page;
