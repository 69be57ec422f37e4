//! Data sets: the one that is built in, and those in folders.

mod folder;
mod mnist;
