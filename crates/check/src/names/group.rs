//! Headers above several names.

use super::role::{Group, Role};
use super::says::Says;
use super::tokens::canonical;
use super::vocabulary::{can_say, spellings};
use crate::limits::MAX_GROUP_LETTERS;

impl Group {
    /// The group that a header names.
    pub(crate) fn of(text: &str) -> Option<Group> {
        let words: String = canonical(text).chars().filter(|letter| letter.is_alphabetic()).collect();
        if words.len() > MAX_GROUP_LETTERS {
            return None;
        }
        let begins = |group| spellings(Says::AboveBegins(group)).iter().any(|start| words.starts_with(start));
        let is = |group: &Group| can_say(&words, Says::Above(*group)) || begins(*group);
        [Group::Gradients, Group::Updated, Group::Present].into_iter().find(is)
    }

    /// The role of a name below that header.
    pub(crate) fn apply(self, role: Role) -> Role {
        match self {
            Group::Gradients if role.is_parameter() => role.gradient(),
            Group::Updated if role.is_parameter() => role.next(),
            _ => role,
        }
    }
}
