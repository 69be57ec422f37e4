//! Texts that workbook and page share.

/// Symbols and what they mean.
pub(crate) const NOTATION: [(&str, &str); 8] = [
    ("i, t", "inputs and targets of a sample"),
    ("w, b", "weights and biases, numbered row by row: first all weights into the first unit, then into the second"),
    ("h, o", "weighted sums of hidden units and of outputs; in deeper networks h2_3 is unit 3 of hidden layer 2"),
    ("a_h, a_o", "activations: what a unit's function makes of its sum"),
    ("E1, E2, E, E_tot", "the error of one output; of one sample; the loss, which is the mean over the samples"),
    ("∂E/∂w", "the gradient: how fast the error grows with w, all other parameters held"),
    ("[2]", "after a symbol: of sample 2"),
    ("OK, WRONG, KINK", "a gradient agrees with its finite difference; disagrees; lies where ReLU has no single slope"),
];

/// Known worked examples and where their published numbers are not the correct ones.
///
/// Sources: the class's own sheet; M. Mazur, "A Step by Step Backpropagation Example" (2015). Correct numbers: this
/// program's, in double precision.
pub(crate) fn worked_examples() -> [(&'static str, &'static str); 3] {
    [
        (
            "the class sheet",
            "Its dE/dw3 and dE/dw4 use a_h1(1 - a_h1) where a_h2(1 - a_h2) belongs: 0.00035187 instead of 0.00035178 for w3 \
             at the start, a relative error of 0.026 %. The loss changes by less than 0.00000006, so that no curve shows it; \
             the finite difference does. The workbook's sheet Spot the slip shows it.",
        ),
        (
            "Mazur, one update",
            "The published error is 0.291027924; with all gradients taken at the same weights, as the text says, it is \
             0.29102777369359933. Hidden gradients taken with output weights that are already updated give the published \
             number; see the sheet Spot the slip.",
        ),
        (
            "Mazur, 10,000 updates",
            "Published: error 0.0000351085, outputs 0.015912196 and 0.984065734, which the same slip gives. Correct: error \
             0.00003510187782978859, outputs 0.01591362044355068 and 0.9840642735146238.",
        ),
    ]
}
