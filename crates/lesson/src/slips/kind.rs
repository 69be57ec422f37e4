//! Kinds of slips.

/// What kind of mistake; [`hint`](SlipKind::hint) is for people, [`id`](SlipKind::id) for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SlipKind {
    /// Another unit's sum, activation or error in place of a unit's own.
    AnotherUnit,
    /// A weighted sum in place of its activation, or the other way round.
    SumForActivation,
    /// A factor left out, or a divisor or exponent.
    MissingFactor,
    /// An activation or input multiplied in that does not belong there.
    ExtraFactor,
    /// A term of a sum left out.
    MissingTerm,
    /// A product of a sum over outputs left out.
    MissingPath,
    /// A sum without the brackets around it.
    MissingBrackets,
    /// `1 - a²` in place of `a (1 - a)` or the other way round, or without its square.
    AnotherSlope,
    /// Another weight or bias in place of one.
    AnotherWeight,
    /// Another input, or a hidden activation, in place of an input.
    AnotherInput,
    /// Another output's target in place of one.
    AnotherTarget,
    /// The opposite of the whole, or of a term or argument.
    WrongSign,
    /// The gradient added where it is to be subtracted.
    Uphill,
    /// The gradient of another weight or bias in place of one.
    AnotherGradient,
    /// Weights after their update in place of those before.
    UpdatedWeights,
    /// A number of another row in place of one of the right row.
    AnotherRow,
    /// A reference that stayed when the formula was copied.
    FixedReference,
    /// A reference that moved when the formula was copied.
    RelativeReference,
    /// The learning rate as a number in the formula.
    HardCodedRate,
    /// Another cell in place of the learning rate.
    AnotherRate,
    /// A constant factor that is not there in the right equation, or the other way round.
    WrongFactor,
    /// A typed number in place of a formula.
    Typed,
    /// A text in place of a number.
    TextNumber,
    /// An error in place of a number.
    ErrorValue,
    /// A label that says another learning rate than the one in use.
    WrongLabel,
    /// A formula that no single edit explains.
    Other,
}

impl SlipKind {
    /// The name for programs: `another_unit`.
    pub fn id(self) -> &'static str {
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
    pub fn hint(self) -> &'static str {
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
