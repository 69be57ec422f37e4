//! A network by the numbers of its units alone.

use std::fmt;
use std::str::FromStr;

use gradbook_engine::spec::{InitSpec, LayerSpec, LessonSpec, LossSpec, Spec};

/// Wider layers than this are mistakes.
const MAX_WIDTH: usize = 1000;

/// More layers than this, with the inputs, are mistakes.
const MAX_WIDTHS: usize = 20;

/// The numbers of inputs, of units of the first layer, of the second, and so on; written `2-3-1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout(Vec<usize>);

/// A text is no layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write the number of inputs and the units of each layer, such as 2-3-1: 2 to {MAX_WIDTHS} numbers, each from 1 to \
     {MAX_WIDTH}"
)]
pub struct LayoutError;

impl Layout {
    /// The description of a network of sigmoid layers with biases under half the squared error, without a sample.
    pub fn spec(&self) -> Spec {
        let layer = |&out_features| [LayerSpec::Linear { out_features, bias: true }, LayerSpec::Sigmoid {}];
        Spec {
            about: String::new(),
            input: vec![self.0[0]],
            layers: self.0[1..].iter().flat_map(layer).collect(),
            loss: LossSpec::SquaredError {},
            init: InitSpec::default(),
            train: None,
            lesson: Some(LessonSpec::new(Vec::new(), Vec::new())),
            require: None,
        }
    }
}

impl FromStr for Layout {
    type Err = LayoutError;

    fn from_str(text: &str) -> Result<Layout, LayoutError> {
        let width = |part: &str| part.trim().parse().ok().filter(|width| (1..=MAX_WIDTH).contains(width));
        match text.split('-').map(width).collect::<Option<Vec<usize>>>() {
            Some(widths) if (2..=MAX_WIDTHS).contains(&widths.len()) => Ok(Layout(widths)),
            _ => Err(LayoutError),
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&widths.join("-"))
    }
}
