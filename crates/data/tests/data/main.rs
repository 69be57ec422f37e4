//! Data sets: the one that is built in, and those in folders; and pictures.

mod folder;
mod mnist;
mod pictures;
