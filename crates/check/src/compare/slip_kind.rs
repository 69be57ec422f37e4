//! Kinds of mistakes.

/// What kind of mistake; the words are for people, the names for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum SlipKind {
    AnotherUnit,
    SumForActivation,
    MissingFactor,
    ExtraFactor,
    MissingTerm,
    MissingPath,
    MissingBrackets,
    AnotherSlope,
    AnotherWeight,
    AnotherInput,
    AnotherTarget,
    WrongSign,
    Uphill,
    AnotherGradient,
    UpdatedWeights,
    AnotherRow,
    FixedReference,
    RelativeReference,
    HardCodedRate,
    AnotherRate,
    WrongFactor,
    Typed,
    TextNumber,
    ErrorValue,
    WrongLabel,
    Other,
}

impl SlipKind {
    /// For programs.
    pub(crate) fn id(self) -> &'static str {
        match self {
            SlipKind::AnotherUnit => "another_unit",
            SlipKind::SumForActivation => "sum_for_activation",
            SlipKind::MissingFactor => "missing_factor",
            SlipKind::ExtraFactor => "extra_factor",
            SlipKind::MissingTerm => "missing_term",
            SlipKind::MissingPath => "missing_path",
            SlipKind::MissingBrackets => "missing_brackets",
            SlipKind::AnotherSlope => "another_slope",
            SlipKind::AnotherWeight => "another_weight",
            SlipKind::AnotherInput => "another_input",
            SlipKind::AnotherTarget => "another_target",
            SlipKind::WrongSign => "wrong_sign",
            SlipKind::Uphill => "uphill",
            SlipKind::AnotherGradient => "another_gradient",
            SlipKind::UpdatedWeights => "updated_weights",
            SlipKind::AnotherRow => "another_row",
            SlipKind::FixedReference => "fixed_reference",
            SlipKind::RelativeReference => "relative_reference",
            SlipKind::HardCodedRate => "hard_coded_rate",
            SlipKind::AnotherRate => "another_rate",
            SlipKind::WrongFactor => "wrong_factor",
            SlipKind::Typed => "typed_number",
            SlipKind::TextNumber => "text_number",
            SlipKind::ErrorValue => "error_value",
            SlipKind::WrongLabel => "wrong_label",
            SlipKind::Other => "other",
        }
    }

    /// For people: what to look for, without the answer.
    pub(crate) fn hint(self) -> &'static str {
        match self {
            SlipKind::AnotherUnit => "another unit's value is used",
            SlipKind::SumForActivation => "a weighted sum and its activation are confused",
            SlipKind::MissingFactor => "a factor of the chain rule is missing",
            SlipKind::ExtraFactor => "there is a factor too many",
            SlipKind::MissingTerm => "a term is missing",
            SlipKind::MissingPath => "not every path to the outputs is added up",
            SlipKind::MissingBrackets => "brackets are missing",
            SlipKind::AnotherSlope => "the derivative of another activation is used",
            SlipKind::AnotherWeight => "another weight is used",
            SlipKind::AnotherInput => "another input is used",
            SlipKind::AnotherTarget => "another target is used",
            SlipKind::WrongSign => "a sign is wrong",
            SlipKind::Uphill => "the step goes uphill",
            SlipKind::AnotherGradient => "the gradient of another weight is used",
            SlipKind::UpdatedWeights => "weights are used that are updated already",
            SlipKind::AnotherRow => "a number of another row is used",
            SlipKind::FixedReference => "a reference stayed fixed when the formula was copied",
            SlipKind::RelativeReference => "a reference moved when the formula was copied",
            SlipKind::HardCodedRate => "the learning rate is typed into the formula",
            SlipKind::AnotherRate => "another learning rate is used",
            SlipKind::WrongFactor => "a constant factor is wrong",
            SlipKind::Typed => "a number stands where a formula belongs",
            SlipKind::TextNumber => "a text stands where a number belongs",
            SlipKind::ErrorValue => "the cell shows an error",
            SlipKind::WrongLabel => "the label says another learning rate than the one in use",
            SlipKind::Other => "the formula is another one",
        }
    }
}
