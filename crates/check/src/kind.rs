//! Kinds of mistakes.

/// What kind of mistake; the words are for people, the names for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
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

impl Kind {
    /// For programs.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Kind::AnotherUnit => "another_unit",
            Kind::SumForActivation => "sum_for_activation",
            Kind::MissingFactor => "missing_factor",
            Kind::ExtraFactor => "extra_factor",
            Kind::MissingTerm => "missing_term",
            Kind::MissingPath => "missing_path",
            Kind::MissingBrackets => "missing_brackets",
            Kind::AnotherSlope => "another_slope",
            Kind::AnotherWeight => "another_weight",
            Kind::AnotherInput => "another_input",
            Kind::AnotherTarget => "another_target",
            Kind::WrongSign => "wrong_sign",
            Kind::Uphill => "uphill",
            Kind::AnotherGradient => "another_gradient",
            Kind::UpdatedWeights => "updated_weights",
            Kind::AnotherRow => "another_row",
            Kind::FixedReference => "fixed_reference",
            Kind::RelativeReference => "relative_reference",
            Kind::HardCodedRate => "hard_coded_rate",
            Kind::AnotherRate => "another_rate",
            Kind::WrongFactor => "wrong_factor",
            Kind::Typed => "typed_number",
            Kind::TextNumber => "text_number",
            Kind::ErrorValue => "error_value",
            Kind::WrongLabel => "wrong_label",
            Kind::Other => "other",
        }
    }

    /// For people: what to look for, without the answer.
    pub(crate) fn hint(self) -> &'static str {
        match self {
            Kind::AnotherUnit => "another unit's value is used",
            Kind::SumForActivation => "a weighted sum and its activation are confused",
            Kind::MissingFactor => "a factor of the chain rule is missing",
            Kind::ExtraFactor => "there is a factor too many",
            Kind::MissingTerm => "a term is missing",
            Kind::MissingPath => "not every path to the outputs is added up",
            Kind::MissingBrackets => "brackets are missing",
            Kind::AnotherSlope => "the derivative of another activation is used",
            Kind::AnotherWeight => "another weight is used",
            Kind::AnotherInput => "another input is used",
            Kind::AnotherTarget => "another target is used",
            Kind::WrongSign => "a sign is wrong",
            Kind::Uphill => "the step goes uphill",
            Kind::AnotherGradient => "the gradient of another weight is used",
            Kind::UpdatedWeights => "weights are used that are updated already",
            Kind::AnotherRow => "a number of another row is used",
            Kind::FixedReference => "a reference stayed fixed when the formula was copied",
            Kind::RelativeReference => "a reference moved when the formula was copied",
            Kind::HardCodedRate => "the learning rate is typed into the formula",
            Kind::AnotherRate => "another learning rate is used",
            Kind::WrongFactor => "a constant factor is wrong",
            Kind::Typed => "a number stands where a formula belongs",
            Kind::TextNumber => "a text stands where a number belongs",
            Kind::ErrorValue => "the cell shows an error",
            Kind::WrongLabel => "the label says another learning rate than the one in use",
            Kind::Other => "the formula is another one",
        }
    }
}
