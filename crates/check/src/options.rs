//! What the author of a sheet may have to say about it.

/// What the author of a sheet may have to say about it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Numbers of inputs, of units of the first layer, ..., if names and formulas do not tell.
    pub layout: Option<Vec<usize>>,
    /// One for each output, if they stand in no column and in no formula of an error.
    pub targets: Option<Vec<f64>>,
}
