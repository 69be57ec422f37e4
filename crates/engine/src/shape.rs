//! The shape of what flows between two layers.

use std::fmt;

/// The shape of one sample between two layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// This many features.
    Vector(usize),
    /// Feature maps.
    Map {
        /// How many maps.
        channels: usize,
        /// Rows of pixels.
        height: usize,
        /// Pixels in a row.
        width: usize,
    },
}

impl Shape {
    /// Number of values in one sample.
    pub fn len(self) -> usize {
        let (channels, height, width) = self.dimensions();
        channels * height * width
    }

    /// Never true: a network has no empty shape.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// (channels, height, width); a vector counts as a map of 1 x 1 pixel.
    pub fn dimensions(self) -> (usize, usize, usize) {
        match self {
            Shape::Vector(features) => (features, 1, 1),
            Shape::Map { channels, height, width } => (channels, height, width),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape::Vector(features) => write!(f, "{features}"),
            Shape::Map { channels, height, width } => write!(f, "{channels} x {height} x {width}"),
        }
    }
}
