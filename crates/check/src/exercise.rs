//! Marks: what was filled into an exercise of this program, right, wrong or empty, from the engine's values at the numbers
//! in the file's record.

mod marks;
mod record;

pub(crate) use marks::marks_of;
