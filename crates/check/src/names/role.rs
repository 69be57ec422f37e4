//! What a name can stand for, as plain data.
//!
//! Nothing here knows the network. A number in a name is only a number; which weight is the third, the forward columns
//! tell.

/// What stands in a column (or row) of somebody's table.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Role {
    Input(u32),
    Target(u32),
    Weight(Index),
    Bias(Index),
    /// A unit's weighted sum.
    Sum(Unit),
    Activation(Unit),
    /// The error of one output.
    Error(u32),
    /// The error of all outputs.
    Total,
    /// A derivative of one role by another; of the error by a weight it is a gradient.
    Derivative(Box<Role>, Box<Role>),
    /// A weight or bias after the update.
    Next(Box<Role>),
    /// By how much an update changes a weight or bias.
    Change(Box<Role>),
    /// What comes back to a unit: the derivative of the error by its weighted sum, with whatever sign.
    Delta(Unit),
    Rate,
    /// Counts the updates.
    Step,
    /// The same of one sample of several, counted from 0.
    Sample(usize, Box<Role>),
}

/// The numbers in the name of a weight or bias: `w5` has one, `w2_3_1` three.
pub(crate) type Index = Vec<Label>;

/// A number in a name, or the layer that stands in its place. In this order names are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Label {
    /// The hidden layer, or the first of several.
    Hidden,
    Number(u32),
    /// A layer that is called by a letter: `bk1`.
    Letter(char),
    /// The layer of the outputs.
    Output,
}

/// A unit as its name says it; its numbers are those of the unit, or of layer and unit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Unit {
    pub(crate) family: Family,
    pub(crate) index: Vec<u32>,
}

/// Which layer a name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Family {
    Hidden,
    Output,
    /// The name does not tell: `z1`, `a2`.
    Any,
}

/// What a group's header above makes of the names below it: `Gradients` above `w1`, `w2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Group {
    Gradients,
    Updated,
    /// Weights as they are before the update.
    Present,
}

impl Role {
    /// Without the sample's number.
    pub(crate) fn whole(&self) -> &Role {
        match self {
            Role::Sample(_, role) => role,
            role => role,
        }
    }

    /// The gradient of the error by that role.
    pub(crate) fn gradient(self) -> Role {
        Role::Derivative(Box::new(Role::Total), Box::new(self))
    }

    /// That weight or bias after the update.
    pub(crate) fn next(self) -> Role {
        Role::Next(Box::new(self))
    }

    /// The derivative of a unit's activation by its weighted sum.
    pub(super) fn slope(unit: Unit) -> Role {
        Role::Derivative(Box::new(Role::Activation(unit.clone())), Box::new(Role::Sum(unit)))
    }

    /// `None` if nobody derives the one by the other.
    pub(super) fn derivative(of: Role, by: Role) -> Option<Role> {
        let is_derived = matches!(of, Role::Total | Role::Error(_) | Role::Activation(_) | Role::Sum(_));
        (is_derived && by != Role::Rate).then(|| Role::Derivative(Box::new(of), Box::new(by)))
    }

    pub(super) fn is_parameter(&self) -> bool {
        matches!(self, Role::Weight(_) | Role::Bias(_))
    }

    /// The unit of a weighted sum or activation.
    pub(super) fn unit(self) -> Option<Unit> {
        match self {
            Role::Sum(unit) | Role::Activation(unit) => Some(unit),
            _ => None,
        }
    }
}

impl From<u32> for Label {
    fn from(number: u32) -> Label {
        Label::Number(number)
    }
}
