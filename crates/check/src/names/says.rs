//! What a line of the vocabulary says.

use super::role::{Family, Group, Label};

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spelling {
    /// `#` is where the number stands, if letters follow it: `y#hat`.
    pub(super) text: &'static str,
    pub(super) language: Language,
    pub(super) says: Says,
    pub(super) index: IndexRule,
}

pub(super) const fn spelling(text: &'static str, language: Language, says: Says, index: IndexRule) -> Spelling {
    Spelling { text, language, says, index }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// Symbols and abbreviations, the same everywhere.
    Notation,
    English,
    German,
    Spanish,
    French,
    /// Where it is not like Spanish.
    Italian,
}

/// What a spelling says where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Says {
    /// The same as an English word or phrase.
    Means(&'static str),
    /// All letters of a name.
    Name(Quantity),
    /// A unit; alone its weighted sum.
    UnitName(Family),
    /// A unit, if a word behind its number says which of its quantities.
    UnitWithWord(Family),
    /// The layer, behind the number: `z1_h`.
    LayerBehind,
    /// Makes a weighted sum of a unit's name.
    SumBefore,
    SumBehind,
    ActivationBefore,
    ActivationBehind,
    BiasBefore,
    /// In front of the two ends of a weight.
    WeightBetween,
    From(End),
    To(Label),
    /// The d of a derivative.
    DerivativeSign,
    /// Makes a gradient of a weight's name.
    GradientBefore,
    GradientBehind,
    ChangeBefore,
    /// Makes of a unit's name what comes back to it.
    DeltaBefore,
    DeltaBehind,
    SlopeBefore,
    /// A function that `'` makes a derivative of.
    Function,
    New,
    Filler,
    BesideActivation,
    BesideSum,
    BesideGradient,
    BesideNext,
    /// A header above a group of names.
    Above(Group),
    AboveBegins(Group),
}

/// What a whole name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Quantity {
    Weight,
    NextWeight,
    LastWeight,
    Bias,
    NextBias,
    LayerBias(Label),
    Input,
    Target,
    Sum(Family),
    Activation(Family),
    Error,
    Total,
    Rate,
    Step,
}

/// Where a weight comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum End {
    Inputs,
    HiddenUnits,
}

/// Which numbers a name may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IndexRule {
    /// None, one or several; none counts as 1.
    Any,
    Absent,
    One,
    /// None counts as 1.
    AtMostOne,
    /// Several, or one of two digits.
    TwoNumbers,
    /// One that begins with a 0.
    ZeroForO,
    /// The numbers belong to the rest of the name.
    Free,
}
