//! What a user of the command line can rely on. Nothing here measures time.

mod bench;
mod book;
mod check;
mod demo;
mod descriptions;
mod desk;
mod exchange;
mod overview;
mod predict;
mod resume;
mod runs;
mod sheet;
mod sweeps;
mod terminal;
