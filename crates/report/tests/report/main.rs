//! Pages, tables and charts: what each of their formats promises.

mod formats;
mod runs;
mod support;
