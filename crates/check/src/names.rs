//! The names that people give to quantities, in English, German, Spanish, French and Italian, and what they stand for.

mod group;
mod header;
mod name;
mod role;
mod says;
mod spellings;
mod tokens;
mod vocabulary;

pub(crate) use role::{Family, Group, Label, Role, Unit};
